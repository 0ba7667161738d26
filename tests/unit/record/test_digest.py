"""The end of the record leaves the reach of the app each day."""

from __future__ import annotations

from functions.model.acts.lines import FileName
from functions.model.acts.verify import verify
from functions.model.errors import Unavailable
from functions.monitoring.digest import send_digest
from functions.record.export import export_acts
from tests.clock import NOW
from tests.unit.fakes import FakeActFiles, World
from tests.unit.record.waiting import waiting


async def test_the_digest_has_the_head_of_the_record() -> None:
    world = World()
    world.ledger.waiting = waiting(2)
    await export_acts(world.certflow, world.ledger.waiting)
    await send_digest(world.certflow)
    ((name, content),) = world.act_files.files.items()
    data = world.topic.published[-1].data
    assert data["acts"]["file"] == str(name)
    assert verify({str(name): content}, [data["acts"]["head"]]).problems == []
    assert dict(data["facts"])["Record of acts"] == f"{name}, head {data['acts']['head']}"


async def test_without_a_record_the_digest_goes_out_all_the_same() -> None:
    class Broken(FakeActFiles):
        async def names(self) -> list[FileName]:
            raise Unavailable("The record of acts", "HTTP 403")

    begun = FakeActFiles(files={FileName(NOW.date()): b""})
    for files in (FakeActFiles(), Broken(), begun):
        world = World(act_files=files)
        await send_digest(world.certflow)
        assert world.topic.published[-1].data.get("acts") is None
