"""Whatever service Apprise knows, by its URL: Slack, PagerDuty, Opsgenie, ntfy, a webhook … (CERTFLOW_NOTIFY_URLS).

The URLs are secrets. Apprise logs them, whole at its lowest levels, and urllib3 their paths, so neither logs anything
once a URL is loaded; and what we say of a URL is its position and its kind of service.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from functions.adapters.mail_text import plain_text, plain_title
from functions.issuance.errors import BadSettings, Unavailable
from functions.issuance.telling import Attachment, Notice, Severity

if TYPE_CHECKING:
    from apprise import Apprise, NotifyType

TALKATIVE = ("apprise", "urllib3", "oauthlib", "requests_oauthlib")
SILENT = logging.CRITICAL + 1
WITHIN = 20  # seconds


class AppriseUrl:
    """The port `Channel` for one URL: one that fails is tried again without the others."""

    most = 1
    limits = None

    def __init__(self, url: str, position: int) -> None:
        self._url, self._position = url, position
        self.name = f"urls:{position}"

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        """Hands the notice over. Raises BadSettings if Apprise does not understand the URL."""
        del to, attachments
        (notice,) = notices
        apprise, schema = await asyncio.to_thread(lambda: self._loaded)
        told = await apprise.async_notify(
            title=plain_title(notice),
            body=plain_text(notice),
            body_format="text",
            notify_type=_type(notice),
            timeout=WITHIN,
        )
        if not told:  # all that Apprise says
            raise Unavailable(f"Notification URL {self._position} ({schema})", "Apprise could not deliver there")

    @functools.cached_property
    def _loaded(self) -> tuple[Apprise, str]:
        """Apprise with this URL alone, and the kind of service. Takes half a second the first time: 190 plugins."""
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(SILENT)
        import apprise  # only where somebody has set a URL

        try:
            # `url_to_dict`, because a service that takes short texts shall get a short one rather than refuse it.
            parts = apprise.plugins.url_to_dict(self._url)  # type: ignore[no-untyped-call]
            service = apprise.Apprise.instantiate({"overflow": "truncate", **parts}) if parts else None
        except Exception:  # noqa: BLE001 - whatever it is, its text may hold the URL
            service = None
        if not service:
            raise BadSettings(
                f"CERTFLOW_NOTIFY_URLS: Apprise does not understand address {self._position}; "
                "its documentation says how an address of each service is written."
            )
        return apprise.Apprise(service), str(parts["schema"])


def channels_of(urls: Sequence[str]) -> tuple[AppriseUrl, ...]:
    """A channel for each URL, named by its position: `urls:1`, `urls:2` …"""
    return tuple(AppriseUrl(url, position) for position, url in enumerate(urls, start=1))


def _type(notice: Notice) -> NotifyType:
    from apprise import NotifyType

    if notice.severity is Severity.CRITICAL:
        return NotifyType.FAILURE
    if notice.severity is Severity.WARNING:
        return NotifyType.WARNING
    return NotifyType.SUCCESS if notice.good else NotifyType.INFO
