"""The end of handling a dropped file: it is moved with its report, or it waits; people are told."""

from __future__ import annotations

import json
from collections.abc import Mapping

from functions.app.contexts import OwnFaultsContext
from functions.app.outbox import publish, send
from functions.chains.own_faults import WAIT, tell_of_lasting_distrust
from functions.chains.report import Outcome, Report, report_of
from functions.chains.upload_events import event_of, file_of
from functions.model.events.chains import Merged, Quarantined, Rejected, Waiting
from functions.model.events.file import Handled
from functions.model.findings import Finding, once_merged
from functions.model.log import record
from functions.model.request.tracked import TrackedRequest
from functions.ports.chain_files import MERGED, QUARANTINE, REJECTED, DroppedFile, ParkedFile

CONTAINERS = {
    "merged": MERGED,
    "already-merged": MERGED,
    "rejected": REJECTED,
    "quarantined": QUARANTINE,
}
EVENT_OF: Mapping[str, type[Handled]] = {
    MERGED: Merged,
    REJECTED: Rejected,
    QUARANTINE: Quarantined,
}


async def finish(
    certflow: OwnFaultsContext,
    drop: DroppedFile,
    findings: tuple[Finding, ...],
    outcomes: tuple[Outcome, ...],
    meant: TrackedRequest | None = None,
) -> Report:
    """Moves the file with its report and publishes the event; returns the report. A file whose
    outcome is `waiting` stays. `findings` are those about the whole file; `meant` is the request
    for which a file without outcomes probably was.

    The event is stored before the file is moved, so that it is not lost if the run is cut off in
    between. Raises Unavailable.
    """
    if outcomes and all(one.word == "merged" for one in outcomes):
        findings = once_merged(findings)
    report = report_of(findings, outcomes) | {"file": file_of(drop)}
    if report["outcome"] == "waiting":
        await _wait(certflow, drop, report, outcomes)
    else:
        await _move(certflow, drop, report, outcomes, meant)
    return report


async def _move(
    certflow: OwnFaultsContext,
    drop: DroppedFile,
    report: Report,
    outcomes: tuple[Outcome, ...],
    meant: TrackedRequest | None,
) -> None:
    container = CONTAINERS[report["outcome"]]
    folder, others = _folders(drop, container, outcomes)
    report["moved_to"] = f"{container}/{folder}"
    request = meant or _concerned("rejected", outcomes)
    event = event_of(EVENT_OF[container], drop, certflow.now(), report, request)
    await certflow.ledger.add_event(event)
    codes = ", ".join(one["code"] for one in report["findings"]) or "nothing to say"
    line = f"{report['outcome']}: {codes}"
    written = json.dumps(report, indent=2).encode()
    moved_to = await certflow.chain_files.move(drop, container, folder, written, line, others)
    record("drop-handled", blob=drop.name, drop=drop.id, moved_to=moved_to, outcome=line)
    await publish(certflow, (event,))


def _folders(
    drop: DroppedFile, container: str, outcomes: tuple[Outcome, ...]
) -> tuple[str, list[str]]:
    """The folder to which the file is moved, and those that get only its report.

    People look for the file of a certificate in the folder of its version. A file for several
    certificates lies in one such folder; the reports in the others say where.
    """
    requests = [(one.request, one.version) for one in outcomes if one.request and one.version]
    by_version = list(
        dict.fromkeys(f"{one.vault}/{one.name}/{version}/{drop.id}" for one, version in requests)
    )
    if container == MERGED and by_version:
        return by_version[0], by_version[1:]
    return f"{drop.modified:%Y-%m-%d}/{drop.id}", by_version


async def _wait(
    certflow: OwnFaultsContext, drop: DroppedFile, report: Report, outcomes: tuple[Outcome, ...]
) -> None:
    """Leaves the file for a later sweep. People are told once: the mark of the file says that they
    were.
    """
    record("drop-waits", blob=drop.name, drop=drop.id, reason=report["sentence"])
    distrusting = {one.request.vault for one in outcomes if one.request and one.word == "waiting"}
    if any(one["code"] == "trust-missing" for one in report["findings"]):
        for vault in sorted(distrusting):
            await tell_of_lasting_distrust(certflow, vault)
        report = report | {"next_step": WAIT}
    mark = (await certflow.ledger.parked()).get(drop.name)
    if mark is not None and mark.etag == drop.etag:
        return
    event = event_of(Waiting, drop, certflow.now(), report, _concerned("waiting", outcomes))
    await send(certflow, event)
    await certflow.ledger.park(drop.name, ParkedFile(drop.etag, 0))


def _concerned(word: str, outcomes: tuple[Outcome, ...]) -> TrackedRequest | None:
    """The request whose people are told: that of the first outcome with this word, or else of the
    first one.
    """
    one = next((one for one in outcomes if one.word == word), outcomes[0] if outcomes else None)
    return one.request if one else None
