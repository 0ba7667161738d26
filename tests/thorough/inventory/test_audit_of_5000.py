"""The audit of 5,000 certificates in five vaults: precision and recall."""

from __future__ import annotations

import sys

from tests.unit.inventory.audited_seeds import found_and_expected, quality


def test_in_5000_each_is_found_exactly_once_and_nothing_else_is() -> None:
    found, expected = found_and_expected(count=1000)
    sys.stdout.write(f"5,000 certificates, {quality(found, expected)}\n")
    assert sorted((found - expected).elements()) == []
    assert sorted((expected - found).elements()) == []
