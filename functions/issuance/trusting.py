"""Whose certificates each vault takes now, and telling the operators of every change of that.

Nothing counts unless it is there: a vault that is to take what its files say (`files`) merges nothing while it has
none. One that takes any CA's (`any`) does so until a file was there once; after that its absence stops merging, too.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.issuance.certflow import Certflow
from functions.issuance.certificate import Certificate
from functions.issuance.choices import Takes
from functions.issuance.describe import printed, sha256_of, subject_of
from functions.issuance.errors import BadSettings, ConcurrentChange, Unavailable
from functions.issuance.events import TRUST_CHANGED, TRUST_MISPLACED, Event
from functions.issuance.files import TrustedFile
from functions.issuance.journal import record
from functions.issuance.outbox import publish, send
from functions.issuance.phrases import moment
from functions.issuance.trust import ALL_VAULTS, CONTAINER, Trust, place_of, trust_of
from functions.issuance.watchbook import TrustNote, TrustState

# An update must not stop merging in a vault that has merged without any file until now: so long it goes on, and people
# are told. A vault that is new has no such time.
NOTICE = timedelta(days=14)
MOST_WHY = 1000  # characters
MOST_NAMES, MOST_SHOWN = 10, 200  # in an event, which is a property of a table row, and characters of each


@dataclass(frozen=True, slots=True)
class _Found:
    """What a vault's files say. `trust` is None where nothing is to be merged, `why` the reason."""

    state: TrustState
    trust: Trust | None
    sha256: str = ""
    why: str | None = None
    until: datetime | None = None


async def trust_for(certflow: Certflow, vault: str) -> Trust:
    """Whose certificates a vault takes. Raises BadSettings if it takes nobody's, with what to do; Unavailable."""
    found = await _looked(certflow, vault, await _listed(certflow))
    if found.trust is None:
        raise BadSettings(found.why or f"{place_of(vault)} says nothing.")
    return found.trust


async def trust_note(certflow: Certflow, vault: str) -> TrustNote:
    """How a vault's trust stands, as it was seen last; looked at now if it never was. Raises Unavailable."""
    known = await certflow.watchbook.trust(vault)
    if known is None or known.takes != certflow.choices.takes(vault):
        await _looked(certflow, vault, await _listed(certflow))
        known = await certflow.watchbook.trust(vault)
    return known or TrustNote(vault)


async def watch_trust(certflow: Certflow) -> None:
    """The timer's part: sees what has changed in the container, and tells of it. Only what changed is read.

    What does not answer now is looked at in a minute: that is no change, and no reason for the timer to fail.
    """
    try:
        listed = await _listed(certflow)
        await asyncio.gather(*(_seen(certflow, alias, listed) for alias in certflow.vaults))
        if not isinstance(listed, BadSettings):
            await _tell_misplaced(certflow, listed)
    except Unavailable as error:
        record("trust-not-seen", level=logging.WARNING, reason=str(error))


async def _seen(certflow: Certflow, alias: str, listed: _Listing) -> None:
    try:
        known = await certflow.watchbook.trust(alias)
        if known is None or _is_due(certflow, known, listed):
            await _looked(certflow, alias, listed)
    except Unavailable as error:
        record("trust-not-seen", level=logging.WARNING, vault=alias, reason=str(error))


def hint_of(note: TrustNote) -> str | None:
    """A sentence for whoever starts a request whose chain could not be merged as things stand; None if it could."""
    if note.state is TrustState.ENDING and note.until:
        return (
            f"From {moment(note.until)} on no chain is merged in vault {note.vault}, unless a CA's "
            f"certificate is in {place_of(note.vault)} by then."
        )
    if note.state in {TrustState.NONE, TrustState.UNREADABLE}:
        return f"No chain is merged in vault {note.vault} at the moment. {note.why}"
    return None


type _Listing = Sequence[TrustedFile] | BadSettings


async def _listed(certflow: Certflow) -> _Listing:
    try:
        return await certflow.trusted.listed()
    except BadSettings as error:
        return error


def _is_due(certflow: Certflow, known: TrustNote, listed: _Listing) -> bool:
    """Whether what is noted of a vault may not hold any more."""
    same = known.listed == _fingerprint(listed, known.vault) and known.takes == certflow.choices.takes(known.vault)
    return not same or (known.until is not None and known.until <= certflow.now())


def _folder_of(file: TrustedFile) -> str | None:
    """The first folder, lower-case as aliases are; None for a file in none."""
    folder, slash, _ = file.name.partition("/")
    return folder.lower() if slash else None


def _of(listed: Sequence[TrustedFile], vault: str) -> list[TrustedFile]:
    return [one for one in listed if _folder_of(one) in {vault, ALL_VAULTS}]


def _fingerprint(listed: _Listing, vault: str) -> str:
    if isinstance(listed, BadSettings):
        return str(listed)
    return hashlib.sha256(repr(sorted((one.name, one.etag) for one in _of(listed, vault))).encode()).hexdigest()


async def _looked(certflow: Certflow, vault: str, listed: _Listing) -> _Found:
    """Reads a vault's files, and notes and tells what has changed since they were seen last."""
    known = await certflow.watchbook.trust(vault)
    found = await _found(certflow, vault, listed, known)
    takes = certflow.choices.takes(vault)
    note = TrustNote(
        vault,
        takes=takes.value,
        state=found.state,
        sha256=found.sha256,
        listed=_fingerprint(listed, vault),
        once=_is_set(found, listed, vault) or _was_set(known, takes),
        why=found.why,
        until=found.until,
        since=certflow.now(),
        changes=known.changes if known else 0,
        etag=known.etag if known else "",
    )
    if known and note == replace(known, since=note.since):
        return found
    events: tuple[Event, ...] = ()
    if _is_news(known, note):
        note = replace(note, changes=note.changes + 1)
        events = (_changed(certflow, note, found, known),)
    elif known:
        note = replace(note, since=known.since)
    try:
        await certflow.watchbook.keep_trust(note, events)
    except ConcurrentChange:  # another run has seen the same, and tells of it
        return found
    level = logging.INFO if found.trust else logging.ERROR
    record("trust-seen", level=level, vault=vault, takes=note.takes, state=note.state, sha256=note.sha256)
    await publish(certflow, events)
    return found


def _is_set(found: _Found, listed: _Listing, vault: str) -> bool:
    """Whether a file is there. One that cannot be read was meant for something, too."""
    unread = found.state is TrustState.UNREADABLE and not isinstance(listed, BadSettings) and bool(_of(listed, vault))
    return found.state is TrustState.SET or unread


def _was_set(known: TrustNote | None, takes: Takes) -> bool:
    """Whether a file was there once since the vault takes what it takes: to set that anew is to begin anew."""
    return known is not None and known.once and known.takes == takes


async def _found(certflow: Certflow, vault: str, listed: _Listing, known: TrustNote | None) -> _Found:
    takes, place = certflow.choices.takes(vault), place_of(vault)
    try:
        if isinstance(listed, BadSettings):
            raise listed
        files = {f"{CONTAINER}/{one.name}": await certflow.trusted.content(one) for one in _of(listed, vault)}
        if takes is Takes.PUBLIC:
            files |= {"the public CAs": certflow.trusted.public()}
        trust = trust_of(files, place)
    except BadSettings as error:
        until = await _until(certflow, vault, known) if takes is Takes.FILES else None  # it goes on once this is mended
        return _Found(TrustState.UNREADABLE, None, why=printed(str(error), MOST_WHY), until=until)
    sha256 = _sha256_of(files)
    if takes is Takes.PUBLIC:
        return _Found(TrustState.PUBLIC, trust, sha256)
    if trust.anchors:
        return _Found(TrustState.SET, trust, sha256)
    if takes is Takes.ANY and not _was_set(known, takes):
        return _Found(TrustState.ANY, trust)
    until = await _until(certflow, vault, known)
    if takes is Takes.FILES and until and certflow.now() < until:
        return _Found(TrustState.ENDING, trust, until=until)
    gone = " any more" if known and known.once else ""
    why = (
        f"There is no CA's certificate in {place}{gone}. Put that of the CA there whose certificates the vault is to "
        "take; the word public in a file stands for the public CAs."
    )
    return _Found(TrustState.NONE, None, why=why)


async def _until(certflow: Certflow, vault: str, known: TrustNote | None) -> datetime | None:
    """Until when a vault without files goes on merging: one that an older version has watched, and that was not seen by
    this one before.
    """
    if known is not None:
        return None if known.once else known.until
    survey = await certflow.watchbook.survey(vault)
    by_older_version = survey.finished is not None and survey.covers is None
    return certflow.now() + NOTICE if by_older_version else None


def _sha256_of(files: Mapping[str, bytes]) -> str:
    """One hash over names and contents; "" for no file."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest() if lines else ""


def _is_news(known: TrustNote | None, note: TrustNote) -> bool:
    """Whether people are told. That a vault which is to take any CA's does so stands in status and digest."""
    if known is None:
        return note.state is not TrustState.ANY
    before = (known.takes, known.state, known.sha256, known.why)
    return before != (note.takes, note.state, note.sha256, note.why)


def _changed(certflow: Certflow, note: TrustNote, found: _Found, known: TrustNote | None) -> Event:
    cas = [one for same in found.trust.anchors.values() for one in same] if found.trust else []
    told = {
        "why": note.why,
        "until": note.until.isoformat() if note.until else None,
        "sha256": note.sha256,
        "before": known.sha256 if known else None,
        "was": known.state.value if known else None,
        "ignored": [printed(one, MOST_SHOWN) for one in found.trust.ignored[:MOST_NAMES]] if found.trust else None,
    }
    return Event(
        id=f"{note.vault}:trust:{note.changes}",
        type=TRUST_CHANGED,
        subject=f"vaults/{note.vault}/trusted-cas",
        time=certflow.now(),
        vault=note.vault,
        name=CONTAINER,
        data={
            "vault": note.vault,
            "takes": note.takes,
            "state": note.state.value,
            "merges": found.trust is not None,
            "count": len(cas),
            "cas": [_ca(one) for one in cas[:MOST_NAMES]],
        }
        | {key: value for key, value in told.items() if value},
    )


async def tell_any_ca(certflow: Certflow) -> None:
    """Tells the operators of each vault that takes any CA's certificates, once a day: for a day without a digest, which
    says so, too. Safe to repeat. Raises Unavailable.
    """
    for alias in certflow.vaults:
        note = await trust_note(certflow, alias)
        if note.state is TrustState.ANY:
            found = _Found(TrustState.ANY, Trust({}, place_of(alias)))
            await send(certflow, replace(_changed(certflow, note, found, None), id=_of_the_day(certflow, alias)))


def _of_the_day(certflow: Certflow, alias: str) -> str:
    return f"{alias}:trust:any:{certflow.now().date()}"


def _ca(certificate: Certificate) -> dict[str, str]:
    return {"subject": printed(subject_of(certificate), MOST_SHOWN), "sha256": sha256_of(certificate)}


async def _tell_misplaced(certflow: Certflow, listed: Sequence[TrustedFile]) -> None:
    """Tells once of files that count for no vault: somebody meant them for one."""
    known = await certflow.watchbook.trust(ALL_VAULTS) or TrustNote(ALL_VAULTS)
    meant = {*certflow.vaults, ALL_VAULTS}
    names = sorted(one.name for one in listed if _folder_of(one) not in meant)
    note = replace(known, listed=hashlib.sha256(repr(names).encode()).hexdigest() if names else "")
    if note == known:
        return
    note = replace(note, changes=known.changes + 1, since=certflow.now())
    event = Event(
        id=f"trust:misplaced:{note.changes}",
        type=TRUST_MISPLACED,
        subject=CONTAINER,
        time=certflow.now(),
        name=CONTAINER,
        data={
            "files": [printed(name, MOST_SHOWN) for name in names[:MOST_NAMES]],
            "count": len(names),
            "vaults": sorted(certflow.vaults)[:MOST_NAMES],
        },
    )
    events = (event,) if names else ()
    try:
        await certflow.watchbook.keep_trust(note, events)
    except ConcurrentChange:
        return
    if names:
        record("trust-misplaced", level=logging.ERROR, files=names[:MOST_NAMES])
    await publish(certflow, events)
