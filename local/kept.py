"""What `make up` keeps between two runs, in one folder: the vaults (`key-vault.json`) and Azurite's files (`azurite/`).

Both or neither: vaults without the app's tables, or the other way round, would be a state that no Azure is ever in.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec

from keyvault_emulator.keeper import NOTHING, KeptUnreadable, found_in, read_state, write_whole
from keyvault_emulator.kept import KeptState
from local.azurite import LOCK

FOLDER = "kept"
DATABASES = tuple(f"__azurite_db_{name}__.json" for name in ("blob", "blob_extent", "queue", "queue_extent", "table"))


@dataclass(frozen=True)
class Kept:
    """The folder."""

    folder: Path

    @property
    def vaults(self) -> Path:
        """The emulator's file."""
        return self.folder / "key-vault.json"

    @property
    def azurite(self) -> Path:
        """Azurite's folder."""
        return self.folder / "azurite"


def kept_in(state: Path, *, fresh: bool) -> tuple[Kept, bool]:
    """The folder of a state directory, and whether it was there: made if there is none, or anew with `fresh`.

    Raises KeptUnreadable for one that cannot be read whole: it is left as it is.
    """
    kept = Kept(state / FOLDER)
    if fresh:
        _remove(kept.folder)
    if kept.folder.exists():
        _check(kept)
        return kept, True
    begun = Kept(state / f"{FOLDER}.new")  # renamed when it is whole, or a start cut short would look like a loss
    shutil.rmtree(begun.folder, ignore_errors=True)
    begun.folder.mkdir(mode=0o700)
    begun.azurite.mkdir()
    write_whole(begun.vaults, msgspec.json.encode(KeptState()))
    begun.folder.rename(kept.folder)
    return kept, False


def _remove(folder: Path) -> None:
    """Renamed first, so that a removal that is cut short leaves no half of it in place."""
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        lock = folder / "azurite" / LOCK
        if lock.exists():
            with lock.open("a") as held:
                fcntl.flock(held, fcntl.LOCK_EX)  # an Azurite whose parent was killed saves for a moment, at most 5 s
        folder.rename(old)
        shutil.rmtree(old)


def _check(kept: Kept) -> None:
    """Raises KeptUnreadable unless all of it can be read. Azurite itself ends with a stack trace then."""
    state = read_state(kept.vaults)
    if not kept.azurite.is_dir():
        raise KeptUnreadable(f"{kept.azurite} is missing")
    files = [kept.azurite / name for name in DATABASES]
    if found_in(state) == NOTHING and not any(file.exists() for file in files):
        return  # the first run was stopped before Azurite had begun
    for file in files:
        try:
            json.loads(file.read_bytes())
        except OSError as error:
            raise KeptUnreadable(f"{file} cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise KeptUnreadable(f"{file} is damaged ({error})") from error
