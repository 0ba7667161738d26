"""The findings about a file of which no certificate, or not every one, has a request; what becomes
of the file says report.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from functions.app.contexts import MatchContext
from functions.chains.key_search import Searched
from functions.chains.name_matches import address_of_csr, sentence_of_requests
from functions.chains.validation.build import by_key
from functions.chains.validation.trust import is_ca
from functions.model.findings import ChainProblem, Finding
from functions.model.links import Links
from functions.model.request.tracked import TrackedRequest
from functions.x509.certificate import Certificate
from functions.x509.describe import several, subject_of
from functions.x509.public_keys import key_sha256

NO_LINKS = Links()  # for the doctor at a terminal, which knows no app


def unfinished(
    certflow: MatchContext, searched: Searched, certificates: Iterable[Certificate]
) -> Finding:
    """The finding that some vaults could not be searched in time: the request may be in one."""
    left = sorted({alias for some in searched.left.values() for alias in some})
    count, known = len(certflow.vaults), len(certflow.vaults) - len(left)
    subjects = several(sorted({subject_of(one) for one in certificates}))
    return Finding(
        "search-unfinished",
        f"No request with the public key of {subjects} was found in {known} of {count} vaults. "
        f"There was no time to look through the others: {several(left)}.",
        "If its request is in one of those, there is nothing to do: a dropped file waits, and "
        "is handled again after their next inventory scan, which has been asked for. If it is in "
        "none: "
        f"have the right CSR signed (GET {certflow.links.api}/csrs, "
        f"{certflow.links.credentials}, has all that wait), and drop the new chain.",
    )


def no_match_error(
    certificates: Sequence[Certificate],
    unlisted: Sequence[str] = (),
    meant: Sequence[TrackedRequest] = (),
    links: Links = NO_LINKS,
) -> ChainProblem:
    """The problem of a file in which no certificate has a request. `unlisted` are the vaults that
    could not be searched; `meant` are the pending requests for the same names, of which the first
    is probably the one that the file was for.
    """
    subjects = several(sorted({subject_of(one) for one in certificates}))
    if all(is_ca(one) for one in certificates):
        return ChainProblem(
            "only-ca-certificates",
            f"The file holds CA certificates alone ({subjects}), and not the one that was asked "
            "for.",
            "Drop the certificate that the CA issued for the CSR, together with these or alone.",
        )
    sentence = _no_request(certificates, subjects, unlisted)
    if meant:
        return _other_key_of(meant, sentence, links)
    return ChainProblem(
        "no-request-for-this-key",
        sentence,
        "Check that the CA signed the newest CSR: each request has a key of its own. Have "
        f"the right one signed (GET {links.api}/csrs, {links.credentials}, has all that wait), and "
        "drop the new chain.",
    )


def _no_request(certificates: Sequence[Certificate], subjects: str, unlisted: Sequence[str]) -> str:
    """The sentence that no request has a key of these certificates."""
    leaves = [one for one in certificates if not is_ca(one) and _has_key(one)]
    keys = ", ".join(key_sha256(one)[:16] for one in leaves)[:100]
    sentence = (
        f"No request has the public key of any certificate in this file ({subjects}; key {keys})."
    )
    if unlisted:
        sentence += f" Vaults that may not be listed were not searched: {several(unlisted)}."
    return sentence


def _other_key_of(meant: Sequence[TrackedRequest], sentence: str, links: Links) -> ChainProblem:
    """The problem of a file whose certificate has the names of a pending request, not its key."""
    problem = ChainProblem(
        "no-request-for-this-key",
        f"{sentence} {sentence_of_requests(meant)}",
        "The CA has signed an older CSR, or one made elsewhere. Have the one of this request "
        f"signed (GET {address_of_csr(meant[0], links)}, {links.credentials}), and drop the "
        "new chain.",
    )
    problem.whose = (meant[0].vault, meant[0].name, meant[0].request_id)
    return problem


def other_key_error(where: str, whose: str) -> ChainProblem:
    """The problem of a chain for one request (`whose`) whose key no certificate in it has."""
    return ChainProblem(
        "key-of-another-request",
        f"No certificate in {where} has the public key of {whose}.",
        "Have the CSR of this request signed; each request has a key of its own.",
    )


def _has_key(certificate: Certificate) -> bool:
    return bool(by_key([certificate]))
