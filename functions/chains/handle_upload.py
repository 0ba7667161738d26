"""Handles a dropped file, from the container to the vault: it is read, matched, validated, merged
and moved.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from functions.app.context_parts import HasChainFiles, HasLedger, HasLinks
from functions.app.contexts import ChainsContext, Outbox, OwnFaultsContext, RequestsContext
from functions.app.outbox import send
from functions.app.read_only_vault import REASON as OBSERVED
from functions.approvals.elsewhere import ask_for_request
from functions.chains.finish_upload import finish
from functions.chains.inspect import Case, inspect_contents
from functions.chains.match import Match
from functions.chains.merge import merge_once
from functions.chains.own_faults import is_own_fault, tell_of_own_fault
from functions.chains.parsing.parse import MAX_FILE_BYTES, parse
from functions.chains.report import Outcome, Report, StuckReport
from functions.chains.upload_events import event_of, file_of, request_for, tell_held_up
from functions.chains.validation.build import Chain
from functions.model.blob_names import MAX_LENGTH, blob_name
from functions.model.errors import CertflowError, InvalidRequest, Refused, Unavailable
from functions.model.events.chains import Stuck
from functions.model.findings import (
    AWAITING_APPROVAL,
    ChainProblem,
    Finding,
    once_merged,
    warnings_of,
)
from functions.model.links import Links
from functions.model.log import record
from functions.model.request.actor import UPLOAD, Actor
from functions.model.request.history import Action
from functions.model.request.tracked import TrackedRequest
from functions.ports.chain_files import MAX_CUT_OFF_TRIES, DroppedFile, ParkedFile, UnprocessedFile
from functions.requests.adoption import adopt
from functions.x509.describe import printed

# How long a sweep runs: what is left then is for the next one. The search for one file's keys can
# take most of a minute.
SWEEP_TIME = timedelta(minutes=8)
# A file that is older than this has no event any more that could be on its way: an event and all
# tries that follow it take less (triggers/queued_events.py).
MIN_FILE_AGE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who brings a file, and which: `run` is the same for each repetition of its handling, `file`
    is its name and SHA-256 for the history.
    """

    run: str
    file: Mapping[str, str]
    by: Actor


TRIED = "The file could not be handled, although it was tried again and again."
STOPPED = "The app was stopped each time that it handled this file."


async def handle_upload(certflow: ChainsContext, name: str) -> Report | None:
    """Merges or rejects one dropped file and moves it; returns its report. Safe to repeat, and to
    cut off at any point.

    Returns None for a file that is gone, because another run has handled it, and for a name that no
    file of the container may have. Raises Unavailable, BadSettings, and Refused where the app has
    no access: the file has not been moved then, and it is tried again.
    """
    drop = await _read_upload(certflow, name)
    if drop is None:
        record("drop-gone", blob=printed(name))
        return None
    try:
        examined = await inspect_contents(certflow, parse(drop.content))
    except ChainProblem as problem:
        meant = await certflow.ledger.get(*problem.whose) if problem.whose else None
        return await finish(certflow, drop, problem.findings, (), meant)
    file = {"name": printed(drop.name, MAX_LENGTH), "sha256": drop.sha256 or ""}
    sender = Sender(drop.id, file, UPLOAD)
    outcomes = [await outcome_of(certflow, sender, case) for case in examined.cases]
    return await finish(certflow, drop, examined.findings, tuple(outcomes))


async def sweep_files(certflow: ChainsContext) -> int:
    """Handles files that have been in the container for longer than MIN_FILE_AGE; returns how many
    there were. It is for files whose event was lost.

    A file that fails is left for the next sweep, and does not stop the others. A file that was
    parked is left alone until it is dropped again, or somebody asks for it. Raises Unavailable.
    """
    left = await _left_behind(certflow)
    ends = certflow.now() + SWEEP_TIME
    for number, one in enumerate(left):
        if certflow.now() >= ends:
            record("drops-left", level=logging.WARNING, files=len(left) - number)
            break
        try:
            await _take_up(certflow, one)
        except Exception as error:  # noqa: BLE001  an error of one file must not stop the others
            record("drop-left", level=logging.WARNING, blob=one.name, reason=repr(error))
            await _tell_again(certflow, error)
    return len(left)


async def _left_behind(certflow: ChainsContext) -> list[UnprocessedFile]:
    """The files that a sweep handles. Removes the marks of files that are gone."""
    lying, aside = (
        await certflow.chain_files.unprocessed(certflow.now() - MIN_FILE_AGE),
        await certflow.ledger.parked(),
    )
    for name in aside.keys() - {one.name for one in lying}:
        await certflow.ledger.unpark(name)
    parked = {name: mark.etag for name, mark in aside.items() if mark.for_good}
    return [one for one in lying if parked.get(one.name) != one.etag]


async def _tell_again(certflow: OwnFaultsContext, error: Exception) -> None:
    """Tells the operators of a fault of Certflow's own that keeps files back, once a day."""
    if not is_own_fault(error):
        return
    try:
        await tell_of_own_fault(certflow, error)
    except Unavailable as down:
        record("held-up-untold", level=logging.WARNING, reason=str(down))


async def handle_stuck(certflow: ChainsContext, name: str) -> None:
    """Tries a file once more that has failed for too long, or too often; if it fails again, people
    are told why.

    The file stays where it is. After a CertflowError, such as an outage, the sweep goes on trying
    it; after any other error it is parked. Each try is marked before it begins, so that a file that
    takes the whole process down is not tried for ever. Raises Unavailable if the event cannot be
    stored: then this is tried again.
    """
    drop = await _read_upload(certflow, name)
    if drop is None:
        return
    mark = await _mark_of(certflow, drop)
    if mark.for_good:
        again = _again(certflow, name)
        await _tell_stuck(certflow, drop, f"{TRIED} {STOPPED}", again, None)
        return
    await certflow.ledger.park(name, ParkedFile(drop.etag, mark.tries + 1))
    try:
        await handle_upload(certflow, name)
    except Exception as error:  # noqa: BLE001  people are told of the error, whatever it is
        record("drop-stuck", level=logging.ERROR, blob=name, drop=drop.id, reason=repr(error))
        await _tell_why_stuck(certflow, drop, error)
    else:
        await certflow.ledger.unpark(name)


async def _mark_of(certflow: HasLedger, drop: DroppedFile) -> ParkedFile:
    """The mark of this content of a file, if it has one; or a new mark."""
    mark = (await certflow.ledger.parked()).get(drop.name)
    return mark if mark is not None and mark.etag == drop.etag else ParkedFile(drop.etag, 0)


async def _tell_why_stuck(certflow: ChainsContext, drop: DroppedFile, error: Exception) -> None:
    """Tells people why a file failed once more. Removes its mark after a CertflowError, so that the
    sweep tries it again; parks it after any other error.
    """
    if is_own_fault(error):
        await certflow.ledger.unpark(drop.name)
        await tell_held_up(certflow, drop, error)
        return
    reason = f"An unforeseen error ({type(error).__name__}); the log has it."
    if isinstance(error, CertflowError):
        reason = str(error)
        await certflow.ledger.unpark(drop.name)
    else:
        await certflow.ledger.park(drop.name, ParkedFile(drop.etag, MAX_CUT_OFF_TRIES))
    request = await request_for(certflow, drop)
    again = _again(certflow, drop.name)
    await _tell_stuck(certflow, drop, f"{TRIED} {reason}", again, request)


def _again(certflow: HasLinks, name: str) -> str:
    """The next step for a file that was parked: how it is handled once more."""
    body = json.dumps({"name": printed(name, MAX_LENGTH)}, ensure_ascii=False)
    links = certflow.links
    call = f"POST {links.api}/chains/retry, {links.credentials}, and the body {body}"
    return f"Fix what is named here. Then drop the file again, or have it handled again: {call}."


async def retry(certflow: ChainsContext, name: str) -> Report:
    """Handles a file in the container again, also one that was parked; returns its report.

    Raises InvalidRequest if there is no such file, and whatever `handle_upload` raises: then the
    file has not been moved.
    """
    report = await handle_upload(certflow, blob_name(name))
    if report is None:
        raise InvalidRequest("name", f"There is no file '{name[:200]}' in the container chains.")
    await certflow.ledger.unpark(name)
    return report


async def _read_upload(certflow: HasChainFiles, name: str) -> DroppedFile | None:
    """The file; None if it is gone, or if the name could lead out of this container: names come
    from events, messages and callers.

    First drops the files again that this one overwrote before they were read, for many CAs give
    every file the same name.
    """
    if _wrong_name(name):
        record("drop-name-refused", level=logging.WARNING, blob=printed(name))
        return None
    for earlier in await certflow.chain_files.restore_overwritten(name):
        record("drop-brought-back", blob=name, dropped_as=earlier)
    return await certflow.chain_files.read(name, MAX_FILE_BYTES)


def _wrong_name(name: str) -> InvalidRequest | None:
    try:
        blob_name(name)
    except InvalidRequest as error:
        return error
    return None


async def _take_up(certflow: ChainsContext, one: UnprocessedFile) -> None:
    """Handles a file that was left behind. A file whose name could lead out of the container is not
    opened: people are told of it, and it is parked.
    """
    if (reason := _wrong_name(one.name)) is None:
        await handle_upload(certflow, one.name)
        return
    drop = DroppedFile(
        printed(one.name, MAX_LENGTH), b"", one.size, None, one.etag, one.modified, {}
    )
    sentence = f"The file is not opened. {reason}"
    await _tell_stuck(certflow, drop, sentence, "Drop it again under another name.", None)
    await certflow.ledger.park(one.name, ParkedFile(one.etag, MAX_CUT_OFF_TRIES))


async def outcome_of(certflow: ChainsContext, sender: Sender, case: Case) -> Outcome:
    """What becomes of one leaf of a file; merges its chain if that can be merged. Raises
    Unavailable, and Refused where the app has no access.
    """
    one = case.match
    outcome = Outcome("rejected", case.findings, one.leaf, case.chain, one.request, one.version)
    if one.version and not case.mergeable:
        return replace(outcome, word="already-merged")
    if case.waits:
        await _ask_if_held(certflow, case, sender.by)
        return replace(outcome, word="waiting")
    if not case.mergeable or case.chain is None:
        return outcome
    return await _merge_case(certflow, sender, one, case.chain, outcome)


async def _ask_if_held(certflow: ChainsContext, case: Case, by: Actor) -> None:
    """Asks for the approval that a chain waits for, once its request is tracked: the history of
    that names who asked.
    """
    one = case.match
    if one.pending and any(found.code == AWAITING_APPROVAL for found in case.findings):
        request = await _tracked(certflow, one, UPLOAD)
        await ask_for_request(certflow, request, one.pending, by)


async def _merge_case(
    certflow: ChainsContext, sender: Sender, one: Match, chain: Chain, outcome: Outcome
) -> Outcome:
    request = await _tracked(certflow, one, sender.by)
    doing = Action("merged", sender.by, warnings_of(outcome.findings), sender.file)
    try:
        bundle, found = await merge_once(certflow, sender.run, request, chain, doing)
    except ChainProblem as problem:
        return replace(outcome, findings=(problem.finding, *outcome.findings))
    except Refused as error:
        if error.of_access:
            raise  # as after an outage, the file waits until whoever runs the app has fixed it
        finding = refused(error, request, certflow.links)
        return replace(outcome, findings=(finding, *outcome.findings))
    return replace(
        outcome,
        word="already-merged" if found else "merged",
        findings=once_merged(dict.fromkeys((*found, *outcome.findings))),
        version=bundle.version.version,
    )


async def _tracked(certflow: RequestsContext, one: Match, by: Actor) -> TrackedRequest:
    """The request of a match, tracked from now on if it was started elsewhere."""
    if one.tracked or one.pending is None:
        return one.request
    return await adopt(certflow, one.request.vault, one.request.name, one.pending, by)


def refused(error: Refused, request: TrackedRequest, links: Links) -> Finding:
    """The finding for a merge that Key Vault refused, or that Certflow refuses in a vault that it
    only observes.
    """
    if error.reason == OBSERVED:
        return Finding(
            "vault-observed",
            str(error),
            "If Certflow shall merge there, take ':observe' out of that setting and drop the file "
            "again; otherwise merge the chain in Key Vault.",
        )
    return Finding(
        "refused-by-key-vault",
        f"Key Vault refused the chain: {error.code}: {error}",
        "If an issuer still works on this request, wait for it, or cancel it first (PATCH "
        f"{links.address_of(request.vault, request.name)}/pending, {links.credentials}, "
        'and the body {"cancellation_requested": true}) and drop the file again; '
        "otherwise have the CSR signed anew.",
    )


async def _tell_stuck(
    certflow: Outbox,
    drop: DroppedFile,
    sentence: str,
    next_step: str,
    request: TrackedRequest | None,
) -> None:
    report: StuckReport = {
        "outcome": "stuck",
        "sentence": sentence,
        "next_step": f"It is still in the container chains. {next_step}",
        "file": file_of(drop),
    }
    event = event_of(Stuck, drop, certflow.now(), report, request)
    await send(certflow, event)
