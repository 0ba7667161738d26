"""Handles `GET board`: the requests in progress and those that ended lately, as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import azure.functions as func

from functions.access.verbs import Verb
from functions.board.seen import seen_board
from functions.board.vaults import BoardVaultState, vault_states
from functions.model.board.rows import Board, BoardRow
from functions.model.request_filter import MAX_IN_ORDER
from functions.triggers.http.answers import time_of
from functions.triggers.http.context import Context
from functions.triggers.http.grants.own import verbs_of
from functions.triggers.http.inventory.compressed import compressed_json, etag_of, unchanged
from functions.triggers.http.queries import check_query
from functions.triggers.http.types.board import BoardAnswer, BoardColumns, BoardVault


async def get_board(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with the board, as a table; 304 if the caller has that already."""
    check_query(req)
    app = context.certflow()
    board = await seen_board(app)
    vaults = vault_states(app, app.board.heartbeats, app.now())
    etag = etag_of(_etag_state(context, board, vaults))
    if same := unchanged(req, etag):
        return same
    return compressed_json(req, _board_answer(context, board, vaults), etag)


def _etag_state(context: Context, board: Board, vaults: Mapping[str, BoardVaultState]) -> object:
    """All that the answer depends on but its times: `checked` is another one each minute. Rows that
    the caller may not see do not show in it, not even by their changes.
    """
    grants = None if context.access is None else context.access.rows
    down = {alias: (one.observed, one.down_since) for alias, one in vaults.items()}
    return BoardColumns.__struct_fields__, board.version, grants, down


def _board_answer(
    context: Context, board: Board, vaults: Mapping[str, BoardVaultState]
) -> BoardAnswer:
    shown = board.rows[:MAX_IN_ORDER]
    places, mays = _mays(context, shown)
    return BoardAnswer(
        at=board.at.isoformat(),
        columns=_board_columns(shown, places),
        mays=mays,
        vaults={alias: _vault_answer(one) for alias, one in vaults.items()},
        left_out=len(board.rows) - len(shown) or None,
    )


def _board_columns(rows: Sequence[BoardRow], mays: list[int]) -> BoardColumns:
    columns = zip(*rows, strict=True) if rows else ((),) * len(BoardRow._fields)
    named = dict(zip(BoardRow._fields, map(list, columns), strict=True))
    return BoardColumns(**named, may=mays)


def _mays(context: Context, rows: Sequence[BoardRow]) -> tuple[list[int], list[list[str]]]:
    """The place of each row's verbs among all that occur, and these."""
    verbs, places = verbs_of(context), dict[tuple[Verb, ...], int]()
    of_rows = [places.setdefault(verbs(one.vault, one.name), len(places)) for one in rows]
    return of_rows, [[verb.value for verb in some] for some in places]


def _vault_answer(state: BoardVaultState) -> BoardVault:
    return BoardVault(state.observed, time_of(state.checked), time_of(state.down_since))
