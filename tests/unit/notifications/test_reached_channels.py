"""A channel that is set up gets messages, or the status says why it does not."""

from __future__ import annotations

import json

import azure.functions as func
import pytest

from functions.model.errors import BadSettings, Unavailable
from functions.model.messages import Severity
from functions.model.options import Options
from functions.model.people.signers import SignerRow
from functions.notifications.reached_channels import (
    NO_SUCH_VAULT,
    TAKEN_BEFORE,
    unnamed_channels,
    unreached_channels,
)
from functions.ports.rules import Rule
from functions.triggers.http.context import Context
from functions.triggers.http.status import get_status
from tests.unit.fakes import FakeChannel, FakeRules, World
from tests.unit.role_mails import STALLED, WAITS
from tests.unit.sample_events import DATA, FAILED

PAY = "teams:pay"
USUAL = ("email", "teams", "urls:1")
ELSEWHERE = Rule(("teams",), vaults=("no-such-vault",))


def world(*rules: Rule, choices: Options | None = None) -> World:
    channels = tuple(FakeChannel(name) for name in (*USUAL, PAY, "pager"))
    return World(channels=channels, rules=FakeRules(rules), options=choices or Options())


async def told(world: World, **more: object) -> set[str]:
    await world.tell("e1", FAILED, DATA | more)
    return _told(world)


def _told(world: World) -> set[str]:
    return {one.name for one in world.certflow.channels if isinstance(one, FakeChannel) and one.sent}


async def test_without_a_rule_every_channel_is_told() -> None:
    assert await told(world()) == {*USUAL, PAY, "pager"}


async def test_a_channel_that_a_rule_names_gets_what_the_rule_says_and_no_other_does_without() -> None:
    rule = Rule((PAY,), names=("pay-*",))
    assert await told(world(rule)) == {*USUAL, "pager"}
    assert await told(world(rule), name="pay-web") == {PAY}
    assert await told(world(Rule((PAY,), names=("pay-*",), also=True)), name="pay-web") == {*USUAL, PAY, "pager"}


@pytest.mark.parametrize(
    "choices", [Options(operators=(PAY,)), Options(signers=(SignerRow((PAY,), names=("pay-*",)),))]
)
async def test_a_channel_of_operators_or_signers_is_theirs(choices: Options) -> None:
    world_ = world(choices=choices)
    assert unnamed_channels(world_.certflow, ()) == ("pager",)
    assert await told(world_) == {*USUAL, "pager"}
    assert [*unreached_channels(world_.certflow, (Rule(("teams",)),))] == [("pager", TAKEN_BEFORE.format(1))]


@pytest.mark.parametrize(
    ("rules", "unreached"),
    [
        ((), {}),
        ((Rule((PAY,), names=("pay-*",)),), {}),
        ((Rule(("teams",)),), {PAY: TAKEN_BEFORE.format(1), "pager": TAKEN_BEFORE.format(1)}),
        ((Rule(("teams", PAY), events=("*",)),), {"pager": TAKEN_BEFORE.format(1)}),
        (
            (ELSEWHERE, Rule(("teams",)), Rule((PAY, "pager"))),
            {PAY: TAKEN_BEFORE.format(2), "pager": TAKEN_BEFORE.format(2)},
        ),
        ((Rule(("teams",), also=True), Rule(("teams",), severity=Severity.WARNING)), {}),
        ((Rule(("teams",), owners=("*",)), Rule(("teams",), names=("*",)), Rule(("teams",), vaults=("*",))), {}),
        ((Rule((PAY,), vaults=("mian",)),), {PAY: NO_SUCH_VAULT}),
        ((Rule((PAY,), vaults=("mian", "MA*")),), {}),
        ((Rule((PAY,), vaults=("mian",)), Rule(("pager",))), {PAY: NO_SUCH_VAULT}),
    ],
)
async def test_a_channel_that_no_message_reaches_is_named_with_the_reason(
    rules: tuple[Rule, ...], unreached: dict[str, str]
) -> None:
    found = dict(unreached_channels(world(*rules).certflow, rules))
    assert found == unreached
    assert not {*found} & await told(world(*rules))


async def test_an_escalation_reaches_those_that_are_never_said_to_be_unreached() -> None:
    only = Rule((PAY,))
    assert dict(unreached_channels(world(only).certflow, (only,))) == {"pager": TAKEN_BEFORE.format(1)}
    escalated = world(only)
    await escalated.tell("e1", STALLED, WAITS | {"age": 9, "reminder": 4, "escalated": True})
    assert _told(escalated) == {*USUAL, PAY}


async def status_of(world: World) -> list[dict[str, str]]:
    request = func.HttpRequest(method="GET", url="https://certflow.example.com/api/status", body=b"")
    answer = json.loads((await get_status(request, Context(lambda: world.certflow))).get_body())
    return list(answer["unreached_channels"])


async def test_the_status_names_it() -> None:
    reason = {"reason": TAKEN_BEFORE.format(1)}
    assert await status_of(world(Rule((PAY,)))) == [{"channel": "pager"} | reason]
    assert await status_of(world()) == []
    for fault in (BadSettings("this is no JSON"), Unavailable("The rules", "the storage does not answer")):
        assert await status_of(World(channels=(FakeChannel(PAY),), rules=FakeRules(fault=fault))) == []
