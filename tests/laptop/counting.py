"""A transport for clients of the storage that keeps what was asked of the service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from azure.core.pipeline.transport import AioHttpTransport


class Counting(AioHttpTransport):  # type: ignore[misc]  # it has no types
    """Keeps each request, tries again included."""

    def __init__(self, ca_file: Path) -> None:
        super().__init__(connection_verify=str(ca_file))
        self.asked: list[str] = []

    async def send(self, request: Any, **config: Any) -> Any:
        self.asked.append(f"{request.method} {request.url}")
        return await super().send(request, **config)
