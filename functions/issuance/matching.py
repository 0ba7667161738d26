"""Whose certificate is it? A file's certificates are matched to requests by their public keys, and by nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from functions.issuance.certflow import Certflow
from functions.issuance.certificate import Certificate
from functions.issuance.chains import by_key
from functions.issuance.describe import several, subject_of
from functions.issuance.errors import Refused
from functions.issuance.findings import ChainProblem
from functions.issuance.journal import record
from functions.issuance.keys import key_sha256, read_csr
from functions.issuance.pace import at_pace
from functions.issuance.ports import Vault
from functions.issuance.requests import MERGEABLE, NOBODY, Doing, Gone, Operation, Status, TrackedRequest, track
from functions.issuance.trust import may_sign
from functions.issuance.watch import AT_ONCE, look, record_seen, standing

# Which of several requests with one key is meant: one that still waits, then one that ended without a certificate.
PREFERENCE = (
    Status.IN_PROGRESS,
    Status.FAILED,
    Status.CANCELLED,
    Status.COMPLETED,
    Status.OVERWRITTEN,
    Status.DELETED,
)
# Names of one vault that are asked for a request which nobody told us of, before a file is rejected: a quarter of what
# Key Vault allows in 10 s (protocol §6). Those that wait for their first version come first.
MOST_NAMES = 1000


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


async def match(certflow: Certflow, certificates: Sequence[Certificate]) -> tuple[Match, ...]:
    """The leaves of a file and their requests, of every configured vault. Raises ChainProblem if there are none.

    Before a leaf goes unmatched, the vaults themselves are asked for requests that were started elsewhere.
    """
    leaves = by_key(certificates)
    known = await asyncio.gather(*(certflow.ledger.by_key(key) for key in leaves))
    matches = {
        key: await _best(certflow, leaves[key], requests)
        for key, requests in zip(leaves, known, strict=True)
        if requests
    }
    unmet = {key for key in leaves if _unmet(matches.get(key))}
    if unmet and (unmet & matches.keys() or not matches or not all(may_sign(leaves[key][0]) for key in unmet)):
        names = [(one.request.vault, one.request.name) for one in matches.values()]
        matches |= await _discover(certflow, {key: leaves[key] for key in unmet}, names)
    if not matches:
        raise nobodys(certificates)
    return tuple(matches.values())


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
) -> dict[str, Match]:
    """Pending requests with one of these keys that we do not track: the names given first, then all vaults."""
    found: dict[str, Match] = {}
    for vault, name in first:
        await _look_at(certflow, vault, name, wanted, found)
    for alias in certflow.vaults:
        if wanted.keys() <= found.keys():
            break
        await _search_vault(certflow, alias, wanted, found)
    return found


async def _search_vault(
    certflow: Certflow, alias: str, wanted: Mapping[str, Sequence[Certificate]], found: dict[str, Match]
) -> None:
    gate, at_a_pace = asyncio.Semaphore(AT_ONCE), at_pace(certflow, alias)

    async def one(name: str) -> None:
        async with gate:
            if not wanted.keys() <= found.keys():
                await _look_at(at_a_pace, alias, name, wanted, found)

    try:
        await asyncio.gather(*(one(name) for name in await _names(at_a_pace.vault(alias))))
    except Refused as error:  # a vault that may not be listed has nothing that could be found
        record("vault-not-searched", level=logging.WARNING, vault=alias, reason=str(error))


async def _names(vault: Vault) -> list[str]:
    """MOST_NAMES names of a vault, those that wait for their first version before the others."""
    waiting: list[str] = []
    complete: list[str] = []
    page = await vault.page()
    while True:
        for entry in page.certificates:
            names = complete if entry.complete else waiting
            if len(names) < MOST_NAMES:
                names.append(entry.name)
        if page.token is None or len(waiting) == MOST_NAMES:
            return [*waiting, *complete][:MOST_NAMES]
        page = await vault.page(page.token)


async def _look_at(
    certflow: Certflow, alias: str, name: str, wanted: Mapping[str, Sequence[Certificate]], found: dict[str, Match]
) -> None:
    vault = certflow.vault(alias)
    answer = await standing(vault, name)
    if answer is None or answer.operation.status not in MERGEABLE:
        return
    operation = answer.operation
    subject, key = read_csr(operation.csr)
    if key not in wanted or key in found:
        return
    tracked = await certflow.ledger.get(alias, name, operation.request_id)
    new = track(alias, name, operation, subject, key, None, certflow.now(), Doing("adopted", NOBODY))
    leaf, version = unmerged(await vault.versions(name), wanted[key])
    found[key] = Match(leaf, tracked or new.request, None if version else operation, version, tracked is not None)


def nobodys(certificates: Sequence[Certificate]) -> ChainProblem:
    """No certificate is the answer to a request."""
    subjects = several(sorted({subject_of(one) for one in certificates}))
    if all(may_sign(one) for one in certificates):
        return ChainProblem(
            "only-ca-certificates",
            f"The file holds CA certificates alone ({subjects}), and not the one that was asked for.",
            "Drop the certificate that the CA issued for the CSR, together with these or alone.",
        )
    keys = ", ".join(key_sha256(one)[:16] for one in certificates if not may_sign(one) and _has_key(one))
    return ChainProblem(
        "no-request-for-this-key",
        f"No request has the public key of any certificate in this file ({subjects}; key {keys[:100]}).",
        "Check that the CA signed the newest CSR: each request has a key of its own. Get the CSR again from "
        "GET …/pending/csr, have it signed, and drop the new chain.",
    )


def another_key(where: str, whose: str) -> ChainProblem:
    """The request that is meant (`whose`) has a key that no certificate has."""
    return ChainProblem(
        "key-of-another-request",
        f"No certificate in {where} has the public key of {whose}.",
        "Have the CSR of this request signed; each request has a key of its own.",
    )


def _has_key(certificate: Certificate) -> bool:
    return bool(by_key([certificate]))
