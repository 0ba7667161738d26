"""Notices of one kind as a table: what is the same for all is said once, what is particular to each in its row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from functions.issuance.events import WORK_LIST
from functions.issuance.phrases import moment
from functions.issuance.plurals import plural_of
from functions.issuance.rules import RANK
from functions.issuance.telling import Line, Notice

# Facts that a column of the table, the row's text or the title of a message has.
IN_COLUMNS = frozenset({"Vault", "Certificate", "Owner", "Error code", "Error message"})
WARNING = "Warning"
MOST_LINES = 100  # of all work lists in one message

type Facts = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One of them. `said` and `next_step` are empty where the table says that for all; `asked` is since when it waits.

    `facts` are what no column has, warnings first; `links` are its pages, the certificate's first; `title` and `event`
    are those of its notice, empty for a line of one notice. `csr`: its CSR waits for a signature.
    """

    certificate: str
    vault: str = ""
    names: str = ""
    owner: str = ""
    asked: str = ""
    said: str = ""
    next_step: str = ""
    facts: Facts = ()
    links: tuple[tuple[str, str], ...] = ()
    title: str = ""
    event: str = ""
    csr: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Several notices of one kind, in the order in which they are told. `first` is the most severe.

    `facts` and `links` are what all have alike; `elsewhere` says where the rest is, of what has no room.
    """

    title: str
    sentence: str
    next_step: str
    rows: tuple[Row, ...]
    first: Notice
    facts: Facts = ()
    links: tuple[tuple[str, str], ...] = ()
    elsewhere: str = ""

    @property
    def signs(self) -> bool:
        """Whether it asks for CSRs to be signed."""
        return any(line.csr for line in self.first.lines)


def tables_of(notices: Sequence[Notice]) -> list[Table]:
    """A table for each kind, the most severe first, and then in the order in which they are given."""
    kinds = dict[str, list[Notice]]()
    for notice in notices:
        kinds.setdefault(notice.type, []).append(notice)
    return sorted((_table(some) for some in kinds.values()), key=lambda table: -RANK[table.first.severity])


def steps_once(rows: Sequence[Row]) -> list[Row]:
    """The rows, each next step written out where it comes first."""
    first, told = dict[str, str](), list[Row]()
    for row in rows:
        known = first.get(row.next_step) if row.next_step else None
        told.append(row if known is None else replace(row, next_step=f"as for {known}."))
        first.setdefault(row.next_step, row.certificate)
    return told


def lines_of(notice: Notice) -> tuple[Row, ...]:
    """The rows of a notice that is about several requests, or about one that it is not named after; else none."""
    listed = len(notice.lines) > 1 or notice.name is None
    return tuple(map(_row_of_line, notice.lines)) if listed else ()


def _table(notices: Sequence[Notice]) -> Table:
    title, sentence = plural_of(notices)
    step = _alike(notice.next_step for notice in notices) or _alike(map(_for_any, notices))
    shared = [fact for fact in notices[0].facts if fact[0] != WARNING and all(fact in one.facts for one in notices)]
    facts = tuple(fact for fact in shared if fact[0] not in IN_COLUMNS) if len(notices) > 1 else ()
    links = tuple(link for link in notices[0].links if all(link in one.links for one in notices))
    most = MOST_LINES // len(notices)
    rows = [row for notice in notices for row in _rows(notice, facts, links, most)]
    if step:
        rows = [replace(row, next_step="") for row in rows]
    first = max(notices, key=lambda notice: RANK[notice.severity])
    elsewhere = next((notice.elsewhere for notice in notices if notice.elsewhere), "")
    return Table(title, sentence, step, tuple(rows), first, facts, links, elsewhere)


def _alike(texts: Iterable[str]) -> str:
    first, *others = set(texts)
    return "" if others else first


def _for_any(notice: Notice) -> str:
    """The next step with placeholders in its addresses; as it is where it has none."""
    own = f"/vaults/{notice.vault}/certificates/{notice.name}"
    step = notice.next_step.replace(own, "/vaults/VAULT/certificates/NAME")
    return step if step == notice.next_step else f"{step} VAULT and NAME are those of the table."


def _rows(notice: Notice, shared: Facts, links: tuple[tuple[str, str], ...], most: int) -> Iterator[Row]:
    """One row; of a work list, below it, those of its requests."""
    own, lines = _row(notice, shared, links), lines_of(notice) if notice.type == WORK_LIST else ()
    yield replace(own, names="", owner="", asked="") if lines else own
    yield from lines[:most]
    if len(lines) > most:
        yield Row(f"And {len(lines) - most} more")


def _row(notice: Notice, shared: Facts, links: tuple[tuple[str, str], ...]) -> Row:
    line = _row_of_line(notice.lines[0]) if notice.lines else Row(notice.name or "")
    owner = notice.owner or line.owner or dict(notice.facts).get("Owner", "")
    return replace(
        line,
        certificate=notice.name or notice.title.partition(": ")[2] or notice.title,
        vault=notice.vault or "" if notice.name else "",  # else the title says it, if it matters
        owner=owner,
        said=notice.sentence if notice.remark is None else notice.remark,
        next_step=notice.next_step,
        facts=tuple(_particular(notice, shared)),
        links=tuple(link for link in notice.links if link not in links),
        title=notice.title,
        event=notice.event_id,
    )


def _particular(notice: Notice, shared: Facts) -> Iterator[tuple[str, str]]:
    """What no column has; a warning comes first, and is never left out."""
    named = {("Subject", f"CN={name}") for line in notice.lines for name in line.names.split()}
    own = [fact for fact in notice.facts if fact not in shared and fact[0] not in IN_COLUMNS and fact not in named]
    yield from (fact for fact in own if fact[0] == WARNING)
    yield from (fact for fact in own if fact[0] != WARNING)


def _row_of_line(line: Line) -> Row:
    asked = moment(line.since) if line.since else ""
    return Row(line.name, line.vault, line.names, line.owner or "", asked, csr=line.csr)
