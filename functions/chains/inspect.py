"""Inspects a file: matches and validates everything in it, before any of it is merged."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from cryptography import x509

from functions.app.contexts import InspectContext, TrustContext, ValidateContext
from functions.approvals.elsewhere import approval_finding
from functions.chains.issuing_cas import fillers
from functions.chains.match import Match, match
from functions.chains.parsing.contents import Contents
from functions.chains.parsing.parse import parse
from functions.chains.report import Outcome, Report, report_of
from functions.chains.trust_changes import trust_for
from functions.chains.validation.build import Chain, Signatures
from functions.chains.validation.expected import RequestedAttributes, requested_attributes
from functions.chains.validation.trust import Trust
from functions.chains.validation.validate import Validation, validate
from functions.model.errors import BadSettings
from functions.model.findings import ANY_CA, ChainProblem, Finding, errors_of, is_waiting
from functions.model.humanize import moment
from functions.model.request.operation import Operation
from functions.model.request.tracked import TrackedRequest
from functions.model.trusted_places import place_of
from functions.ports.vault import stored_policy
from functions.x509.certificate import Certificate
from functions.x509.describe import issuer_of, several, subject_of

LACKING = "missing-intermediate"


@dataclass(frozen=True, slots=True)
class Case:
    """One leaf of a file, with its request, its chain, and the findings about it."""

    match: Match
    chain: Chain | None
    findings: tuple[Finding, ...]

    @property
    def mergeable(self) -> bool:
        """Whether the chain is to be merged, or a merge that was cut off is to be recorded."""
        return self.match.pending is not None and not errors_of(self.findings)

    @property
    def waits(self) -> bool:
        """Whether only something that passes keeps the chain from being merged."""
        return self.match.pending is not None and is_waiting(self.findings)


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in a file: findings about the whole file, and its leaves."""

    findings: tuple[Finding, ...]
    cases: tuple[Case, ...]


async def inspect(certflow: InspectContext, content: bytes) -> Report:
    """The report that a drop of this file would have. Nothing is merged or moved, and nobody is
    told. Raises Unavailable, and Refused where the app has no access.
    """
    try:
        examined = await inspect_contents(certflow, parse(content))
    except ChainProblem as problem:
        return report_of(problem.findings, (), would=True)
    return report_of(examined.findings, tuple(_would(case) for case in examined.cases), would=True)


async def inspect_contents(certflow: InspectContext, contents: Contents) -> Inspection:
    """Matches the certificates of a file to requests, and builds and validates their chains. Raises
    ChainProblem if no certificate has a request; Unavailable.
    """
    certificates = contents.certificates
    try:
        matched = await match(certflow, certificates)
    except ChainProblem as problem:
        raise ChainProblem.of((*problem.findings, *contents.findings), problem.whose) from problem
    matches = matched.matches
    trusts = {
        vault: await _trust(certflow, vault) for vault in {one.request.vault for one in matches}
    }
    signatures = Signatures()
    cases = [
        await _case(certflow, one, certificates, trusts[one.request.vault], signatures)
        for one in matches
    ]
    cases = [await _unless_held(certflow, case) for case in cases]
    left_out = strangers(certificates, ((case.match.leaf, case.chain) for case in cases))
    return Inspection((*matched.findings, *contents.findings, *left_out), tuple(cases))


async def _unless_held(certflow: InspectContext, case: Case) -> Case:
    """The case, with the finding that its request has to be approved first if nothing else keeps
    its chain from being merged.
    """
    one = case.match
    if not case.mergeable or one.pending is None or one.version:
        return case
    held = await approval_finding(certflow, one.request, one.pending)
    return replace(case, findings=(held, *case.findings)) if held else case


async def validate_for(
    certflow: ValidateContext,
    vault: str,
    name: str,
    leaf: Certificate,
    certificates: Sequence[Certificate],
    pending: Operation,
    trust: Trust,
    signatures: Signatures,
) -> Validation:
    """Validates a leaf for a pending operation: against its CSR and policy, and with the CAs that
    the vault trusts. If the certificate of a CA is missing, the chain is validated once more with
    those that were merged in the vault last. Raises ChainProblem, Refused, Unavailable.
    """
    csr = x509.load_der_x509_csr(pending.csr)
    asked = requested_attributes(csr, await stored_policy(certflow.vault(vault), name))
    judged = _inspected_chain(certflow, leaf, certificates, asked, trust, signatures)
    if not any(one.code == LACKING for one in judged.errors):
        return judged
    more = await fillers(certflow, vault, certificates)
    try:
        filled = _inspected_chain(
            certflow, leaf, (*certificates, *more), asked, trust, Signatures()
        )
    except ChainProblem:  # the problem of the file itself says more
        return judged
    if filled.errors:
        return judged
    taken = [one for one in filled.chain.path if one in more]
    return Validation(filled.chain, (*filled.findings, _filled(taken, vault)))


def _filled(taken: Sequence[Certificate], vault: str) -> Finding:
    return Finding(
        "chain-filled",
        f"Not in the file, and taken from the chains that were merged last in vault {vault}: "
        f"{several(map(subject_of, taken))}.",
    )


async def _trust(certflow: TrustContext, vault: str) -> Trust | Finding:
    """Whose certificates a vault accepts; or the finding why it accepts nobody's, which does not
    stop the leaves for other vaults.
    """
    try:
        return await trust_for(certflow, vault)
    except BadSettings as error:
        return Finding(
            "trust-missing",
            f"Nothing is merged in vault {vault} at the moment. {error}",
            f"Put the CA's certificate into {place_of(vault)}, or fix what is named. A dropped "
            "file waits where it is, and Certflow then merges it by itself.",
        )


def _inspected_chain(
    certflow: ValidateContext,
    leaf: Certificate,
    certificates: Sequence[Certificate],
    asked: RequestedAttributes | None,
    trust: Trust,
    signatures: Signatures,
) -> Validation:
    now, include_root = certflow.now(), certflow.include_root
    judged = validate(leaf, certificates, asked, trust, now, signatures, include_root=include_root)
    return judged.refusing(certflow.options.refused_warnings)


async def _case(
    certflow: ValidateContext,
    one: Match,
    certificates: Sequence[Certificate],
    trusted: Trust | Finding,
    signatures: Signatures,
) -> Case:
    """Validates one leaf. `trusted` is whose certificates its vault accepts, or why nobody's."""
    try:
        judged = await _judgement(certflow, one, certificates, trusted, signatures)
    except ChainProblem as problem:
        return Case(one, None, (problem.finding,))
    if one.version:  # errors no longer matter: the leaf is merged
        rest = tuple(finding for finding in judged.findings if finding.severity != "error")
        return Case(one, judged.chain, (already_merged(one.request.name, one.version), *rest))
    if not one.pending:
        return Case(one, judged.chain, (request_ended(one.request),))
    if isinstance(trusted, Finding):
        return Case(one, judged.chain, _without_trust(judged.findings, trusted))
    return Case(one, judged.chain, judged.findings)


async def _judgement(
    certflow: ValidateContext,
    one: Match,
    certificates: Sequence[Certificate],
    trusted: Trust | Finding,
    signatures: Signatures,
) -> Validation:
    vault, name = one.request.vault, one.request.name
    trust = trusted if isinstance(trusted, Trust) else Trust({}, place_of(vault))
    if not one.pending:
        return _inspected_chain(certflow, one.leaf, certificates, None, trust, signatures)
    return await validate_for(
        certflow, vault, name, one.leaf, certificates, one.pending, trust, signatures
    )


def _without_trust(findings: tuple[Finding, ...], why: Finding) -> tuple[Finding, ...]:
    """The findings about a chain in a vault that accepts nobody's certificates: that is the last
    error, and that any CA is accepted is not true.
    """
    others = (one for one in findings if one.severity != "error" and one.code != ANY_CA)
    return (*errors_of(findings), why, *others)


def already_merged(name: str, version: str) -> Finding:
    """The finding that the leaf is a version in Key Vault already."""
    return Finding("already-merged", f"This certificate is already version {version} of {name}.")


def request_ended(request: TrackedRequest) -> Finding:
    """The finding that the request with the leaf's key has ended, so that nothing can be merged
    into it.
    """
    ended = f" on {moment(request.ended)}" if request.ended else ""
    return Finding(
        "request-ended",
        f"The key belongs to the request {request.request_id} for {request.name} in vault "
        f"{request.vault}, which ended{ended}: {request.status}.",
        "Start a new request, have its CSR signed, and drop that chain.",
    )


def strangers(
    certificates: Sequence[Certificate], leaves: Iterable[tuple[Certificate, Chain | None]]
) -> list[Finding]:
    """The finding about the certificates of a file that are in the chain of none of its leaves, if
    there are any. `leaves` are the leaves with their chains.
    """
    used = {one for leaf, chain in leaves for one in _used_for(leaf, chain)}
    kept = {one.subject_key for one in used}
    left = [_stranger(one, kept) for one in certificates if one not in used]
    return [Finding("stranger-dropped", f"Not part of the chain: {several(left)}.")] if left else []


def _used_for(leaf: Certificate, chain: Chain | None) -> tuple[Certificate, ...]:
    return (*chain.all(), *chain.cut) if chain else (leaf,)


def _stranger(certificate: Certificate, kept: Collection[object]) -> str:
    """What a finding calls a certificate that is in no chain; with the issuer, if a chain has
    another certificate of the same subject (`kept`).
    """
    subject = subject_of(certificate)
    if certificate.subject_key not in kept:
        return subject
    return f"{subject} (another certificate, by {issuer_of(certificate)})"


def _would(case: Case) -> Outcome:
    """What a drop would make of a leaf."""
    one = case.match
    return Outcome(_outcome_of(case), case.findings, one.leaf, case.chain, one.request, one.version)


def _outcome_of(case: Case) -> str:
    if case.match.version:
        return "already-merged"
    if case.waits:
        return "would-wait"
    return "would-merge" if case.mergeable else "would-reject"
