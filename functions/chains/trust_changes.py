"""Whose certificates each vault accepts now, and telling the operators of every change of that.

Only what is in the container counts: a vault that accepts what its files say (`files`) merges
nothing while it has no file. A vault that accepts any CA's certificates (`any`) does so until it
has had a file once; after that it merges nothing without one, either.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace

from functions.app.context_parts import HasNow
from functions.app.contexts import TrustContext
from functions.app.outbox import publish, send
from functions.chains.validation.trust import Trust
from functions.chains.vault_trust import (
    Listing,
    VaultTrust,
    anchor_ids,
    files_of,
    fingerprint,
    folder_of,
    list_files,
    read_trust,
    was_set,
)
from functions.model.errors import BadSettings, ConcurrentChange, Unavailable
from functions.model.events.event import Event
from functions.model.events.vaults import TrustChanged, TrustedCa, TrustMisplaced
from functions.model.log import record
from functions.model.trusted_places import ALL_VAULTS, CA_CONTAINER, place_of
from functions.ports.chain_files import TrustedFile
from functions.ports.monitoring_store import TrustNote, TrustState
from functions.x509.certificate import Certificate
from functions.x509.describe import printed, sha256_of, subject_of

# Names in one event, which is one property of a table row, and characters of each.
MAX_NAMED_FILES, MAX_NAME_LETTERS = 10, 200


async def trust_for(certflow: TrustContext, vault: str) -> Trust:
    """Whose certificates a vault (alias) accepts. Raises BadSettings, with the next step, if it
    accepts nobody's; Unavailable.
    """
    seen = await _look(certflow, vault, await list_files(certflow))
    if seen.trust is None:
        raise BadSettings(seen.why or f"{place_of(vault)} says nothing.")
    return seen.trust


async def trust_note(certflow: TrustContext, vault: str) -> TrustNote:
    """What was last seen of a vault's files; reads them now if they have not been read since the
    setting changed. Raises Unavailable.
    """
    known = await certflow.monitoring_store.trust(vault)
    if known is None or known.takes != certflow.options.takes(vault):
        await _look(certflow, vault, await list_files(certflow))
        known = await certflow.monitoring_store.trust(vault)
    return known or TrustNote(vault)


async def watch_trust(certflow: TrustContext) -> None:
    """Finds changes in the container and tells of them; a timer calls it every minute. Only files
    of vaults with a change are read.

    A storage that does not answer is asked again in a minute: that is no change, and no reason for
    the timer to fail.
    """
    try:
        listed = await list_files(certflow)
        await asyncio.gather(*(_look_if_due(certflow, alias, listed) for alias in certflow.vaults))
        if not isinstance(listed, BadSettings):
            await _tell_misplaced(certflow, listed)
    except Unavailable as error:
        record("trust-not-seen", level=logging.WARNING, reason=str(error))


async def _look_if_due(certflow: TrustContext, alias: str, listed: Listing) -> None:
    try:
        known = await certflow.monitoring_store.trust(alias)
        if known is None or _is_due(certflow, known, listed):
            await _look(certflow, alias, listed)
    except Unavailable as error:
        record("trust-not-seen", level=logging.WARNING, vault=alias, reason=str(error))


def _is_due(certflow: TrustContext, known: TrustNote, listed: Listing) -> bool:
    """Whether what was noted of a vault may no longer be true."""
    if known.listed != fingerprint(listed, known.vault):
        return True
    if known.takes != certflow.options.takes(known.vault) or known.anchors is None:
        return True
    return known.until is not None and known.until <= certflow.now()


async def _look(certflow: TrustContext, vault: str, listed: Listing) -> VaultTrust:
    """Reads a vault's files; notes and tells what has changed since they were read last."""
    known = await certflow.monitoring_store.trust(vault)
    seen = await read_trust(certflow, vault, listed, known)
    note = _note_of(certflow, vault, listed, seen, known)
    if known is None or note != replace(known, since=note.since):
        await _keep(certflow, note, seen, known)
    return seen


def _note_of(
    certflow: TrustContext,
    vault: str,
    listed: Listing,
    seen: VaultTrust,
    known: TrustNote | None,
) -> TrustNote:
    takes = certflow.options.takes(vault)
    return TrustNote(
        vault,
        takes=takes.value,
        state=seen.state,
        sha256=seen.sha256,
        listed=fingerprint(listed, vault),
        once=_is_set(seen, listed, vault) or was_set(known, takes),
        why=seen.why,
        until=seen.until,
        since=certflow.now(),
        changes=known.changes if known else 0,
        anchors=anchor_ids(seen.trust),
        etag=known.etag if known else "",
    )


async def _keep(
    certflow: TrustContext, note: TrustNote, seen: VaultTrust, known: TrustNote | None
) -> None:
    """Stores a note that differs from the one known before, and tells the operators if they need to
    know.
    """
    events: tuple[Event, ...] = ()
    if _is_news(known, note):
        note = replace(note, changes=note.changes + 1)
        events = (_changed(certflow, note, seen, known),)
    elif known:
        note = replace(note, since=known.since)
    try:
        await certflow.monitoring_store.save_trust(note, events)
    except ConcurrentChange:  # another run has seen the same, and tells of it
        return
    record(
        "trust-seen",
        level=logging.INFO if seen.trust else logging.ERROR,
        vault=note.vault,
        takes=note.takes,
        state=note.state,
        sha256=note.sha256,
    )
    await publish(certflow, events)


def _is_set(seen: VaultTrust, listed: Listing, vault: str) -> bool:
    """Whether the vault has a file. One that cannot be read counts, too: it was meant to set
    something.
    """
    if seen.state is TrustState.SET:
        return True
    if seen.state is not TrustState.UNREADABLE or isinstance(listed, BadSettings):
        return False
    return bool(files_of(listed, vault))


def _is_news(known: TrustNote | None, note: TrustNote) -> bool:
    """Whether the operators are told. They are not told that a new vault accepts any CA, as it is
    set to: the status and the digest say so.
    """
    if known is None:
        return note.state is not TrustState.ANY
    before = (known.takes, known.state, known.sha256, known.why)
    return before != (note.takes, note.state, note.sha256, note.why)


def _changed(certflow: HasNow, note: TrustNote, seen: VaultTrust, known: TrustNote | None) -> Event:
    """The event that tells of a note; `known` is the note before it."""
    cas = _cas_of(seen.trust)
    told = TrustChanged(
        vault=note.vault,
        takes=note.takes,
        state=note.state.value,
        merges=seen.trust is not None,
        count=len(cas),
        cas=tuple(_ca(one) for one in cas[:MAX_NAMED_FILES]),
        why=note.why or None,
        until=note.until.isoformat() if note.until else None,
        sha256=note.sha256 or None,
        before=(known.sha256 if known else None) or None,
        was=known.state.value if known else None,
        ignored=_ignored_by(seen.trust),
    )
    id_, subject = f"{note.vault}:trust:{note.changes}", f"vaults/{note.vault}/trusted-cas"
    return told.event(id_, subject, certflow.now(), vault=note.vault, name=CA_CONTAINER)


def _cas_of(trust: Trust | None) -> list[Certificate]:
    return [one for same in trust.anchors.values() for one in same] if trust else []


def _ignored_by(trust: Trust | None) -> tuple[str, ...] | None:
    """The first sentences about certificates in a vault's files that cannot be used."""
    ignored = trust.ignored[:MAX_NAMED_FILES] if trust else ()
    return tuple(printed(one, MAX_NAME_LETTERS) for one in ignored) or None


async def tell_any_ca(certflow: TrustContext) -> None:
    """Tells the operators once a day of each vault that accepts any CA's certificates, where the
    digest, which says so, too, is not sent. Safe to repeat. Raises Unavailable.
    """
    for alias in certflow.vaults:
        note = await trust_note(certflow, alias)
        if note.state is TrustState.ANY:
            seen = VaultTrust(TrustState.ANY, Trust({}, place_of(alias)))
            event = _changed(certflow, note, seen, None)
            await send(certflow, replace(event, id=_of_the_day(certflow, alias)))


def _of_the_day(certflow: HasNow, alias: str) -> str:
    return f"{alias}:trust:any:{certflow.now().date()}"


def _ca(certificate: Certificate) -> TrustedCa:
    return TrustedCa(
        subject=printed(subject_of(certificate), MAX_NAME_LETTERS), sha256=sha256_of(certificate)
    )


async def _tell_misplaced(certflow: TrustContext, listed: Sequence[TrustedFile]) -> None:
    """Tells the operators once of files that count for no vault, for somebody meant them for
    one.
    """
    known = await certflow.monitoring_store.trust(ALL_VAULTS) or TrustNote(ALL_VAULTS)
    meant = {*certflow.vaults, ALL_VAULTS}
    names = sorted(one.name for one in listed if folder_of(one) not in meant)
    note = replace(known, listed=hashlib.sha256(repr(names).encode()).hexdigest() if names else "")
    if note == known:
        return
    note = replace(note, changes=known.changes + 1, since=certflow.now())
    events = (_misplaced(certflow, note, names),) if names else ()
    try:
        await certflow.monitoring_store.save_trust(note, events)
    except ConcurrentChange:  # another run has seen the same, and tells of it
        return
    if names:
        record("trust-misplaced", level=logging.ERROR, files=names[:MAX_NAMED_FILES])
    await publish(certflow, events)


def _misplaced(certflow: TrustContext, note: TrustNote, names: Sequence[str]) -> Event:
    told = TrustMisplaced(
        files=tuple(printed(name, MAX_NAME_LETTERS) for name in names[:MAX_NAMED_FILES]),
        count=len(names),
        vaults=tuple(sorted(certflow.vaults)[:MAX_NAMED_FILES]),
    )
    return told.event(
        f"trust:misplaced:{note.changes}", CA_CONTAINER, certflow.now(), name=CA_CONTAINER
    )
