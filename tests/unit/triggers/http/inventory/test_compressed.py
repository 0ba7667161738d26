"""An ETag is the same in each process, and another in another version of Certflow."""

from __future__ import annotations

import pytest

from functions.triggers.http.inventory import compressed
from functions.triggers.http.inventory.compressed import etag_of


def test_the_order_of_sets_and_dictionaries_does_not_count() -> None:
    ways = [{"issuers": frozenset((0, 8)), "parents": {}}, {"parents": {}, "issuers": frozenset((8, 0))}]
    assert list(frozenset((0, 8))) != list(frozenset((8, 0))), "as texts have another order in each process"
    assert etag_of(ways[0]) == etag_of(ways[1])
    assert etag_of(ways[0]) != etag_of({"issuers": frozenset((0, 9)), "parents": {}})


def test_what_another_version_answers_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    before = etag_of(("a", 1))
    monkeypatch.setattr(compressed, "__version__", "99.0.0")
    assert etag_of(("a", 1)) != before
