"""The ports to the containers: what was dropped, whose certificates are taken, what is handed out.

All methods raise `Unavailable` when the storage does not answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

STOPPED_TOO_OFTEN = 3


@dataclass(frozen=True, slots=True)
class Drop:
    """A file in the container for chains. `sha256`, `etag` and `version` are those of this content; of a file that was
    not read to its end there is no `sha256`, and in an account that keeps no versions no `version`.
    """

    name: str
    content: bytes
    size: int
    sha256: str | None
    etag: str
    modified: datetime
    metadata: Mapping[str, str]
    version: str | None = None

    @property
    def id(self) -> str:
        """Names this content in this upload: the same for every run that handles it, and for no other file, whatever
        ETags the storage gives.
        """
        digest = hashlib.sha256(f"{self.sha256}\n{self.name}".encode()).hexdigest()
        return f"{digest[:16]}-{''.join(c for c in self.etag if c.isalnum())[-16:].lower()}"


@dataclass(frozen=True, slots=True)
class Lying:
    """A file that still lies where it was dropped. `size` is in bytes."""

    name: str
    etag: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Aside:
    """The mark of a dropped file that got stuck: this content of it, and how many last tries began and did not end."""

    etag: str
    tries: int

    @property
    def for_good(self) -> bool:
        """Whether it is tried no more by itself. An app that is stopped once (a deployment, say) proves nothing."""
        return self.tries >= STOPPED_TOO_OFTEN


# Where a file ends: in a folder of one of these, with the report of what became of it.
MERGED, REJECTED, QUARANTINE = "chains-merged", "chains-rejected", "chains-quarantine"


class Drops(Protocol):
    """The containers for chains."""

    async def lying(self, before: datetime) -> list[Lying]:
        """The files that were dropped before this time and are still there, the oldest first."""
        ...

    async def bring_back(self, name: str) -> list[str]:
        """Drops each file again that was overwritten under this name before it was read, under a name of its own.

        Returns these names; none in an account that keeps no versions. Safe to repeat, and to cut anywhere.
        """
        ...

    async def read(self, name: str, limit: int) -> Drop | None:
        """A dropped file; None if it is gone. One that is larger than `limit` (bytes) is read no further."""
        ...

    async def move(
        self, drop: Drop, container: str, folder: str, report: bytes, line: str, reports_in: Collection[str] = ()
    ) -> str:
        """Copies file and report to `container`/`folder`, then deletes the file. Safe to repeat, and to cut anywhere.

        The report alone goes to `reports_in`, too, folders of MERGED. `line` (ASCII) goes into the copy's metadata. The
        newer file stays if it was overwritten meanwhile. Returns where the copy is.
        """
        ...


@dataclass(frozen=True, slots=True)
class TrustedFile:
    """A file that says whose certificates are taken: its name in the container, folder first. `size` is in bytes."""

    name: str
    etag: str
    size: int


class TrustedCas(Protocol):
    """Whose certificates the vaults take. Uploaders of chains cannot write here. Raises BadSettings where we may not
    read.
    """

    async def listed(self) -> list[TrustedFile]:
        """All files, by name; none if there is no container."""
        ...

    async def content(self, file: TrustedFile) -> bytes:
        """A file as it was listed; one that says `public` comes as the public CAs. Raises BadSettings for one that is
        too large or cannot be opened.
        """
        ...

    def public(self) -> bytes:
        """The public CAs: Mozilla's list (PEM), which is deployed with the app."""
        ...


class Handouts(Protocol):
    """Where CSRs are handed out."""

    @property
    def returns_to(self) -> str:
        """The address of the container that a signed chain is dropped into."""
        ...

    async def put(self, vault: str, name: str, request_id: str, csr: bytes, card: bytes) -> str:
        """Writes a CSR (PEM) and its request card (JSON); returns the CSR's address. Writing it again is fine."""
        ...

    async def read(self, vault: str, name: str, request_id: str) -> bytes | None:
        """A CSR (PEM) that is handed out; None if it is not, or not any more."""
        ...

    async def take_back(self, vault: str, name: str, request_id: str) -> None:
        """Deletes a CSR and its card. Gone already is fine."""
        ...

    def out(self) -> AsyncIterator[tuple[str, str, str]]:
        """Vault alias, certificate name and request_id of each CSR that is handed out."""
        ...
