"""The daily digest for the operators: what ended, what waits, which vaults are not watched. It is a
heartbeat of the app, too.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from functions.app.context_parts import HasLedger, HasOptions
from functions.app.contexts import ActsContext, DigestContext, MonitoringContext
from functions.app.outbox import send
from functions.app.trust_hints import hint_of
from functions.inventory.new_findings import VaultFindings, vault_findings
from functions.model.acts.lines import NO_LINE
from functions.model.due_mark import DueCheck
from functions.model.errors import Unavailable
from functions.model.events.digest import ActsHead, Digest, NewFinding, SilencedEnd, VaultLine
from functions.model.links import Links
from functions.model.log import record
from functions.model.options import DigestWhen, Takes
from functions.model.request.operation import Status
from functions.monitoring.digest_text import (
    MAX_DIGEST_NAMES,
    MAX_DIGEST_VAULTS,
    Day,
    Ended,
    SilencedEnds,
    facts_of,
    next_step,
)
from functions.monitoring.expiry import soonest_first
from functions.monitoring.scan_pages import SILENCED
from functions.monitoring.status import A_DAY, LATE, MAX_PARALLEL_VAULTS, refused_events
from functions.ports.monitoring_store import (
    InventoryScan,
    ScanCounts,
    Silenced,
    TrustNote,
    TrustState,
)
from functions.record.tail import find_tail
from functions.x509.describe import printed

MAX_TRUST_LETTERS = 180  # characters of what is wrong with a vault's trust; the event has it twice
# Characters of a file's name in the event, which is one property of a table row (32,768
# characters). Whoever may upload gives files names of 1,024 characters, twice as long when escaped,
# and must not be able to keep the digest from being written.
MAX_EVENT_FILE_LETTERS = 250
MAX_DIGEST_SILENCED = 10  # in all vaults
# What needs attention, the vaults with the first of it first. Whoever may import can fill any
# number of vaults with expired certificates, so those come last and hide nothing else.
type Need = Literal["late", "trust_trouble", "passed_over", "expired", "new_findings"]
NEEDS: tuple[Need, ...] = ("late", "trust_trouble", "passed_over", "expired", "new_findings")


@dataclass(frozen=True, slots=True)
class Pending:
    """The requests in progress of a vault: how many, since when the oldest waits, and the names of
    those whose reminders are suppressed, the oldest first.
    """

    count: int
    oldest: datetime
    quiet: list[str]


@dataclass(frozen=True, slots=True)
class VaultDay:
    """What a digest says of a vault, and of what: the requests that ended, its line, its scan, and
    what the audit finds (None: not known).
    """

    ended: list[Ended]
    line: VaultLine
    survey: InventoryScan
    findings: VaultFindings | None


async def send_digest(certflow: DigestContext) -> bool:
    """Writes the digest of the day and publishes it; returns whether there is one. Safe to repeat.
    Raises Unavailable.
    """
    when = certflow.options.digest
    if when is DigestWhen.OFF:
        return False
    vaults = await _vault_days(certflow)
    day = await _day(certflow, vaults)
    if when is DigestWhen.NEWS and day.good and not day.ended:
        return False
    for one in vaults:
        if one.findings:  # kept first, so that a digest that is written again says the same
            await certflow.monitoring_store.save_digest_findings(one.findings.kept)
    told = _digest(day, certflow.links)
    await send(certflow, told.event(f"digest:{day.now.date()}", "digest", day.now))
    return True


async def _vault_days(certflow: DigestContext) -> list[VaultDay]:
    """Reads what the digest says of each vault."""
    now, beats = certflow.now(), await certflow.monitoring_store.heartbeats()
    gate = asyncio.Semaphore(MAX_PARALLEL_VAULTS)

    async def of_vault(alias: str) -> VaultDay:
        async with gate:
            ended = await certflow.ledger.ended(alias, now - A_DAY)
            survey = await certflow.monitoring_store.scan(alias)
            findings = await vault_findings(certflow, alias)
            line = await _line(certflow, survey, beats.get(alias), findings)
            return VaultDay(
                [(f"{alias}/{name}", end) for name, end in ended], line, survey, findings
            )

    return await asyncio.gather(*map(of_vault, certflow.vaults))


async def _day(certflow: DigestContext, vaults: Sequence[VaultDay]) -> Day:
    """What the digest is about."""
    now, marks = certflow.now(), await certflow.ledger.parked()
    return Day(
        now,
        [one for of_it in vaults for one in of_it.ended],
        sorted((one.line for one in vaults), key=_needs),
        sorted(name for name, mark in marks.items() if mark.for_good),
        _silent([one.survey for one in vaults], now),
        await refused_events(certflow),
        _first_new(vaults),
        await _acts_head(certflow),
    )


async def _acts_head(certflow: ActsContext) -> ActsHead | None:
    """The end of the record of acts, which whoever gets the digest can hold against it."""
    try:
        tail = await find_tail(certflow)
    except Unavailable as error:
        record("acts-not-read", level=logging.WARNING, reason=str(error))
        return None
    if tail is None or tail.head == NO_LINE:
        return None
    return ActsHead(file=str(tail.file), head=tail.head)


def _first_new(vaults: Iterable[VaultDay]) -> list[NewFinding]:
    """The first findings that are new: the first of each vault, then the second of each, and so on,
    so that whoever may import into one vault hides nothing of another's.
    """
    found = [
        (place, of_it.line.vault, NewFinding(vault=of_it.line.vault, name=name, code=code))
        for of_it in vaults
        if of_it.findings
        for place, (code, name) in enumerate(of_it.findings.kept.new)
    ]
    return [one for *_, one in sorted(found, key=lambda one: one[:2])][:MAX_DIGEST_NAMES]


def _needs(line: VaultLine) -> list[bool]:
    """The order of the vaults: those first that need attention."""
    return [not getattr(line, need) for need in NEEDS]


def _silent(surveys: Sequence[InventoryScan], now: datetime) -> SilencedEnds:
    lasts = [survey.last for survey in surveys if survey.last]
    count = sum(last.counts.get(SILENCED, len(last.silenced)) for last in lasts)
    return SilencedEnds(_nearest(surveys, now), count)


def _nearest(surveys: Iterable[InventoryScan], now: datetime) -> list[tuple[str, Silenced]]:
    """The certificates of all vaults of which a tag keeps the near end quiet, with their vaults.

    Those that are still to end come first; of these the nearest of each vault, then the second of
    each, and so on, so that whoever may tag in one vault hides nothing of another's.
    """
    found = [
        (one.ends <= now, place, abs(one.ends - now), survey.vault, one)
        for survey in surveys
        if survey.last
        for place, one in enumerate(soonest_first(survey.last.silenced, now))
    ]
    nearest = sorted(found, key=lambda one: one[:4])[:MAX_DIGEST_SILENCED]
    return [(vault, one) for *_, vault, one in nearest]


async def _line(
    certflow: MonitoringContext,
    survey: InventoryScan,
    beat: datetime | None,
    findings: VaultFindings | None,
) -> VaultLine:
    """What the digest says of a vault. `beat` is its last heartbeat."""
    now, alias, last = certflow.now(), survey.vault, survey.last or ScanCounts()
    trust = await certflow.monitoring_store.trust(alias)
    pending = await _count_pending(certflow, alias)
    return VaultLine(
        vault=alias,
        last_good_sweep=beat.isoformat() if beat else None,
        late=beat is None or now - beat > LATE,
        in_progress=pending.count,
        oldest=pending.oldest.isoformat() if pending.count else None,
        certificates=survey.last.certificates if survey.last else None,
        near_expiry=last.counts.get("near_expiry", 0),
        expired=last.counts.get("expired", 0),
        passed_over=last.counts.get("passed_over", 0),
        muted=tuple(last.names.get("muted", ()))[:MAX_DIGEST_NAMES],
        acknowledged=tuple(pending.quiet[:MAX_DIGEST_NAMES]),
        quiet=len(pending.quiet) + last.counts.get("muted", 0),
        any_ca=_takes_any_ca(certflow, alias, trust),
        trust_trouble=_trust_problem(trust),
        critical=findings.critical if findings else None,
        warnings=findings.warnings if findings else None,
        new_findings=findings.kept.new_count if findings else None,
    )


async def _count_pending(certflow: MonitoringContext, alias: str) -> Pending:
    """Counts the requests in progress one by one, because there may be very many."""
    now, count = certflow.now(), 0
    oldest, quiet = now, list[tuple[datetime, str]]()
    async for look in certflow.ledger.in_progress(alias):
        if await _has_ended(certflow, look):
            continue
        count += 1
        created = look.created or now
        oldest = min(oldest, created)
        if look.quiet_until and look.quiet_until > now:
            quiet.append((created, look.name))
    return Pending(count, oldest, [name for _, name in sorted(quiet)])


async def _has_ended(certflow: HasLedger, look: DueCheck) -> bool:
    """Whether a due mark is that of a request that has ended, and is to be checked again after a
    fault. The row is read only where the mark leaves it open: an ended request has no reminder.
    """
    if look.error is None or look.remind_at is not None:
        return False
    request = await certflow.ledger.get(look.vault, look.name, look.request_id or "")
    return request is None or request.status is not Status.IN_PROGRESS


def _takes_any_ca(certflow: HasOptions, alias: str, trust: TrustNote | None) -> bool:
    set_so = certflow.options.takes(alias) is Takes.ANY
    return set_so and (trust is None or trust.state is TrustState.ANY)


def _trust_problem(note: TrustNote | None) -> str | None:
    """Why nothing is merged in a vault, or from when on; None if chains are merged."""
    hint = hint_of(note) if note else None
    return printed(hint, MAX_TRUST_LETTERS) if hint else None


def _digest(day: Day, links: Links) -> Digest:
    by_status = Counter(end for _, end in day.ended)
    step = next_step(
        links,
        day.late,
        day.stuck,
        day.expired,
        len(day.failed),
        day.silent.count,
        day.distrusting,
        day.passed_over,
        day.new_count,
    )
    silenced = (
        SilencedEnd(vault=vault, name=one.name, why=one.why, not_after=one.ends.isoformat())
        for vault, one in day.silent.first
    )
    return Digest(
        date=day.now.date().isoformat(),
        good=day.good,
        headline="all is well" if day.good else "something needs a look",
        sentence=_sentence(day, by_status),
        next_step=step,
        ended={status.value: count for status, count in by_status.items()},
        vaults=tuple(day.lines[:MAX_DIGEST_VAULTS]),
        set_aside=tuple(
            printed(name, MAX_EVENT_FILE_LETTERS) for name in day.stuck[:MAX_DIGEST_NAMES]
        ),
        refused_events=day.refused,
        silenced=tuple(silenced),
        silenced_count=day.silent.count,
        new_findings=tuple(day.new),
        acts=day.acts,
        facts=tuple(facts_of(day)),
    )


def _sentence(day: Day, by_status: Counter[Status]) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in sorted(by_status.items()))
    in_progress = sum(line.in_progress for line in day.lines)
    return f"In the last 24 hours: {counts or 'no request ended'}. In progress now: {in_progress}."
