"""The verifier finds every kind of tampering with the record of acts."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.model.acts.lines import FileName, head_of, next_of
from functions.model.acts.logged import LoggedHead
from functions.model.acts.verify import Verified, verify
from tests.unit.model.acts.records import DAY, head, record_of, rehashed

SIZES = st.lists(st.integers(1, 5), min_size=1, max_size=3)


def heads_of(files: dict[str, bytes]) -> list[LoggedHead]:
    """What the log would have of a record: the head after each act."""
    found = []
    for name, content in files.items():
        end = 0
        for line in content.splitlines():
            end += len(line) + 1
            found.append(LoggedHead(name, end, head_of(line)))
    return found


@given(SIZES)
def test_a_whole_record_has_no_problem(sizes: list[int]) -> None:
    files = record_of(sizes)
    found = verify(files, [head(files)], heads_of(files))
    assert (found.problems, found.acts, found.head) == ([], sum(sizes), head(files))


@given(st.data())
def test_any_change_of_a_single_line_is_found(data: st.DataObject) -> None:
    files = record_of(data.draw(SIZES))
    name = data.draw(st.sampled_from(sorted(files)))
    lines = files[name].splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    kind = data.draw(st.sampled_from(["change", "cut", "insert", "swap"]))
    if kind == "change":
        place = data.draw(st.integers(0, len(lines[at]) - 1))
        other = data.draw(st.integers(0, 255).filter(lambda one: one not in {lines[at][place], 10}))
        lines[at] = lines[at][:place] + bytes([other]) + lines[at][place + 1 :]
    elif kind == "cut":
        del lines[at]
    elif kind == "insert":
        lines.insert(at, data.draw(st.sampled_from([lines[at], b"", b"{}", b'{"id":"1","prev":"0"}'])))
    else:
        to = data.draw(st.integers(0, len(lines) - 1).filter(lambda one: one != at or len(lines) == 1))
        lines[at], lines[to] = lines[to], lines[at]
        if at == to:
            return
    changed = {**files, name: b"".join(line + b"\n" for line in lines)}
    assert verify(changed, [head(files)]).problems


def test_each_kind_is_found_where_it_is_without_a_head() -> None:
    files = record_of([4, 4])
    name, lines = min(files), files[min(files)].splitlines()

    def problems(changed: list[bytes]) -> list[str]:
        return verify({**files, name: b"\n".join([*changed, b""])}).problems

    line = lines[2].replace(b"created", b"deleted")
    assert problems([*lines[:2], line, *lines[3:]])[0].startswith(f"{name}, line 4 does not follow")
    assert problems([*lines[:2], *lines[3:]])[0].startswith(f"{name}, line 3 does not follow")
    assert problems([*lines[:3], lines[2], *lines[3:]])[0].startswith(f"{name}, line 4 does not follow")
    assert problems([lines[1], lines[0], *lines[2:]])[0].startswith(f"{name}, line 1 is not the first line")
    assert problems(lines[1:])[0].startswith(f"{name}, line 1 is not the first line")
    assert "its end was cut" in problems(lines[:-1])[0]
    assert "goes on after line 6" in " ".join(problems([*lines, lines[1]]))
    assert "middle of a line" in verify({**files, name: files[name][:-1]}).problems[0]
    assert "is no line of the record" in problems([*lines[:2], b"junk", *lines[2:]])[0]


def test_a_line_added_to_the_end_is_found_if_it_repeats_an_act_or_has_no_id() -> None:
    (name, content), *_ = record_of([2]).items()
    lines = content.splitlines()
    again = json.dumps(json.loads(lines[1]) | {"prev": head_of(lines[-1])}).encode()
    assert "repeats the act of 2026-11-28.jsonl, line 2" in verify({name: content + again + b"\n"}).problems[0]
    empty = json.dumps({"prev": head_of(lines[-1])}).encode()
    assert "line 4 is no act" in verify({name: content + empty + b"\n"}).problems[0]


@given(SIZES, st.data())
def test_a_tail_that_was_cut_is_found_by_a_head_and_by_the_log(sizes: list[int], data: st.DataObject) -> None:
    files = record_of(sizes)
    last = max(files)
    lines = files[last].splitlines()
    kept = data.draw(st.integers(1, len(lines) - 1))
    cut = {**files, last: b"".join(line + b"\n" for line in lines[:kept])}
    assert verify(cut).problems == []
    assert "No line has the head" in verify(cut, [head(files)]).problems[0]
    assert "its end was cut" in verify(cut, (), heads_of(files)).problems[0]


@given(st.lists(st.integers(1, 5), min_size=2, max_size=3), st.data())
def test_a_record_that_was_written_anew_is_found_by_yesterdays_head_and_by_the_log(
    sizes: list[int], data: st.DataObject
) -> None:
    files = record_of(sizes)
    first = min(files)
    lines = files[first].splitlines()
    at = data.draw(st.integers(1, sizes[0]))
    lines[at] = lines[at].replace(b"created", b"deleted")
    forged = rehashed({**files, first: b"".join(line + b"\n" for line in lines)})
    assert verify(forged).problems == []
    yesterday = head_of(files[first].splitlines()[-1])
    assert "written anew" in verify(forged, [yesterday]).problems[0]
    assert "was written anew" in verify(forged, (), heads_of(files)).problems[0]


def test_a_file_that_is_missing_or_out_of_its_place_is_found() -> None:
    files = record_of([2, 2, 2])
    first, second, third = sorted(files)
    assert f"comes {second}, which is missing" in verify({first: files[first], third: files[third]}).problems[0]
    assert verify({first: files[third], second: files[second], third: files[first]}).problems
    (note,) = verify({second: files[second], third: files[third]}).notes
    assert "of a file that was not given" in note
    assert verify({first: files[first]}).notes == [f"The record goes on in {second}, which was not given."]


def test_any_file_that_the_log_knows_and_that_was_not_given_is_missing() -> None:
    files = record_of([2, 2, 2])
    first, second, third = sorted(files)

    def problems(*kept: str, since: str | None = None) -> list[str]:
        begins = FileName.of(since) if since else None
        return verify({one: files[one] for one in kept}, (), heads_of(files), since=begins).problems

    assert problems(first, second, third) == []
    (last,) = problems(first, second)
    assert last.startswith(f"{third}, of which the log knows {len(files[third])} bytes, was not given")
    assert [one[: len(second)] for one in problems(first)] == [second, third]
    assert [one[: len(first)] for one in problems(second, third)] == [first]
    assert problems(second, third, since=second) == []
    assert [one[: len(first)] for one in problems(third, since=second)] == [second]
    between = problems(first, third, since=third)  # of those that are there
    assert any(one.startswith(f"{second}, of which the log knows") for one in between)
    gone_on = {one: files[one] for one in (first, second)}
    assert verify(gone_on, (), heads_of(files), to_its_end=True).problems == [last]


def test_a_record_that_was_replaced_under_other_names_is_found_by_the_log() -> None:
    files = record_of([2])
    other = {"2026-11-28-2.jsonl": files[min(files)].replace(b"28.jsonl", b"28-2.jsonl")}
    forged = rehashed(other)
    assert verify(forged).problems == []
    missing, none = verify(forged, (), heads_of(files)).problems
    assert missing.startswith("2026-11-28.jsonl, of which the log knows")
    assert none == "No head in the log is one of these files."
    later = verify(forged, (), heads_of(files), since=FileName.of("2026-11-28-2.jsonl"))
    assert later.problems == [none]


def test_of_all_files_none_may_be_missing_at_the_beginning_or_the_end() -> None:
    files = record_of([2, 2, 2])
    first, second, third = sorted(files)
    assert verify(files, to_its_end=True).problems == []
    (end,) = verify({one: files[one] for one in (first, second)}, to_its_end=True).problems
    assert end.startswith(f"The record goes on in {third}, which was not given: it was deleted")
    rest = {one: files[one] for one in (second, third)}
    (beginning,) = verify(rest, to_its_end=True).problems
    assert "the beginning of the record is missing" in beginning
    assert verify(rest, since=FileName.of(second), to_its_end=True).problems == []


def test_of_each_file_the_first_head_that_it_lacks_is_told() -> None:
    files = record_of([3, 3])
    first, second = sorted(files)
    other = [LoggedHead(one.file, one.end, "1" * 64) for one in heads_of(files)[::-1]]
    ends = [files[name].index(b"\n") + 1 for name in (first, second)]
    assert verify(files, (), [*other, *heads_of(files)]).problems == [
        f"{name} was written anew: up to byte {end} the log knows another head, {'1' * 64}."
        for name, end in zip((first, second), ends, strict=True)
    ]


def test_a_head_behind_the_last_byte_means_a_cut_and_one_at_it_another_record() -> None:
    ((name, content),) = record_of([2]).items()
    size, known = len(content), heads_of({name: content})
    (problem,) = verify({name: content}, (), [*known, LoggedHead(name, size, "1" * 64)]).problems
    assert "was written anew" in problem
    (problem,) = verify({name: content}, (), [*known, LoggedHead(name, size + 1, "1" * 64)]).problems
    assert "its end was cut" in problem


@pytest.mark.parametrize(
    "fields",
    [
        {"next": "junk", "id": "9"},
        {"next": "2026-11-30.jsonl", "id": "9"},
        {"next": "2026-11-30.jsonl", "verb": "deleted"},
        {"next": "2026-11-30.jsonl", "file": "2026-11-30.jsonl"},
        {"next": 7},
        {"next": None},
        {"next": "junk"},
        {"file": "2026-11-30.jsonl", "verb": "deleted"},
        {"id": None, "verb": "deleted"},
        {"id": 7},
        {},
    ],
)
def test_a_line_is_a_first_line_a_last_line_or_an_act(fields: dict[str, object]) -> None:
    ((name, content),) = record_of([2]).items()
    line = json.dumps({"prev": head_of(content.splitlines()[-1])} | fields).encode() + b"\n"
    assert next_of(line[:-1]) is None
    assert verify({name: content + line}).problems == [
        f"{name}, line 4 is no act, and no first or last line of a file: it was not written by Certflow."
    ]


def test_an_act_of_a_file_is_no_first_line_and_a_first_line_is_no_act() -> None:
    ((name, content),) = record_of([2]).items()
    prev = head_of(content.splitlines()[-1])
    act = json.dumps({"prev": prev, "id": "9", "file": {"name": "a.pem"}}).encode() + b"\n"
    assert verify({name: content + act}).problems == []
    first = json.dumps({"prev": prev, "file": name}).encode() + b"\n"
    assert verify({name: content + first}).problems == [f"{name}, line 4 is the first line of {name}: it was added."]


def test_a_field_that_is_there_twice_or_more_depth_than_anybody_reads_is_no_line() -> None:
    ((name, content),) = record_of([2]).items()
    prev = head_of(content.splitlines()[-1])
    for rest in ('"id":"9","verb":"created","verb":"deleted"', '"id":"9","by":{"name":"a","name":"b"}'):
        line = f'{{"prev":"{prev}",{rest}}}\n'.encode()
        assert "line 4 is no line of the record" in verify({name: content + line}).problems[0]
    marked = b'\xef\xbb\xbf{"prev":"0","id":"9"}'
    for deep in (b'{"prev":' + b"[" * 100_000, b"\xff", "{}".encode("utf-16"), marked):
        assert "line 4 is no line of the record" in verify({name: content + deep + b"\n"}).problems[0]


def test_what_a_download_has_changed_is_one_problem() -> None:
    files = record_of([2, 2])
    for changed in (
        {name: content.replace(b"\n", b"\r\n") for name, content in files.items()},
        {name: b"\xef\xbb\xbf" + content for name, content in files.items()},
    ):
        found = verify(changed, [head(files)], heads_of(files))
        (problem,) = found.problems
        assert "has changed the ends of lines" in problem
        assert found.acts == 4


def test_an_empty_file_is_said_to_be_empty() -> None:
    files = record_of([2, 2, 2])
    first, second, third = sorted(files)

    def found(*empty: str, **more: bytes) -> Verified:
        return verify({**files, **dict.fromkeys(empty, b""), **more}, to_its_end=True)

    last = found(third)
    assert (last.problems, last.notes) == (
        [],
        [f"{third} is empty: nothing was written to it yet, or all of it was cut."],
    )
    assert any(third in one for one in verify({**files, third: b""}, (), heads_of(files)).problems)
    assert found(second).problems
    assert found(first).problems
    stray = found("2026-12-08.jsonl", "2026-12-09.jsonl")
    assert (stray.problems, len(stray.notes), stray.acts) == ([], 2, 6)
    between = verify({**files, "2026-11-28-2.jsonl": b""})
    assert (between.problems, len(between.notes)) == ([], 1)
    assert verify({first: b""}).notes == [f"{first} is empty: nothing was written to it yet, or all of it was cut."]


def test_names_sort_as_the_files_follow_one_another() -> None:
    names = [FileName(DAY, number) for number in range(1, 12)]
    shuffled = [str(name) for name in names]
    shuffled.reverse()
    assert sorted(FileName.of(text) or FileName(DAY) for text in shuffled) == names
    for wrong in ("2026-11-30-1.jsonl", "2026-13-30.jsonl", "2026-11-30-02.jsonl", "a.jsonl", "../2026-11-30.jsonl"):
        assert FileName.of(wrong) is None


def test_a_clock_that_is_behind_goes_on_in_a_further_file_of_the_later_day() -> None:
    today, tomorrow = DAY, DAY.replace(day=29)
    assert FileName(tomorrow).following(today) == FileName(tomorrow, 2)
    assert FileName(today, 3).following(tomorrow) == FileName(tomorrow)
