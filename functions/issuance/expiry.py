"""A certificate that comes to its end: who hears of it when, by the share of its lifetime that is left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.events import EXPIRED, NEAR_EXPIRY, Event
from functions.issuance.keys import sha1_of
from functions.issuance.outbox import publish
from functions.issuance.ports import Listed
from functions.issuance.renewal import renew
from functions.issuance.tags import OURS, OWNER, SIGNER, Renewal, muted_until, renewal_of
from functions.issuance.watchbook import CertificateNote, Silenced

# Below every ladder, however many rungs a setting gives it: what was told by one must not hide the end by another.
EXPIRED_RUNG = 1000
JUST_ENDED = timedelta(days=7)


def rung_of(entry: Listed, ladder: Sequence[float], now: datetime) -> int:
    """How far down the ladder a certificate is: 0 not yet on it, EXPIRED_RUNG expired.

    By share, not by days: 30 days before its end a certificate of 47 days is in the middle of its life.
    """
    if entry.not_after is None:
        return 0
    if now >= entry.not_after:
        return EXPIRED_RUNG
    lifetime = entry.not_after - (entry.not_before or entry.not_after)
    left = entry.not_after - now
    return sum(left <= lifetime * share for share in ladder)


def silenced(entry: Listed, ladder: Sequence[float], now: datetime) -> Silenced | None:
    """A certificate that is about to end, or has just ended, if a tag keeps that quiet. Whoever may tag it could hide
    its end, so the digest goes on saying so; one that is not used any more can be disabled.
    """
    ends = entry.not_after
    if not entry.enabled or ends is None or rung_of(entry, ladder, now) < len(ladder) or now - ends > JUST_ENDED:
        return None
    if muted_until(entry.tags, now) is not None:
        return Silenced(entry.name, "muted", ends)
    return Silenced(entry.name, "not to be renewed", ends) if renewal_of(entry.tags) is Renewal.OFF else None


def soonest_first(some: Iterable[Silenced], now: datetime) -> list[Silenced]:
    """What is still to end before what has ended, each by how near its end is: of what is over there may be any number,
    and it must not hide what can still be helped.
    """
    return sorted(some, key=lambda one: (one.ends <= now, abs(one.ends - now), one.name))


async def judge(certflow: Certflow, alias: str, entry: Listed, *, baseline: bool = False) -> None:
    """Tells the owner if a certificate has come down a rung; one whose tag asks for its next version is queued for that
    instead, and its owner hears when its turn has come (renew_or_tell).

    `baseline`: nothing is told or queued of what is there already. A disabled certificate is nobody's concern.
    Raises Unavailable.
    """
    found = await _note_of(certflow, alias, entry)
    if found is None:
        return
    note, rung = found
    if not baseline and _is_to_be_renewed(certflow, entry, note):
        ours = {name: value for name, value in entry.tags.items() if name in OURS}  # a row has no room for all
        await certflow.watchbook.queue_renewal(alias, replace(entry, tags=ours))
        return
    await _tell(certflow, entry, note, rung, baseline=baseline)


async def renew_or_tell(certflow: Certflow, alias: str, entry: Listed, *, capped: bool = False) -> None:
    """Starts the next version of a certificate where a tag asks for that, or tells its owner that it ends.

    `capped`: none may be started today. Raises Unavailable.
    """
    found = await _note_of(certflow, alias, entry)
    if found is None:
        return
    note, rung = found
    started = False
    if not capped and _is_to_be_renewed(certflow, entry, note):
        note, started = await renew(certflow, entry, note)
    await _tell(certflow, entry, note, rung, started=started)


async def _note_of(certflow: Certflow, alias: str, entry: Listed) -> tuple[CertificateNote, int] | None:
    """What is noted about a version, and its rung; None for one that is nobody's concern."""
    rung = rung_of(entry, certflow.choices.ladder, certflow.now())
    if rung == 0 or not entry.enabled or entry.thumbprint is None or renewal_of(entry.tags) is Renewal.OFF:
        return None
    known = await certflow.watchbook.note(alias, entry.name)
    note = known or CertificateNote(alias, entry.name, entry.thumbprint)
    if note.thumbprint != entry.thumbprint:  # a newer version: what was told is history, what was started counts on
        note = replace(note, thumbprint=entry.thumbprint, rung=0, stopped=None)
    return note, rung


def _is_to_be_renewed(certflow: Certflow, entry: Listed, note: CertificateNote) -> bool:
    """Whether a tag asks for the next version, and it was neither started nor given up."""
    asked = renewal_of(entry.tags) is Renewal.AUTO and note.thumbprint not in {note.renewed, note.stopped}
    return asked and certflow.choices.renews and note.vault not in certflow.choices.observed


async def _tell(
    certflow: Certflow,
    entry: Listed,
    note: CertificateNote,
    rung: int,
    *,
    baseline: bool = False,
    started: bool = False,
) -> None:
    """Where its next version has just been started, its owner hears of that one."""
    if rung > note.rung and (baseline or muted_until(entry.tags, certflow.now()) is None):
        events = () if baseline or started else (_event(certflow, entry, note, rung),)
        note = replace(note, rung=rung)
        await certflow.watchbook.keep_note(note, events)
        await publish(certflow, events)
    elif started:
        await certflow.watchbook.keep_note(note)


async def judge_named(certflow: Certflow, alias: str, name: str) -> None:
    """The same as `judge` for one certificate, because an event says so. Raises Refused, Unavailable."""
    survey = await certflow.watchbook.survey(alias)
    entry = await entry_of(certflow, alias, name)
    if survey.finished is not None and entry is not None:  # before the baseline is through, it will be told there
        await judge(certflow, alias, entry)


async def entry_of(certflow: Certflow, alias: str, name: str) -> Listed | None:
    """A certificate as the vault's list has it, from its current version; None without one."""
    bundle = await certflow.vault(alias).certificate(name)
    if bundle is None:
        return None
    attributes = bundle.fields.get("attributes") or {}
    return Listed(
        name=name,
        thumbprint=sha1_of(bundle.version.der),
        not_before=datetime.fromtimestamp(attributes["nbf"], UTC) if "nbf" in attributes else None,
        not_after=bundle.version.not_after,
        enabled=bool(attributes.get("enabled", True)),
        tags=bundle.fields.get("tags") or {},
    )


def _event(certflow: Certflow, entry: Listed, note: CertificateNote, rung: int) -> Event:
    expired, rungs = rung == EXPIRED_RUNG, len(certflow.choices.ladder)
    data: dict[str, Any] = {
        "vault": note.vault,
        "name": entry.name,
        "thumbprint": entry.thumbprint,
        "owner": entry.tags.get(OWNER),
        "signer": entry.tags.get(SIGNER),
        "not_before": entry.not_before.isoformat() if entry.not_before else None,
        "not_after": entry.not_after.isoformat() if entry.not_after else None,
        "left": int((entry.not_after - certflow.now()).total_seconds()) if entry.not_after else None,
        "rung": min(rung, rungs + 1),
        "rungs": rungs,
        "renewal": renewal_of(entry.tags).value,
    }
    return Event(
        id=f"{note.vault}:{entry.name.lower()}:{entry.thumbprint}:expiry:{rung}",
        type=EXPIRED if expired else NEAR_EXPIRY,
        subject=f"vaults/{note.vault}/certificates/{entry.name}",
        time=certflow.now(),
        vault=note.vault,
        name=entry.name,
        data={key: value for key, value in data.items() if value is not None},
    )
