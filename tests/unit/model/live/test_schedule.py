"""How long services may take, as tags and settings say it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.model.live.schedule import grace_of, period_of
from functions.model.options import LiveOptions

OPTIONS = LiveOptions(graces=(("vm", timedelta(hours=3)), ("aks", timedelta(minutes=30))))


@pytest.mark.parametrize(
    ("word", "grace"),
    [
        ("", timedelta(hours=26)),
        ("appgw", timedelta(hours=6)),
        (" AppService ", timedelta(hours=26)),
        ("frontdoor", timedelta(days=4)),
        ("vm", timedelta(hours=3)),
        ("aks", timedelta(minutes=30)),
        ("90m", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("soon", None),
        ("d", None),
        ("-1h", None),
        ("١h", None),
        ("99999d", None),
        ("1w", None),
    ],
)
def test_a_grace_is_the_name_of_a_service_or_a_period(word: str, grace: timedelta | None) -> None:
    assert grace_of(word, OPTIONS) == grace


def test_a_period_is_a_number_and_a_unit() -> None:
    assert period_of("6h") == timedelta(hours=6)
    assert period_of("") is None
