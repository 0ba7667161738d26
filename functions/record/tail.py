"""Where the record of acts ends, and how it goes on in a next file.

Two instances append to one chain without a lock: each appends at the end that it has read
(x-ms-blob-condition-appendpos), so of two that have read the same end one is refused, reads on, and
follows the other. A file is ended by a line that names the next one. Who appends has read the last
line, so nothing comes after that, and nobody begins another next file.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from functions.app.contexts import ActsContext
from functions.model.acts.lines import (
    NO_LINE,
    FileName,
    first_line,
    head_of,
    last_line,
    next_of,
)
from functions.model.log import record
from functions.ports.record.acts import FilePart, RecordPlace

# A blob takes 50,000 blocks (Learn, "Understanding block blobs, append blobs, and page blobs"); an
# append is one.
MAX_BLOCKS = 40_000


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of the record: `end` bytes of a file of so many blocks, and the head there. `next` is
    the file that its last line names. `is_whole`: it ends with a line break, as all that we write.
    """

    file: FileName
    end: int
    head: str
    blocks: int = 0
    next: FileName | None = None
    is_whole: bool = True

    @property
    def place(self) -> RecordPlace:
        """The same as a place."""
        return RecordPlace(str(self.file), self.end)


async def read_tail(certflow: ActsContext) -> Tail:
    """Reads where the record ends; begins the record if there is none. Of several empty files the
    oldest is its first one, so that of two instances that begin it at midnight, one follows the
    other. Raises Unavailable.
    """
    if found := await find_tail(certflow):
        return found
    name = await _free_name(certflow, FileName(certflow.now().date()))
    await certflow.act_files.create(name)
    return await find_tail(certflow) or Tail(name, 0, NO_LINE)


async def find_tail(certflow: ActsContext) -> Tail | None:
    """Reads where the record ends; None if there is none. Raises Unavailable."""
    names = await certflow.act_files.names()
    for number, name in reversed(list(enumerate(names, 1))):
        tail = _tail_of(name, await certflow.act_files.read(name))
        if tail.end:
            return await _with_next(certflow, tail, names[number:])
    return Tail(names[0], 0, NO_LINE) if names else None


async def _with_next(certflow: ActsContext, tail: Tail, empty: Sequence[FileName]) -> Tail:
    """Returns the end of the last file with lines; or the beginning of the one that it names, if
    that is among the empty files behind it. Other empty files are not of the record.
    """
    if tail.next is None or not empty:
        return tail
    following = await _free_name(certflow, tail.next)
    return Tail(following, 0, tail.head) if following in empty else tail


async def _free_name(certflow: ActsContext, wanted: FileName) -> FileName:
    """Returns this name, or the next one of its day, if somebody has put a blob there that takes no
    appends. All instances come to the same one.
    """
    taken, name = await certflow.act_files.taken(), wanted
    while name in taken:
        name = FileName(name.day, name.number + 1)
    if name != wanted:
        record("acts-name-taken", level=logging.ERROR, file=str(wanted), instead=str(name))
    return name


def _tail_of(name: FileName, part: FilePart) -> Tail:
    if not part.content:
        return Tail(name, part.end, NO_LINE, part.blocks)
    last = part.content.removesuffix(b"\n").rpartition(b"\n")[2]
    whole = part.content.endswith(b"\n")
    return Tail(name, part.end, head_of(last), part.blocks, next_of(last), is_whole=whole)


async def with_room(certflow: ActsContext, tail: Tail, max_blocks: int) -> Tail | None:
    """Returns where to append: at this end, or in the next file if this one is full, of an earlier
    day, or ended. None if the record goes on meanwhile. Raises Unavailable.
    """
    if tail.next is None and not _is_over(tail, certflow.now().date(), max_blocks):
        return tail
    if tail.next is None:
        following = await _free_name(certflow, tail.file.following(certflow.now().date()))
        ended = await append(certflow, tail, [last_line(following, tail.head)])
        if ended is None:
            return None
        tail = ended
    if tail.next is None:
        return None
    following = await _free_name(certflow, tail.next)
    await certflow.act_files.create(following)
    return Tail(following, 0, tail.head)


def _is_over(tail: Tail, today: date, max_blocks: int) -> bool:
    return tail.end > 0 and (today > tail.file.day or tail.blocks >= max_blocks)


async def append(certflow: ActsContext, tail: Tail, lines: list[bytes]) -> Tail | None:
    """Appends lines, and logs the new head, which then stands where the app cannot change it.
    Returns the new end; None if the record does not end here any more. Raises Unavailable.
    """
    content = b"".join(line + b"\n" for line in lines)
    if not tail.is_whole:  # somebody else has written here; what we add stays readable
        content = b"\n" + content
    if not await certflow.act_files.append(tail.file, content, tail.end):
        return None
    end, head = tail.end + len(content), head_of(lines[-1])
    record("acts-written", file=str(tail.file), end=end, head=head)
    return Tail(tail.file, end, head, tail.blocks + 1, next_of(lines[-1]))


def opening(tail: Tail) -> list[bytes]:
    """Returns the first line of the file, if nothing is in it yet."""
    return [first_line(tail.file, tail.head)] if tail.end == 0 else []
