"""What of the requests of a name is too old to be kept, and is needed for nothing any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest


@dataclass(frozen=True, slots=True)
class KeptAct:
    """A history entry as it is stored: `name` in lower case, `key` and `etag` for the storage;
    `listed`: it is also in the list of all acts. `forgets` is the key (SHA-256) of its request,
    which was deleted, where that key may still lead to it.
    """

    name: str
    entry: HistoryEntry
    key: str
    etag: str
    listed: bool
    forgets: str | None = None


def outdated(requests: Sequence[TrackedRequest], before: datetime) -> list[TrackedRequest]:
    """Returns which of all requests of one name ended before a time (UTC) and are not needed.

    Needed is the newest: Key Vault's pending object may still be its, so that an inventory scan
    would track it anew, and the next one takes its owner and signer from it. So is the one that was
    completed last, from which a renewal takes what it may do. One that is to be checked or merged
    has not come to its end, and one without the time of its end is left alone.
    """
    created = max((one.created for one in requests), default=None)
    completed = [one.ended for one in requests if one.status is Status.COMPLETED and one.ended]
    last = max(completed, default=None)
    return [
        one
        for one in requests
        if _has_ended(one, before)
        and one.created != created
        and not (one.status is Status.COMPLETED and one.ended == last)
    ]


def _has_ended(request: TrackedRequest, before: datetime) -> bool:
    ended = request.ended is not None and request.ended < before
    at_rest = request.next_check is None and request.merging is None
    return ended and at_rest and request.status is not Status.IN_PROGRESS


def without_request(
    acts: Sequence[KeptAct], known: Sequence[TrackedRequest], before: datetime
) -> list[KeptAct]:
    """Returns which acts happened before a time (UTC) and are of no request that is known, and of
    no approval after which one was started.
    """
    ids = {one.request_id for one in known} | {one.approval for one in known if one.approval}
    return [
        one
        for one in acts
        if one.entry.at < before and not {one.entry.request_id, one.entry.approval} & ids
    ]
