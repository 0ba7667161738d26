"""The doctor's judgement of one certificate out of a file: its chain, and everything there is to say of it. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from functions.issuance.asked import Asked
from functions.issuance.chains import Chain, End, Signatures, authority_key_id, build, keys_may_fit
from functions.issuance.checks import check
from functions.issuance.describe import issuer_of, printed, sha256_of, subject_of
from functions.issuance.findings import Finding, errors_of
from functions.issuance.trust import CONTAINER, Trust, may_sign

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


def diagnose(
    leaf: x509.Certificate,
    certificates: Sequence[x509.Certificate],
    asked: Asked | None,
    trust: Trust,
    now: datetime,
    signatures: Signatures,
    *,
    include_root: bool = False,
) -> Diagnosis:
    """Builds the chain of `leaf` and checks it. `asked` None: only what does not depend on it.

    `signatures` are those of the file, the same for all of its leaves. Raises ChainProblem if the chain cannot be told.
    """
    chain = build(leaf, certificates, trust, now, signatures)
    findings = [*check(chain, asked, now), *_ends(chain, certificates, trust, signatures)]
    if chain.root and chain.rooted and not include_root:
        findings.append(Finding("root-left-out", f"The root {subject_of(chain.root)} is left out, as TLS servers do."))
    return Diagnosis(chain, tuple(sorted(findings, key=lambda one: ORDER.index(one.severity))))


def _ends(
    chain: Chain, certificates: Sequence[x509.Certificate], trust: Trust, signatures: Signatures
) -> Iterator[Finding]:
    """Where the chain ends, and whether that will do."""
    if chain.end is End.TRUSTED:
        return
    if chain.end is End.OPEN and (fault := _fault(chain, certificates, signatures)):
        yield fault
    elif chain.end is End.OPEN and (trust.anchors or chain.top is chain.leaf):
        yield _missing(chain, trust)
    elif trust.anchors:
        yield Finding(
            "untrusted-ca",
            f"The chain ends at {subject_of(chain.top)} (SHA-256 {sha256_of(chain.top)}), and this vault does not "
            "take its certificates.",
            "Have the CSR signed by a CA whose certificates the vault takes. If this one should be: put its "
            f"certificate (PEM) into {trust.place}.",
        )
    else:
        yield from _unlimited(chain, trust)


def _unlimited(chain: Chain, trust: Trust) -> Iterator[Finding]:
    top = chain.top
    if chain.end is End.OPEN:
        root = f"{issuer_of(top)}, whose certificate is not in the file"
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
        f"To take this CA's certificates and no others: put its root certificate (PEM) into {trust.place}. The word "
        "public in a file there stands for the public CAs.",
    )


def _fault(chain: Chain, certificates: Sequence[x509.Certificate], signatures: Signatures) -> Finding | None:
    """The issuer is in the file, and yet is not the one: no CA, or not the key that signed."""
    top = chain.path[-1]
    named = [one for one in certificates if one.subject == top.issuer and keys_may_fit(top, one)]
    signers = [one for one in named if signatures.by(top, one)]
    if any(may_sign(one) for one in signers):
        return None  # an expired CA, left out of the chain for one that needs it not
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


def _missing(chain: Chain, trust: Trust) -> Finding:
    top = chain.path[-1]
    key = authority_key_id(top)
    hints = [f"key identifier {printed(key.hex(':').upper())}"] if key else []
    hints += [f"to be had at {printed(url)}" for url in _issuer_urls(top)[:2]]
    hint = f" ({', '.join(hints)})" if hints else ""
    known = " and is not trusted for this vault either" if trust.anchors else ""
    return Finding(
        "missing-intermediate",
        f"The certificate of {issuer_of(top)}{hint}, which issued {subject_of(top)}, is not in the file{known}.",
        "Get that certificate from the CA and drop both together."
        + (
            f" If it is a CA whose certificates the vault should take: put it (PEM) into {trust.place}."
            if known
            else ""
        ),
    )


def _issuer_urls(certificate: x509.Certificate) -> list[str]:
    """Where the issuer's certificate is published (RFC 5280 §4.2.2.1). Never fetched: a sender chose the address."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return []
    return [
        str(one.access_location.value)
        for one in access
        if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    ]


def place_of(vault: str) -> str:
    """Where it is set whose certificates a vault takes, in words."""
    return f"{CONTAINER}/{vault}/"
