"""Where a run is killed: at every request that it makes (`make kills`), or at a sample of them.

To be killed before a request, or after a read, leaves what the kill after the last write has left. So the sample has
each kind of write, and after that a share of all places. CERTFLOW_KILLS_SEED repeats it; CERTFLOW_KILLS=all is all.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

MOMENTS = ("before", "after")
ALL = os.environ.get("CERTFLOW_KILLS") == "all"
SEED = int(os.environ.get("CERTFLOW_KILLS_SEED", secrets.randbelow(2**32)))
SHARE = 1 / 8
BATCH = "POST $batch"  # of these no two are alike
ENTITY = re.compile(r"(\w+)\(PartitionKey='(.*)',RowKey='(.*)'\)")
PARTITION = re.compile(r"-\|[a-z]{3,}|(waiting|sent|message)(?=\|)")  # what does not depend on who is meant
ROW = re.compile(r"[a-z]\|")
EVENT = re.compile(r":([a-z]+)(:\d+)?$")
CERTIFICATE = re.compile(r"/certificates/[^/]+/(create|policy|versions|pending/?\w*)?")


def kind_of(at: str) -> str:
    """What a request is, without what is another's in another run: names, ids, times."""
    method, _, path = at.partition(" ")
    path = path.removeprefix("/devstoreaccount1/")
    if method == "MAIL":
        return method
    if entity := ENTITY.fullmatch(path):
        table, *keys = entity.groups()
        parts = [found[0] for one, what in zip(keys, (PARTITION, ROW), strict=True) if (found := what.match(one))]
        event = EVENT.search(keys[1]) if keys[1].startswith("o|") else None
        return " ".join((method, table, *parts, *((event[1],) if event else ())))
    if certificate := CERTIFICATE.match(path):
        return f"{method} certificate {certificate[1] or ''}".rstrip()
    container = path.rpartition("/")[0].strip("/").partition("/")[0]
    if not container or container == "api" or path.startswith("/"):
        return f"{method} {path}"
    return f"{method} {container} {'report' if path.endswith('/report.json') else Path(path).suffix or 'all'}"


@dataclass(frozen=True)
class Place:
    """Before or after the first, second, ... request of a kind."""

    moment: str
    kind: str
    nth: int

    @property
    def is_write(self) -> bool:
        """Whether the run has just changed something, or may have."""
        return self.moment == "after" and not self.kind.startswith(("GET ", "HEAD "))

    def asked(self) -> tuple[str, str, int]:
        """As `killing.py` takes it."""
        return self.moment, self.kind, self.nth

    def __str__(self) -> str:
        return f"{self.moment} {self.kind} no. {self.nth} (CERTFLOW_KILLS_SEED={SEED})"


def chosen(
    what: str,
    sent: Mapping[str, int],
    among: Callable[[Place], bool] = lambda _: True,
    always: Callable[[Place], bool] = lambda _: False,
) -> list[Place]:
    """Of a run that has sent so many requests of each kind: the places where others like it are killed."""
    places = [
        Place(moment, kind, nth) for kind in sorted(sent) for nth in range(1, sent[kind] + 1) for moment in MOMENTS
    ]
    places = [place for place in places if among(place)]
    if ALL:
        return places
    chance = random.Random(f"{SEED} {what}")  # noqa: S311  to be repeated, not secret
    writes = [place for place in places if place.is_write]
    each = [chance.choice([*these]) for _, these in itertools.groupby(writes, lambda place: place.kind)]
    found = {*each, *(place for place in places if always(place) or (place.is_write and place.kind == BATCH))}
    rest = [place for place in places if place not in found]
    more = max(0, round(len(places) * SHARE) - len(found))
    return [*sorted(found, key=places.index), *chance.sample(rest, more)]
