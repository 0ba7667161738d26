"""The verifier finds every kind of tampering with the record of acts."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from functions.model.acts.lines import FileName, head_of
from functions.model.acts.logged import LoggedHead
from functions.model.acts.verify import verify
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
    assert "has no id" in verify({name: content + empty + b"\n"}).problems[0]


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
    assert problems(first, third, since=third)  # one between those that are there


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
