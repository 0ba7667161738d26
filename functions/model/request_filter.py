"""Filters and orders lists of tracked requests: first those in progress, from the oldest on; then
those that have ended, from the latest end on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.model.errors import InvalidRequest
from functions.model.people.addresses import spelled
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest

# All matches are read to be put in order. A storage account returns this many in a few seconds
# (platform §10).
MAX_IN_ORDER = 5000

type Place = tuple[int, float, str, str, str]


@dataclass(frozen=True, slots=True)
class RequestFilter:
    """A filter of tracked requests; a field that is empty or None matches all. Times are UTC;
    `limit` is the size of a page.

    `vaults` are aliases, `request_ids` in lower case. `name`, `owner`, `signer` and `issuer` match
    in any case. A name that ends in `*` matches what begins so. An owner or a signer matches the
    whole text that a request has, or one of the mail addresses in it. With `in_order` False the
    requests come as they are stored, which works for any number of them.

    `may_see` (alias, name) says which requests exist for the reader; None: all. The others are
    neither listed nor counted, and no token tells of them.
    """

    vaults: frozenset[str] = frozenset()
    statuses: frozenset[Status] = frozenset()
    request_ids: frozenset[str] = frozenset()
    owner: str | None = None
    signer: str | None = None
    name: str | None = None
    issuer: str | None = None
    created_before: datetime | None = None
    ended_after: datetime | None = None
    expires_before: datetime | None = None
    in_order: bool = True
    limit: int = 25
    may_see: Callable[[str, str], bool] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of tracked requests, and the token of the next page, None for the last one."""

    requests: tuple[TrackedRequest, ...]
    token: str | None


def fits(request: TrackedRequest, request_filter: RequestFilter) -> bool:
    """Whether a request matches the filter."""
    return (
        (not request_filter.vaults or request.vault in request_filter.vaults)
        and (not request_filter.statuses or request.status in request_filter.statuses)
        and (
            not request_filter.request_ids
            or request.request_id.lower() in request_filter.request_ids
        )
        and _fits_words(request, request_filter)
        and _fits_times(request, request_filter)
        and (request_filter.may_see is None or request_filter.may_see(request.vault, request.name))
    )


def _fits_words(request: TrackedRequest, request_filter: RequestFilter) -> bool:
    return (
        (request_filter.owner is None or request_filter.owner.lower() in spelled(request.owner))
        and (
            request_filter.signer is None
            or request_filter.signer.lower() in spelled(request.signer)
        )
        and (
            request_filter.name is None
            or _is_named(request.name.lower(), request_filter.name.lower())
        )
        and (
            request_filter.issuer is None or request.issuer.lower() == request_filter.issuer.lower()
        )
    )


def _fits_times(request: TrackedRequest, request_filter: RequestFilter) -> bool:
    if request_filter.created_before and request.created >= request_filter.created_before:
        return False
    if request_filter.ended_after and (
        request.ended is None or request.ended < request_filter.ended_after
    ):
        return False
    expires = request.not_after
    return not request_filter.expires_before or (
        expires is not None and expires < request_filter.expires_before
    )


def in_order(
    requests: Sequence[TrackedRequest], request_filter: RequestFilter, after: Place | None
) -> tuple[list[TrackedRequest], Place | None]:
    """Puts all requests that match in order, and returns the page after the place `after` (None:
    the first page), with the place of its last request, or None if there are no more.

    Raises InvalidRequest for more than MAX_IN_ORDER requests.
    """
    if len(requests) > MAX_IN_ORDER:
        raise InvalidRequest(
            "order",
            f"More than {MAX_IN_ORDER:,} requests match, too many to put in order. Ask for fewer "
            "(vault, status, name), or for order=none.",
        )
    rest = sorted((one for one in requests if after is None or place_of(one) > after), key=place_of)
    page = rest[: request_filter.limit]
    return page, place_of(page[-1]) if len(rest) > request_filter.limit else None


def place_of(request: TrackedRequest) -> Place:
    """The place of a request in the order; no two requests have the same."""
    which = (request.vault, request.name.lower(), request.request_id)
    if request.status is Status.IN_PROGRESS:
        return (0, request.created.timestamp(), *which)
    return (1, -(request.ended or request.created).timestamp(), *which)


def _is_named(name: str, wanted: str) -> bool:
    return name.startswith(wanted[:-1]) if wanted.endswith("*") else name == wanted
