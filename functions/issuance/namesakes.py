"""Which pending request a certificate was probably meant for, when its key is that of none: by the names it has."""

from __future__ import annotations

from collections.abc import Sequence

from functions.issuance.certflow import Certflow
from functions.issuance.certificate import Certificate
from functions.issuance.errors import InvalidRequest
from functions.issuance.links import Links
from functions.issuance.listing import MOST_IN_ORDER, Wanted
from functions.issuance.names import common_names, names_of
from functions.issuance.phrases import moment
from functions.issuance.requests import Status, TrackedRequest
from functions.issuance.trust import may_sign

MOST = 3  # that a sentence names


async def namesakes(certflow: Certflow, certificates: Sequence[Certificate]) -> list[TrackedRequest]:
    """The pending requests for names that these certificates have: with the most of them first, then the oldest; MOST
    at most. None if more are pending than can be put in order: this is a hint. Raises Unavailable.
    """
    names = {name for one in certificates if not may_sign(one) for name in _names(one)}
    if not names:
        return []
    wanted = Wanted(statuses=frozenset({Status.IN_PROGRESS}), limit=MOST_IN_ORDER)
    try:
        pending = (await certflow.ledger.requests(wanted, None)).requests
    except InvalidRequest:
        return []
    shared = [(len(names & _asked(one)), one) for one in pending]
    found = sorted((one for one in shared if one[0]), key=lambda one: (-one[0], one[1].created, one[1].name))
    return [request for _, request in found[:MOST]]


def said_of(requests: Sequence[TrackedRequest]) -> str:
    """That they are pending, since when, and with which key."""
    each = (
        f"{one.name} in vault {one.vault}, asked for {moment(one.created)} (key {one.key_sha256[:16]})"
        for one in requests
    )
    return f"Pending for such names, each with a key of its own: {'; '.join(each)}."


def address_of_csr(request: TrackedRequest, links: Links) -> str:
    """Where its CSR is to be had, in our API."""
    return f"{links.address_of(request.vault, request.name)}/pending/csr?request_id={request.request_id}"


def _names(certificate: Certificate) -> set[str]:
    return {name for some in names_of(certificate).values() for name in some} | set(common_names(certificate.subject))


def _asked(request: TrackedRequest) -> set[str]:
    """The names of its CSR; where those were not kept yet, the common name of its subject."""
    common = (part.partition("=")[2] for part in request.subject.split(",") if part.upper().startswith("CN="))
    return {name.lower() for name in (*request.names.split(), *common)}
