"""A dropped file, from the container to the vault: read, match, judge, merge, move, tell."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

from functions.issuance.adoption import adopt
from functions.issuance.blob_names import MAX_LENGTH, blob_name
from functions.issuance.certflow import Certflow
from functions.issuance.describe import printed
from functions.issuance.drop_events import event_of, file_of, request_for, tell_held_up
from functions.issuance.errors import CertflowError, InvalidRequest, Refused, Unavailable
from functions.issuance.events import (
    CHAIN_MERGED,
    CHAIN_QUARANTINED,
    CHAIN_REJECTED,
    CHAIN_STUCK,
    CHAIN_WAITING,
)
from functions.issuance.examine import Case, examine
from functions.issuance.files import MERGED, QUARANTINE, REJECTED, STOPPED_TOO_OFTEN, Aside, Drop, Lying
from functions.issuance.findings import ChainProblem, Finding, once_merged, warnings_of
from functions.issuance.held_up import WAIT, is_own_fault, tell_of_lasting_distrust, tell_of_own_fault
from functions.issuance.journal import record
from functions.issuance.links import WITH_KEY
from functions.issuance.matching import Match
from functions.issuance.merge import merge_once
from functions.issuance.observed import REASON as OBSERVED
from functions.issuance.outbox import publish, send
from functions.issuance.reading import MAX_BYTES, read
from functions.issuance.report import Outcome, report_of
from functions.issuance.requests import NOBODY, Doing, TrackedRequest

CONTAINERS = {"merged": MERGED, "already-merged": MERGED, "rejected": REJECTED, "quarantined": QUARANTINE}
TOLD = {MERGED: CHAIN_MERGED, REJECTED: CHAIN_REJECTED, QUARANTINE: CHAIN_QUARANTINED}
SWEEPING = timedelta(minutes=8)  # what is left then is for the next sweep; a search takes most of a minute
LYING = timedelta(minutes=10)  # longer than an event and all tries that come of it take (triggers/queued.py)

TRIED = "The file could not be handled, although it was tried again and again."


async def handle_drop(certflow: Certflow, name: str) -> dict[str, Any] | None:
    """Merges or rejects one dropped file and moves it; returns its report. Safe to repeat, and to cut anywhere.

    None for a file that is gone: another run has handled it; and for a name that no file of the container should have.
    Raises Unavailable, BadSettings, and Refused where the app has no access: nothing has moved, and it is tried again.
    """
    drop = await _read(certflow, name)
    if drop is None:
        record("drop-gone", blob=printed(name))
        return None
    try:
        examined = await examine(certflow, read(drop.content))
    except ChainProblem as problem:
        meant = await certflow.ledger.get(*problem.whose) if problem.whose else None
        return await _finish(certflow, drop, problem.findings, (), meant)
    outcomes = [await _merged(certflow, drop, case) for case in examined.cases]
    return await _finish(certflow, drop, examined.findings, tuple(outcomes))


async def sweep(certflow: Certflow) -> int:
    """Takes up files that have been lying there; returns how many. The backstop for a drop whose event never came.

    One that fails is left for the next sweep, and does not keep the others waiting; one that was set aside is left
    alone until it is dropped anew, or somebody asks for it.
    """
    lying, aside = await certflow.drops.lying(certflow.now() - LYING), await certflow.ledger.aside()
    for name in aside.keys() - {one.name for one in lying}:
        await certflow.ledger.take_back(name)
    stuck = {name for name, mark in aside.items() if mark.for_good}
    left = [one for one in lying if one.name not in stuck or aside[one.name].etag != one.etag]
    ends = certflow.now() + SWEEPING
    for number, one in enumerate(left):
        if certflow.now() >= ends:
            record("drops-left", level=logging.WARNING, files=len(left) - number)
            break
        try:
            await _take_up(certflow, one)
        except Exception as error:  # noqa: BLE001  one file's trouble must not end the sweep for the others
            record("drop-left", level=logging.WARNING, blob=one.name, reason=repr(error))
            await _told_again(certflow, error)
    return len(left)


async def _told_again(certflow: Certflow, error: Exception) -> None:
    """What keeps files back for longer than a day is told again, if it is a fault of ours."""
    if not is_own_fault(error):
        return
    try:
        await tell_of_own_fault(certflow, error)
    except Unavailable as down:
        record("held-up-untold", level=logging.WARNING, reason=str(down))


async def handle_stuck(certflow: Certflow, name: str) -> None:
    """A file that has failed for too long, or too often: one more try, and if that fails too, people hear why.

    The file stays where it is. An outage passes, so the sweep goes on trying then; what failed in another way is set
    aside. Each try is marked before it begins: a file that takes the whole process down shall not do so for ever.
    Raises Unavailable if the event cannot even be written: then this is tried again.
    """
    drop = await _read(certflow, name)
    if drop is None:
        return
    mark = (await certflow.ledger.aside()).get(name)
    if mark is None or mark.etag != drop.etag:
        mark = Aside(drop.etag, 0)
    if mark.for_good:
        reason = "The app was stopped each time that it handled this file."
        await _tell_stuck(certflow, drop, f"{TRIED} {reason}", _again(certflow, name), None)
        return
    await certflow.ledger.set_aside(name, Aside(drop.etag, mark.tries + 1))
    try:
        await handle_drop(certflow, name)
    except Exception as error:  # noqa: BLE001  whatever it is, it is the reason that people want to hear
        record("drop-stuck", level=logging.ERROR, blob=name, drop=drop.id, reason=repr(error))
        if is_own_fault(error):
            await certflow.ledger.take_back(name)
            await tell_held_up(certflow, drop, error)
            return
        reason = f"An unforeseen error ({type(error).__name__}); the log has it."
        if isinstance(error, CertflowError):
            reason = str(error)
            await certflow.ledger.take_back(name)
        else:
            await certflow.ledger.set_aside(name, Aside(drop.etag, STOPPED_TOO_OFTEN))
        request = await request_for(certflow, drop)
        await _tell_stuck(certflow, drop, f"{TRIED} {reason}", _again(certflow, name), request)
    else:
        await certflow.ledger.take_back(name)


def _again(certflow: Certflow, name: str) -> str:
    """How a file that was set aside is handled once more."""
    body = json.dumps({"name": printed(name, MAX_LENGTH)}, ensure_ascii=False)
    call = f"POST {certflow.links.api}/chains/retry, {WITH_KEY}, and the body {body}"
    return f"Fix what is named here. Then drop the file again, or have it handled again: {call}."


async def retry(certflow: Certflow, name: str) -> dict[str, Any]:
    """Handles a file in the container again, also one that was set aside; returns its report.

    Raises InvalidRequest if there is no such file, and whatever `handle_drop` raises: then the file is where it was.
    """
    report = await handle_drop(certflow, blob_name(name))
    if report is None:
        raise InvalidRequest("name", f"There is no file '{name[:200]}' in the container chains.")
    await certflow.ledger.take_back(name)
    return report


async def _read(certflow: Certflow, name: str) -> Drop | None:
    """The file. Whoever names it (an event, a message, a caller) gets no further than this container.

    First, what it has overwritten unread is dropped again: many CAs call every file the same.
    """
    if _wrong_name(name):
        record("drop-name-refused", level=logging.WARNING, blob=printed(name))
        return None
    for earlier in await certflow.drops.bring_back(name):
        record("drop-brought-back", blob=name, dropped_as=earlier)
    return await certflow.drops.read(name, MAX_BYTES)


def _wrong_name(name: str) -> InvalidRequest | None:
    try:
        blob_name(name)
    except InvalidRequest as error:
        return error
    return None


async def _take_up(certflow: Certflow, one: Lying) -> None:
    """Handles a file that is lying there. One whose name leads elsewhere is never opened, and told of instead."""
    if (reason := _wrong_name(one.name)) is None:
        await handle_drop(certflow, one.name)
        return
    drop = Drop(printed(one.name, MAX_LENGTH), b"", one.size, None, one.etag, one.modified, {})
    await _tell_stuck(certflow, drop, f"The file is not opened. {reason}", "Drop it again under another name.", None)
    await certflow.ledger.set_aside(one.name, Aside(one.etag, STOPPED_TOO_OFTEN))


async def _merged(certflow: Certflow, drop: Drop, case: Case) -> Outcome:
    one = case.match
    outcome = Outcome("rejected", case.findings, one.leaf, case.chain, one.request, one.version)
    if one.version and not case.mergeable:
        return replace(outcome, word="already-merged")
    if case.waits:
        return replace(outcome, word="waiting")
    if not case.mergeable or case.chain is None:
        return outcome
    request = await _tracked(certflow, one)
    file = {"name": printed(drop.name, MAX_LENGTH), "sha256": drop.sha256 or ""}
    doing = Doing("merged", NOBODY, warnings_of(case.findings), file)
    try:
        bundle, findings = await merge_once(certflow, drop.id, request, case.chain, doing)
    except ChainProblem as problem:
        return replace(outcome, findings=(problem.finding, *case.findings))
    except Refused as error:
        if error.of_access:
            raise  # as an outage: whoever runs the app mends it, and the file waits
        address = certflow.links.address_of(request.vault, request.name)
        return replace(outcome, findings=(refused(error, address), *case.findings))
    word, said = "already-merged" if findings else "merged", dict.fromkeys((*findings, *case.findings))
    return replace(outcome, word=word, findings=once_merged(said), version=bundle.version.version)


async def _tracked(certflow: Certflow, one: Match) -> TrackedRequest:
    """The request, brought under watch if it was started elsewhere."""
    if one.tracked or one.pending is None:
        return one.request
    return await adopt(certflow, one.request.vault, one.request.name, one.pending)


def refused(error: Refused, address: str) -> Finding:
    """Key Vault's own refusal; or ours, in a vault that is only observed. `address`: of the certificate's routes."""
    if error.reason == OBSERVED:
        return Finding(
            "vault-observed",
            str(error),
            "If Certflow shall merge there, take ':observe' out of that setting and drop the file again; otherwise "
            "merge the chain in Key Vault.",
        )
    return Finding(
        "refused-by-key-vault",
        f"Key Vault refused the chain: {error.code}: {error}",
        f"If an issuer still works on this request, wait for it, or cancel it first (PATCH {address}/pending, "
        f'{WITH_KEY}, and the body {{"cancellation_requested": true}}) and drop the file again; otherwise have the CSR '
        "signed anew.",
    )


async def _finish(
    certflow: Certflow,
    drop: Drop,
    findings: tuple[Finding, ...],
    outcomes: tuple[Outcome, ...],
    meant: TrackedRequest | None = None,
) -> dict[str, Any]:
    """Moves the file with its report, and tells. The event is written first, so that a cut in between loses nothing.

    `meant` is the request that a file without outcomes was probably for.
    """
    if outcomes and all(one.word == "merged" for one in outcomes):
        findings = once_merged(findings)
    report = report_of(findings, outcomes) | {"file": file_of(drop)}
    if report["outcome"] == "waiting":
        await _wait(certflow, drop, report, outcomes)
        return report
    container, names = CONTAINERS[report["outcome"]], _by_name(drop, outcomes)
    folder = names.pop(0) if container == MERGED and names else f"{drop.modified:%Y-%m-%d}/{drop.id}"
    report["moved_to"] = f"{container}/{folder}"
    event = event_of(TOLD[container], drop, certflow.now(), report, meant or _concerned("rejected", outcomes))
    await certflow.ledger.add_event(event)
    line = f"{report['outcome']}: {', '.join(one['code'] for one in report['findings']) or 'nothing to say'}"
    written = json.dumps(report, indent=2).encode()
    moved_to = await certflow.drops.move(drop, container, folder, written, line, names)
    record("drop-handled", blob=drop.name, drop=drop.id, moved_to=moved_to, outcome=line)
    await publish(certflow, (event,))
    return report


def _by_name(drop: Drop, outcomes: tuple[Outcome, ...]) -> list[str]:
    """The folders in which the file of a certificate is looked for: one for each that came of it. It lies in one of
    them at most; in the others its report says where.
    """
    requests = [(one.request, one.version) for one in outcomes if one.request and one.version]
    return list(dict.fromkeys(f"{one.vault}/{one.name}/{version}/{drop.id}" for one, version in requests))


async def _wait(certflow: Certflow, drop: Drop, report: dict[str, Any], outcomes: tuple[Outcome, ...]) -> None:
    """The file stays, and the sweep takes it up again. People are told once: its mark says that they were."""
    record("drop-waits", blob=drop.name, drop=drop.id, reason=report["sentence"])
    distrusting = {one.request.vault for one in outcomes if one.request and one.word == "waiting"}
    if any(one["code"] == "trust-missing" for one in report["findings"]):
        for vault in sorted(distrusting):
            await tell_of_lasting_distrust(certflow, vault)
        report = report | {"next_step": WAIT}
    mark = (await certflow.ledger.aside()).get(drop.name)
    if mark is not None and mark.etag == drop.etag:
        return
    event = event_of(CHAIN_WAITING, drop, certflow.now(), report, _concerned("waiting", outcomes))
    await send(certflow, event)
    await certflow.ledger.set_aside(drop.name, Aside(drop.etag, 0))


def _concerned(word: str, outcomes: tuple[Outcome, ...]) -> TrackedRequest | None:
    """Whose request it is about: the first one's that this became of, or else the first one's."""
    one = next((one for one in outcomes if one.word == word), outcomes[0] if outcomes else None)
    return one.request if one else None


async def _tell_stuck(
    certflow: Certflow, drop: Drop, sentence: str, next_step: str, request: TrackedRequest | None
) -> None:
    report = {
        "outcome": "stuck",
        "sentence": sentence,
        "next_step": f"It is still in the container chains. {next_step}",
        "file": file_of(drop),
    }
    event = event_of(CHAIN_STUCK, drop, certflow.now(), report, request)
    await send(certflow, event)
