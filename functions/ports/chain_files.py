"""The ports to the blob containers: dropped files, trusted CAs, and published CSRs.

All methods raise `Unavailable` when the storage does not answer.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

MAX_CUT_OFF_TRIES = 3  # tries of a file that began and did not end


@dataclass(frozen=True, slots=True)
class DroppedFile:
    """A file in the container for chains. `size` is in bytes, `modified` UTC.

    `sha256` (hex), `etag` and `version` are those of this content. `sha256` is None if the file was
    not read to its end, `version` if the account keeps no versions.
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
        """Identifies this content in this upload: the same in every run that handles it, and
        different for every other file, whatever ETags the storage gives.
        """
        digest = hashlib.sha256(f"{self.sha256}\n{self.name}".encode()).hexdigest()
        return f"{digest[:16]}-{''.join(c for c in self.etag if c.isalnum())[-16:].lower()}"


@dataclass(frozen=True, slots=True)
class UnprocessedFile:
    """A file that is still where it was dropped. `size` is in bytes, `modified` UTC."""

    name: str
    etag: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class ParkedFile:
    """The mark of a dropped file that could not be handled: the ETag of its content, and how many
    tries in a row began and did not end.
    """

    etag: str
    tries: int

    @property
    def for_good(self) -> bool:
        """Whether the app no longer tries it by itself. One stop of the app, such as a deployment,
        proves nothing about the file.
        """
        return self.tries >= MAX_CUT_OFF_TRIES


# The containers into which a handled file is moved: into a folder, with a report on it.
MERGED, REJECTED, QUARANTINE = "chains-merged", "chains-rejected", "chains-quarantine"


class ChainFiles(Protocol):
    """The containers for chains."""

    async def unprocessed(self, before: datetime) -> list[UnprocessedFile]:
        """The files that were dropped before this time (UTC) and are still there, oldest first."""
        ...

    async def restore_overwritten(self, name: str) -> list[str]:
        """Drops again, under names of their own, the files that were overwritten under this name
        before they were read.

        Returns these names; none in an account that keeps no versions. Safe to repeat, also after
        it was cut off anywhere.
        """
        ...

    async def read(self, name: str, limit: int) -> DroppedFile | None:
        """A dropped file; None if it is gone. Of one that is larger than `limit` (bytes), no more
        is read.
        """
        ...

    async def move(
        self,
        drop: DroppedFile,
        container: str,
        folder: str,
        report: bytes,
        line: str,
        reports_in: Collection[str] = (),
    ) -> str:
        """Copies file and report to `container`/`folder`, then deletes the file. Safe to repeat,
        also after it was cut off anywhere.

        The report is also written to the folders `reports_in` of MERGED. `line` (ASCII) goes into
        the copy's metadata. If the file was overwritten meanwhile, the newer one stays. Returns the
        path of the copy: container, folder and name.
        """
        ...


@dataclass(frozen=True, slots=True)
class TrustedFile:
    """A file with trusted CAs: its name in the container, with its folder. `size` is in bytes."""

    name: str
    etag: str
    size: int


class TrustedCas(Protocol):
    """The container with the CAs that the vaults trust. Uploaders of chains cannot write to it. All
    methods raise BadSettings where the app may not read.
    """

    async def listed(self) -> list[TrustedFile]:
        """All files in the order of their names; none if there is no container."""
        ...

    async def content(self, file: TrustedFile) -> bytes:
        """The content of a file as it was listed. A file with the word `public` stands for the
        public CAs. Raises BadSettings for one that is too large or cannot be opened.
        """
        ...

    def public(self) -> bytes:
        """The public CAs (PEM): Mozilla's list, which is deployed with the app."""
        ...


class CsrStore(Protocol):
    """The container with the CSRs that wait for a signature."""

    @property
    def returns_to(self) -> str:
        """The address (https) of the container into which a signed chain is dropped."""
        ...

    async def put(self, vault: str, name: str, request_id: str, csr: bytes, card: bytes) -> str:
        """Writes a CSR (PEM) and its request card (JSON); returns the CSR's address (https). Safe
        to repeat.
        """
        ...

    async def read(self, vault: str, name: str, request_id: str) -> bytes | None:
        """The CSR (PEM) of a request; None if it is not there, or not any more."""
        ...

    async def remove(self, vault: str, name: str, request_id: str) -> None:
        """Deletes a CSR and its card. Does nothing if they are gone."""
        ...

    def published(self) -> AsyncIterator[tuple[str, str, str]]:
        """The vault alias, certificate name and request_id of each CSR in the container."""
        ...
