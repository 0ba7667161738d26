"""Work from our own queues: whatever goes wrong, the message is done, for a timer calls for the work again."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import azure.functions as func
import pytest

from functions.model.due_mark import DueCheck
from functions.model.errors import Unavailable
from functions.model.request.operation import Status
from functions.triggers.queued_work import work_blueprint
from tests.unit.fakes import FakeChannel, World
from tests.unit.tracked_requests import tracked

MESSAGES = {
    "vault_shift": {"vault": "main"},
    "first_look": {"vault": "nowhere"},  # of an older version of the app
    "send_gathered": {"channel": "teams"},
}


@pytest.mark.parametrize("name", MESSAGES)
async def test_what_fails_is_logged_and_ends_in_no_poison_queue(name: str, caplog: pytest.LogCaptureFixture) -> None:
    world = World(channels=(FakeChannel("teams", max_notices=10),))

    async def down(*_given: object) -> list[DueCheck]:
        raise Unavailable("The table storage", "HTTP 503")

    world.ledger.due = down  # type: ignore[method-assign,assignment]  # no shift can be worked
    world.deliveries.queued = down  # type: ignore[method-assign,assignment]  # nor anything sent
    with caplog.at_level(logging.ERROR):
        await receive(world, name, MESSAGES[name])
    assert "work-failed" in caplog.text


@pytest.mark.parametrize("name", ["vault_shift", "first_look"])
async def test_a_message_about_a_vault_that_was_renamed_is_done_without_a_word(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    tracked(world, 1)
    (known,) = world.ledger.tracked.values()
    world.ledger.tracked["formerly", known.name, known.request_id] = replace(known, vault="formerly")
    with caplog.at_level(logging.WARNING):
        await receive(world, name, {"vault": "formerly", "name": known.name, "request_id": known.request_id})
    assert [one for one in caplog.records if one.name == "certflow"] == []
    assert world.vault.calls == []


async def test_a_first_look_looks_at_its_request() -> None:
    world = World()
    tracked(world, 3)
    known = next(iter(world.ledger.tracked.values()))
    world.vault.operations[known.name] = replace(world.vault.operations[known.name], status=Status.FAILED)
    await receive(world, "first_look", {"vault": "main", "name": known.name, "request_id": known.request_id})
    assert world.published == ["Issuance.Failed"]
    assert world.vault.calls == ["pending"]


async def receive(world: World, name: str, message: dict[str, str]) -> None:
    """The host hands a message over, its base64 taken off."""
    app = func.FunctionApp()
    app.register_functions(work_blueprint(lambda: world.certflow))
    handlers = {str(one.get_function_name()): one.get_user_function() for one in app.get_functions()}
    assert handlers.keys() == MESSAGES.keys()
    await handlers[name](func.QueueMessage(body=json.dumps(message).encode()))
