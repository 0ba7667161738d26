"""How two answers differ: status, headers, keys and their order, and values.

Values that are other ones in each run are compared by what they are equal to (`correspondence.py`), CSRs and
certificates by what they say (`x509_content.py`), and times to the second: whoever replays sets the clock
(`timeline.py`). What was trimmed when a recording was prepared (`<…>`, `MIIC…`) cannot be compared.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from conformance.correspondence import Correspondence
from conformance.recordings import HEX, Pair, is_trimmed
from conformance.x509_content import certificate_content, csr_content

TIMES = ("nbf", "exp", "created", "updated", "deletedDate", "scheduledPurgeDate")
A_SECOND = 1  # the service takes the times of one operation at two moments
CONTENT = {"csr": csr_content, "cer": certificate_content}
OPAQUE = (*CONTENT, "x5t")
# What a header's value says of the run alone: of the service, its place, and the caller.
OF_THE_RUN = ("x-ms-keyvault-service-version",)
SKIP_TOKEN = re.compile(r"(?<=skiptoken=)[^&]+")


@dataclass(frozen=True)
class Difference:
    """One difference; `what` always says the same thing in the same words, so that a pattern can match it."""

    recording: str
    request: str
    what: str

    def __str__(self) -> str:
        return f"{self.recording}: {self.request}: {self.what}"


@dataclass(frozen=True)
class Answer:
    """What the emulator said; header names in lower case, `body` None if there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any


def compare(pair: Pair, answer: Answer, known: Correspondence, given: Collection[str] = ()) -> Iterator[str]:
    """Says how an answer differs from the recorded one. With another status nothing else is worth comparing.

    `given`: recorded certificates that the vault did not make, and whose content says nothing of it.
    """
    compared = Comparison(known, given)
    if answer.status != pair.status:
        yield f"status {pair.status}, ours {answer.status}: {answer.body}"
        return
    yield from compared.headers(pair.headers, answer.headers)
    if _kind(pair.body) != _kind(answer.body):
        yield f"body: recorded {_kind(pair.body)}, ours {_kind(answer.body)}"
    elif "pkcs10" in pair.headers.get("content-type", ""):
        yield from compared.leaf(pair.body, answer.body, "$.csr")
    else:
        yield from compared.values(pair.body, answer.body, "$")


@dataclass(frozen=True)
class Comparison:
    """What is known while two answers are compared."""

    known: Correspondence
    given: Collection[str]

    def headers(self, recorded: Mapping[str, str], ours: Mapping[str, str]) -> Iterator[str]:
        yield from (f"header {name} is missing" for name in sorted(recorded.keys() - ours.keys()))
        yield from (f"header {name} is extra" for name in sorted(ours.keys() - recorded.keys()))
        for name in sorted(recorded.keys() & ours.keys() - {*OF_THE_RUN}):
            yield from self.leaf(recorded[name], ours[name], f"header {name}")

    def values(self, recorded: Any, ours: Any, where: str) -> Iterator[str]:
        if isinstance(recorded, dict) and isinstance(ours, dict):
            yield from self.objects(recorded, ours, where)
        elif isinstance(recorded, list) and isinstance(ours, list):
            if len(recorded) != len(ours):
                yield f"length of {where}: recorded {len(recorded)}, ours {len(ours)}"
            for one, other in zip(recorded, ours, strict=False):
                yield from self.values(one, other, f"{where}[]")
        elif _kind(recorded) != _kind(ours):
            yield f"kind of {where}: recorded {_kind(recorded)}, ours {_kind(ours)}"
        else:
            yield from self.leaf(recorded, ours, where)

    def objects(self, recorded: dict[str, Any], ours: dict[str, Any], where: str) -> Iterator[str]:
        if "…" in recorded:  # transcribed by hand, and no further
            recorded, ours = ({key: one[key] for key in recorded if key in one} for one in (recorded, ours))
            recorded.pop("…", None)
        yield from (f"key {where}.{key} is missing" for key in recorded if key not in ours)
        yield from (f"key {where}.{key} is extra" for key in ours if key not in recorded)
        both = [key for key in recorded if key in ours]
        if both != [key for key in ours if key in recorded]:
            yield f"order of keys at {where}: recorded {list(recorded)}, ours {list(ours)}"
        for key in both:
            yield from self.values(recorded[key], ours[key], f"{where}.{key}")

    def leaf(self, recorded: Any, ours: Any, where: str) -> Iterator[str]:
        key = where.rpartition(".")[2]
        if isinstance(recorded, str) and is_trimmed(recorded):
            return
        if key in TIMES:
            if abs(recorded - ours) > A_SECOND:
                yield f"value of {where}: ours is {ours - recorded:+} s off"
        elif key in OPAQUE:
            yield from self.opaque(key, recorded, ours, where)
        elif isinstance(recorded, str):
            yield from self.text(recorded, ours, where)
        elif recorded != ours:
            yield f"value of {where}: recorded {recorded!r}, ours {ours!r}"

    def opaque(self, kind: str, recorded: str, ours: str, where: str) -> Iterator[str]:
        if contradiction := self.known.meet(kind, recorded, ours):
            yield f"identity of {where}: {contradiction}"
        if kind in CONTENT and recorded not in self.given:
            content, our_content = CONTENT[kind](recorded), CONTENT[kind](ours)
            for part in content:
                if content[part] != our_content[part]:
                    yield f"{part} in {where}: recorded {content[part]}, ours {our_content[part]}"

    def text(self, recorded: str, ours: str, where: str) -> Iterator[str]:
        for kind, pattern in (("id", HEX), ("token", SKIP_TOKEN)):
            for one, other in zip(pattern.findall(recorded), pattern.findall(ours), strict=False):
                if contradiction := self.known.meet(kind, one, other):
                    yield f"identity of {where}: {contradiction}"
            recorded, ours = pattern.sub("…", recorded), pattern.sub("…", ours)
        if recorded != ours:
            yield f"value of {where}: recorded {recorded!r}, ours {ours!r}"


def _kind(value: Any) -> str:
    kinds = {bool: "a boolean", int: "a number", str: "text", dict: "an object", list: "a list"}
    return kinds.get(type(value), "nothing")
