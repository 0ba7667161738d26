"""The audit finds what is to be found about seeded certificates, each once, and nothing else."""

from __future__ import annotations

from functions.model.inventory.audit_codes import AUDIT_CODES
from tests.unit.inventory.audited_seeds import found_and_expected, quality


def test_each_is_found_exactly_once_and_nothing_else_is() -> None:
    found, expected = found_and_expected(count=110)
    assert sorted((found - expected).elements()) == []
    assert sorted((expected - found).elements()) == []
    assert quality(found, expected).endswith("precision 100.00%, recall 100.00%")
    assert {place.rpartition(" ")[2] for place in expected} == set(AUDIT_CODES), "every code has a case"
