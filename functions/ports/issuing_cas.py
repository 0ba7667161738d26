"""The port to the store of issuing CAs: the intermediates of chains that were merged, by vault."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class IssuingCa:
    """A CA's certificate (DER), its SHA-256 (hex), and when a chain with it was last merged
    (UTC).
    """

    sha256: str
    der: bytes
    at: datetime


class IssuingCas(Protocol):
    """The store of issuing CAs, by vault alias. All methods raise Unavailable."""

    async def list_cas(self, vault: str) -> list[IssuingCa]:
        """The CAs of a vault, in no order."""
        ...

    async def put(self, vault: str, one: IssuingCa) -> None:
        """Stores a CA, in place of an earlier record of it."""
        ...

    async def remove(self, vault: str, sha256: str) -> None:
        """Deletes a CA. Does nothing if it is gone."""
        ...
