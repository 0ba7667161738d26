"""A call that belongs to no request is on the record in the run after it, and fails for no fault of that."""

from __future__ import annotations

import json
import logging

import pytest

from functions.model.acts.act import Act
from functions.model.errors import Unavailable
from functions.record.calls import note_call
from tests.actors import acts_in, person
from tests.unit.fakes import World

ANN = person("ann@example.com")


async def test_the_next_run_of_its_vault_writes_it_to_the_record() -> None:
    world = World()
    await world.shift()  # it finds the outbox empty
    await note_call(world.certflow, "tagged", ANN, outcome="asked", vault="main", name="web", tags={"a": "b"})
    await world.shift()
    (content,) = world.act_files.files.values()
    act = json.loads(content.splitlines()[-1])
    assert (act["verb"], act["vault"], act["name"], act["tags"]) == ("tagged", "main", "web", {"a": "b"})
    assert act["by"]["oid"] == ANN.oid


async def test_where_the_storage_does_not_take_it_the_log_alone_has_it_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()

    async def add(act: Act, vault: str | None) -> None:
        raise Unavailable("The table storage", f"down for {act.id} of {vault}")

    world.waiting_acts.add = add  # type: ignore[method-assign]  # a storage that is away
    with caplog.at_level(logging.INFO):
        await note_call(world.certflow, "tested", ANN, outcome="teams:delivered")
    assert [one["what"] for one in acts_in(caplog)] == ["tested"]
    assert [one for one in caplog.messages if "act-in-log-alone" in one]
