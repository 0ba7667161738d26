"""Which places a sample of kills has."""

from __future__ import annotations

import pytest

from tests.endurance import places
from tests.endurance.places import BATCH, MOMENTS, Place, chosen, kind_of

SENT = {BATCH: 3, "GET certificate pending": 9, "PATCH certflow r|": 4, "POST certificate pending/merge": 2}


def every_place() -> set[Place]:
    return {
        Place(moment, kind, nth) for kind, count in SENT.items() for nth in range(1, count + 1) for moment in MOMENTS
    }


def test_all_are_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "ALL", True)
    found = chosen("a run", SENT)
    assert set(found) == every_place()
    assert len(found) == len(every_place())


def test_a_sample_has_each_kind_of_write_each_batch_and_what_must_be_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "ALL", False)
    for number in range(20):
        found = chosen(f"run {number}", SENT, always=lambda place: place.kind.endswith("merge"))
        writes = {place.kind for place in found if place.is_write}
        assert writes == {kind for kind in SENT if not kind.startswith("GET")}
        assert {place.nth for place in found if place.is_write and place.kind == BATCH} == {1, 2, 3}
        assert len([place for place in found if place.kind.endswith("merge")]) == 2 * len(MOMENTS)
        assert len(every_place()) / 5 < len(found) < len(every_place()) / 2


def test_the_same_seed_is_the_same_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "ALL", False)
    assert chosen("a run", SENT) == chosen("a run", SENT)
    assert len({tuple(chosen(f"run {number}", SENT)) for number in range(20)}) > 1


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        ("GET /certificates/www-1/pending", "GET certificate pending"),
        ("POST /certificates/www-1/pending/merge", "POST certificate pending/merge"),
        ("GET /certificates/www-1/0a1b2c", "GET certificate"),
        ("POST /devstoreaccount1/$batch", BATCH),
        (
            "PATCH /devstoreaccount1/certflow(PartitionKey='main|5',RowKey='o|drop:5f-x1:merged')",
            "PATCH certflow o| merged",
        ),
        ("PUT /devstoreaccount1/certflow(PartitionKey='-|vouched',RowKey='5f5f')", "PUT certflow -|vouched"),
        ("PUT /devstoreaccount1/chains-merged/main/www-1/5f/report.json", "PUT chains-merged report"),
        ("DELETE /devstoreaccount1/chains/www-1.pem", "DELETE chains .pem"),
        ("MAIL main:www-1:5f:started", "MAIL"),
    ],
)
def test_a_kind_is_without_names_ids_and_times(at: str, kind: str) -> None:
    assert kind_of(at) == kind
