"""The doctor's judgement of one certificate out of a file: its chain, and everything there is to say of it. No I/O."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from functions.issuance.asked import Asked
from functions.issuance.certificate import Certificate
from functions.issuance.chains import ITS_OWN_CHAIN, Chain, End, Signatures, authority_key_id, keys_may_fit, ways
from functions.issuance.checks import check
from functions.issuance.describe import issuer_of, printed, several, sha256_of, subject_of
from functions.issuance.findings import ChainProblem, Finding, errors_of
from functions.issuance.journal import record
from functions.issuance.lenient import DECISIVE
from functions.issuance.path_checks import check_path
from functions.issuance.phrases import moment
from functions.issuance.trust import Trust, may_sign

ORDER = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A leaf's chain and its findings, errors first."""

    chain: Chain
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What keeps it from being merged."""
        return errors_of(self.findings)

    def refusing(self, codes: Collection[str]) -> Diagnosis:
        """The same, with findings of these codes as errors."""
        return Diagnosis(self.chain, _by_severity(replace(one, refused=one.code in codes) for one in self.findings))


def diagnose(
    leaf: Certificate,
    certificates: Sequence[Certificate],
    asked: Asked | None,
    trust: Trust,
    now: datetime,
    signatures: Signatures,
    *,
    include_root: bool = False,
) -> Diagnosis:
    """Builds the chain of `leaf` and checks it. `asked` None: only what does not depend on it.

    `signatures` are those of the file, the same for all of its leaves. Raises ChainProblem if the chain cannot be told,
    and for an unforeseen error, too: the file ends with a report then, and is not tried for ever.
    """
    with _told_if_unforeseen(leaf):
        found = ways(leaf, certificates, trust, now, signatures)
        judged = _first_good(found.chains, certificates, asked, trust, now, signatures)
        if judged.errors and not found.whole:
            raise ChainProblem(
                "too-entangled",
                f"There are more ways up from {subject_of(leaf)} to a CA than can be tried, and none of those that "
                "were tried is good.",
                ITS_OWN_CHAIN,
            )
        findings = [*check(leaf, asked, now), *judged.findings]
        root = judged.chain.root
        if root and judged.chain.rooted and not include_root:
            findings.append(Finding("root-left-out", f"The root {subject_of(root)} is left out, as TLS servers do."))
        return Diagnosis(judged.chain, _by_severity(findings))


def _by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda one: ORDER.index(one.severity)))


@contextmanager
def _told_if_unforeseen(leaf: Certificate) -> Iterator[None]:
    try:
        yield
    except ChainProblem:
        raise
    except Exception as error:
        record("chain-not-judged", level=logging.ERROR, leaf=leaf.sha256, reason=repr(error))
        raise ChainProblem(
            "not-judged",
            f"An unforeseen error ({type(error).__name__}) kept the chain of {subject_of(leaf)} from being judged, so "
            "it is not merged. The log has it (chain-not-judged).",
            "Send this file to those who run Certflow; until it is mended, merge the chain in Key Vault.",
        ) from error


def _first_good(
    chains: Sequence[Chain],
    certificates: Sequence[Certificate],
    asked: Asked | None,
    trust: Trust,
    now: datetime,
    signatures: Signatures,
) -> Diagnosis:
    """The first chain that nothing is to be said against; otherwise, of those with the fewest errors, the first."""
    bad: list[Diagnosis] = []
    for chain in chains:
        against = (*check_path(chain, asked, trust, now), *_ends(chain, certificates, trust, signatures))
        judged = Diagnosis(chain, against)
        if not judged.errors:
            return judged
        bad.append(judged)
    return min(bad, key=lambda one: len(one.errors))


def _ends(chain: Chain, certificates: Sequence[Certificate], trust: Trust, signatures: Signatures) -> Iterator[Finding]:
    """Where the chain ends, and whether that will do."""
    yield from _cut(chain)
    if trust.ignored:
        yield Finding(
            "trusted-ca-ignored",
            f"Not all that is set as trusted counts. {several(trust.ignored)}",
            "Take out of these files what is not needed, and put in what can be read of the rest.",
        )
    if chain.end is End.TRUSTED:
        return
    # CAs that have certified each other: the issuer is in the file, and on the way already.
    looped = any(may_sign(one) and signatures.by(chain.top, one) for one in certificates)
    lacking = chain.end is End.OPEN and not looped
    if chain.end is End.OPEN and not chain.cut and (fault := _fault(chain, certificates, signatures)):
        yield fault
    elif lacking and (trust.anchors or chain.top is chain.leaf):
        yield _missing(chain, certificates, trust)
    elif lacking and not chain.cut and (roots := _roots_beside(chain, certificates, signatures)):
        yield _missing(chain, certificates, trust, roots)
    elif trust.anchors:
        yield Finding(
            "untrusted-ca",
            f"The chain ends at {subject_of(chain.top)} (SHA-256 {sha256_of(chain.top)}), and this vault does not "
            "take its certificates.",
            "Have the CSR signed by a CA whose certificates the vault takes. If this one should be: put its "
            f"certificate into {trust.place}, and drop the file again.",
        )
    else:
        yield from _unlimited(chain, trust)


def _cut(chain: Chain) -> Iterator[Finding]:
    if chain.cut:
        gone = several(
            f"{subject_of(one)}, issued by {issuer_of(one)}, at {moment(one.not_valid_after_utc)}" for one in chain.cut
        )
        # Above the chain is another certificate of a CA that may be a root, or the root itself, which has expired.
        known = subject_of(chain.top) if chain.cut[0].self_issued else issuer_of(chain.top)
        yield Finding(
            "expired-left-out",
            f"These certificates have expired and are left out: {gone}. Clients that trust {known} itself "
            "do not need them.",
            "If your clients do not: ask the CA for its chain as it is now, and drop that.",
        )


def _roots_beside(chain: Chain, certificates: Sequence[Certificate], signatures: Signatures) -> list[Certificate]:
    """Roots in the file to which the chain does not lead: what is between them is missing."""
    return [one for one in certificates if one not in chain.all() and may_sign(one) and signatures.self_signed(one)]


def _unlimited(chain: Chain, trust: Trust) -> Iterator[Finding]:
    top = chain.top
    if chain.end is End.OPEN:
        root = f"{issuer_of(top)}, whose self-signed certificate is not in the file"
        yield Finding(
            "root-not-in-file",
            f"The chain ends at {subject_of(top)}. Its issuer, {issuer_of(top)}, is taken for the root, which servers "
            "need not send.",
            "If it is no root: drop the chain again with its certificate.",
        )
    else:
        root = f"{subject_of(top)}, SHA-256 {sha256_of(top)}"
    yield Finding(
        "any-ca-accepted",
        f"Nothing says whose certificates this vault takes, so any CA's are. The root of this one: {root}.",
        f"To take this CA's certificates and no others: put its root certificate into {trust.place}. The word "
        "public in a file there stands for the public CAs.",
    )


def _fault(chain: Chain, certificates: Sequence[Certificate], signatures: Signatures) -> Finding | None:
    """The issuer is in the file, and yet is not the one: no CA, or not the key that signed."""
    top = chain.path[-1]
    named = [one for one in certificates if one.subject_key == top.issuer_key and keys_may_fit(top, one)]
    signers = [one for one in named if signatures.by(top, one)]
    if top in signers:  # whether it says that it is a CA's or not: `openssl req -x509` says so of all
        return Finding(
            "self-signed",
            f"The certificate of {subject_of(top)} is signed with its own key, and not by a CA.",
            "Have the CSR signed by a CA, and drop its chain.",
        )
    if any(may_sign(one) for one in signers):
        return None
    if unread := [(one, what) for one in signers for what in one.unread if what.oid in DECISIVE]:
        issuer, extension = unread[0]
        return Finding(
            "unreadable-extension",
            f"{subject_of(top)} was signed by {subject_of(issuer)}, in whose certificate the extension "
            f"{extension.name} cannot be read, so clients refuse it.",
            "Ask the CA for a certificate of its own that clients can read.",
        )
    if signers:
        return Finding(
            "issuer-may-not-sign",
            f"{subject_of(top)} was signed by {issuer_of(top)}, whose certificate is not one of a CA.",
            "Have the CSR signed by a CA, and drop its chain.",
        )
    if named:
        return Finding(
            "bad-signature",
            f"The signature on the certificate of {subject_of(top)} was not made by the key of {issuer_of(top)} "
            "that is in the file: one of the two is damaged or is another one.",
            "Ask the CA for the certificate and its chain once more.",
        )
    return None


def _missing(
    chain: Chain, certificates: Sequence[Certificate], trust: Trust, roots: Sequence[Certificate] = ()
) -> Finding:
    top = chain.path[-1]
    key = authority_key_id(top)
    trusted = f"put it into {trust.place}, and drop the file again"
    hints = [f"key identifier {printed(key.hex(':').upper())}"] if key else []
    hints += [f"to be had at {printed(url)}" for url in _issuer_urls(top)[:2]]
    hint = f" ({', '.join(hints)})" if hints else ""
    known = " and is not trusted for this vault either" if trust.anchors else ""
    beside = ""
    if any(one.subject_key == top.issuer_key for one in certificates):
        beside = " The one of this name that is in the file has another key."
    elif roots:
        beside = f" No root that is in the file issued it: {several(map(subject_of, roots))}."
    return Finding(
        "missing-intermediate",
        f"The certificate of {issuer_of(top)}{hint}, which issued {subject_of(top)}, is not among those that could be "
        f"read from the file{known}.{beside}",
        "Get that certificate from the CA and drop both together."
        + (f" If it is a CA whose certificates the vault should take: {trusted}." if known else ""),
    )


def _issuer_urls(certificate: Certificate) -> list[str]:
    """Where the issuer's certificate is published (RFC 5280 §4.2.2.1). Never fetched: a sender chose the address."""
    return [
        str(one.access_location.value)
        for one in certificate.extension(x509.AuthorityInformationAccess) or ()
        if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    ]
