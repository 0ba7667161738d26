"""The report of a file: what was found, what became of it, what to do. For people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.issuance.certificate import Certificate
from functions.issuance.chains import Chain
from functions.issuance.describe import describe, printed, subject_of
from functions.issuance.findings import Finding, errors_of, is_for_quarantine, is_waiting
from functions.issuance.requests import TrackedRequest

REJECTED, WAITING = ("rejected", "would-reject"), ("waiting", "would-wait")
# What of a report travels: a table property holds 32,768 characters, and whose file it is goes with it.
MOST_SENTENCE, MOST_FINDINGS, MOST_LEAVES, MOST_METADATA = 1000, 11_000, 5_000, 4_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one leaf: `merged`, `already-merged`, `rejected`, `waiting`; before any merge `would-merge`,
    `would-reject`, `would-wait`.

    Without a request for a leaf that is judged by itself.
    """

    word: str
    findings: tuple[Finding, ...]
    leaf: Certificate
    chain: Chain | None = None
    request: TrackedRequest | None = None
    version: str | None = None

    @property
    def sentence(self) -> str:
        """What became of it, in a sentence."""
        if self.word in (*REJECTED, *WAITING):
            return errors_of(self.findings)[0].sentence
        into = f" for {self.request.name} in vault {self.request.vault}" if self.request else ""
        name = f"The chain of {subject_of(self.leaf)}{into}"
        return {
            "merged": f"{name} was merged as version {self.version}.",
            "already-merged": f"{name} is version {self.version} already.",
            "would-merge": f"{name} can be merged.",
        }[self.word]


def report_of(findings: Sequence[Finding], outcomes: Sequence[Outcome], *, would: bool = False) -> dict[str, Any]:
    """The report: `outcome`, `sentence`, `next_step` where something is to be done, all `findings`, and the `leaves`.

    `findings` are those of the file as a whole; without any outcome the first of them is why. `would`: nothing has
    been done yet. Holds no part of the file itself.
    """
    rejected = [one for one in outcomes if one.word in REJECTED]
    waiting = [one for one in outcomes if one.word in WAITING]
    done = [one for one in outcomes if one.word not in (*REJECTED, *WAITING)]
    if waiting or is_waiting(findings):
        word = "would-wait" if would else "waiting"
    elif not outcomes and is_for_quarantine(findings):
        word = "would-quarantine" if would else "quarantined"
    elif rejected or not outcomes:
        word = "would-reject" if would else "rejected"
    elif any(one.word != "already-merged" for one in done):
        word = "would-merge" if would else "merged"
    else:
        word = "already-merged"
    stops = errors_of((*(finding for one in (*waiting, *rejected) for finding in one.findings), *findings))
    undecided = [one.sentence for one in errors_of(findings)] if outcomes else []
    sentences = [*undecided, *(one.sentence for one in (*waiting, *rejected, *done))] or [findings[0].sentence]
    report: dict[str, Any] = {"outcome": word, "sentence": " ".join(sentences)}
    if stops:
        report["next_step"] = stops[0].next_step
    everything = [*(finding for one in outcomes for finding in one.findings), *findings]
    report["findings"] = [one.as_dict() for one in dict.fromkeys(everything)]
    report["leaves"] = [_leaf(one) for one in outcomes]
    return report


def brief_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """A report as it travels in an event: without the chains, and of very many findings, leaves and entries of the
    uploader's metadata the first.

    `left_out` says how many are missing. The whole report lies beside the file.
    """
    brief, left_out = dict(report), dict[str, int]()
    if "file" in report:
        entries = ({key: value} for key, value in report["file"]["metadata"].items())
        metadata = {key: value for entry in _first(entries, MOST_METADATA) for key, value in entry.items()}
        brief["file"] = report["file"] | {"metadata": metadata}
        left_out["metadata"] = len(report["file"]["metadata"]) - len(metadata)
    if "leaves" in report:
        leaves = [{key: value for key, value in leaf.items() if key != "chain"} for leaf in report["leaves"]]
        brief["sentence"] = printed(report["sentence"], MOST_SENTENCE)
        brief["findings"] = _first(report["findings"], MOST_FINDINGS)
        brief["leaves"] = _first(leaves, MOST_LEAVES)
        left_out |= {key: len(report[key]) - len(brief[key]) for key in ("findings", "leaves")}
    if any(left_out.values()):
        brief["left_out"] = left_out
    return brief


def _first(entries: Iterable[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    """As many as have this many characters of JSON together."""
    first = []
    for entry in entries:
        most -= len(json.dumps(entry))
        if most < 0:
            break
        first.append(entry)
    return first


def _leaf(outcome: Outcome) -> dict[str, Any]:
    fields: Mapping[str, Any] = {
        "outcome": outcome.word,
        "subject": subject_of(outcome.leaf),
        "request": request_of(outcome.request),
        "version": outcome.version,
        "findings": [one.code for one in outcome.findings],
        "chain": [describe(one) for one in outcome.chain.all()] if outcome.chain else None,
    }
    return {key: value for key, value in fields.items() if value is not None}


def request_of(request: TrackedRequest | None) -> dict[str, Any] | None:
    """Which request is meant."""
    if request is None:
        return None
    return {"vault": request.vault, "name": request.name, "request_id": request.request_id}
