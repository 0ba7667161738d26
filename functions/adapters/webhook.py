"""Posts messages to the webhook of a chat service.

The URL of a webhook is often a secret: it is never logged, and no exception carries it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import aiohttp

from functions.adapters.faults import later, passing
from functions.model.errors import Unavailable
from functions.ports.notifications import DeliveryRefused

POST_TIMEOUT = aiohttp.ClientTimeout(total=20)  # seconds
# The operators can fix these while the messages wait: the caller is not let in, or nothing is
# there.
FIXABLE_STATUSES = frozenset({401, 403, 404, 410})


async def post_json(
    service: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    advice: Callable[[int], str],
) -> None:
    """Posts JSON. Any 2xx means that `service` has taken the message. `advice` says for a status
    how to fix it; `headers` are those of the caller's authorization.

    Raises Unavailable for what passes and for FIXABLE_STATUSES, DeliveryRefused for any other
    status.
    """
    status, answered = await _post(service, url, body, headers)
    if passing(status):
        raise later(service, status, answered)
    if status in FIXABLE_STATUSES:
        raise Unavailable(service, f"HTTP {status}: {advice(status)}")
    if not 200 <= status < 300:
        raise DeliveryRefused(f"{service} answered HTTP {status}: {advice(status)}")


async def _post(
    service: str, url: str, body: bytes, headers: Mapping[str, str]
) -> tuple[int, Mapping[str, str]]:
    """Returns the status and the headers of the answer. Raises Unavailable."""
    try:
        async with (
            aiohttp.ClientSession(timeout=POST_TIMEOUT) as session,
            # A redirect would lead to a page for people, whose 200 would look like a delivery.
            session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json", **headers},
                allow_redirects=False,
            ) as response,
        ):
            return response.status, response.headers
    except (aiohttp.ClientError, TimeoutError) as error:
        never_sent = isinstance(error, aiohttp.ClientConnectorError)
        # Without the error itself, whose text holds the URL.
        raise Unavailable(service, type(error).__name__, maybe_done=not never_sent) from None
