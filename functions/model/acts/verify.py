"""Verifying the record of acts: whether its lines follow from one another, and whether it has the
heads that were written down elsewhere. It needs the files alone.

What the chain itself cannot show is a tail that was cut, and a chain that was written anew from
some line on: for that a head is needed that its writer could not reach (digest, log).
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from functions.model.acts.lines import (
    NO_LINE,
    FileName,
    LineKind,
    fields_of,
    head_of,
    kind_of,
    next_of,
)
from functions.model.acts.logged import LoggedHead

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass
class Verified:
    """What a verification has found. `problems` are sentences, none if the record is whole; `notes`
    say what could not be known. `heads` are those of all lines, each with its place.
    """

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    acts: int = 0
    heads: dict[str, str] = field(default_factory=dict)
    ends: dict[tuple[str, int], str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    head: str | None = None
    follows: str | None = None  # the head of a file that was not given
    goes_on: FileName | None = None  # the file after the last one
    converted: bool = False  # some file is not as it was downloaded
    _ids: dict[str, str] = field(default_factory=dict)

    def read_line(self, line: bytes, file: str, number: int) -> None:
        """Compares a line with the one before it."""
        place, fields = f"{file}, line {number}", fields_of(line)
        if fields is None:
            self.problems.append(f"{place} is no line of the record: it was changed or added.")
        else:
            self._compare(fields, place, is_first=number == 1)
            self._read_kind(fields, file, number)
        self.head = head_of(line)
        self.heads[self.head] = place

    def _compare(self, fields: Mapping[str, object], place: str, *, is_first: bool) -> None:
        prev = fields["prev"]
        if self.head is not None and prev != self.head:
            before = "the last line of the file before" if is_first else "the line before"
            self.problems.append(
                f"{place} does not follow from {before}: that was changed, or lines were cut, "
                "added or swapped here."
            )
        elif self.head is None and prev != NO_LINE:
            self.follows = (
                f"{place} follows the head {str(prev)[:64]}, of a file that was not given"
            )

    def _read_kind(self, fields: Mapping[str, object], file: str, number: int) -> None:
        """Reads a first line, a last line, or an act."""
        place, kind = f"{file}, line {number}", kind_of(fields)
        if number == 1 and (kind is not LineKind.FIRST or fields["file"] != file):
            self.problems.append(
                f"{place} is not the first line of {file}: that was cut or changed, or the file "
                "had another name."
            )
        elif number > 1 and kind is LineKind.FIRST:
            self.problems.append(
                f"{place} is the first line of {str(fields['file'])[:64]}: it was added."
            )
        elif kind is None:
            self.problems.append(
                f"{place} is no act, and no first or last line of a file: it was not written by "
                "Certflow."
            )
        if kind is LineKind.ACT:
            self._count(str(fields["id"]), place)

    def _count(self, id_: str, place: str) -> None:
        self.acts += 1
        if id_ in self._ids:
            self.problems.append(f"{place} repeats the act of {self._ids[id_]}: it was added.")
        self._ids.setdefault(id_, place)


def verify(
    files: Mapping[str, bytes],
    heads: Sequence[str] = (),
    logged: Iterable[LoggedHead] = (),
    *,
    since: FileName | None = None,
    to_its_end: bool = False,
) -> Verified:
    """Verifies files of the record by their names (FileName), and that it has these heads and those
    in the log. No file before `since` has to be there. `to_its_end`: these are said to be all
    files, from there on or from the first one of all.
    """
    found = Verified()
    names = sorted(name for text in files if (name := FileName.of(text)))
    _read_all(found, names, {name: _as_written(found, files[str(name)]) for name in names})
    if found.converted:
        found.problems.append(
            "Some program has changed the ends of lines, or has put a mark at the beginning: "
            "download the files again, and change nothing."
        )
    by_file = _by_file(logged)
    _judge_beginning(found, wanted=to_its_end and since is None)
    _judge_end(found, by_file, to_its_end=to_its_end)
    for head in heads:
        _find_head(found, head)
    if by_file:
        _find_logged(found, by_file, min([*names, since]) if since else None)
    return found


def _as_written(found: Verified, content: bytes) -> bytes:
    """Returns the content of a file as it is in the container: no line of it has a line feed."""
    plain = content.removeprefix(BYTE_ORDER_MARK).replace(b"\r\n", b"\n")
    found.converted = found.converted or plain != content
    return plain


def _read_all(
    found: Verified, names: Sequence[FileName], contents: Mapping[FileName, bytes]
) -> None:
    """Reads files in their order. One that is empty is of the record if the one before names it."""
    named: FileName | None = None
    given = list[FileName]()
    for name in names:
        if contents[name]:
            named = next_of(contents[name].removesuffix(b"\n").rpartition(b"\n")[2])
        else:
            found.notes.append(
                f"{name} is empty: nothing was written to it yet, or all of it was cut."
            )
            found.sizes[str(name)] = 0
            if name != named:
                continue
        given.append(name)
    for name, after in itertools.zip_longest(given, given[1:]):
        _read_file(found, str(name), contents[name], str(after) if after else None)


def _read_file(found: Verified, name: str, content: bytes, after: str | None) -> None:
    *lines, rest = content.split(b"\n")
    if rest:
        found.problems.append(f"{name} ends in the middle of a line: its end was cut.")
        lines.append(rest)
    end = 0
    for number, line in enumerate(lines, 1):
        found.read_line(line, name, number)
        end += len(line) + 1
        found.ends[name, end] = found.head or NO_LINE
        if number < len(lines) and next_of(line):
            found.problems.append(
                f"{name} goes on after line {number}, which ends it: lines were added."
            )
    found.sizes[name] = len(content)
    _compare_next(found, name, next_of(lines[-1]) if lines else None, after)


def _compare_next(found: Verified, name: str, named: FileName | None, after: str | None) -> None:
    """Compares the file that the last line names with the one that comes after it."""
    if after is None:
        found.goes_on = named
    elif named is None:
        found.problems.append(
            f"{name} has no last line, and {after} comes after it: its end was cut."
        )
    elif str(named) != after:
        found.problems.append(f"After {name} comes {named}, which is missing: {after} was given.")


def _find_head(found: Verified, head: str) -> None:
    wanted = head.strip().lower()
    if wanted in found.heads:
        found.notes.append(f"The head {wanted} is that of {found.heads[wanted]}.")
    else:
        found.problems.append(
            f"No line has the head {wanted}: the end of the record was cut, or the record was "
            "written anew, or the file with that line was not given."
        )


def _judge_beginning(found: Verified, *, wanted: bool) -> None:
    if found.follows is None:
        return
    if wanted:
        found.problems.append(
            f"{found.follows}: the beginning of the record is missing. If that file was deleted "
            "after its time, say with --from where the record begins."
        )
    else:
        found.notes.append(f"{found.follows}.")


def _judge_end(found: Verified, known: Container[FileName], *, to_its_end: bool) -> None:
    """Says where the record goes on. That this file is missing is a problem where all files were
    given, unless the log, which tells of it then, knows it.
    """
    if found.goes_on is None or found.goes_on in known:
        return
    goes_on = f"The record goes on in {found.goes_on}, which was not given"
    if to_its_end:
        found.problems.append(
            f"{goes_on}: it was deleted, or was not there when the files were downloaded. Download "
            "them again."
        )
    else:
        found.notes.append(f"{goes_on}.")


def _by_file(logged: Iterable[LoggedHead]) -> dict[FileName, list[LoggedHead]]:
    """Returns what the log knows of each file, both in the order of the record."""
    found: dict[FileName, list[LoggedHead]] = {}
    for one in sorted(logged, key=lambda one: one.end):
        if name := FileName.of(one.file):
            found.setdefault(name, []).append(one)
    return dict(sorted(found.items()))


def _find_logged(
    found: Verified, logged: Mapping[FileName, Sequence[LoggedHead]], first: FileName | None
) -> None:
    """Compares the record with the heads in the log, and says of each file the first that is
    missing. Of files before `first` none has to be there.
    """
    known = compared = matching = 0
    for name, heads in logged.items():
        known += len(heads)
        if str(name) in found.sizes:
            compared += len(heads)
            other = [one for one in heads if found.ends.get((one.file, one.end)) != one.head]
            matching += len(heads) - len(other)
            found.problems += (_missing(one, found.sizes[one.file]) for one in other[:1])
        elif first is None or name >= first:
            found.problems.append(
                f"{name}, of which the log knows {heads[-1].end} bytes, was not given: it was "
                "deleted, or had another name."
            )
    if not matching:
        found.problems.append("No head in the log is one of these files.")
    found.notes.append(f"Of {known} heads in the log, {compared} are of these files.")


def _missing(one: LoggedHead, size: int) -> str:
    if one.end > size:
        return (
            f"{one.file} has {size} bytes, and the log knows {one.end}: its end was cut, or the "
            "file was downloaded before that was written."
        )
    return (
        f"{one.file} was written anew: up to byte {one.end} the log knows another head, {one.head}."
    )
