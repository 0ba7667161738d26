"""Searches all vaults at the same time for requests that have the keys of a dropped file and were
started elsewhere.

A search has a deadline and a share of each vault's budget, and it uses only slots for which no
other call waits. What it does not get through is left to the next inventory scan of the vault,
which is asked for, and which tracks every pending request: then the ledger finds it by its key. So
one search of a vault is enough for a key, and it is noted. A request with that key that is started
later is found, too: at once if Certflow starts it, or else by the hourly scan.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from functions.app.context import SearchTurn
from functions.app.context_parts import HasMonitoringStore, HasVaults
from functions.app.contexts import SearchContext
from functions.app.vault_limiters import rate_limited_to_spare
from functions.model.errors import Refused, Unavailable
from functions.model.log import record
from functions.model.request.moves import MERGEABLE
from functions.model.request.operation import Operation
from functions.ports.monitoring_store import KeySearch
from functions.ports.vault import Vault, get_pending_or_none
from functions.x509.public_keys import read_csr

SEARCH_TIME = timedelta(seconds=40)  # for all vaults together; callers over HTTP wait for it
# Seconds until a call that hangs is cancelled. After that, only tables are read before there is an
# answer.
HARD_TIMEOUT = 50.0
SHARE = 0.5  # of a vault's budget, for all searches of this process
MAX_PARALLEL_LOOKUPS = 4  # concurrent calls of a search in one vault
# Certificates of one vault that are looked at, those without any version before the others. There
# is no time for more: the inventory scan looks at the rest.
MAX_SEARCHED_NAMES = 1000
SEARCH_TTL = timedelta(days=7)  # how long it is noted that a vault was searched for a key


@dataclass(frozen=True, slots=True)
class Sighting:
    """A pending operation that has one of the keys. `vault` is the alias, `subject` that of the
    CSR, `key` its SHA-256 (hex).
    """

    vault: str
    name: str
    operation: Operation
    subject: str
    key: str


@dataclass(frozen=True, slots=True)
class Searched:
    """The result of a search. `found` is by key. `left` are, by key that was not found, the vaults
    that were not searched to their end, and are left to their next scan. `unlisted` are the vaults
    that the app may not list.
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

    @property
    def missing(self) -> list[str]:
        """The keys that are not found, sorted."""
        return sorted(self.wanted - self.found.keys())


async def search(certflow: SearchContext, wanted: Collection[str]) -> Searched:
    """Searches all vaults that were not searched for these keys (SHA-256, hex) yet for pending
    requests with one of them.

    Raises Unavailable if a vault does not answer and a key was not found in the others, which are
    not searched again.
    """
    now = certflow.now()
    noted = await asyncio.gather(*(_noted(certflow, key, now) for key in wanted))
    notes = {note.key: note for note in noted}
    vaults = [alias for alias in certflow.vaults if _is_to_search(alias, notes.values())]
    run = _Run(frozenset(wanted), now + SEARCH_TIME)
    await _search(certflow, vaults, run)
    left = await _note_missing(certflow, notes, vaults, run)
    if vaults:
        record("keys-searched", vaults=len(vaults), through=len(run.through), found=len(run.found))
    if run.faults and run.missing:
        raise run.faults[0]
    return Searched(run.found, left, tuple(sorted(run.unlisted)))


def _is_to_search(alias: str, notes: Collection[KeySearch]) -> bool:
    """Whether a vault has not been searched for one of the keys, nor left to its next scan."""
    return any(alias not in {*note.through, *note.left} for note in notes)


async def _note_missing(
    certflow: SearchContext,
    notes: Mapping[str, KeySearch],
    vaults: Collection[str],
    run: _Run,
) -> dict[str, tuple[str, ...]]:
    """Notes what was searched in vain, and asks for a scan of the vaults that were not searched to
    their end. Returns these vaults by key, for the keys that were not found.
    """
    # After a fault the caller tries again, and then there is time for the rest.
    is_over = bool(run.faults) or not run.missing
    unfinished = set() if is_over else set(vaults) - run.through - run.unlisted
    left = await asyncio.gather(
        *(_note(certflow, notes[key], run.through, unfinished) for key in run.missing)
    )
    await asyncio.gather(
        *(
            certflow.monitoring_store.request_scan(alias, certflow.now(), whole=True)
            for alias in sorted(unfinished)
        )
    )
    return {key: some for key, some in zip(run.missing, left, strict=True) if some}


async def sighting_of(
    certflow: HasVaults, alias: str, name: str, wanted: Collection[str]
) -> Sighting | None:
    """The pending operation of a certificate, if a chain could be merged into it and it has one of
    these keys; None otherwise. Raises Refused, Unavailable.
    """
    answer = await get_pending_or_none(certflow.vault(alias), name)
    if answer is None or answer.operation.status not in MERGEABLE:
        return None
    subject, key = read_csr(answer.operation.csr)
    return Sighting(alias, name, answer.operation, subject, key) if key in wanted else None


async def _noted(certflow: HasMonitoringStore, key: str, now: datetime) -> KeySearch:
    """What was noted of the searches for a key in the last days, or a new note."""
    known = await certflow.monitoring_store.search(key)
    return known if known and known.at > now - SEARCH_TTL else KeySearch(key, now)


async def _note(
    certflow: SearchContext, note: KeySearch, through: set[str], unfinished: set[str]
) -> tuple[str, ...]:
    """Notes that a key was not found; returns the vaults that were left to a scan and have not been
    scanned yet.
    """
    searched = {*note.through, *through}
    after = replace(
        note,
        through=tuple(sorted(searched)),
        left=tuple(sorted({*note.left, *unfinished} - searched)),
    )
    if after != note:
        await certflow.monitoring_store.save_search(after)
    return await _open(certflow, after)


async def _open(certflow: SearchContext, note: KeySearch) -> tuple[str, ...]:
    """The vaults left of which no scan since the search has asked for each pending request."""
    surveys = await asyncio.gather(*(certflow.monitoring_store.scan(alias) for alias in note.left))
    return tuple(
        one.vault
        for one in surveys
        if one.vault in certflow.vaults and not (one.asked_all and one.asked_all > note.at)
    )


async def _search(certflow: SearchContext, vaults: Iterable[str], run: _Run) -> None:
    """Searches all vaults at once, until the deadline; then cancels calls that hang."""
    tasks = [asyncio.create_task(_search_vault(certflow, alias, run)) for alias in vaults]
    if not tasks:
        return
    try:
        await asyncio.wait(tasks, timeout=HARD_TIMEOUT)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome


async def _search_vault(certflow: SearchContext, alias: str, run: _Run) -> None:
    """Searches one vault, unless another search has just done so in vain. Returns at the
    deadline.
    """
    spare = rate_limited_to_spare(certflow, alias, SHARE, run.ends)
    turn = certflow.searches.setdefault(alias, SearchTurn())
    try:
        async with turn.gate:
            if turn.knows(run.wanted - run.found.keys(), certflow.now() - SEARCH_TIME):
                run.through.add(alias)
                return
            names, all_of_them = await _vault_names(spare.vault(alias))
            await _search_names(spare, alias, names, run)
            if all_of_them and not run.is_over:
                turn.note(run.wanted - run.found.keys(), certflow.now())
    except TimeoutError:
        return
    except Refused as error:  # in a vault that may not be listed nothing can be found
        run.unlisted.add(alias)
        record("vault-not-searched", level=logging.WARNING, vault=alias, reason=str(error))
    except Unavailable as error:
        run.faults.append(error)
    else:
        if all_of_them and not run.is_over:
            run.through.add(alias)


async def _search_names(certflow: HasVaults, alias: str, names: Iterable[str], run: _Run) -> None:
    """Looks at MAX_PARALLEL_LOOKUPS certificates at a time. The first error ends that: an error of
    Key Vault holds for the whole vault, and TimeoutError means the deadline.
    """
    waiting = iter(names)

    async def worker() -> None:
        for name in waiting:
            if run.is_over:
                return
            if seen := await sighting_of(certflow, alias, name, run.wanted):
                run.found.setdefault(seen.key, seen)

    try:
        async with asyncio.TaskGroup() as workers:
            for _ in range(MAX_PARALLEL_LOOKUPS):
                workers.create_task(worker())
    except ExceptionGroup as group:
        raise group.exceptions[0] from None


async def _vault_names(vault: Vault) -> tuple[list[str], bool]:
    """The first MAX_SEARCHED_NAMES names of a vault, those without any version before the others;
    and whether the vault has no more.
    """
    waiting: list[str] = []
    complete: list[str] = []
    page, count = await vault.page(), 0
    while True:
        for entry in page.certificates:
            count += 1
            names = complete if entry.complete else waiting
            if len(names) < MAX_SEARCHED_NAMES:
                names.append(entry.name)
        if page.token is None or len(waiting) == MAX_SEARCHED_NAMES:
            return [*waiting, *complete][
                :MAX_SEARCHED_NAMES
            ], page.token is None and count <= MAX_SEARCHED_NAMES
        page = await vault.page(page.token)
