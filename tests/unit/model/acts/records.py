"""Records of acts, as the tests of the verifier want them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from datetime import date, timedelta

from functions.model.acts.lines import NO_LINE, FileName, act_line, first_line, head_of, last_line

DAY = date(2026, 11, 28)


def record_of(sizes: Sequence[int], prev: str = NO_LINE, mark: str = "") -> dict[str, bytes]:
    """A record with a file for each of `sizes`, which has so many acts. `mark` makes other acts."""
    files: dict[str, bytes] = {}
    numbers = itertools.count()
    names = [FileName(DAY + timedelta(days=at)) for at in range(len(sizes))]
    for at, (name, size) in enumerate(zip(names, sizes, strict=True)):
        lines = [first_line(name, prev)]
        for _ in range(size):
            act = json.dumps({"id": f"{next(numbers):032x}", "verb": f"created{mark}"}, separators=(",", ":"))
            lines.append(act_line(act, head_of(lines[-1])))
        if at + 1 < len(names):
            lines.append(last_line(names[at + 1], head_of(lines[-1])))
        prev = head_of(lines[-1])
        files[str(name)] = b"".join(line + b"\n" for line in lines)
    return files


def rehashed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same lines, chained anew as a forger would."""
    found, prev = {}, None
    for name in sorted(files):
        lines = []
        for line in files[name].splitlines():
            fields = json.loads(line)
            prev = fields["prev"] if prev is None else prev
            lines.append(json.dumps(fields | {"prev": prev}, separators=(",", ":")).encode())
            prev = head_of(lines[-1])
        found[name] = b"".join(line + b"\n" for line in lines)
    return found


def head(files: dict[str, bytes]) -> str:
    return head_of(files[max(files)].splitlines()[-1])
