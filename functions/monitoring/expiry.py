"""The end of a certificate: its owner is told, or its renewal is started (renewal.py). A ladder of
shares of the lifetime that are left says when.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from functions.app.context_parts import HasOptions, HasVaults
from functions.app.contexts import ApprovedContext, MonitoringContext
from functions.app.outbox import publish
from functions.model.events.event import Event
from functions.model.events.expiry import Ending, Expired, NearExpiry
from functions.model.tags import OUR_TAGS, OWNER_TAG, SIGNER_TAG, Renewal, muted_until, renewal_of
from functions.monitoring.renewal import renew
from functions.ports.monitoring_store import CertificateNote, Silenced
from functions.ports.vault import CertificateItem
from functions.x509.public_keys import sha1_of

# The rung of expired certificates, below every ladder however many rungs it has: when the setting
# changes, what was told by the old ladder must not hide the end.
EXPIRED_RUNG = 1000
JUST_ENDED = timedelta(days=7)  # for how long the digest shows a quiet end that has passed


def rung_of(entry: CertificateItem, ladder: Sequence[float], now: datetime) -> int:
    """How far down the ladder a certificate is: 0 if not yet on it, EXPIRED_RUNG if expired.

    `ladder` has shares of the lifetime (0 to 1), not days: 30 days before its end, a certificate of
    47 days is in the first half of its lifetime.
    """
    if entry.not_after is None:
        return 0
    if now >= entry.not_after:
        return EXPIRED_RUNG
    lifetime = entry.not_after - (entry.not_before or entry.not_after)
    left = entry.not_after - now
    return sum(left <= lifetime * share for share in ladder)


def silenced(entry: CertificateItem, ladder: Sequence[float], now: datetime) -> Silenced | None:
    """The certificate if it is on the last rung, or has just ended, and a tag keeps that quiet;
    else None.

    Whoever may tag a certificate could hide its end, so the digest shows it as long as it is
    enabled.
    """
    ends = entry.not_after
    if not entry.enabled or ends is None or now - ends > JUST_ENDED:
        return None
    if rung_of(entry, ladder, now) < len(ladder):
        return None
    if muted_until(entry.tags, now) is not None:
        return Silenced(entry.name, "muted", ends)
    if renewal_of(entry.tags) is Renewal.OFF:
        return Silenced(entry.name, "not to be renewed", ends)
    return None


def soonest_first(some: Iterable[Silenced], now: datetime) -> list[Silenced]:
    """Those that are still to end, then those that have ended, each by how near the end is. There
    may be any number of expired ones, and they must not hide those that can still be renewed.
    """
    return sorted(some, key=lambda one: (one.ends <= now, abs(one.ends - now), one.name))


async def check_expiry(
    certflow: MonitoringContext,
    alias: str,
    entry: CertificateItem,
    *,
    baseline: bool = False,
    told_until: datetime | None = None,
) -> None:
    """Tells the owner if a certificate has come down a rung. One whose tag asks for its next
    version is queued for that instead, and renew_or_tell handles it when its turn comes.

    `baseline`: nothing is told or queued of what was there before the first scan; left to the next
    one is what is noted already, or, where scans have told of ends until `told_until`, was not told
    by then. A disabled certificate is not told of. Raises Unavailable.
    """
    found = await _note_of(certflow, alias, entry)
    if found is None:
        return
    note, rung = found
    if baseline and (note.rung > 0 or _is_untold(certflow, entry, rung, told_until)):
        return
    if not baseline and _is_to_be_renewed(certflow, entry, note):
        # A row of the queue has no room for all tags.
        ours = {name: value for name, value in entry.tags.items() if name in OUR_TAGS}
        await certflow.monitoring_store.queue_renewal(alias, replace(entry, tags=ours))
        return
    await _tell(certflow, entry, note, rung, baseline=baseline)


def _is_untold(
    certflow: HasOptions, entry: CertificateItem, rung: int, told_until: datetime | None
) -> bool:
    """Whether the scans until `told_until` (None: there were none) have left a rung untold, because
    it was passed later, or a tag kept it quiet.
    """
    if told_until is None:
        return False
    passed_later = rung_of(entry, certflow.options.ladder, told_until) < rung
    return passed_later or muted_until(entry.tags, told_until) is not None


async def renew_or_tell(
    certflow: ApprovedContext, alias: str, entry: CertificateItem, *, capped: bool = False
) -> None:
    """Starts the next version of a certificate if a tag asks for that, or else tells its owner that
    it ends.

    `capped`: none may be started today. Raises Refused, Unavailable.
    """
    found = await _note_of(certflow, alias, entry)
    if found is None:
        return
    note, rung = found
    started = False
    if not capped and _is_to_be_renewed(certflow, entry, note):
        note, started = await renew(certflow, entry, note)
    await _tell(certflow, entry, note, rung, started=started)


async def _note_of(
    certflow: MonitoringContext, alias: str, entry: CertificateItem
) -> tuple[CertificateNote, int] | None:
    """What is noted about a version, and its rung; None if nobody is to be told of its end."""
    rung = rung_of(entry, certflow.options.ladder, certflow.now())
    if rung == 0 or not entry.enabled or renewal_of(entry.tags) is Renewal.OFF:
        return None
    if entry.thumbprint is None:
        return None
    known = await certflow.monitoring_store.note(alias, entry.name)
    note = known or CertificateNote(alias, entry.name, entry.thumbprint)
    if note.thumbprint != entry.thumbprint:
        # A newer version: nothing was told of it yet, but what was started for the name counts.
        note = replace(note, thumbprint=entry.thumbprint, rung=0, stopped=None)
    return note, rung


def _is_to_be_renewed(certflow: HasOptions, entry: CertificateItem, note: CertificateNote) -> bool:
    """Whether a tag asks for the next version, and it was neither started nor given up."""
    asked = renewal_of(entry.tags) is Renewal.AUTO and note.thumbprint not in {
        note.renewed,
        note.stopped,
    }
    return asked and certflow.options.renews_in(note.vault)


async def _tell(
    certflow: MonitoringContext,
    entry: CertificateItem,
    note: CertificateNote,
    rung: int,
    *,
    baseline: bool = False,
    started: bool = False,
) -> None:
    """Tells the owner of a rung that was not told yet, and writes the note. Where the next version
    has just been started, the owner is told of that instead.
    """
    if rung > note.rung and (baseline or muted_until(entry.tags, certflow.now()) is None):
        events = () if baseline or started else (_event(certflow, entry, note, rung),)
        note = replace(note, rung=rung)
        await certflow.monitoring_store.save_note(note, events)
        await publish(certflow, events)
    elif started:
        await certflow.monitoring_store.save_note(note)


async def check_expiry_of(certflow: MonitoringContext, alias: str, name: str) -> None:
    """Does the same as `check_expiry` for one certificate of which an event tells. Raises Refused,
    Unavailable.
    """
    survey = await certflow.monitoring_store.scan(alias)
    entry = await entry_of(certflow, alias, name)
    # Until the first scan has ended, that scan handles it.
    if survey.finished is not None and entry is not None:
        await check_expiry(certflow, alias, entry)


async def entry_of(certflow: HasVaults, alias: str, name: str) -> CertificateItem | None:
    """A certificate as the vault's list has it, from its current version; None if there is none.
    Raises Refused, Unavailable.
    """
    bundle = await certflow.vault(alias).certificate(name)
    if bundle is None:
        return None
    attributes = bundle.fields.get("attributes") or {}
    return CertificateItem(
        name=name,
        thumbprint=sha1_of(bundle.version.der),
        not_before=datetime.fromtimestamp(attributes["nbf"], UTC) if "nbf" in attributes else None,
        not_after=bundle.version.not_after,
        enabled=bool(attributes.get("enabled", True)),
        tags=bundle.fields.get("tags") or {},
    )


def _event(
    certflow: MonitoringContext, entry: CertificateItem, note: CertificateNote, rung: int
) -> Event:
    if entry.not_after is None or entry.thumbprint is None:
        raise AssertionError("what has no end has no rung either")
    now, rungs = certflow.now(), len(certflow.options.ladder)
    ending: type[Ending] = Expired if rung == EXPIRED_RUNG else NearExpiry
    told = ending(
        vault=note.vault,
        name=entry.name,
        thumbprint=entry.thumbprint,
        owner=entry.tags.get(OWNER_TAG),
        signer=entry.tags.get(SIGNER_TAG),
        not_before=entry.not_before.isoformat() if entry.not_before else None,
        not_after=entry.not_after.isoformat(),
        left=int((entry.not_after - now).total_seconds()),
        rung=min(rung, rungs + 1),
        rungs=rungs,
        renewal="auto" if renewal_of(entry.tags) is Renewal.AUTO else "notify",
    )
    return told.event(
        f"{note.vault}:{entry.name.lower()}:{entry.thumbprint}:expiry:{rung}",
        f"vaults/{note.vault}/certificates/{entry.name}",
        now,
        vault=note.vault,
        name=entry.name,
    )
