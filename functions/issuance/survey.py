"""The survey of a vault: page by page through all its certificates, for what nobody told us of.

Requests that were started elsewhere are adopted, and certificates near their end are told of or renewed. The list does
not say that a renewal is pending (protocol §4.3), so each certificate's pending operation is asked for. A survey is
wanted once an hour and spreads over many shifts; where it stands is written after every page. Renewals are queued, and
started when all pages are through: which ends are the nearest is known only then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from functions.issuance.adoption import adopt
from functions.issuance.certflow import Certflow
from functions.issuance.errors import Refused, Unavailable
from functions.issuance.events import VAULT_SURVEYED, Event
from functions.issuance.expiry import EXPIRED_RUNG, entry_of, judge, renew_or_tell, rung_of, silenced, soonest_first
from functions.issuance.journal import record
from functions.issuance.outbox import send
from functions.issuance.pace import KEY_VAULT
from functions.issuance.ports import Listed
from functions.issuance.renewal import cap_reached
from functions.issuance.requests import Status
from functions.issuance.tags import OWNER, is_unread, muted_until
from functions.issuance.watch import standing
from functions.issuance.watchbook import Found, Survey

AT_ONCE = 8
MOST_QUEUED = 100  # renewals in memory at a time, however many are queued
# Of each kind, and of the ends of which nobody is told. A survey and the one before are one property of a table row,
# which takes 32,768 characters; a name has 127 at most.
MOST_NAMES, MOST_SILENCED = 8, 20
# Of a page, a shift each; then a certificate for which Key Vault has no answer is passed over: it may have none for
# years. Fewer than the minutes after which a vault counts as not watched (overview.py, LATE): so that it does, a survey
# has to meet four such pages.
TRIES = 5
SILENCED = "silenced"  # how many: of those, more is kept than their names (Found)
BAD_TOKEN = 400
ENDS = {Status.FAILED, Status.CANCELLED}  # that somebody should hear of


async def want_surveys(certflow: Certflow) -> None:
    """Asks for a survey of every vault; the next shifts carry it out. One that is under way goes on."""
    await asyncio.gather(*(certflow.watchbook.want_survey(alias, certflow.now()) for alias in certflow.vaults))


async def survey(certflow: Certflow, alias: str, ends: datetime) -> None:
    """Carries the survey of a vault on until `ends`, if one is wanted or under way. Raises Refused, Unavailable: the
    pages that were done are done.

    The first survey of a vault is the baseline: what it finds is tracked without a word, and told in one summary.
    """
    run = await certflow.watchbook.survey(alias)
    if not run.under_way:
        wanted = await certflow.watchbook.wanted(alias)
        if run.began and (wanted is None or wanted <= run.began):
            return
        run = replace(run, under_way=True, began=certflow.now(), token=None, tries=0, found=Found())
    while certflow.now() < ends and not run.renewing:
        try:
            page = await certflow.vault(alias).page(run.token)
        except Refused as error:
            if run.token is None or error.status != BAD_TOKEN:
                raise
            run = replace(run, token=None, tries=0, found=Found())  # too old to go on from: from the beginning
            continue
        try:
            found = await _page(certflow, run, page.certificates)
        except Unavailable as error:
            if _has_no_answer(error):
                await certflow.watchbook.keep_survey(replace(run, tries=run.tries + 1))
            raise
        run = replace(run, found=found, token=page.token, tries=0, renewing=page.token is None)
        run = await certflow.watchbook.keep_survey(run)
    if run.renewing:
        run = await _renew(certflow, run, ends)
        if not await certflow.watchbook.queued_renewals(alias, 1):
            await _finish(certflow, run)


async def _renew(certflow: Certflow, run: Survey, ends: datetime) -> Survey:
    """Starts the next versions that were queued, the nearest end of the whole vault first, until `ends` or the cap of
    the day; the owners of the others hear that theirs end. Raises Unavailable: the next shift goes on.
    """
    while certflow.now() < ends and (queued := await certflow.watchbook.queued_renewals(run.vault, MOST_QUEUED)):
        for entry in queued:
            if certflow.now() >= ends:
                break
            started = await certflow.watchbook.renewals(run.vault, certflow.now().date())
            capped = started >= certflow.choices.most_renewals
            if capped:
                run = await _tell_cap(certflow, run)
            try:
                await _renew_one(certflow, run, entry, capped=capped)
            except Unavailable as error:
                if not _has_no_answer(error):
                    raise
                if run.tries < TRIES:
                    await certflow.watchbook.keep_survey(replace(run, tries=run.tries + 1))
                    raise
                record("passed-over", level=logging.ERROR, vault=run.vault, name=entry.name, reason=str(error))
            except Exception as error:  # noqa: BLE001  one certificate's trouble must not hold the others back
                record("passed-over", level=logging.ERROR, vault=run.vault, name=entry.name, reason=repr(error))
            await certflow.watchbook.unqueue_renewal(run.vault, entry)
    return run


async def _renew_one(certflow: Certflow, run: Survey, entry: Listed, *, capped: bool) -> None:
    """One certificate of the queue: looked at again, since it was queued minutes ago; not so where none is started."""
    now = entry if capped else await entry_of(certflow, run.vault, entry.name)
    if now is not None:
        await renew_or_tell(certflow, run.vault, now, capped=capped)


async def _tell_cap(certflow: Certflow, run: Survey) -> Survey:
    """That there are too many renewals: told once a day for a vault."""
    if run.capped == certflow.now().date():
        return run
    event = cap_reached(certflow, run.vault)
    await send(certflow, event)
    return await certflow.watchbook.keep_survey(replace(run, capped=certflow.now().date()))


async def _page(certflow: Certflow, run: Survey, listed: Sequence[Listed]) -> Found:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(entry: Listed) -> list[str]:
        async with gate:
            try:
                return [*await _seen(certflow, run, entry), *_kinds(certflow, entry)]
            except Unavailable as error:
                if run.tries < TRIES or not _has_no_answer(error):
                    raise
                record("passed-over", level=logging.ERROR, vault=run.vault, name=entry.name, reason=str(error))
                return ["passed_over"]
            except Exception as error:  # noqa: BLE001  one certificate's trouble must not end the survey for the others
                record("passed-over", level=logging.ERROR, vault=run.vault, name=entry.name, reason=repr(error))
                return ["passed_over"]

    outcomes = await asyncio.gather(*(one(entry) for entry in listed), return_exceptions=True)  # all to their end
    kinds: list[list[str]] = []
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
        kinds.append(outcome)
    counts, names = dict(run.found.counts), dict(run.found.names)
    for entry, of_it in zip(listed, kinds, strict=True):
        for kind in of_it:
            counts[kind] = counts.get(kind, 0) + 1
            names[kind] = (*names.get(kind, ()), entry.name)[:MOST_NAMES]
    now, ladder = certflow.now(), certflow.choices.ladder
    quiet = [end for entry in listed if (end := silenced(entry, ladder, now)) is not None]
    if quiet:
        counts[SILENCED] = counts.get(SILENCED, 0) + len(quiet)
    nearest = soonest_first((*run.found.silenced, *quiet), now)[:MOST_SILENCED]
    return Found(run.found.certificates + len(listed), counts, names, tuple(nearest))


def _has_no_answer(error: Unavailable) -> bool:
    """Whether this is Key Vault's, which has just answered with the page: not our storage's, nor one of throttling."""
    return error.service.startswith(KEY_VAULT) and not error.throttled


async def _seen(certflow: Certflow, run: Survey, entry: Listed) -> list[str]:
    pending = await _pending(certflow, run, entry)
    if entry.complete:
        await judge(certflow, run.vault, entry, baseline=run.finished is None)
    return pending


async def _pending(certflow: Certflow, run: Survey, entry: Listed) -> list[str]:
    """Brings what is pending there under watch; says what it is."""
    answer = await standing(certflow.vault(run.vault), entry.name)
    if answer is None or answer.operation.status not in {Status.IN_PROGRESS, *ENDS}:
        return []
    operation, baseline = answer.operation, run.finished is None
    known = await certflow.ledger.get(run.vault, entry.name, operation.request_id)
    # A start of ours knows the owner, and will track it in a moment.
    if known is None and not await certflow.ledger.starting(run.vault, entry.name):
        tags = entry.tags
        await adopt(certflow, run.vault, entry.name, operation, tags=tags, csr_out=not baseline, quietly=baseline)
    return ["pending" if operation.status is Status.IN_PROGRESS else operation.status.value]


def _kinds(certflow: Certflow, entry: Listed) -> list[str]:
    """What else there is to count about a certificate."""
    now = certflow.now()
    rung = rung_of(entry, certflow.choices.ladder, now) if entry.enabled else 0
    found = {
        "near_expiry": 0 < rung < EXPIRED_RUNG,
        "expired": rung == EXPIRED_RUNG,
        "unowned": not entry.tags.get(OWNER),
        "muted": muted_until(entry.tags, now) is not None,
        "tags_unread": is_unread(entry.tags),
    }
    return [kind for kind, it_is in found.items() if it_is]


async def _finish(certflow: Certflow, run: Survey) -> None:
    """The event first: what is told of it twice is known by its id."""
    if run.finished is None:
        event = Event(
            id=f"{run.vault}:surveyed",
            type=VAULT_SURVEYED,
            subject=f"vaults/{run.vault}",
            time=certflow.now(),
            vault=run.vault,
            data={"vault": run.vault, **found_of(run.found)},
        )
        await send(certflow, event)
    record("surveyed", vault=run.vault, certificates=run.found.certificates, **run.found.counts)
    done = Survey(
        run.vault,
        began=run.began,
        finished=certflow.now(),
        last=run.found,
        covers=run.began,
        capped=run.capped,
        etag=run.etag,
    )
    await certflow.watchbook.keep_survey(done)


def found_of(found: Found) -> dict[str, Any]:
    """What a survey found, as events and answers have it; `counts` has more than `names` name."""
    names = {kind: list(some) for kind, some in found.names.items()}
    return {"certificates": found.certificates, "counts": dict(found.counts), "names": names}
