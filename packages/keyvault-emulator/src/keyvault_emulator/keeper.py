"""The file in which the vaults are kept from one run to the next (`make up`), with their private keys.

Only this user may read it. It is written beside the old one and renamed, so there is always a whole one. What cannot be
read is said, and never taken for an empty vault.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm

from keyvault_emulator.kept import FORMAT, HasVaults, KeptState, restore, state_of


class KeptUnreadable(RuntimeError):
    """What was kept cannot be read; the text says which file and why."""


@dataclass(frozen=True)
class Found:
    """How much was kept, over all vaults; `pending` of the certificates have an operation in progress."""

    certificates: int = 0
    pending: int = 0
    deleted: int = 0
    issuers: int = 0


NOTHING = Found()


class Keeper:
    """Keeps vaults in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._writing = asyncio.Lock()
        self._asked = self._written = 0

    def load(self, vaults: HasVaults) -> Found:
        """Puts what was kept into vaults that are empty yet. Raises KeptUnreadable."""
        state = read_state(self._file)
        try:
            restore(state, vaults)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise KeptUnreadable(f"{self._file} holds a key or certificate that cannot be read ({error})") from error
        return found_in(state)

    async def save(self, vaults: HasVaults) -> None:
        """Returns when what is there now is on disk; calls that fall together are one writing. Raises OSError."""
        self._asked += 1
        mine = self._asked
        async with self._writing:
            if self._written < mine:
                upto, state = self._asked, msgspec.json.encode(state_of(vaults))
                await asyncio.to_thread(write_whole, self._file, state)
                self._written = upto

    async def written(self) -> None:
        """Returns when what is being written by now is on disk."""
        async with self._writing:
            return


def read_state(file: Path) -> KeptState:
    """What a file holds. Raises KeptUnreadable for one that is missing, damaged, or of another format."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise KeptUnreadable(f"{file} cannot be read ({error.strerror})") from error
    try:
        written = msgspec.json.decode(content, type=dict[str, msgspec.Raw]).get("format")
        if written is None or bytes(written) != str(FORMAT).encode():
            told = bytes(written).decode(errors="replace")[:20] if written else "not named"
            raise KeptUnreadable(
                f"{file} was written by another version of Certflow: its format is {told}, this version reads {FORMAT}"
            )
        return msgspec.json.decode(content, type=KeptState)
    except ValueError as error:  # msgspec's are ValueErrors, too
        raise KeptUnreadable(f"{file} is damaged ({error})") from error


def found_in(state: KeptState) -> Found:
    """How much a document holds."""
    certificates = [one for vault in state.vaults for one in vault.certificates]
    return Found(
        certificates=len(certificates),
        pending=sum(1 for one in certificates if one.operation and one.operation.in_progress),
        deleted=sum(len(vault.deleted) for vault in state.vaults),
        issuers=sum(len(vault.issuers) for vault in state.vaults),
    )


def write_whole(file: Path, content: bytes) -> None:
    """Puts a new file in the place of an old one. Raises OSError; the old one is still there then."""
    beside = file.with_name(f"{file.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as writing:
        writing.write(content)
        writing.flush()
        os.fsync(writing.fileno())
    beside.replace(file)
