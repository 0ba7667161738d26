"""A minute of the soak (`make soak` runs ten): many requests while everything fails, and everything told once."""

from __future__ import annotations

import asyncio
import copy
import os
import re
import secrets
from collections.abc import Callable, Iterator

import pytest

from tests.endurance.soak import Soaked, say, soak
from tests.endurance.soaking import checks, plan
from tests.endurance.soaking.faults import KINDS
from tests.endurance.soaking.plan import plan_of
from tests.endurance.soaking.record import Left

SECONDS, REQUESTS = 60, 40
VAULTS = ["main", "staging"]


@pytest.fixture(scope="module")
def soaked(tmp_path_factory: pytest.TempPathFactory) -> Soaked:
    seed = int(os.environ.get("CERTFLOW_SOAK_SEED", secrets.randbelow(2**32)))
    soaked = asyncio.run(soak(tmp_path_factory.mktemp("soak"), SECONDS, REQUESTS, seed, vaults=len(VAULTS)))
    say(soaked.summary())
    return soaked


def test_a_minute_in_which_everything_fails_loses_nothing_and_tells_nobody_twice(soaked: Soaked) -> None:
    assert not soaked.wrong, "\n".join([soaked.summary(), *soaked.wrong])
    assert soaked.kills
    assert set(+soaked.thrown.counts) >= KINDS
    assert soaked.left.doubled()


def test_a_plan_has_each_kind_of_request() -> None:
    assert {wanted.kind for wanted in plan_of(1, SECONDS, len(plan.KINDS), VAULTS, 2).requests} == {*plan.KINDS}


def test_the_same_seed_is_the_same_plan() -> None:
    assert plan_of(1, 600, 500, VAULTS, 2) == plan_of(1, 600, 500, VAULTS, 2)
    assert plan_of(1, 600, 500, VAULTS, 2) != plan_of(2, 600, 500, VAULTS, 2)


def no_secret_anywhere(left: Left) -> Iterator[str]:
    return checks.no_secret_anywhere(left, {"the secret": re.compile("of the soak")})


def end_of_first(left: Left) -> str:
    row = left.rows.requests()[0]
    return f"{row['vault']}:{row['name']}:{row['request_id']}:{row['status']}"


def spoil_status(left: Left) -> str:
    row = left.rows.requests()[0]
    row["status"] = "deleted"
    return str(row["name"])


def spoil_history(left: Left) -> str:
    rows = left.rows.by_table["certflow"]
    row = left.rows.requests()[0]
    rows += [one for one in rows if one["RowKey"].startswith("h|") and row["request_id"] in one["act"]]
    return str(row["name"])


def spoil_events(left: Left) -> str:
    end = end_of_first(left)
    left.events[:] = [event for event in left.events if event["id"] != end]
    return str(left.rows.requests()[0]["name"])


def spoil_deliveries(left: Left) -> str:
    end = end_of_first(left)
    left.rows.deliveries()[end, "email"]["state"] = "sending"
    return end


def spoil_list(left: Left) -> str:
    end = end_of_first(left)
    rows = left.rows.by_table["messages"]
    rows[:] = [row for row in rows if row["event_id"] != end]
    return end


def spoil_messages(left: Left) -> str:
    end = end_of_first(left)
    left.messages[:] = [one for one in left.messages if end not in one["raw"]]
    return end


def spoil_by_a_double(left: Left) -> str:
    end = end_of_first(left)
    mail = next(one for one in left.messages if one["channel"] == "email" and end in one["raw"])
    left.messages.extend([mail] * (left.cut_off()[end, "email"] + 1))
    return end


def spoil_poison(left: Left) -> str:
    left.dead_letters["certflow.jsonl"] = "{}"
    return "certflow.jsonl"


def spoil_log(left: Left) -> str:
    left.logs["host.log"] += "of the soak"
    return "host.log"


@pytest.mark.parametrize(
    ("check", "spoil"),
    [
        (checks.status_is_key_vaults, spoil_status),
        (checks.one_transition, spoil_history),
        (checks.one_event, spoil_events),
        (checks.one_delivery_record, spoil_deliveries),
        (checks.every_delivery_is_listed, spoil_list),
        (checks.everybody_is_told, spoil_messages),
        (checks.nobody_is_told_twice_but_after_a_kill, spoil_by_a_double),
        (checks.nothing_died_silently, spoil_poison),
        (no_secret_anywhere, spoil_log),
    ],
)
def test_a_check_names_its_offender(
    soaked: Soaked, check: Callable[[Left], Iterator[str]], spoil: Callable[[Left], str]
) -> None:
    left = copy.deepcopy(soaked.left)
    before = len(list(check(left)))
    offender = spoil(left)
    sentences = list(check(left))
    assert len(sentences) > before
    assert any(offender in sentence for sentence in sentences)
