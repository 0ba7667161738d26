"""The report of a file, for people and for programs: what was found, what became of the file, and
what to do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict, final

from functions.chains.validation.build import Chain
from functions.model.findings import (
    Finding,
    FindingInReport,
    errors_of,
    is_for_quarantine,
    is_waiting,
)
from functions.model.request.tracked import TrackedRequest
from functions.x509.certificate import Certificate
from functions.x509.describe import describe, printed, subject_of

REJECTED_OUTCOMES, WAITING_OUTCOMES = ("rejected", "would-reject"), ("waiting", "would-wait")
# The outcome of a file for which nothing has been done yet.
WOULD = {
    "waiting": "would-wait",
    "quarantined": "would-quarantine",
    "rejected": "would-reject",
    "merged": "would-merge",
}
# The size of a report in an event, in characters: a table property holds 32,768 of them, and the
# people whose file it is are in it, too. The last three are characters of JSON.
MAX_SENTENCE_LETTERS, MAX_FINDINGS_LETTERS, MAX_LEAVES_LETTERS, MAX_METADATA_LETTERS = (
    1000,
    11_000,
    5_000,
    4_000,
)


class RequestKey(TypedDict):
    """The key of a request; `vault` is the alias."""

    vault: str
    name: str
    request_id: str


class LeafDetails(TypedDict, total=False):
    """What a report says of a leaf if it is known. The chain begins with the leaf."""

    request: RequestKey
    version: str
    chain: list[dict[str, str]]


class LeafInReport(LeafDetails):
    """What became of one leaf; `findings` are the codes of its findings."""

    outcome: str
    subject: str
    findings: list[str]


class FileHash(TypedDict, total=False):
    """The SHA-256 (hex) of a file, if it was read to its end."""

    sha256: str


class FileInReport(FileHash):
    """The file as it was dropped. `size` is in bytes, `dropped` is a time (ISO 8601), `metadata` is
    what the uploader set.
    """

    name: str
    size: int
    etag: str
    dropped: str
    metadata: dict[str, str]


class ReportDetails(TypedDict, total=False):
    """Optional fields of a report: the next step, if there is one; and for a dropped file which
    file it is and where it was moved.
    """

    next_step: str
    file: FileInReport
    moved_to: str


@final
class Report(ReportDetails):
    """A report as it is written beside the file, answered by the API, and printed by the doctor. It
    contains no part of the file.
    """

    outcome: str
    sentence: str
    findings: list[FindingInReport]
    leaves: list[LeafInReport]


@final
class StuckReport(TypedDict):
    """The report of a file that could not be handled, and so has no findings."""

    outcome: str
    sentence: str
    next_step: str
    file: FileInReport


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one leaf. `word` is `merged`, `already-merged`, `rejected` or `waiting`;
    before any merge `would-merge`, `would-reject` or `would-wait`.

    `request` is None for a leaf that is validated without a request, as by the doctor.
    """

    word: str
    findings: tuple[Finding, ...]
    leaf: Certificate
    chain: Chain | None = None
    request: TrackedRequest | None = None
    version: str | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether errors keep the leaf from being merged, now or for good."""
        return self.word in (*REJECTED_OUTCOMES, *WAITING_OUTCOMES)

    @property
    def sentence(self) -> str:
        """What became of the leaf, in a sentence."""
        if self.is_stopped:
            return errors_of(self.findings)[0].sentence
        into = f" for {self.request.name} in vault {self.request.vault}" if self.request else ""
        name = f"The chain of {subject_of(self.leaf)}{into}"
        return {
            "merged": f"{name} was merged as version {self.version}.",
            "already-merged": f"{name} is version {self.version} already.",
            "would-merge": f"{name} can be merged.",
        }[self.word]


def report_of(
    findings: Sequence[Finding], outcomes: Sequence[Outcome], *, would: bool = False
) -> Report:
    """The report of a file. `findings` are those about the whole file; without any outcome the
    first of them is the reason. `would` is True if nothing has been done yet.
    """
    ordered = _stopped_first(outcomes)
    stopped = [finding for one in ordered if one.is_stopped for finding in one.findings]
    stops = errors_of((*stopped, *findings))
    step: ReportDetails = {"next_step": stops[0].next_step} if stops else {}
    word = _word(findings, outcomes)
    of_leaves = [finding for one in outcomes for finding in one.findings]
    return {
        "outcome": WOULD.get(word, word) if would else word,
        "sentence": _sentence(findings, ordered),
        **step,
        "findings": [one.as_dict() for one in dict.fromkeys((*of_leaves, *findings))],
        "leaves": [_leaf(one) for one in outcomes],
    }


def _stopped_first(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes in the order of a report's sentences: leaves that wait, leaves that were
    rejected, and then the others.
    """
    kinds = (WAITING_OUTCOMES, REJECTED_OUTCOMES)
    place = {word: number for number, words in enumerate(kinds) for word in words}
    return sorted(outcomes, key=lambda one: place.get(one.word, len(kinds)))


def _word(findings: Sequence[Finding], outcomes: Sequence[Outcome]) -> str:
    """The outcome of the whole file, in one word."""
    words = {one.word for one in outcomes}
    if words & {*WAITING_OUTCOMES} or is_waiting(findings):
        return "waiting"
    if not outcomes and is_for_quarantine(findings):
        return "quarantined"
    if words & {*REJECTED_OUTCOMES} or not outcomes:
        return "rejected"
    return "already-merged" if words == {"already-merged"} else "merged"


def _sentence(findings: Sequence[Finding], ordered: Sequence[Outcome]) -> str:
    """What became of each leaf, after what keeps the others from being matched."""
    if not ordered:
        return findings[0].sentence
    undecided = [one.sentence for one in errors_of(findings)]
    return " ".join((*undecided, *(one.sentence for one in ordered)))


def brief_of(report: Report | StuckReport) -> dict[str, object]:
    """The report as it travels in an event: without the chains, and with only the first of very
    many findings, leaves and entries of the uploader's metadata.

    `left_out` says how many are missing. The whole report lies beside the file.
    """
    brief, left_out = dict[str, object](report), dict[str, int]()
    if "file" in report:
        metadata = _first_entries(report["file"]["metadata"])
        brief["file"] = {**report["file"], "metadata": metadata}
        left_out["metadata"] = len(report["file"]["metadata"]) - len(metadata)
    if "leaves" in report:
        findings = _first(report["findings"], MAX_FINDINGS_LETTERS)
        leaves = _first(map(_without_chain, report["leaves"]), MAX_LEAVES_LETTERS)
        brief |= {"sentence": printed(report["sentence"], MAX_SENTENCE_LETTERS)}
        brief |= {"findings": findings, "leaves": leaves}
        left_out["findings"] = len(report["findings"]) - len(findings)
        left_out["leaves"] = len(report["leaves"]) - len(leaves)
    if any(left_out.values()):
        brief["left_out"] = left_out
    return brief


def _first_entries(metadata: Mapping[str, str]) -> dict[str, str]:
    entries = _first(({key: value} for key, value in metadata.items()), MAX_METADATA_LETTERS)
    return {key: value for entry in entries for key, value in entry.items()}


def _without_chain(leaf: LeafInReport) -> dict[str, object]:
    return {key: value for key, value in leaf.items() if key != "chain"}


def _first[Entry: Mapping[str, object]](entries: Iterable[Entry], limit: int) -> list[Entry]:
    """The first entries that have at most `limit` characters of JSON together."""
    first = []
    for entry in entries:
        limit -= len(json.dumps(entry))
        if limit < 0:
            break
        first.append(entry)
    return first


def _leaf(outcome: Outcome) -> LeafInReport:
    which: LeafDetails = {"request": request_of(outcome.request)} if outcome.request else {}
    if outcome.version is not None:
        which["version"] = outcome.version
    chain: LeafDetails = (
        {"chain": [describe(one) for one in outcome.chain.all()]} if outcome.chain else {}
    )
    return {
        "outcome": outcome.word,
        "subject": subject_of(outcome.leaf),
        **which,
        "findings": [one.code for one in outcome.findings],
        **chain,
    }


def request_of(request: TrackedRequest) -> RequestKey:
    """The key of a request, as reports have it."""
    return {"vault": request.vault, "name": request.name, "request_id": request.request_id}
