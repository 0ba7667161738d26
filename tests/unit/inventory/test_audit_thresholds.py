"""A share of the life is one share, whatever digits its product with the days has."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.model.inventory.audit import audit
from functions.model.inventory.audited import Surroundings
from functions.model.inventory.record import AskedFor, CertificateRecord, IssuedCertificate
from tests.clock import NOW

SWALLOWS, LATE = "renew-window-swallows-life", "renews-too-late"


@pytest.mark.parametrize("days", [*range(70, 400), 47, 30, 730])
@pytest.mark.parametrize(
    ("percentage", "expected"), [(10, {SWALLOWS}), (11, set[str]()), (90, set[str]()), (91, {LATE})]
)
def test_a_threshold_is_at_its_share_of_every_life(days: int, percentage: int, expected: set[str]) -> None:
    for seconds in (0, 1):
        ends = NOW + timedelta(days=days, seconds=-seconds)
        current = IssuedCertificate("v", "ab", not_before=NOW, not_after=ends)
        policy = AskedFor("Corp", action="AutoRenew", percentage=percentage)
        found = {one.code for one in audit(CertificateRecord("a", current=current, policy=policy), Surroundings(NOW))}
        few = LATE if days < 70 and percentage == 90 else None
        assert found & {SWALLOWS, LATE} == expected | ({few} if few else set())
