"""The board: the requests in progress and those that ended lately, as rows of a table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import NamedTuple

from functions.model.request.request_state import RequestState, changed_at, error_of, state_of
from functions.model.request.tracked import TrackedRequest, shortened
from functions.model.request_filter import Place, place_of

MAX_ERROR = 200  # characters of an error; the page of the request has all of it


class BoardRow(NamedTuple):
    """One request, in the form that answers have. Times are texts (UTC), to the second."""

    vault: str
    name: str
    state: str
    created: str
    changed: str | None = None
    request_id: str | None = None
    status: str | None = None
    owner: str | None = None
    signer: str | None = None
    issuer: str | None = None
    next_check: str | None = None
    quiet_until: str | None = None
    error_code: str | None = None
    error: str | None = None
    names: tuple[str, ...] = ()
    by: str | None = None


@dataclass(frozen=True, slots=True)
class AskedRequest:
    """A start that Key Vault has not answered yet: of a name in a vault (alias), since `began`
    (UTC), and for and by whom.
    """

    vault: str
    name: str
    id: str
    began: datetime
    owner: str | None = None
    signer: str | None = None
    by: str | None = None


type RowKey = tuple[str, str, str]  # vault, name in lower case, request_id
type PlacedRow = tuple[Place, BoardRow]


@dataclass(frozen=True, slots=True)
class Board:
    """The board as it was read at `at` (UTC). `version` is the same for equal rows. `requests` are
    the rows of requests with their places, of which a later board is made.
    """

    rows: tuple[BoardRow, ...]
    version: str
    at: datetime
    requests: Mapping[RowKey, PlacedRow] = field(default_factory=dict)

    def seen_by(self, may_see: Callable[[str, str], bool]) -> Board:
        """The board of somebody who may see some names (second) in some vaults (first) alone."""
        rows = tuple(one for one in self.rows if may_see(one.vault, one.name))
        whole = len(rows) == len(self.rows)
        return self if whole else replace(self, rows=rows, version=_hash(rows))


def board_of(
    requests: Iterable[TrackedRequest],
    asked: Iterable[AskedRequest],
    at: datetime,
    before: Board | None = None,
) -> Board:
    """The board of these requests and starts, in the order of `GET requests`. With a board
    `before`, `requests` are those that may have changed since. A start whose request is known
    already is left out.
    """
    known = dict(before.requests) if before else {}
    for one in requests:
        known[one.vault, one.name.lower(), one.request_id] = (place_of(one), _row(one))
    placed = [*known.values(), *_asked(asked, known)]
    rows = tuple(row for _, row in sorted(placed, key=_place))
    return Board(rows, _hash(rows), at, known)


def _asked(asked: Iterable[AskedRequest], known: Mapping[RowKey, PlacedRow]) -> Iterator[PlacedRow]:
    """The rows of the starts after which no request of their name has begun."""
    starts = list(asked)
    names = {(one.vault, one.name.lower()) for one in starts}
    begun = [(key[:2], row.created) for key, (_, row) in known.items() if key[:2] in names]
    for one in starts:
        key, row = (one.vault, one.name.lower()), _asked_row(one)
        if not any(key == name and created >= row.created for name, created in begun):
            yield (0, one.began.timestamp(), *key, one.id), row


def _place(placed: PlacedRow) -> Place:
    return placed[0]


def _hash(rows: tuple[BoardRow, ...]) -> str:
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def _row(request: TrackedRequest) -> BoardRow:
    code, message = error_of(request)
    changed = changed_at(request)
    by = request.requested_by
    return BoardRow(
        vault=request.vault,
        name=request.name,
        request_id=request.request_id,
        state=state_of(request.status, request.issuer, request.reminded).value,
        status=request.status.value,
        created=_second(request.created),
        changed=_second(changed) if changed else None,
        owner=request.owner,
        signer=request.signer,
        issuer=request.issuer,
        next_check=_second(request.next_check) if request.next_check else None,
        quiet_until=_second(request.quiet_until) if request.quiet_until else None,
        error_code=code,
        error=shortened(message, MAX_ERROR),
        names=tuple(request.names.split()),
        by=by.shown if by else None,
    )


def _asked_row(asked: AskedRequest) -> BoardRow:
    began = _second(asked.began)
    return BoardRow(
        vault=asked.vault,
        name=asked.name,
        state=RequestState.ASKED.value,
        created=began,
        owner=asked.owner,
        signer=asked.signer,
        by=asked.by,
    )


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
