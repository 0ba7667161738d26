"""The merge doctor: everything that there is to say of a file before any of it is merged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from functions.issuance.asked import Asked, asked_of
from functions.issuance.certflow import Certflow
from functions.issuance.certificate import Certificate
from functions.issuance.chains import Chain, Signatures
from functions.issuance.describe import issuer_of, several, subject_of
from functions.issuance.diagnosis import Diagnosis, diagnose
from functions.issuance.errors import BadSettings
from functions.issuance.findings import ANY_CA, ChainProblem, Finding, errors_of, is_waiting
from functions.issuance.issuing_cas import fillers
from functions.issuance.matching import Match, match
from functions.issuance.phrases import moment
from functions.issuance.reading import Contents, read
from functions.issuance.report import Outcome, report_of
from functions.issuance.requests import Operation, TrackedRequest
from functions.issuance.trust import Trust, place_of
from functions.issuance.trusting import trust_for
from functions.issuance.watch import stored_policy

LACKING = "missing-intermediate"


@dataclass(frozen=True, slots=True)
class Case:
    """One leaf of a file: whose it is, its chain, and what there is to say of it."""

    match: Match
    chain: Chain | None
    findings: tuple[Finding, ...]

    @property
    def mergeable(self) -> bool:
        """Whether it is to be merged, or a merge that was cut off is to be recorded."""
        return self.match.pending is not None and not errors_of(self.findings)

    @property
    def waits(self) -> bool:
        """Whether it could be merged but for something that passes."""
        return self.match.pending is not None and is_waiting(self.findings)


@dataclass(frozen=True, slots=True)
class Examination:
    """A file: what there is to say of it as a whole, and its leaves."""

    findings: tuple[Finding, ...]
    cases: tuple[Case, ...]


async def inspect(certflow: Certflow, content: bytes) -> dict[str, Any]:
    """What a drop of this file would do, as its report would say it. Nothing is merged, moved, or told."""
    try:
        examined = await examine(certflow, read(content))
    except ChainProblem as problem:
        return report_of(problem.findings, (), would=True)
    return report_of(examined.findings, tuple(_would(case) for case in examined.cases), would=True)


async def examine(certflow: Certflow, contents: Contents) -> Examination:
    """Matches the certificates of a file to requests, builds and checks their chains. Raises ChainProblem."""
    certificates = contents.certificates
    try:
        matched = await match(certflow, certificates)
    except ChainProblem as problem:
        raise ChainProblem.of((*problem.findings, *contents.findings), problem.whose) from problem
    matches = matched.matches
    trusts = {vault: await _trust(certflow, vault) for vault in {one.request.vault for one in matches}}
    signatures = Signatures()
    cases = tuple([await _case(certflow, one, certificates, trusts[one.request.vault], signatures) for one in matches])
    left_out = strangers(certificates, ((case.match.leaf, case.chain) for case in cases))
    return Examination((*matched.findings, *contents.findings, *left_out), cases)


async def diagnosed(
    certflow: Certflow,
    vault: str,
    name: str,
    leaf: Certificate,
    certificates: Sequence[Certificate],
    pending: Operation,
    trust: Trust,
    signatures: Signatures,
) -> Diagnosis:
    """The judgement on a leaf for a pending operation: as an answer to its CSR, under what is trusted for the vault. A
    CA that is missing may be one of those that were merged there last: with them the chain is judged once more.
    """
    csr = x509.load_der_x509_csr(pending.csr)
    asked = asked_of(csr, await stored_policy(certflow.vault(vault), name))
    judged = _judged(certflow, leaf, certificates, asked, trust, signatures)
    if not any(one.code == LACKING for one in judged.errors):
        return judged
    more = await fillers(certflow, vault, certificates)
    try:
        filled = _judged(certflow, leaf, (*certificates, *more), asked, trust, Signatures())
    except ChainProblem:  # what is against the file by itself says more
        return judged
    taken = [one for one in filled.chain.path if one in more]
    return judged if filled.errors else Diagnosis(filled.chain, (*filled.findings, _filled(taken, vault)))


def _filled(taken: Sequence[Certificate], vault: str) -> Finding:
    return Finding(
        "chain-filled",
        f"Not in the file, and taken from the chains that were merged last in vault {vault}: "
        f"{several(map(subject_of, taken))}.",
    )


async def _trust(certflow: Certflow, vault: str) -> Trust | Finding:
    """Whose certificates a vault takes; or why it takes nobody's, which does not concern the other vaults."""
    try:
        return await trust_for(certflow, vault)
    except BadSettings as error:
        return Finding(
            "trust-missing",
            f"Nothing is merged in vault {vault} at the moment. {error}",
            f"Put the CA's certificate into {place_of(vault)}, or mend what is named. A dropped file waits where it "
            "is, and is merged by itself then.",
        )


def _judged(
    certflow: Certflow,
    leaf: Certificate,
    certificates: Sequence[Certificate],
    asked: Asked | None,
    trust: Trust,
    signatures: Signatures,
) -> Diagnosis:
    now, include_root = certflow.now(), certflow.include_root
    judged = diagnose(leaf, certificates, asked, trust, now, signatures, include_root=include_root)
    return judged.refusing(certflow.choices.refused_warnings)


async def _case(
    certflow: Certflow,
    one: Match,
    certificates: Sequence[Certificate],
    said: Trust | Finding,
    signatures: Signatures,
) -> Case:
    vault, name = one.request.vault, one.request.name
    trust = said if isinstance(said, Trust) else Trust({}, place_of(vault))
    try:
        if one.pending:
            judged = await diagnosed(certflow, vault, name, one.leaf, certificates, one.pending, trust, signatures)
        else:
            judged = _judged(certflow, one.leaf, certificates, None, trust, signatures)
    except ChainProblem as problem:
        return Case(one, None, (problem.finding,))
    if one.version:  # what would be against merging it comes too late
        rest = tuple(finding for finding in judged.findings if finding.severity != "error")
        return Case(one, judged.chain, (already_merged(name, one.version), *rest))
    if not one.pending:
        return Case(one, judged.chain, (request_ended(one.request),))
    if isinstance(said, Trust):
        return Case(one, judged.chain, judged.findings)
    others = (finding for finding in judged.findings if finding.code != ANY_CA)
    return Case(
        one, judged.chain, (*errors_of(judged.findings), said, *(one for one in others if one.severity != "error"))
    )


def already_merged(name: str, version: str) -> Finding:
    """The leaf is a version in Key Vault already."""
    return Finding("already-merged", f"This certificate is already version {version} of {name}.")


def request_ended(request: TrackedRequest) -> Finding:
    """The request that has the leaf's key takes no chain any more."""
    ended = f" on {moment(request.ended)}" if request.ended else ""
    return Finding(
        "request-ended",
        f"The key belongs to the request {request.request_id} for {request.name} in vault {request.vault}, "
        f"which ended{ended}: {request.status}.",
        "Start a new request, have its CSR signed, and drop that chain.",
    )


def strangers(certificates: Sequence[Certificate], leaves: Iterable[tuple[Certificate, Chain | None]]) -> list[Finding]:
    """The certificates of a file that are in the chain of none of its leaves."""
    used = {one for leaf, chain in leaves for one in ((*chain.all(), *chain.cut) if chain else (leaf,))}
    kept = {one.subject_key for one in used}
    left = [
        f"{subject_of(one)} (another certificate, by {issuer_of(one)})" if one.subject_key in kept else subject_of(one)
        for one in certificates
        if one not in used
    ]
    return [Finding("stranger-dropped", f"Not part of the chain: {several(left)}.")] if left else []


def _would(case: Case) -> Outcome:
    word = "would-wait" if case.waits else "would-merge" if case.mergeable else "would-reject"
    word = "already-merged" if case.match.version else word
    return Outcome(word, case.findings, case.match.leaf, case.chain, case.match.request, case.match.version)
