"""Work from our own queues: whatever goes wrong, the message is done, for a timer calls for the work again."""

from __future__ import annotations

import json
import logging

import azure.functions as func
import pytest

from functions.issuance.errors import Unavailable
from functions.issuance.looks import Look
from functions.triggers.work import work_blueprint
from tests.unit.fakes import FakeChannel, World

MESSAGES = {
    "vault_shift": {"vault": "main"},
    "first_look": {"vault": "nowhere"},  # of an older version of the app
    "send_gathered": {"channel": "teams"},
}


@pytest.mark.parametrize("name", MESSAGES)
async def test_what_fails_is_logged_and_ends_in_no_poison_queue(name: str, caplog: pytest.LogCaptureFixture) -> None:
    world = World(channels=(FakeChannel("teams", most=10),))

    async def down(*_given: object) -> list[Look]:
        raise Unavailable("The table storage", "HTTP 503")

    world.ledger.due = down  # type: ignore[method-assign,assignment]  # no shift can be worked
    world.deliveries.waiting = down  # type: ignore[method-assign,assignment]  # nor anything sent
    app = func.FunctionApp()
    app.register_functions(work_blueprint(lambda: world.certflow))
    handlers = {str(one.get_function_name()): one.get_user_function() for one in app.get_functions()}
    assert handlers.keys() == MESSAGES.keys()
    with caplog.at_level(logging.ERROR):
        await handlers[name](func.QueueMessage(body=json.dumps(MESSAGES[name]).encode()))
    assert "work-failed" in caplog.text
