"""What public certificates may live, by day, and what months are in days."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.model.inventory.audit import AUDIT_RULES
from functions.model.inventory.audit_codes import AUDIT_CODES
from functions.model.inventory.distrusted_cas import DISTRUSTED_CAS
from functions.model.inventory.lifetimes import days_of, limit_at


@pytest.mark.parametrize(
    ("day", "before", "after"), [("2026-03-15", 398, 200), ("2027-03-15", 200, 100), ("2029-03-15", 100, 47)]
)
def test_a_limit_begins_with_its_day(day: str, before: int, after: int) -> None:
    begins = datetime.fromisoformat(day).replace(tzinfo=UTC)
    assert (limit_at(begins.replace(day=14, hour=23)), limit_at(begins)) == (before, after)


def test_months_are_days_rounded_up() -> None:
    assert [days_of(months) for months in (0, 1, 3, 6, 12, 13)] == [0, 31, 92, 183, 365, 396]


def test_each_code_has_a_rule_and_each_rule_a_code_in_one_order() -> None:
    assert list(AUDIT_RULES) == list(AUDIT_CODES)


def test_each_distrusted_ca_has_a_key_id_and_a_page_of_a_vendor() -> None:
    for key, one in DISTRUSTED_CAS.items():
        assert len(bytes.fromhex(key)) == 20
        assert one.source.startswith("https://security.googleblog.com/")
