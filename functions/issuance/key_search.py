"""Requests that nobody told us of: the vaults are searched for the keys of a dropped file, all at the same time.

A search has a deadline, a share of each vault's budget, and of that only what nobody else waits for. What it does not
get through is left to the vault's next survey, which is asked for, and which tracks every request that is pending: then
the ledger finds it by its key. So one search of a vault is enough for a key, and it is noted. A request with that key
that is started later is found, too: at once if it is started here, or else by the hourly survey.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from functions.issuance.certflow import Certflow, Turn
from functions.issuance.errors import Refused, Unavailable
from functions.issuance.journal import record
from functions.issuance.keys import read_csr
from functions.issuance.pace import in_spare_time
from functions.issuance.ports import Vault
from functions.issuance.requests import MERGEABLE, Operation
from functions.issuance.watch import standing
from functions.issuance.watchbook import KeySearch

TOGETHER = timedelta(seconds=40)  # for all vaults; who asked over HTTP waits for it
# Seconds until a call that hangs is given up, too. After that nothing but tables is asked before there is an answer.
AT_LAST = 50.0
SHARE = 0.5  # of a vault's budget, for all searches of this process
AT_ONCE = 4  # calls of a search under way in one vault
# Names of one vault that are asked for, those that wait for their first version before the others. More could not be
# asked for in this time: the rest is the survey's.
MOST_NAMES = 1000
KEPT = timedelta(days=7)  # how long it is noted that a vault was searched for a key


@dataclass(frozen=True, slots=True)
class Sighting:
    """A pending operation with one of the keys that were looked for."""

    vault: str
    name: str
    operation: Operation
    subject: str
    key: str


@dataclass(frozen=True, slots=True)
class Searched:
    """What came of a search. `left`: by key that was not found, the vaults that were not looked through, and are left
    to their next survey. `unlisted`: the vaults that may not be listed.
    """

    found: Mapping[str, Sighting]
    left: Mapping[str, tuple[str, ...]]
    unlisted: tuple[str, ...]


@dataclass
class _Run:
    """A search under way."""

    wanted: frozenset[str]
    ends: datetime
    found: dict[str, Sighting] = field(default_factory=dict)
    through: set[str] = field(default_factory=set)
    unlisted: set[str] = field(default_factory=set)
    faults: list[Unavailable] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether all keys are found."""
        return self.wanted <= self.found.keys()


async def search(certflow: Certflow, wanted: Collection[str]) -> Searched:
    """Looks for pending requests with these keys (SHA-256, hex) in all vaults that were not searched for them yet.

    Raises Unavailable if a vault does not answer, and a key was not found in the others; they are not searched again.
    """
    now = certflow.now()
    noted = await asyncio.gather(*(_noted(certflow, key, now) for key in wanted))
    notes = {note.key: note for note in noted}
    vaults = [
        alias for alias in certflow.vaults if any(alias not in {*one.through, *one.left} for one in notes.values())
    ]
    run = _Run(frozenset(wanted), now + TOGETHER)
    await _search(certflow, vaults, run)
    missing = sorted(run.wanted - run.found.keys())
    # With a fault, whoever asks tries again: then there is time for what was not got through.
    unfinished = set() if run.faults or not missing else set(vaults) - run.through - run.unlisted
    left = await asyncio.gather(*(_note(certflow, notes[key], run.through, unfinished) for key in missing))
    await asyncio.gather(*(certflow.watchbook.want_survey(alias, certflow.now()) for alias in sorted(unfinished)))
    if vaults:
        record("keys-searched", vaults=len(vaults), through=len(run.through), found=len(run.found))
    if run.faults and missing:
        raise run.faults[0]
    open_keys = {key: some for key, some in zip(missing, left, strict=True) if some}
    return Searched(run.found, open_keys, tuple(sorted(run.unlisted)))


async def sighting_of(certflow: Certflow, alias: str, name: str, wanted: Collection[str]) -> Sighting | None:
    """What is pending for a name, if a chain could be merged into it and it has one of these keys."""
    answer = await standing(certflow.vault(alias), name)
    if answer is None or answer.operation.status not in MERGEABLE:
        return None
    subject, key = read_csr(answer.operation.csr)
    return Sighting(alias, name, answer.operation, subject, key) if key in wanted else None


async def _noted(certflow: Certflow, key: str, now: datetime) -> KeySearch:
    known = await certflow.watchbook.searched(key)
    return known if known and known.at > now - KEPT else KeySearch(key, now)


async def _note(certflow: Certflow, note: KeySearch, through: set[str], unfinished: set[str]) -> tuple[str, ...]:
    """Notes what came of a search for a key that was not found; returns the vaults that nobody has looked through."""
    searched = {*note.through, *through}
    after = replace(note, through=tuple(sorted(searched)), left=tuple(sorted({*note.left, *unfinished} - searched)))
    if after != note:
        await certflow.watchbook.keep_search(after)
    return await _open(certflow, after)


async def _open(certflow: Certflow, note: KeySearch) -> tuple[str, ...]:
    """The vaults left that have not been surveyed from end to end since."""
    surveys = await asyncio.gather(*(certflow.watchbook.survey(alias) for alias in note.left))
    return tuple(
        one.vault
        for one in surveys
        if one.vault in certflow.vaults and not (one.covers is not None and one.covers > note.at)
    )


async def _search(certflow: Certflow, vaults: Iterable[str], run: _Run) -> None:
    """All vaults at once, until the deadline; a call that hangs then is given up."""
    tasks = [asyncio.create_task(_search_vault(certflow, alias, run)) for alias in vaults]
    if not tasks:
        return
    try:
        await asyncio.wait(tasks, timeout=AT_LAST)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome


async def _search_vault(certflow: Certflow, alias: str, run: _Run) -> None:
    spare = in_spare_time(certflow, alias, SHARE, run.ends)
    turn = certflow.searches.setdefault(alias, Turn())
    try:
        async with turn.gate:
            if turn.knows(run.wanted - run.found.keys(), certflow.now() - TOGETHER):
                run.through.add(alias)
                return
            names, all_of_them = await _names(spare.vault(alias))
            await _look_at_all(spare, alias, names, run)
            if all_of_them and not run.is_over:
                turn.note(run.wanted - run.found.keys(), certflow.now())
    except TimeoutError:
        return
    except Refused as error:  # a vault that may not be listed has nothing that could be found
        run.unlisted.add(alias)
        record("vault-not-searched", level=logging.WARNING, vault=alias, reason=str(error))
    except Unavailable as error:
        run.faults.append(error)
    else:
        if all_of_them and not run.is_over:
            run.through.add(alias)


async def _look_at_all(certflow: Certflow, alias: str, names: Iterable[str], run: _Run) -> None:
    """Some names at a time. The first fault ends it: Key Vault's is the vault's, and a TimeoutError the deadline's."""
    waiting = iter(names)

    async def worker() -> None:
        for name in waiting:
            if run.is_over:
                return
            if seen := await sighting_of(certflow, alias, name, run.wanted):
                run.found.setdefault(seen.key, seen)

    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(AT_ONCE):
                workers.create_task(worker())
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


async def _names(vault: Vault) -> tuple[list[str], bool]:
    """MOST_NAMES names of a vault, those that wait for their first version before the others; and whether it has no
    more.
    """
    waiting: list[str] = []
    complete: list[str] = []
    page, count = await vault.page(), 0
    while True:
        for entry in page.certificates:
            count += 1
            names = complete if entry.complete else waiting
            if len(names) < MOST_NAMES:
                names.append(entry.name)
        if page.token is None or len(waiting) == MOST_NAMES:
            return [*waiting, *complete][:MOST_NAMES], page.token is None and count <= MOST_NAMES
        page = await vault.page(page.token)
