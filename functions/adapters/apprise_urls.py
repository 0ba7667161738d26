"""Sends messages to any service that Apprise knows by a URL: Slack, PagerDuty, Opsgenie, ntfy, a
webhook … (CERTFLOW_NOTIFY_URLS).

The URLs are secrets. Apprise logs whole URLs at its lowest levels, and urllib3 logs their paths, so
loading a URL turns off the logs of both. Our own messages name a URL by its position and its kind
of service.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from functions.adapters.mail.message import plain_text, plain_title
from functions.model.errors import BadSettings, Unavailable
from functions.model.messages import Severity
from functions.ports.notifications import Attachment, Notice

if TYPE_CHECKING:
    from apprise import Apprise, NotifyType

TALKATIVE = ("apprise", "urllib3", "oauthlib", "requests_oauthlib")  # loggers that write URLs
SILENT_LEVEL = logging.CRITICAL + 1
SEND_TIMEOUT = 20  # seconds for one message


class AppriseUrl:
    """Implements the port `Channel` for one URL. Each URL is a channel of its own, so that a
    message is sent again only to the URL that failed.
    """

    max_notices = 1
    limits = None

    def __init__(self, url: str, position: int) -> None:
        self._url, self._position = url, position
        self.name = f"urls:{position}"

    async def send(
        self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()
    ) -> None:
        """Sends one notice. Raises BadSettings if Apprise does not understand the URL or is not in
        the package, Unavailable if it could not deliver.
        """
        del to, attachments
        (notice,) = notices
        apprise, schema = await asyncio.to_thread(lambda: self._loaded)
        told = await apprise.async_notify(
            title=plain_title(notice),
            body=plain_text(notice),
            body_format="text",
            notify_type=_type(notice),
            timeout=SEND_TIMEOUT,
        )
        if not told:  # Apprise gives no reason
            raise Unavailable(
                f"Notification URL {self._position} ({schema})", "Apprise could not deliver there"
            )

    @functools.cached_property
    def _loaded(self) -> tuple[Apprise, str]:
        """Returns Apprise with this URL alone, and the kind of service. Takes half a second the
        first time, because Apprise imports 190 plugins.
        """
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(SILENT_LEVEL)
        try:
            import apprise  # late, because it is slow and most deployments set no URL
        except ImportError:  # it is an extra of the package
            raise BadSettings(
                "CERTFLOW_NOTIFY_URLS: the package that runs has no Apprise; setting_faults in "
                "GET status says what to do."
            ) from None
        try:
            # `url_to_dict` lets us set `overflow`: a service with a limit gets a shortened text
            # instead of refusing a long one.
            parts = apprise.plugins.url_to_dict(self._url)  # type: ignore[no-untyped-call]
            service = (
                apprise.Apprise.instantiate({"overflow": "truncate", **parts}) if parts else None
            )
        except Exception:  # noqa: BLE001 - the text of any exception may hold the URL
            service = None
        if not service:
            raise BadSettings(
                f"CERTFLOW_NOTIFY_URLS: Apprise does not understand address {self._position}; "
                "its documentation says how an address of each service is written."
            )
        return apprise.Apprise(service), str(parts["schema"])


def channels_of(urls: Sequence[str]) -> tuple[AppriseUrl, ...]:
    """Returns a channel for each URL, named by its position: `urls:1`, `urls:2` …"""
    return tuple(AppriseUrl(url, position) for position, url in enumerate(urls, start=1))


def _type(notice: Notice) -> NotifyType:
    from apprise import NotifyType

    if notice.severity is Severity.CRITICAL:
        return NotifyType.FAILURE
    if notice.severity is Severity.WARNING:
        return NotifyType.WARNING
    return NotifyType.SUCCESS if notice.good else NotifyType.INFO
