"""Whose certificate is it? A file's certificates are matched to requests by their public keys, and by nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from functions.issuance.adoption import people_of
from functions.issuance.certflow import Certflow
from functions.issuance.certificate import Certificate
from functions.issuance.chains import by_key
from functions.issuance.describe import several, subject_of
from functions.issuance.findings import ChainProblem, Finding
from functions.issuance.key_search import Searched, Sighting, search, sighting_of
from functions.issuance.keys import key_sha256
from functions.issuance.links import WITH_KEY, Links
from functions.issuance.names import asked_names
from functions.issuance.namesakes import address_of_csr, namesakes, said_of
from functions.issuance.requests import MERGEABLE, NOBODY, Doing, Gone, Operation, Status, TrackedRequest, track
from functions.issuance.trust import may_sign
from functions.issuance.watch import look, record_seen

NO_LINKS = Links()  # at a terminal nothing is known of any app
# Which of several requests with one key is meant: one that still waits, then one that ended without a certificate.
PREFERENCE = (
    Status.IN_PROGRESS,
    Status.FAILED,
    Status.CANCELLED,
    Status.COMPLETED,
    Status.OVERWRITTEN,
    Status.DELETED,
)


@dataclass(frozen=True, slots=True)
class Match:
    """A leaf, and the request that it answers.

    `pending` is the operation in Key Vault that it can be merged into, None if the request has ended; `version` is the
    one that the leaf is already. Both: a run was cut off after it had merged the leaf, and before it had recorded that.
    `tracked` is False for a request that nobody has told us of yet.
    """

    leaf: Certificate
    request: TrackedRequest
    pending: Operation | None = None
    version: str | None = None
    tracked: bool = True


@dataclass(frozen=True, slots=True)
class Matched:
    """The leaves of a file that have a request, and what there is to say of those that have none yet."""

    matches: tuple[Match, ...]
    findings: tuple[Finding, ...] = ()


async def match(certflow: Certflow, certificates: Sequence[Certificate]) -> Matched:
    """The leaves of a file and their requests, of every configured vault. Raises ChainProblem if there are none.

    Before a leaf goes unmatched, the vaults themselves are asked for requests that were started elsewhere. What there
    was no time for is said, and settled later. Raises Unavailable.
    """
    leaves = by_key(certificates)
    known = await asyncio.gather(*(certflow.ledger.by_key(key) for key in leaves))
    matches = {
        key: await _best(certflow, leaves[key], requests)
        for key, requests in zip(leaves, known, strict=True)
        if requests
    }
    unmet = {key for key in leaves if _unmet(matches.get(key))}
    searched, undecided = Searched({}, {}, ()), list[Certificate]()
    if unmet and (unmet & matches.keys() or not matches or not all(may_sign(leaves[key][0]) for key in unmet)):
        names = [(one.request.vault, one.request.name) for one in matches.values()]
        found, searched = await _discover(certflow, {key: leaves[key] for key in unmet}, names)
        matches |= found
        open_keys = searched.left.keys() - matches.keys()
        undecided = [leaves[key][0] for key in leaves if key in open_keys]
    leaf_undecided = [one for one in undecided if not may_sign(one)]
    if not matches and undecided:
        unfinished = _unfinished(certflow, searched, leaf_undecided or undecided)
        raise ChainProblem(unfinished.code, unfinished.sentence, unfinished.next_step)
    if not matches:
        raise nobodys(certificates, searched.unlisted, await namesakes(certflow, certificates), certflow.links)
    findings = (_unfinished(certflow, searched, leaf_undecided),) if leaf_undecided else ()
    return Matched(tuple(matches.values()), findings)


def unmerged(versions: Mapping[str, str], leaves: Sequence[Certificate]) -> tuple[Certificate, str | None]:
    """Of leaves with one key (the newest first) the one that is meant, and the version that it is already.

    With `reuse_key` one key has many certificates: an old one is never merged again, nor one that is a version.
    """
    for leaf in leaves:
        if leaf.not_valid_before_utc == leaves[0].not_valid_before_utc and leaf.sha1 not in versions:
            return leaf, None
    return leaves[0], versions[leaves[0].sha1]


def _unmet(found: Match | None) -> bool:
    return found is None or (found.pending is None and found.version is None)


async def _best(certflow: Certflow, leaves: Sequence[Certificate], requests: Sequence[TrackedRequest]) -> Match:
    """The request that a key is meant for: of several the one that Key Vault would still take a chain for."""
    ended: Match | None = None
    for request in sorted(requests, key=lambda one: PREFERENCE.index(one.status)):
        seen = (
            await look(certflow, request.vault, request.name, request.request_id)
            if request.status in MERGEABLE
            else None
        )
        # Read after the look at what is pending: a run that was cut off may have merged this leaf.
        leaf, version = unmerged(await certflow.vault(request.vault).versions(request.name), leaves)
        pending = seen if isinstance(seen, Operation) else None
        completed = pending is not None and pending.status is Status.COMPLETED
        if seen and not (completed and version):
            request = await _as_seen(certflow, request, seen)
        if completed != bool(version):
            pending = None  # completed with another leaf; or this is an old leaf of a key that is used again
        if pending or version:
            return Match(leaf, request, pending, version)
        ended = ended or Match(leaf, request)
    assert ended is not None, "by_key was asked about a key that has requests"  # noqa: S101
    return ended


async def _as_seen(certflow: Certflow, request: TrackedRequest, seen: Operation | Gone) -> TrackedRequest:
    if isinstance(seen, Operation) and seen.status is request.status:
        return request
    return await record_seen(certflow, request, seen)


async def _discover(
    certflow: Certflow, wanted: Mapping[str, Sequence[Certificate]], first: Iterable[tuple[str, str]]
) -> tuple[dict[str, Match], Searched]:
    """Pending requests with one of these keys that we do not track: the names given first, then all vaults."""
    found: dict[str, Match] = {}
    for vault, name in first:
        if seen := await sighting_of(certflow, vault, name, wanted.keys() - found.keys()):
            found[seen.key] = await _match_of(certflow, seen, wanted[seen.key])
    searched = await search(certflow, wanted.keys() - found.keys())
    for seen in searched.found.values():
        found[seen.key] = await _match_of(certflow, seen, wanted[seen.key])
    return found, searched


async def _match_of(certflow: Certflow, seen: Sighting, leaves: Sequence[Certificate]) -> Match:
    tracked = await certflow.ledger.get(seen.vault, seen.name, seen.operation.request_id)
    doing, now = Doing("adopted", NOBODY), certflow.now()
    owner, signer = await people_of(certflow, seen.vault, seen.name)
    names = asked_names(seen.operation.csr)
    new = track(
        seen.vault, seen.name, seen.operation, seen.subject, seen.key, owner, now, doing, names=names, signer=signer
    )
    leaf, version = unmerged(await certflow.vault(seen.vault).versions(seen.name), leaves)
    pending = None if version else seen.operation
    return Match(leaf, tracked or new.request, pending, version, tracked is not None)


def _unfinished(certflow: Certflow, searched: Searched, certificates: Iterable[Certificate]) -> Finding:
    """Some vaults could not be looked through in time. That says nothing about what is in them."""
    left = sorted({alias for some in searched.left.values() for alias in some})
    count, known = len(certflow.vaults), len(certflow.vaults) - len(left)
    subjects = several(sorted({subject_of(one) for one in certificates}))
    return Finding(
        "search-unfinished",
        f"No request with the public key of {subjects} was found in {known} of {count} vaults. There was no time to "
        f"look through the others: {several(left)}.",
        "If its request is in one of those, there is nothing to do: a dropped file waits, and is looked at again after "
        "their next survey, which has been asked for. If it is in none: have the right CSR signed (GET "
        f"{certflow.links.api}/csrs, {WITH_KEY}, has all that wait), and drop the new chain.",
    )


def nobodys(
    certificates: Sequence[Certificate],
    unlisted: Sequence[str] = (),
    meant: Sequence[TrackedRequest] = (),
    links: Links = NO_LINKS,
) -> ChainProblem:
    """No certificate is the answer to a request. `unlisted`: vaults of which nobody can tell; `meant`: the requests for
    the same names, of which the first is probably the one that is meant.
    """
    subjects = several(sorted({subject_of(one) for one in certificates}))
    if all(may_sign(one) for one in certificates):
        return ChainProblem(
            "only-ca-certificates",
            f"The file holds CA certificates alone ({subjects}), and not the one that was asked for.",
            "Drop the certificate that the CA issued for the CSR, together with these or alone.",
        )
    keys = ", ".join(key_sha256(one)[:16] for one in certificates if not may_sign(one) and _has_key(one))
    but = f" Nobody can tell of vaults that may not be listed: {several(unlisted)}." if unlisted else ""
    sentence = f"No request has the public key of any certificate in this file ({subjects}; key {keys[:100]}).{but}"
    if not meant:
        return ChainProblem(
            "no-request-for-this-key",
            sentence,
            "Check that the CA signed the newest CSR: each request has a key of its own. Have the right one signed "
            f"(GET {links.api}/csrs, {WITH_KEY}, has all that wait), and drop the new chain.",
        )
    problem = ChainProblem(
        "no-request-for-this-key",
        f"{sentence} {said_of(meant)}",
        "The CA has signed an older CSR, or one made elsewhere. Have the one of this request signed (GET "
        f"{address_of_csr(meant[0], links)}, {WITH_KEY}), and drop the new chain.",
    )
    problem.whose = (meant[0].vault, meant[0].name, meant[0].request_id)
    return problem


def another_key(where: str, whose: str) -> ChainProblem:
    """The request that is meant (`whose`) has a key that no certificate has."""
    return ChainProblem(
        "key-of-another-request",
        f"No certificate in {where} has the public key of {whose}.",
        "Have the CSR of this request signed; each request has a key of its own.",
    )


def _has_key(certificate: Certificate) -> bool:
    return bool(by_key([certificate]))
