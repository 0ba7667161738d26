"""Vault events, as Event Grid would deliver them (protocol §7): CloudEvents 1.0, handed to a callback."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from keyvault_emulator.bodies import event_body
from keyvault_emulator.certificate import Certificate, Version

log = logging.getLogger(__name__)

type OnEvent = Callable[[dict[str, Any]], Awaitable[None]]

VAULTS = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.KeyVault/vaults"


class Events:
    """Hands out events without waiting for whoever takes them; one that is not taken is logged and lost."""

    def __init__(self, on_event: OnEvent | None) -> None:
        self._on_event = on_event
        self._deliveries: set[asyncio.Task[None]] = set()

    def new_version(self, host: str, certificate: Certificate, version: Version, url: str) -> None:
        """Tells that an enabled version has come to be."""
        if self._on_event is None:
            return
        event = {
            "specversion": "1.0",
            "id": str(uuid.uuid4()),
            "source": f"{VAULTS}/{host}",
            "type": "Microsoft.KeyVault.CertificateNewVersionCreated",
            "subject": certificate.name,
            "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "data": event_body(host, certificate, version, url),
        }
        delivery = asyncio.create_task(self._deliver(self._on_event, event))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)

    async def _deliver(self, on_event: OnEvent, event: dict[str, Any]) -> None:
        try:
            await on_event(event)
        except Exception:
            log.exception("event %s for %s was not taken", event["id"], event["subject"])

    async def close(self) -> None:
        """Gives up what is still being delivered."""
        deliveries = list(self._deliveries)
        for delivery in deliveries:
            delivery.cancel()
        await asyncio.gather(*deliveries, return_exceptions=True)
