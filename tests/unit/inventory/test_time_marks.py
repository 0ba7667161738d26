"""What the audit finds changes with the time only where its marks do: `GET certificates` answers 304 by them."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from functions.model.inventory.audit import audit, time_marks
from functions.model.inventory.audit_renewal import FORGOTTEN
from functions.model.inventory.lifetimes import LIMITS
from functions.model.inventory.record import CertificateRecord
from tests.audit_seeds import SeededVault, seeded_vaults
from tests.unit.inventory.audited_seeds import around, record_of

VAULTS = list(seeded_vaults(110))
TIMES = 20  # of each certificate, beside those at which something is expected to change
A_LITTLE = timedelta(microseconds=1)


def times_of(record: CertificateRecord, vault: SeededVault, chance: random.Random) -> Iterator[datetime]:
    """Times over some years, and those just before and after what the rules know."""
    for _ in range(TIMES):
        yield vault.now + timedelta(days=chance.uniform(-500, 900))
    edges = [when for when, _ in LIMITS]
    if record.not_after:
        edges.append(record.not_after)
    if record.pending and record.pending.since:
        edges.append(record.pending.since + FORGOTTEN)
    for edge in edges:
        yield from (edge - A_LITTLE, edge, edge + A_LITTLE)


@pytest.mark.parametrize("vault", VAULTS, ids=lambda one: one.name)
def test_with_the_same_marks_the_same_is_found(vault: SeededVault) -> None:
    chance, beside, changing = random.Random(vault.name), around(vault), 0  # noqa: S311  the same in each run
    for record in map(record_of, vault.seeds):
        found = defaultdict[object, set[tuple[str, ...]]](set)
        for when in times_of(record, vault, chance):
            codes = tuple(one.code for one in audit(record, replace(beside, now=when)))
            found[time_marks([record], when)].add(codes)
        assert [codes for codes in found.values() if len(codes) > 1] == [], record.name
        changing += len(set.union(*found.values())) > 1
    assert changing > len(vault.seeds) / 2, "most are found in another state at another time"


def test_marks_of_several_are_counts_that_go_one_way() -> None:
    records = [record_of(seed) for seed in VAULTS[0].seeds]
    times = [VAULTS[0].now + timedelta(days=days) for days in range(-100, 900, 50)]
    marks = [time_marks(records, when) for when in times]
    for earlier, later in pairwise(marks):
        assert earlier[0] >= later[0]
        assert earlier[1] <= later[1]
        assert earlier[2] <= later[2]
    assert marks[0] != marks[-1]
