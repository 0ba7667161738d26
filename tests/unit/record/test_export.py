"""Acts get from the outbox into their record, each once, and nothing that happens on the way loses one."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.app.outbox import watch_outbox
from functions.model.acts.lines import FileName, act_line, head_of
from functions.model.acts.logged import heads_in_log
from functions.model.acts.verify import Verified, verify
from functions.model.errors import Unavailable
from functions.model.options import ActsMode, Options
from functions.ports.record.acts import RecordPlace, WaitingAct
from functions.record.export import end_fault, export_acts, refuse_unrecorded
from functions.requests.create import CreateCommand, create_request
from tests.clock import NOW
from tests.unit.fakes import FakeActFiles, FakeWaitingActs, World
from tests.unit.record.waiting import waiting


async def export(world: World, acts: Sequence[WaitingAct], **more: int) -> None:
    world.ledger.waiting = [*world.ledger.waiting, *acts]
    await export_acts(world.certflow, world.ledger.waiting, **more)


def verified(world: World) -> Verified:
    return verify({str(name): content for name, content in world.act_files.files.items()})


async def test_acts_leave_the_outbox_for_a_chain_in_their_order() -> None:
    world = World()
    await export(world, waiting(3)[::-1])
    await export(world, waiting(2, first=3))
    assert world.ledger.waiting == []
    found = verified(world)
    assert (found.problems, found.acts) == ([], 5)
    (content,) = world.act_files.files.values()
    acts = [json.loads(line) for line in content.splitlines()][1:]
    assert [one["request_id"] for one in acts] == ["r0", "r1", "r2", "r3", "r4"]
    assert acts[0]["verb"] == "created"
    assert acts[0]["by"] == {"kind": "system", "name": "renewal"}
    assert acts[0]["time"] == NOW.isoformat()


async def test_without_acts_nothing_is_asked() -> None:
    world = World(act_files=FakeActFiles(refuses="broken"))
    await export(world, [])
    assert world.act_files.files == {}


async def test_the_log_has_the_head_of_each_append(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    with caplog.at_level(logging.INFO, "certflow"):
        await export(world, waiting(2))
        world.later(days=1)
        await export(world, waiting(1, first=2))
    logged = heads_in_log("\n".join(one.message for one in caplog.records))
    files = {str(name): content for name, content in world.act_files.files.items()}
    found = verify(files, (), logged)
    assert (len(logged), found.problems) == (3, [])
    assert "Of 3 heads in the log, 3 are of these files." in found.notes


async def test_a_day_begins_a_file_that_follows_from_the_last_one() -> None:
    world = World()
    await export(world, waiting(1))
    world.later(days=2)
    await export(world, waiting(1, first=1))
    first, second = sorted(world.act_files.files)
    assert second == FileName(NOW.date() + timedelta(days=2))
    assert json.loads(world.act_files.files[first].splitlines()[-1])["next"] == str(second)
    assert verified(world).problems == []


async def test_a_clock_that_is_behind_goes_on_in_the_file_of_the_later_day() -> None:
    world = World()
    await export(world, waiting(1))
    world.later(days=-1)
    await export(world, waiting(1, first=1))
    assert sorted(world.act_files.files) == [FileName(NOW.date())]
    assert verified(world).problems == []


async def test_a_full_file_is_followed_by_the_next_of_the_day() -> None:
    world = World()
    for number in range(7):
        await export(world, waiting(1, first=number), max_blocks=3)
    day = NOW.date()
    assert sorted(world.act_files.files) == [FileName(day), FileName(day, 2), FileName(day, 3)]
    assert max(world.act_files.blocks.values()) == 4  # three with acts, and the last line
    assert (verified(world).problems, verified(world).acts) == ([], 7)


async def test_a_crash_between_the_last_line_and_the_next_file_goes_on_there() -> None:
    world = World()
    await export(world, waiting(1))
    await export(world, waiting(1, first=1), max_blocks=1)
    day = NOW.date()
    del world.act_files.files[FileName(day, 2)]
    world.later(days=3)
    await export(world, waiting(1, first=2))
    assert sorted(world.act_files.files) == [FileName(day), FileName(day, 2)]
    assert verified(world).problems == []


async def test_an_empty_file_that_no_last_line_names_is_no_branch() -> None:
    world = World()
    await export(world, waiting(1))
    await world.act_files.create(FileName(NOW.date() + timedelta(days=9)))
    await export(world, waiting(1, first=1))
    assert world.act_files.files[FileName(NOW.date() + timedelta(days=9))] == b""
    assert len(world.act_files.files[FileName(NOW.date())].splitlines()) == 3


async def test_two_instances_that_begin_the_record_around_midnight_make_one(caplog: pytest.LogCaptureFixture) -> None:
    class Meeting(FakeActFiles):
        async def create(self, name: FileName) -> None:
            await super().create(FileName(name.day - timedelta(days=1)))  # by the other one, which is slower
            await super().create(name)

    world = World(act_files=Meeting())
    await export(world, waiting(1))
    world.act_files = FakeActFiles(files=world.act_files.files, blocks=world.act_files.blocks)
    world.later(days=-1)
    await export(world, waiting(1, first=1))
    lines = [len(content.splitlines()) for _, content in sorted(world.act_files.files.items())]
    assert lines == [3, 0]
    assert "acts-not-written" not in caplog.text


async def test_any_number_of_empty_files_is_no_branch() -> None:
    world = World()
    await export(world, waiting(1))
    for days in (1, 9, 10):
        await world.act_files.create(FileName(NOW.date() + timedelta(days=days)))
    await export(world, waiting(1, first=1))
    assert len(world.act_files.files[FileName(NOW.date())].splitlines()) == 3
    world.later(days=1)
    await export(world, waiting(1, first=2))
    await export(world, waiting(1, first=3))
    lines = [len(content.splitlines()) for _, content in sorted(world.act_files.files.items())]
    assert lines == [4, 3, 0, 0]


async def test_a_next_file_that_was_made_and_is_empty_is_gone_on_with_among_other_empty_ones() -> None:
    world = World()
    await export(world, waiting(1))
    await export(world, waiting(1, first=1), max_blocks=1)
    day = NOW.date()
    world.act_files.files[FileName(day, 2)] = b""
    world.ledger.waiting = []
    await world.act_files.create(FileName(day + timedelta(days=9)))
    await export(world, waiting(1, first=2))
    del world.act_files.files[FileName(day + timedelta(days=9))]
    assert (verified(world).problems, verified(world).acts) == ([], 2)


async def test_a_name_that_something_else_has_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    world, day, tomorrow = World(), NOW.date(), NOW.date() + timedelta(days=1)
    world.act_files.others = {FileName(day), FileName(tomorrow), FileName(tomorrow, 2)}
    for number in range(3):
        await export(world, waiting(1, first=number))
        world.later(days=1)
    names = [FileName(day, 2), FileName(tomorrow, 3), FileName(tomorrow + timedelta(days=1))]
    assert sorted(world.act_files.files) == names
    assert (verified(world).problems, verified(world).acts, world.ledger.waiting) == ([], 3, [])
    taken = f'"event": "acts-name-taken", "file": "{FileName(tomorrow)}", "instead": "{FileName(tomorrow, 3)}"'
    assert taken in caplog.text


async def test_a_name_that_something_else_got_once_a_last_line_had_it_stops_no_record() -> None:
    world, day = World(), NOW.date()
    await export(world, waiting(1))
    await export(world, waiting(1, first=1), max_blocks=1)
    del world.act_files.files[FileName(day, 2)]
    world.act_files.others = {FileName(day, 2)}
    for number in (2, 3):
        await export(world, waiting(1, first=number))
    assert world.ledger.waiting == []
    assert len(world.act_files.files[FileName(day, 3)].splitlines()) == 3
    (problem,) = verified(world).problems
    assert problem == f"After {FileName(day)} comes {FileName(day, 2)}, which is missing: {FileName(day, 3)} was given."


async def test_what_somebody_else_has_written_without_a_line_break_spoils_no_act() -> None:
    world = World()
    await export(world, waiting(1))
    world.act_files.files[FileName(NOW.date())] += b"junk"
    await export(world, waiting(1, first=1))
    assert verified(world).acts == 2
    assert any("no line of the record" in one for one in verified(world).problems)


async def test_an_append_whose_answer_was_lost_is_not_made_twice() -> None:
    class Losing(FakeActFiles):
        lost = 0

        async def append(self, name: FileName, content: bytes, end: int) -> bool:
            done = await super().append(name, content, end)
            if self.lost < 2:
                self.lost += 1
                raise Unavailable("The record of acts", "the connection broke", maybe_done=True)
            return done

    world = World(act_files=Losing())
    for number in range(4):
        await export(world, waiting(1, first=number))
        world.later(days=1)
    assert (verified(world).problems, verified(world).acts, world.ledger.waiting) == ([], 4, [])


async def test_an_sdk_that_repeats_an_append_that_was_done_does_not_double_it() -> None:
    class Repeating(FakeActFiles):
        async def append(self, name: FileName, content: bytes, end: int) -> bool:
            await super().append(name, content, end)
            return await super().append(name, content, end)

    world = World(act_files=Repeating())
    await export(world, waiting(3))
    assert (verified(world).problems, verified(world).acts, world.ledger.waiting) == ([], 3, [])


async def test_acts_that_another_run_has_taken_are_left_to_it() -> None:
    world = World()
    mine = waiting(4)
    world.ledger.waiting = [
        replace(one, tried=RecordPlace("2026-11-30.jsonl", 7)) if one.partition == "main|0" else one for one in mine
    ]
    await export_acts(world.certflow, mine)
    assert verified(world).acts == 2
    assert {one.partition for one in world.ledger.waiting} == {"main|0"}


async def test_a_container_that_refuses_loses_nothing_and_is_told_once() -> None:
    world = World(act_files=FakeActFiles(refuses="HTTP 409 (BlobImmutableDueToPolicy)"))
    for number in range(6):
        await export(world, waiting(1, first=number))
        world.later(minutes=5)
    assert world.published == ["Acts.Waiting"]
    assert "BlobImmutableDueToPolicy" in world.topic.published[0].data["reason"]
    assert len(world.ledger.waiting) == 6
    world.act_files.refuses = ""
    await export(world, [])
    assert (verified(world).problems, verified(world).acts, world.ledger.waiting) == ([], 6, [])
    assert world.waiting_acts.note is None
    world.act_files.refuses = "HTTP 403"
    for number in range(3):
        await export(world, waiting(1, first=10 + number))
        world.later(minutes=6)
    assert world.published == ["Acts.Waiting"] * 2


async def test_an_outage_of_some_minutes_is_told_to_nobody() -> None:
    world = World(act_files=FakeActFiles(refuses="HTTP 503"))
    for number in range(2):
        await export(world, waiting(1, first=number))
        world.later(minutes=5)
    world.act_files.refuses = ""
    await export(world, [])
    assert (world.published, verified(world).acts) == ([], 2)


@pytest.mark.parametrize("mode", ActsMode)
async def test_without_a_record_requests_go_on_or_stop_as_the_setting_says(mode: ActsMode) -> None:
    world = World(act_files=FakeActFiles(refuses="HTTP 403"), options=Options(acts=mode))
    order = CreateCommand("main", "web", {"policy": {"issuer": {"name": "DigiCert"}}})
    await export(world, waiting(1))
    if mode is ActsMode.REQUIRED:
        with pytest.raises(Unavailable, match="HTTP 403"):
            await create_request(world.certflow, order)
        assert world.vault.calls == []
        world.act_files.refuses = ""
        await export(world, [])
    await create_request(world.certflow, order)


async def test_what_nobody_foresaw_loses_nothing_is_told_and_ends_no_run(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(FakeActFiles):
        async def names(self) -> list[FileName]:
            raise ValueError("The batch has 101 operations.")

    world = World(act_files=Odd())
    world.ledger.waiting = waiting(2)
    await world.shift()
    assert '"event": "beat"' in caplog.text
    assert world.waiting_acts.note is not None
    assert world.waiting_acts.note.reason == "ValueError('The batch has 101 operations.')"
    assert len(world.ledger.waiting) == 2
    world.later(minutes=11)
    await world.shift()
    assert "Acts.Waiting" in world.published


async def starts(world: World) -> bool:
    """Whether requests are started, where none may be that cannot be recorded."""
    try:
        await refuse_unrecorded(replace(world.certflow, options=Options(acts=ActsMode.REQUIRED)))
    except Unavailable:
        return False
    return True


async def check(world: World) -> None:
    """A run of the timer, but for the vaults."""
    await end_fault(world.certflow, (await watch_outbox(world.certflow)).fault)


@pytest.mark.parametrize("noted", [False, True])
async def test_acts_that_were_written_before_the_fault_are_no_fault(*, noted: bool) -> None:
    world = World(act_files=FakeActFiles(refuses="HTTP 403"))
    if noted:
        await export(world, waiting(1))
    world.act_files.refuses = ""
    remove = world.waiting_acts.remove

    async def lost(acts: Sequence[WaitingAct]) -> None:
        await remove(acts)
        raise Unavailable("The table storage", "no answer came in time", maybe_done=True)

    world.waiting_acts.remove = lost  # type: ignore[method-assign]  # its answer is lost
    await export(world, [] if noted else waiting(1))
    assert (world.ledger.waiting, verified(world).acts) == ([], 1)
    assert await starts(world)


async def test_acts_that_another_instance_has_written_meanwhile_are_no_fault() -> None:
    world, acts = World(), waiting(2)

    class Slow(FakeActFiles):
        async def names(self) -> list[FileName]:
            await export_acts(world.certflow, acts)
            raise Unavailable("The record of acts", "no answer came in time")

    slow = World(ledger=world.ledger, act_files=Slow())
    await export(slow, acts)
    assert world.ledger.waiting == []
    assert await starts(world)


async def test_a_note_that_outlives_its_cause_is_ended_by_the_next_run_of_the_timer() -> None:
    world = World(act_files=FakeActFiles(refuses="HTTP 403"))
    await export(world, waiting(2))
    world.act_files.refuses = ""
    world.ledger.waiting = []  # by an instance that wrote them right before this one noted that they wait
    assert not await starts(world)
    await check(world)
    assert await starts(world)


async def test_a_note_is_seen_by_the_timer_although_the_outbox_was_empty_just_now() -> None:
    world = World(act_files=FakeActFiles(refuses="HTTP 403"))
    await check(world)
    await export(world, waiting(1))
    for _ in range(3):
        world.later(minutes=1)
        await check(world)
        assert not await starts(world)
    world.act_files.refuses = ""
    await check(world)  # which writes it, also of a vault that nobody runs any more
    assert (await starts(world), world.ledger.waiting, verified(world).acts) == (True, [], 1)


async def test_an_act_that_is_written_does_not_end_the_fault_of_another_one() -> None:
    world = World(act_files=FakeActFiles(refuses="HTTP 403"))
    await export(world, waiting(1))
    world.act_files.refuses = ""
    await export_acts(world.certflow, waiting(1, first=1))
    assert not await starts(world)
    await export(world, [])
    assert await starts(world)


async def test_a_table_that_does_not_answer_leaves_the_note_to_the_next_run(caplog: pytest.LogCaptureFixture) -> None:
    world = World(act_files=FakeActFiles(refuses="HTTP 403"))
    await export(world, waiting(1))
    world.waiting_acts.still_waiting = failing  # type: ignore[assignment,method-assign]  # it fails
    await check(world)
    assert '"event": "acts-fault-not-noted"' in caplog.text
    assert not await starts(world)
    world.waiting_acts, world.act_files.refuses = FakeWaitingActs(world.ledger), ""
    world.later(minutes=1)
    await check(world)
    assert await starts(world)


async def test_a_note_that_cannot_be_written_ends_no_run(caplog: pytest.LogCaptureFixture) -> None:
    world = World(act_files=FakeActFiles(refuses="HTTP 403"))
    world.ledger.waiting = waiting(1)
    world.waiting_acts.save_fault = failing  # type: ignore[assignment,method-assign]  # it fails
    await world.shift()
    assert '"event": "acts-fault-not-noted"' in caplog.text
    assert '"event": "beat"' in caplog.text


async def failing(*_: object) -> None:
    raise Unavailable("The table storage", "HTTP 503")


async def test_a_run_of_a_vault_writes_its_acts() -> None:
    world = World()
    world.ledger.waiting = waiting(2)
    await world.shift()
    assert (verified(world).acts, world.ledger.waiting) == (2, [])


async def test_one_run_of_a_process_appends_at_a_time() -> None:
    class Noting(FakeActFiles):
        async def append(self, name: FileName, content: bytes, end: int) -> bool:
            locked.append(app.acts_turn.locked())
            return await super().append(name, content, end)

    locked = list[bool]()
    world = World(act_files=Noting())
    app = world.certflow
    world.ledger.waiting = waiting(1)
    await export_acts(app, world.ledger.waiting)
    assert (locked, app.acts_turn.locked()) == ([True], False)


async def test_many_bytes_of_acts_become_several_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    world, acts = World(), waiting(7)
    monkeypatch.setattr("functions.record.export.MAX_BATCH_BYTES", 3 * len(acts[0].text))
    await export(world, acts)
    assert (verified(world).acts, list(world.act_files.blocks.values())) == (7, [3])


class Meeting(FakeActFiles):
    """Files to which another instance appends first, `meets` times."""

    meets = 0

    async def append(self, name: FileName, content: bytes, end: int) -> bool:
        if self.meets and self.files[name]:
            self.meets -= 1
            line = act_line(waiting(1, first=100 + self.meets)[0].text, head_of(self.files[name].splitlines()[-1]))
            await super().append(name, line + b"\n", end)
        return await super().append(name, content, end)


async def test_a_run_that_meets_others_again_and_again_gets_on() -> None:
    world = World(act_files=Meeting())
    await export(world, waiting(1))
    world.act_files.meets = 19  # type: ignore[attr-defined]  # of the class above
    await export(world, waiting(2, first=1))
    assert (verified(world).problems, verified(world).acts, world.ledger.waiting) == ([], 22, [])
    world.act_files.meets = 20  # type: ignore[attr-defined]  # as above
    await export(world, waiting(1, first=3))
    assert world.waiting_acts.note
    assert "other instances append all the time" in world.waiting_acts.note.reason
    assert len(world.ledger.waiting) == 1


async def test_an_act_whose_answer_was_lost_in_a_new_file_is_found_there() -> None:
    class Losing(FakeActFiles):
        lost = False

        async def append(self, name: FileName, content: bytes, end: int) -> bool:
            done = await super().append(name, content, end)
            if self.lost and end == 0:
                self.lost = False
                raise Unavailable("The record of acts", "the connection broke", maybe_done=True)
            return done

    world = World(act_files=Losing())
    await export(world, waiting(5))
    world.later(days=1)
    world.act_files.lost = True  # type: ignore[attr-defined]  # of the class above
    await export(world, waiting(1, first=5))
    await export(world, [])
    assert (verified(world).problems, verified(world).acts, world.ledger.waiting) == ([], 6, [])


async def test_acts_are_looked_for_from_the_earliest_file_on_where_any_may_be() -> None:
    world, day = World(), NOW.date()
    for number in range(3):
        await export(world, waiting(1, first=number), max_blocks=1)
    assert sorted(world.act_files.files) == [FileName(day), FileName(day, 2), FileName(day, 3)]
    early, late = waiting(1)[0], waiting(2, first=2)[1]
    place = RecordPlace(str(FileName(day)), world.act_files.files[FileName(day)].index(b"\n") + 1)
    world.ledger.waiting = [
        replace(early, tried=place),
        replace(late, tried=RecordPlace(str(FileName(day, 3)), 1)),
    ]
    await export(world, [])
    assert (verified(world).problems, verified(world).acts, world.ledger.waiting) == ([], 4, [])


async def test_the_reason_is_no_longer_than_a_message_has_room_for() -> None:
    world = World(act_files=FakeActFiles(refuses="x" * 999))
    await export(world, waiting(1))
    assert world.waiting_acts.note
    assert len(world.waiting_acts.note.reason) == 300


async def test_of_two_instances_that_note_a_fault_one_does(caplog: pytest.LogCaptureFixture) -> None:
    world = World(act_files=FakeActFiles(refuses="HTTP 403"))
    await export(world, waiting(1))

    async def not_yet() -> None:
        return None

    note, known = world.waiting_acts.note, world.waiting_acts.fault
    world.waiting_acts.fault = not_yet  # type: ignore[method-assign]  # read before the other one wrote
    await export(world, [])
    assert (world.waiting_acts.note, world.published) == (note, [])
    assert "acts-fault-not-noted" not in caplog.text
    world.waiting_acts.fault = known  # type: ignore[method-assign]  # as it was


async def test_a_next_file_that_was_not_made_yet_is_made_although_others_are_empty() -> None:
    world, day = World(), NOW.date()
    await export(world, waiting(1))
    await export(world, waiting(1, first=1), max_blocks=1)
    del world.act_files.files[FileName(day, 2)]
    await world.act_files.create(FileName(day + timedelta(days=9)))
    await export(world, waiting(1, first=2))
    lines = {str(name): len(content.splitlines()) for name, content in world.act_files.files.items()}
    assert lines == {f"{day}.jsonl": 3, f"{day}-2.jsonl": 2, f"{day + timedelta(days=9)}.jsonl": 0}


async def test_an_empty_file_of_an_earlier_day_is_gone_on_with() -> None:
    world = World()
    await world.act_files.create(FileName(NOW.date()))
    world.later(days=1)
    await export(world, waiting(1))
    await export(world, waiting(1, first=1))
    assert verified(world).problems == []
    assert min(world.act_files.files) == FileName(NOW.date())
    assert verified(world).acts == 2
