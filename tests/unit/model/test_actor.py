"""Who acts: what is shown of them, what a message says, and one log record for each act."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.model.events.fields import Who, shown_actor
from functions.model.request.actor import CHECK, RENEWAL, SCAN, UNNAMED, UPLOAD, Actor, ActorKind
from functions.model.request.operation import Status
from functions.model.request.request_event import who
from functions.requests.adoption import adopt
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, acknowledge, delete, status
from tests.actors import TENANT, acts_in, app, person, saying
from tests.unit.fakes import World

ANN = person("ann@example.com")
WEB = Address("main", "web")


@pytest.mark.parametrize(
    ("by", "shown", "in_a_message", "verified"),
    [
        (ANN, "ann@example.com", "ann@example.com", True),
        (replace(ANN, on_behalf_of="bob"), "ann@example.com", "ann@example.com, on behalf of bob (not verified)", True),
        (replace(app("pipeline"), name=None), app("pipeline").oid, app("pipeline").oid, True),
        (saying("bob"), "bob", "bob (not verified)", False),
        (saying("system:renewal"), "system:renewal", "system:renewal (not verified)", False),
        (UNNAMED, None, None, False),
        (RENEWAL, "system:renewal", "Certflow (renewal)", True),
    ],
)
def test_what_is_shown_of_an_actor(by: Actor, shown: str, in_a_message: str, *, verified: bool) -> None:
    assert (by.shown, by.verified) == (shown, verified)
    assert shown_actor(who(by), by.shown) == in_a_message


def test_an_event_of_an_older_version_shows_the_name_that_it_has() -> None:
    assert shown_actor(None, "bob") == "bob"


def test_what_certflow_does_itself_cannot_be_typed() -> None:
    typed = {saying(f"system:{one.name}") for one in (RENEWAL, CHECK, SCAN, UPLOAD)}
    assert typed & {RENEWAL, CHECK, SCAN, UPLOAD} == set()
    assert {who(by) for by in typed} & {Who(kind="system", name=one) for one in ("renewal", "check", "scan")} == set()


async def test_each_change_of_a_request_is_one_log_record_that_names_who_did_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world, ann = World(), replace(ANN, on_behalf_of="bob")
    with caplog.at_level(logging.INFO):
        started = await create_request(world.certflow, CreateCommand("main", "web", {}, by=ann))
        until = world.now + timedelta(days=1)
        await acknowledge(world.certflow, WEB, until, "a holiday", app("pipeline"))
        await delete(world.certflow, WEB, saying("eve"))
    about = {"vault": "main", "name": "web", "request_id": started.request_id}
    signed_in = {"kind": "person", "by": "ann@example.com", "tid": TENANT, "oid": ann.oid, "azp": ann.azp}
    machine = {"kind": "app", "by": "pipeline", "tid": TENANT, "oid": app("pipeline").oid, "azp": app("pipeline").azp}
    assert acts_in(caplog) == [
        {"what": "created", "outcome": "inProgress"} | about | signed_in | {"on_behalf_of": "bob"},
        {"what": "acknowledged", "outcome": "inProgress"} | about | machine,
        {"what": "deleted", "outcome": "deleted"} | about | {"kind": "key", "on_behalf_of": "eve"},
    ]


async def test_what_certflow_finds_is_an_act_of_its_own_and_a_look_without_news_is_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    operation = world.vault.start("web")
    with caplog.at_level(logging.INFO):
        request = await adopt(world.certflow, "main", "web", operation, SCAN)
        await status(world.certflow, WEB)
        world.vault.operations["web"] = replace(operation, status=Status.FAILED)
        await status(world.certflow, WEB)
    assert request.requested_by is None  # nobody knows who started it
    did = [(one["what"], one["outcome"], one["kind"], one["by"]) for one in acts_in(caplog)]
    assert did == [("adopted", "inProgress", "system", "scan"), ("observed", "failed", "system", "check")]
    assert [act.by for act in world.ledger.acts] == [SCAN, CHECK]


def test_a_kind_is_written_as_the_api_has_it() -> None:
    assert [kind.value for kind in ActorKind] == ["person", "app", "key", "system"]
