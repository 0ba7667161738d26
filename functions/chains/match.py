"""Matches the certificates of a file to requests: by their public keys, and by nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from functions.app.contexts import CheckContext, CsrsContext, MatchContext
from functions.chains.key_search import Searched, Sighting, search, sighting_of
from functions.chains.name_matches import name_matches
from functions.chains.unmatched import no_match_error, unfinished
from functions.chains.validation.build import by_key
from functions.chains.validation.trust import is_ca
from functions.model.findings import ChainProblem, Finding
from functions.model.request.actor import UPLOAD
from functions.model.request.history import Action
from functions.model.request.moves import MERGEABLE
from functions.model.request.new_request import track
from functions.model.request.operation import NotPending, Operation, Status
from functions.model.request.tracked import TrackedRequest
from functions.requests.adoption import people_of
from functions.requests.apply_and_save import apply_and_save
from functions.requests.fetch_state import fetch_state
from functions.x509.certificate import Certificate
from functions.x509.san import asked_names

# Which of several requests with one key is taken: first one that still waits, then one that ended
# without a certificate.
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
    """A leaf, and the request that has its key.

    `pending` is the operation in Key Vault into which it can be merged, None if the request has
    ended. `version` is the certificate version that the leaf is already. Both are set if a run was
    cut off after it had merged the leaf, and before it had recorded that. `tracked` is False for a
    request that was found by a search and is not in the ledger yet.
    """

    leaf: Certificate
    request: TrackedRequest
    pending: Operation | None = None
    version: str | None = None
    tracked: bool = True


@dataclass(frozen=True, slots=True)
class Matched:
    """The leaves of a file that have a request, and findings about those that have none yet."""

    matches: tuple[Match, ...]
    findings: tuple[Finding, ...] = ()


async def match(certflow: MatchContext, certificates: Sequence[Certificate]) -> Matched:
    """The leaves of a file and their requests, in all configured vaults. A request that may not be
    told of (`may_see`) counts as none.

    For a leaf without a request in the ledger the vaults are searched, for requests that were
    started elsewhere. A finding says what there was no time for; the file is matched again later.

    Raises ChainProblem if no certificate has a request, UnknownVault if the only ones are of vaults
    that are not configured, and Unavailable.
    """
    leaves = by_key(certificates)
    known = await _tracked_requests(certflow, leaves)
    matches = await _tracked_matches(certflow, leaves, known)
    searched = Searched({}, {}, ())
    unmet = {key: same for key, same in leaves.items() if _is_unmet(matches.get(key))}
    if _is_worth_a_search(unmet, matches):
        found, searched = await _search_untracked(certflow, unmet, _names_of(matches.values()))
        matches |= found
    _require_vaults(certflow, known, {*matches, *searched.left})
    undecided = _undecided(leaves, searched.left.keys() - matches.keys())
    leaf_undecided = [one for one in undecided if not is_ca(one)]
    if not matches:
        raise await _unmatched(certflow, certificates, searched, leaf_undecided or undecided)
    findings = (unfinished(certflow, searched, leaf_undecided),) if leaf_undecided else ()
    return Matched(tuple(matches.values()), findings)


async def _tracked_requests(
    certflow: MatchContext, keys: Collection[str]
) -> dict[str, list[TrackedRequest]]:
    """The requests of the ledger that have one of these keys and may be told of, by key."""
    found = await asyncio.gather(*map(certflow.ledger.by_key, keys))
    seen = {
        key: [one for one in requests if certflow.may_see(one.vault, one.name)]
        for key, requests in zip(keys, found, strict=True)
    }
    return {key: requests for key, requests in seen.items() if requests}


async def _tracked_matches(
    certflow: MatchContext,
    leaves: Mapping[str, Sequence[Certificate]],
    known: Mapping[str, Sequence[TrackedRequest]],
) -> dict[str, Match]:
    """By key, the leaves with a known request in a configured vault. The alias of a vault may have
    changed since a request was tracked.
    """
    matches = dict[str, Match]()
    for key, requests in known.items():
        if here := [one for one in requests if one.vault in certflow.vaults]:
            matches[key] = await _best(certflow, leaves[key], here)
    return matches


def _require_vaults(
    certflow: MatchContext,
    known: Mapping[str, Sequence[TrackedRequest]],
    decided: Collection[str],
) -> None:
    """Raises UnknownVault for a key that is not `decided`, and whose requests are all of vaults
    that are not configured: the file waits until the setting is right.
    """
    for key, requests in known.items():
        if key not in decided:
            certflow.vault(requests[0].vault)


def _is_unmet(found: Match | None) -> bool:
    """Whether a key has no request that takes its leaf, and its leaf is no version either."""
    return found is None or (found.pending is None and found.version is None)


def _is_worth_a_search(
    unmet: Mapping[str, Sequence[Certificate]], matches: Mapping[str, Match]
) -> bool:
    """Whether the vaults are searched for the keys without a request. They are not if all of those
    are keys of CAs beside a leaf that has its request, as in most files.
    """
    only_cas = all(is_ca(same[0]) for same in unmet.values())
    return bool(unmet) and (not only_cas or not matches or bool(unmet.keys() & matches.keys()))


def _undecided(
    leaves: Mapping[str, Sequence[Certificate]], keys: Collection[str]
) -> list[Certificate]:
    """The leaves of those keys, in the order of `leaves`."""
    return [same[0] for key, same in leaves.items() if key in keys]


def _names_of(matches: Iterable[Match]) -> list[tuple[str, str]]:
    return [(one.request.vault, one.request.name) for one in matches]


async def _unmatched(
    certflow: MatchContext,
    certificates: Sequence[Certificate],
    searched: Searched,
    undecided: Sequence[Certificate],
) -> ChainProblem:
    """Why no certificate of a file has a request: the search is not finished, or there is none."""
    if undecided:
        finding = unfinished(certflow, searched, undecided)
        return ChainProblem(finding.code, finding.sentence, finding.next_step)
    meant = await name_matches(certflow, certificates)
    return no_match_error(certificates, searched.unlisted, meant, certflow.links)


def unmerged(
    versions: Mapping[str, str], leaves: Sequence[Certificate]
) -> tuple[Certificate, str | None]:
    """Of leaves with one key (the newest first) the one to merge, with None; or the newest, with
    the version that it is already. `versions` are the certificate's versions by thumbprint (SHA-1).

    With `reuse_key` one key has many certificates: an older one is never merged again, nor one that
    is a version.
    """
    newest = leaves[0]
    for leaf in leaves:
        is_newest = leaf.not_valid_before_utc == newest.not_valid_before_utc
        if is_newest and leaf.sha1 not in versions:
            return leaf, None
    return newest, versions[newest.sha1]


async def _best(
    certflow: CheckContext, leaves: Sequence[Certificate], requests: Sequence[TrackedRequest]
) -> Match:
    """The request that a key is meant for: of several, the one into which Key Vault would still
    merge a chain.
    """
    ended: Match | None = None
    for request in sorted(requests, key=lambda one: PREFERENCE.index(one.status)):
        found = await _match_with(certflow, leaves, request)
        if found.pending or found.version:
            return found
        ended = ended or found
    assert ended is not None, "by_key was asked about a key that has requests"  # noqa: S101
    return ended


async def _match_with(
    certflow: CheckContext, leaves: Sequence[Certificate], request: TrackedRequest
) -> Match:
    """One request as the match of a key, with its state in Key Vault applied."""
    seen = None
    if request.status in MERGEABLE:
        seen = await fetch_state(certflow, request.vault, request.name, request.request_id)
    # Read after the pending operation: a run that was cut off may have merged this leaf.
    leaf, version = unmerged(await certflow.vault(request.vault).versions(request.name), leaves)
    pending = seen if isinstance(seen, Operation) else None
    completed = pending is not None and pending.status is Status.COMPLETED
    if seen and not (completed and version):
        request = await _apply_pending(certflow, request, seen)
    if completed != bool(version):
        # The request was completed with another leaf, or this is an older leaf of a key that is
        # used again.
        pending = None
    return Match(leaf, request, pending, version)


async def _apply_pending(
    certflow: CheckContext, request: TrackedRequest, seen: Operation | NotPending
) -> TrackedRequest:
    if isinstance(seen, Operation) and seen.status is request.status:
        return request
    return await apply_and_save(certflow, request, seen)


async def _search_untracked(
    certflow: MatchContext,
    wanted: Mapping[str, Sequence[Certificate]],
    first: Iterable[tuple[str, str]],
) -> tuple[dict[str, Match], Searched]:
    """The pending requests that have one of these keys and are not in the ledger, and what came of
    the search. It first looks at the given certificates (vault alias, name), then at all vaults.
    """
    found: dict[str, Match] = {}
    for vault, name in first:
        if seen := await sighting_of(certflow, vault, name, wanted.keys() - found.keys()):
            found[seen.key] = await _match_of(certflow, seen, wanted[seen.key])
    searched = await search(certflow, wanted.keys() - found.keys())
    for seen in searched.found.values():
        if certflow.may_see(seen.vault, seen.name):
            found[seen.key] = await _match_of(certflow, seen, wanted[seen.key])
    return found, searched


async def _match_of(certflow: CsrsContext, seen: Sighting, leaves: Sequence[Certificate]) -> Match:
    """The match of a pending request that was found in a vault."""
    tracked = await certflow.ledger.get(seen.vault, seen.name, seen.operation.request_id)
    doing, now = Action("adopted", UPLOAD), certflow.now()
    owner, signer = await people_of(certflow, seen.vault, seen.name)
    names = asked_names(seen.operation.csr)
    new = track(
        seen.vault,
        seen.name,
        seen.operation,
        seen.subject,
        seen.key,
        owner,
        now,
        doing,
        names=names,
        signer=signer,
    )
    leaf, version = unmerged(await certflow.vault(seen.vault).versions(seen.name), leaves)
    pending = None if version else seen.operation
    return Match(leaf, tracked or new.request, pending, version, tracked is not None)
