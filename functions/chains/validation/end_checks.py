"""Validates where a chain ends: at a CA that the vault trusts, at a root, or below an issuer that
is missing or cannot be used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from functions.chains.validation.build import (
    Chain,
    End,
    Signatures,
    authority_key_id,
    keys_may_fit,
)
from functions.chains.validation.trust import Trust, is_ca
from functions.model.findings import Finding
from functions.model.humanize import moment
from functions.x509.certificate import Certificate
from functions.x509.describe import issuer_of, printed, several, sha256_of, subject_of
from functions.x509.rewrite import DECISIVE


def check_end(
    chain: Chain, certificates: Sequence[Certificate], trust: Trust, signatures: Signatures
) -> Iterator[Finding]:
    """Yields findings about the end of a chain, about expired certificates above it, and about
    trusted certificates that cannot be used. `certificates` are those of the file.
    """
    yield from _expired_above(chain)
    if trust.ignored:
        yield Finding(
            "trusted-ca-ignored",
            f"Not all that is set as trusted counts. {several(trust.ignored)}",
            "Take out of these files what is not needed, and put in what can be read of the rest.",
        )
    if chain.end is not End.TRUSTED:
        yield from _untrusted_end(chain, certificates, trust, signatures)


def _expired_above(chain: Chain) -> Iterator[Finding]:
    """The finding about expired certificates above the chain, which are left out."""
    if chain.cut:
        gone = several(
            f"{subject_of(one)}, issued by {issuer_of(one)}, at {moment(one.not_valid_after_utc)}"
            for one in chain.cut
        )
        # What has expired above the chain is another certificate of its top, which may be a root,
        # or it is the root itself.
        known = subject_of(chain.top) if chain.cut[0].self_issued else issuer_of(chain.top)
        yield Finding(
            "expired-left-out",
            f"These certificates have expired and are left out: {gone}. Clients that trust "
            f"{known} itself do not need them.",
            "If your clients do not: ask the CA for its chain as it is now, and drop that.",
        )


def _untrusted_end(
    chain: Chain, certificates: Sequence[Certificate], trust: Trust, signatures: Signatures
) -> Iterator[Finding]:
    """Findings about a chain that does not lead to a trusted CA."""
    broken = None
    if chain.end is End.OPEN:
        broken = _broken_end(chain, certificates, trust, signatures)
    if broken:
        yield broken
    elif trust.anchors:
        yield Finding(
            "untrusted-ca",
            f"The chain ends at {subject_of(chain.top)} (SHA-256 {sha256_of(chain.top)}), and "
            "this vault does not take its certificates.",
            "Have the CSR signed by a CA whose certificates the vault takes. If this one should "
            f"be: put its certificate into {trust.place}, and drop the file again.",
        )
    else:
        yield from _unlimited(chain, trust)


def _broken_end(
    chain: Chain, certificates: Sequence[Certificate], trust: Trust, signatures: Signatures
) -> Finding | None:
    """The finding about an issuer that is missing or cannot be used; None if the chain may end
    where it does.
    """
    fault = None if chain.cut else _fault(chain, certificates, signatures)
    if fault or _is_looped(chain, certificates, signatures):
        return fault
    if trust.anchors or chain.top is chain.leaf:
        return _missing(chain, certificates, trust)
    roots = [] if chain.cut else _roots_beside(chain, certificates, signatures)
    return _missing(chain, certificates, trust, roots) if roots else None


def _is_looped(chain: Chain, certificates: Sequence[Certificate], signatures: Signatures) -> bool:
    """Whether CAs have certified each other: the issuer of the top is in the file, and in the chain
    already.
    """
    return any(is_ca(one) and signatures.by(chain.top, one) for one in certificates)


def _fault(
    chain: Chain, certificates: Sequence[Certificate], signatures: Signatures
) -> Finding | None:
    """The finding about an issuer that is in the file but cannot be used: it is no CA, or its key
    did not make the signature. None if there is no such issuer.
    """
    top = chain.path[-1]
    named = _named_issuers(top, certificates)
    signers = [one for one in named if signatures.by(top, one)]
    # Whether it says that it is a CA's does not matter: `openssl req -x509` always says so.
    if top in signers:
        return Finding(
            "self-signed",
            f"The certificate of {subject_of(top)} is signed with its own key, and not by a CA.",
            "Have the CSR signed by a CA, and drop its chain.",
        )
    if any(is_ca(one) for one in signers):
        return None
    if signers:
        return _unfit_signer(top, signers)
    return _bad_signature(top) if named else None


def _named_issuers(top: Certificate, certificates: Sequence[Certificate]) -> list[Certificate]:
    """Returns the certificates that `top` names as its issuer, by name and key identifier."""
    return [
        one for one in certificates if one.subject_key == top.issuer_key and keys_may_fit(top, one)
    ]


def _unfit_signer(top: Certificate, signers: Sequence[Certificate]) -> Finding:
    """The finding about issuers of which none may sign certificates, or none says so readably."""
    for issuer in signers:
        for extension in issuer.unread:
            if extension.oid in DECISIVE:
                return Finding(
                    "unreadable-extension",
                    f"{subject_of(top)} was signed by {subject_of(issuer)}, in whose certificate "
                    f"the extension {extension.name} cannot be read, so clients refuse it.",
                    "Ask the CA for a certificate of its own that clients can read.",
                )
    return Finding(
        "issuer-may-not-sign",
        f"{subject_of(top)} was signed by {issuer_of(top)}, whose certificate is not one of a CA.",
        "Have the CSR signed by a CA, and drop its chain.",
    )


def _bad_signature(top: Certificate) -> Finding:
    return Finding(
        "bad-signature",
        f"The signature on the certificate of {subject_of(top)} was not made by the key of "
        f"{issuer_of(top)} that is in the file: one of the two is damaged or is another one.",
        "Ask the CA for the certificate and its chain once more.",
    )


def _missing(
    chain: Chain,
    certificates: Sequence[Certificate],
    trust: Trust,
    roots: Sequence[Certificate] = (),
) -> Finding:
    """The finding about an issuer that is missing, with all hints about it; `roots` are roots in
    the file that did not issue the top of the chain.
    """
    top = chain.path[-1]
    trusted = f"put it into {trust.place}, and drop the file again"
    hints = _issuer_hints(top)
    hint = f" ({', '.join(hints)})" if hints else ""
    known = " and is not trusted for this vault either" if trust.anchors else ""
    beside = ""
    if any(one.subject_key == top.issuer_key for one in certificates):
        beside = " The one of this name that is in the file has another key."
    elif roots:
        beside = f" No root that is in the file issued it: {several(map(subject_of, roots))}."
    return Finding(
        "missing-intermediate",
        f"The certificate of {issuer_of(top)}{hint}, which issued {subject_of(top)}, is not among "
        f"those that could be read from the file{known}.{beside}",
        "Get that certificate from the CA and drop both together."
        + (f" If it is a CA whose certificates the vault should take: {trusted}." if known else ""),
    )


def _roots_beside(
    chain: Chain, certificates: Sequence[Certificate], signatures: Signatures
) -> list[Certificate]:
    """Returns roots in the file to which the chain does not lead: certificates between are
    missing.
    """
    return [
        one
        for one in certificates
        if one not in chain.all() and is_ca(one) and signatures.self_signed(one)
    ]


def _issuer_hints(certificate: Certificate) -> list[str]:
    """Returns what a certificate says of its issuer: the key identifier, and URLs."""
    key = authority_key_id(certificate)
    hints = [f"key identifier {printed(key.hex(':').upper())}"] if key else []
    return hints + [f"to be had at {printed(url)}" for url in _issuer_urls(certificate)[:2]]


def _issuer_urls(certificate: Certificate) -> list[str]:
    """Returns where the issuer's certificate is published (RFC 5280 §4.2.2.1). Certflow never
    fetches it: the sender of the file chose the URL.
    """
    return [
        str(one.access_location.value)
        for one in certificate.extension(x509.AuthorityInformationAccess) or ()
        if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS
        and isinstance(one.access_location, x509.UniformResourceIdentifier)
    ]


def _unlimited(chain: Chain, trust: Trust) -> Iterator[Finding]:
    """Findings about a vault without trusted CAs, which accepts the certificates of any CA."""
    top = chain.top
    if chain.end is End.OPEN:
        root = f"{issuer_of(top)}, whose self-signed certificate is not in the file"
        yield Finding(
            "root-not-in-file",
            f"The chain ends at {subject_of(top)}. Its issuer, {issuer_of(top)}, is taken for the "
            "root, which servers need not send.",
            "If it is no root: drop the chain again with its certificate.",
        )
    else:
        root = f"{subject_of(top)}, SHA-256 {sha256_of(top)}"
    yield Finding(
        "any-ca-accepted",
        "Nothing says whose certificates this vault takes, so any CA's are. The root of this "
        f"one: {root}.",
        "To take this CA's certificates and no others: put its root certificate into "
        f"{trust.place}. The word public in a file there stands for the public CAs.",
    )
