"""When what was recorded happened, as far as its answers tell: the emulator's clock is set by it, so times compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from conformance.recordings import Pair, Recording

SOME_TIME = 1_600_000_000.0  # for recordings without any
A_MOMENT = 1.0  # seconds that deletions and recoveries take here
NEVER = 24 * 3600.0


@dataclass
class Clock:
    """What time it is for the vaults; it stands still until it is set, and never goes back."""

    time: float = 0.0

    def __call__(self) -> float:
        return self.time

    def reach(self, time: float | None) -> None:
        """Goes on to a time; None, or one that has passed, changes nothing."""
        self.time = max(self.time, time or 0.0)


def time_of(recording: Recording, index: int) -> float | None:
    """When a request took effect; None if nothing tells, or if it changed nothing."""
    pair = recording.pairs[index]
    if pair.action == "POST create" and pair.certificate:
        return created_at(recording, pair.certificate, index)
    if pair.action == "PATCH policy" or pair.segments[:2] == ["certificates", "issuers"]:
        return _time(pair, "updated")
    if pair.method == "DELETE":
        return float(pair.fields.get("deletedDate", 0))
    if pair.action == "PATCH":
        return _time(pair, "updated")
    if pair.certificate and shows_whole(pair) and pair.action != "GET":
        return _time(pair, "created")
    return None


def created_at(recording: Recording, certificate: str, start: int) -> float | None:
    """When the certificate that is seen from `start` on was asked for: its policy has been there since.

    A list may be all that shows it half-made.
    """
    for pair in recording.pairs[start:]:
        for item in pair.fields.get("value", []) if pair.segments == ["certificates"] else []:
            if item["id"].endswith(f"/certificates/{certificate}") and "x5t" not in item:
                return float(item["attributes"]["created"])
    for pair in recording.about(certificate, start):
        if "policy" in pair.fields and not shows_whole(pair):
            return _time(pair, "created")  # of the half-made version
        policy = pair.fields.get("policy") or (pair.fields if pair.action.endswith("policy") else {})
        if "attributes" in policy:
            return float(policy["attributes"]["created"])
    return None


def completed_at(recording: Recording, certificate: str, start: int) -> float | None:
    """When the whole version that is seen from `start` on came to be."""
    bundles = (pair for pair in recording.about(certificate, start) if shows_whole(pair))
    return next((_time(pair, "created") for pair in bundles), None)


def shows_whole(pair: Pair) -> bool:
    """Whether it answers with a whole version of a certificate."""
    return "cer" in pair.fields or (pair.segments[0] in ("secrets", "keys") and pair.status == 200)


def earlier(recording: Recording) -> list[tuple[float, int]]:
    """Imports and issuers that were set before the recording begins: the policy's or issuer's date says so."""
    found = []
    for index, pair in enumerate(recording.pairs):
        dates: dict[str, Any] = {}
        if pair.action == "POST import" and pair.status == 200:
            dates = {"created": pair.fields["policy"]["attributes"]["created"], "updated": _time(pair, "created")}
        elif pair.method == "PUT" and pair.segments[1:2] == ["issuers"] and pair.status == 200:
            dates = pair.fields["attributes"]
        if dates and dates["created"] < dates["updated"]:
            found.append((float(dates["created"]), index))
    return sorted(found)


def _time(pair: Pair, which: str) -> float | None:
    time = pair.fields.get("attributes", {}).get(which)
    return None if time is None else float(time)
