"""Which tracked requests are listed, and in which order: those in progress first, the oldest first; then those that
have ended, the last one first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.issuance.addresses import spelled
from functions.issuance.errors import InvalidRequest
from functions.issuance.requests import Status, TrackedRequest

# All that match are read to be put in order: as many as a storage account gives in a few seconds (platform §9).
MOST_IN_ORDER = 5000

type Place = tuple[int, float, str, str, str]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter of tracked requests; what is empty or None takes all. Times are UTC; `limit` is the page's size.

    `vaults` are aliases. `name`, `owner`, `signer` and `issuer` are in any case; a name that ends in `*` is the
    beginning of one; an owner or a signer is all that a request names, or one of the mail addresses in it.
    `in_order` False: as they are stored, which any number of requests can be.
    """

    vaults: frozenset[str] = frozenset()
    statuses: frozenset[Status] = frozenset()
    owner: str | None = None
    signer: str | None = None
    name: str | None = None
    issuer: str | None = None
    created_before: datetime | None = None
    ended_after: datetime | None = None
    expires_before: datetime | None = None
    in_order: bool = True
    limit: int = 25


@dataclass(frozen=True, slots=True)
class Page:
    """Some tracked requests, and the token of the next page if there is more."""

    requests: tuple[TrackedRequest, ...]
    token: str | None


def fits(request: TrackedRequest, wanted: Wanted) -> bool:
    """Whether a request is one that is wanted."""
    return (
        (not wanted.vaults or request.vault in wanted.vaults)
        and (not wanted.statuses or request.status in wanted.statuses)
        and (wanted.owner is None or wanted.owner.lower() in spelled(request.owner))
        and (wanted.signer is None or wanted.signer.lower() in spelled(request.signer))
        and (wanted.name is None or _is_named(request.name.lower(), wanted.name.lower()))
        and (wanted.issuer is None or request.issuer.lower() == wanted.issuer.lower())
        and (wanted.created_before is None or request.created < wanted.created_before)
        and (wanted.ended_after is None or (request.ended is not None and request.ended >= wanted.ended_after))
        and (
            wanted.expires_before is None
            or (request.not_after is not None and request.not_after < wanted.expires_before)
        )
    )


def in_order(
    requests: Sequence[TrackedRequest], wanted: Wanted, after: Place | None
) -> tuple[list[TrackedRequest], Place | None]:
    """The page of all that match which comes after a place; and the place of the page's last, if there is more.

    Raises InvalidRequest for more than can be put in order.
    """
    if len(requests) > MOST_IN_ORDER:
        raise InvalidRequest(
            "order",
            f"More than {MOST_IN_ORDER:,} requests match, too many to put in order. Ask for fewer (vault, status, "
            "name), or for order=none.",
        )
    rest = sorted((one for one in requests if after is None or place_of(one) > after), key=place_of)
    page = rest[: wanted.limit]
    return page, place_of(page[-1]) if len(rest) > wanted.limit else None


def place_of(request: TrackedRequest) -> Place:
    """Where a request stands in the order; no two are at one place."""
    which = (request.vault, request.name.lower(), request.request_id)
    if request.status is Status.IN_PROGRESS:
        return (0, request.created.timestamp(), *which)
    return (1, -(request.ended or request.created).timestamp(), *which)


def _is_named(name: str, wanted: str) -> bool:
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted
