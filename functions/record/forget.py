"""Deletes requests that ended long ago, with their history, and adds what older versions have
written to the list of all acts.

A run reads on where the last one stopped, a piece at a time, and stops after so many pieces, after
some time, or when it has been through all vaults. Two runs at once, or one that is cut off, do no
harm: each step can be repeated.
"""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from functions.app.contexts import RetentionContext
from functions.model.errors import Unavailable
from functions.model.log import record
from functions.model.record.retention import KeptAct, outdated, without_request
from functions.model.request.tracked import TrackedRequest

WHAT = "history"  # under which the place is kept
PIECES_A_RUN = 100  # in one run: the partitions of six vaults, where there is little
FORGETTING = timedelta(minutes=2)


async def forget_requests(certflow: RetentionContext) -> None:
    """Runs through a part of the history of all vaults. Raises Unavailable."""
    vaults, until = sorted(certflow.vaults), certflow.now() + FORGETTING
    if not vaults:
        return
    place = _place_in(await certflow.retention.place(WHAT), vaults)
    began, left = place[0], False
    try:
        for _ in range(PIECES_A_RUN):
            place = await _forget_in_piece(certflow, vaults, *place)
            left = left or place[0] != began or place[1] is None
            if certflow.now() >= until or (left and place[0] == began):
                break
    finally:
        await certflow.retention.save_place(WHAT, json.dumps(place))


def _place_in(saved: str | None, vaults: Sequence[str]) -> tuple[str, str | None]:
    """The vault and the place in it where the last run stopped; of a vault that is gone the
    beginning of the next one.
    """
    vault, inside = json.loads(saved) if saved else (vaults[0], None)
    if vault in vaults:
        return vault, inside
    return next((one for one in vaults if one > vault), vaults[0]), None


async def _forget_in_piece(
    certflow: RetentionContext, vaults: Sequence[str], vault: str, inside: str | None
) -> tuple[str, str | None]:
    """Handles the piece at a place, and returns the place of the next one."""
    piece = await certflow.retention.piece(vault, inside)
    for name, acts in itertools.groupby(piece.acts, key=lambda one: one.name):
        await _handle_name(certflow, vault, name, list(acts))
    if piece.place is not None:
        return vault, piece.place
    return vaults[(vaults.index(vault) + 1) % len(vaults)], None


async def _handle_name(
    certflow: RetentionContext, vault: str, name: str, acts: Sequence[KeptAct]
) -> None:
    """Does what is to be done with a name. One that cannot be handled is passed over, because
    otherwise no other would ever be.
    """
    kept = certflow.options.keep_requests
    before = certflow.now() - kept if kept else None
    unlisted = [one for one in acts if not one.listed]
    try:
        if unlisted:
            await _list_acts(certflow, vault, name, unlisted)
        if before and any(one.entry.at < before for one in acts):
            await _forget_of_name(certflow, vault, name, before)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001  as said above
        record("not-forgotten", level=logging.ERROR, vault=vault, name=name, reason=repr(error))


async def _list_acts(
    certflow: RetentionContext, vault: str, name: str, acts: Sequence[KeptAct]
) -> None:
    """Lists acts under the name as it is spelled in a request."""
    named = await certflow.ledger.by_name(vault, name)
    await certflow.retention.list_acts(vault, named[0].name if named else name, acts)


async def _forget_of_name(
    certflow: RetentionContext, vault: str, name: str, before: datetime
) -> None:
    """Deletes the requests of a name that are not needed, and then what is left of them, also of
    those that an earlier run has begun with.
    """
    retention, requests = certflow.retention, await certflow.ledger.by_name(vault, name)
    acts, known = await retention.acts(vault, name), list(requests)
    for request in outdated(requests, before):
        own = [one for one in acts if one.entry.request_id == request.request_id]
        if await retention.forget_request(request, own):
            known.remove(request)
            await retention.forget_key(request.key_sha256, _hint_to(request))
            record("request-forgotten", vault=vault, name=name, request_id=request.request_id)
    if len(known) < len(requests):
        acts = await retention.acts(vault, name)
    left = without_request(acts, known, before)
    for act in left:
        if act.forgets:
            await retention.forget_key(act.forgets, (vault, name, act.entry.request_id))
    await retention.forget_acts(vault, left)


def _hint_to(request: TrackedRequest) -> tuple[str, str, str]:
    return request.vault, request.name.lower(), request.request_id
