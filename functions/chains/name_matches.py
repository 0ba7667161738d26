"""Guesses by its names for which pending request a certificate was meant, if no request has its
key.
"""

from __future__ import annotations

from collections.abc import Sequence

from functions.app.contexts import MatchContext
from functions.chains.validation.trust import is_ca
from functions.model.errors import InvalidRequest
from functions.model.humanize import moment
from functions.model.links import Links
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from functions.model.request_filter import MAX_IN_ORDER, RequestFilter
from functions.x509.certificate import Certificate
from functions.x509.san import common_names, names_of

MAX_NAME_MATCHES = 3  # requests that a sentence names


async def name_matches(
    certflow: MatchContext, certificates: Sequence[Certificate]
) -> list[TrackedRequest]:
    """The pending requests for names that these certificates have, MAX_NAME_MATCHES at most: first
    those with the most such names, then the oldest. Empty if more requests are pending than can be
    put in order, since this is only a hint. Raises Unavailable.
    """
    names = {name for one in certificates if not is_ca(one) for name in _certificate_names(one)}
    if not names:
        return []
    wanted = RequestFilter(
        statuses=frozenset({Status.IN_PROGRESS}), limit=MAX_IN_ORDER, may_see=certflow.may_see
    )
    try:
        pending = (await certflow.ledger.requests(wanted, None)).requests
    except InvalidRequest:
        return []
    shared = [(len(names & _asked(one)), one) for one in pending]
    shared.sort(key=lambda each: (-each[0], each[1].created, each[1].name))
    return [request for count, request in shared if count][:MAX_NAME_MATCHES]


def sentence_of_requests(requests: Sequence[TrackedRequest]) -> str:
    """A sentence that names pending requests, each with its vault, its start and its key."""
    each = (
        f"{one.name} in vault {one.vault}, asked for {moment(one.created)} (key "
        f"{one.key_sha256[:16]})"
        for one in requests
    )
    return f"Pending for such names, each with a key of its own: {'; '.join(each)}."


def address_of_csr(request: TrackedRequest, links: Links) -> str:
    """The address of a request's CSR in Certflow's API."""
    return (
        f"{links.address_of(request.vault, request.name)}/pending/"
        f"csr?request_id={request.request_id}"
    )


def _certificate_names(certificate: Certificate) -> set[str]:
    """The names of a certificate: alternative names and common names."""
    alternative = {name for some in names_of(certificate).values() for name in some}
    return alternative | set(common_names(certificate.subject))


def _asked(request: TrackedRequest) -> set[str]:
    """The names of a request's CSR, with the common name in its subject."""
    common = (
        part.partition("=")[2]
        for part in request.subject.split(",")
        if part.upper().startswith("CN=")
    )
    return {name.lower() for name in (*request.names.split(), *common)}
