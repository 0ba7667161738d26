"""Several notices of one kind as a table: what is the same for all is said once, the rest in each
row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from functions.model.events.event import EventType
from functions.model.events.registry import BY_NAME
from functions.model.events.work_list import WorkList
from functions.model.humanize import join_words, moment
from functions.model.messages import Line
from functions.ports.notifications import Notice
from functions.ports.rules import RANK

# Facts that are shown elsewhere: in a column of the table, in the row's text or in the title.
IN_COLUMNS = frozenset({"Vault", "Certificate", "Owner", "Error code", "Error message"})
WARNING = "Warning"
MAX_TABLE_LINES = 100  # of all work lists in one message
MAX_VAULTS = 3  # in a title

type Facts = tuple[tuple[str, str], ...]
type Links = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a notice, or a certificate that a notice lists.

    `said` and `next_step` are empty where the table says them for all; `asked` is since when it
    waits, in words. `facts` (label, value) are those that have no column, warnings first; `links`
    (title, https address) are its pages, the certificate's first. `title` and `event` are those of
    its notice, empty for a line of one notice. `csr`: its CSR waits for a signature.
    """

    certificate: str
    vault: str = ""
    names: str = ""
    owner: str = ""
    asked: str = ""
    said: str = ""
    next_step: str = ""
    facts: Facts = ()
    links: Links = ()
    title: str = ""
    event: str = ""
    csr: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Several notices of one kind, in the order in which they are told. `first` is the most severe.

    `facts` and `links` are those that all notices have; `elsewhere` is a sentence that says where
    the rows are that a message has no room for.
    """

    title: str
    sentence: str
    next_step: str
    rows: tuple[Row, ...]
    first: Notice
    facts: Facts = ()
    links: Links = ()
    elsewhere: str = ""

    @property
    def signs(self) -> bool:
        """Whether it asks for CSRs to be signed."""
        return any(line.csr for line in self.first.lines)


def tables_of(notices: Sequence[Notice]) -> list[Table]:
    """A table for each kind of notice, the most severe first, then in the order given."""
    kinds = dict[str, list[Notice]]()
    for notice in notices:
        kinds.setdefault(notice.type, []).append(notice)
    return sorted(
        (_table(some) for some in kinds.values()), key=lambda table: -RANK[table.first.severity]
    )


def steps_once(rows: Sequence[Row]) -> list[Row]:
    """The rows with each next step written out once; later rows refer to the first."""
    first, told = dict[str, str](), list[Row]()
    for row in rows:
        known = first.get(row.next_step) if row.next_step else None
        told.append(row if known is None else replace(row, next_step=f"as for {known}."))
        first.setdefault(row.next_step, row.certificate)
    return told


def first_title(rows: Sequence[Row]) -> str:
    """The title of the first column: "Certificate", or "About" where the rows are about
    files, settings or anything else without a vault.
    """
    return "Certificate" if any(row.vault for row in rows) else "About"


def owner_title(rows: Sequence[Row]) -> str:
    """The title of the column that says who the owner is, and since when a request
    waits.
    """
    parts = (
        ("Owner", any(row.owner for row in rows)),
        ("asked for", any(row.asked for row in rows)),
    )
    return ", ".join(title for title, there in parts if there).capitalize()


def lines_of(notice: Notice) -> tuple[Row, ...]:
    """The rows of a notice that is about several requests, or about one that its title does not
    name; none for any other.
    """
    listed = len(notice.lines) > 1 or notice.name is None
    return tuple(map(_row_of_line, notice.lines)) if listed else ()


def _plural_of(notices: Sequence[Notice]) -> tuple[str, str]:
    """The title of a table of notices of one kind (`30 CSRs ready to be signed in prod`), and its
    sentence. A single notice keeps its own title.
    """
    named, sentence = BY_NAME.get(notices[0].type, EventType).plural
    if len(notices) == 1:
        return notices[0].title, sentence
    return f"{len(notices)} {named}{_in_vaults(notices)}", sentence


def _in_vaults(notices: Sequence[Notice]) -> str:
    """Where the certificates are, as the end of a title; empty if a notice is not about one."""
    vaults = sorted({notice.vault for notice in notices if notice.vault and notice.name})
    if not vaults or not all(notice.name for notice in notices):
        return ""
    return f" in {join_words(vaults)}" if len(vaults) <= MAX_VAULTS else f" in {len(vaults)} vaults"


def _table(notices: Sequence[Notice]) -> Table:
    title, sentence = _plural_of(notices)
    step = _alike(notice.next_step for notice in notices) or _alike(map(_for_any, notices))
    facts, links = _shared_facts(notices), _shared_links(notices)
    limit = MAX_TABLE_LINES // len(notices)
    rows = [row for notice in notices for row in _rows(notice, facts, links, limit)]
    if step:
        rows = [replace(row, next_step="") for row in rows]
    first = max(notices, key=lambda notice: RANK[notice.severity])
    elsewhere = next((notice.elsewhere for notice in notices if notice.elsewhere), "")
    return Table(title, sentence, step, tuple(rows), first, facts, links, elsewhere)


def _shared_facts(notices: Sequence[Notice]) -> Facts:
    """The facts that several notices have alike and no column shows. Warnings stay in their rows,
    and so do the facts of a single notice.
    """
    if len(notices) == 1:
        return ()
    return tuple(
        fact
        for fact in notices[0].facts
        if fact[0] not in {WARNING, *IN_COLUMNS} and all(fact in one.facts for one in notices)
    )


def _shared_links(notices: Sequence[Notice]) -> Links:
    return tuple(link for link in notices[0].links if all(link in one.links for one in notices))


def _alike(texts: Iterable[str]) -> str:
    """The text if all are the same, else an empty one."""
    first, *others = set(texts)
    return "" if others else first


def _for_any(notice: Notice) -> str:
    """The next step with placeholders in its addresses; unchanged if it has none."""
    own = f"/vaults/{notice.vault}/certificates/{notice.name}"
    step = notice.next_step.replace(own, "/vaults/VAULT/certificates/NAME")
    return step if step == notice.next_step else f"{step} VAULT and NAME are those of the table."


def _rows(notice: Notice, shared: Facts, links: Links, limit: int) -> Iterator[Row]:
    """The row of a notice; below that of a work list, `limit` rows of its requests at most."""
    own = _row(notice, shared, links)
    lines = lines_of(notice) if notice.type == WorkList.type else ()
    yield replace(own, names="", owner="", asked="") if lines else own
    yield from lines[:limit]
    if len(lines) > limit:
        yield Row(f"And {len(lines) - limit} more")


def _row(notice: Notice, shared: Facts, links: Links) -> Row:
    line = _row_of_line(notice.lines[0]) if notice.lines else Row(notice.name or "")
    owner = notice.owner or line.owner or dict(notice.facts).get("Owner", "")
    # Where the row is not about a certificate, the title names the vault if it matters.
    vault = notice.vault if notice.name else None
    return replace(
        line,
        certificate=_certificate_of(notice),
        vault=vault or "",
        owner=owner,
        said=notice.sentence if notice.remark is None else notice.remark,
        next_step=notice.next_step,
        facts=tuple(_own_facts(notice, shared)),
        links=tuple(link for link in notice.links if link not in links),
        title=notice.title,
        event=notice.event_id,
    )


def _certificate_of(notice: Notice) -> str:
    """What the first column calls a notice: its certificate, or else what its title is about."""
    return notice.name or notice.title.partition(": ")[2] or notice.title


def _own_facts(notice: Notice, shared: Facts) -> Iterator[tuple[str, str]]:
    """The facts that have no column and that not all notices have. Warnings come first, and are
    never left out.
    """
    shown = {*shared, *_subjects_of(notice)}
    own = [fact for fact in notice.facts if fact[0] not in IN_COLUMNS and fact not in shown]
    yield from (fact for fact in own if fact[0] == WARNING)
    yield from (fact for fact in own if fact[0] != WARNING)


def _subjects_of(notice: Notice) -> Iterator[tuple[str, str]]:
    """Subjects that say no more than the names of the notice's requests, which have a column."""
    for line in notice.lines:
        yield from (("Subject", f"CN={name}") for name in line.names.split())


def _row_of_line(line: Line) -> Row:
    asked = moment(line.since) if line.since else ""
    return Row(line.name, line.vault, line.names, line.owner or "", asked, csr=line.csr)
