"""Explains in findings why OpenSSL refuses a path of certificates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cryptography import x509

from functions.chains.validation.build import Path
from functions.chains.validation.openssl import (
    INVALID_CA,
    INVALID_EXTENSION,
    NAME_CONSTRAINTS,
    NO_ISSUER,
    NOT_A_SIGNER,
    PATH_LENGTH,
    UNKNOWN_CRITICAL,
    Refusal,
    refusal_of,
    unknown_critical,
)
from functions.model.findings import Finding
from functions.x509.certificate import Certificate
from functions.x509.der import items
from functions.x509.describe import issuer_of, printed, several, subject_of
from functions.x509.san import UPN, WORDS, names_of

NAME_KINDS = {
    x509.DNSName: "DNS name",
    x509.IPAddress: "IP address",
    x509.RFC822Name: "e-mail address",
    x509.UniformResourceIdentifier: "URI",
    x509.DirectoryName: "directory name",
}
VALID_CHAIN = "Ask the CA for a valid chain."
ANOTHER_CA_FOR_NAMES = (
    "Have the CSR signed by a CA that may issue for all of its names, or start a new request "
    "without the others and have its CSR signed."
)


def refused(path: Path) -> Iterator[Finding]:
    """Yields the finding about OpenSSL's refusal of a path (leaf first), if it refuses it.

    Unknown critical extensions of the leaf are left to `checks`.
    """
    refusal = refusal_of(path)
    if refusal is None:
        return
    if refusal.depth == 0 and refusal.code in UNKNOWN_CRITICAL and unknown_critical(path[0]):
        return
    yield _in_words(refusal, path)


def may_not_issue(issuer: Certificate, why: str, step: str = VALID_CHAIN) -> Finding:
    """Returns the finding about a CA that may not issue what it issued; `why` ends the sentence."""
    return Finding("issuer-may-not-sign", f"The CA {subject_of(issuer)} {why}.", step)


def path_length_passed(
    path: Sequence[Certificate], below: int
) -> tuple[Certificate, int, int] | None:
    """Returns the first CA whose path length is exceeded (RFC 5280 §4.2.1.9), that length, and how
    many CAs are below it; None if there is none.

    `below` is how many CAs count as below the path's first issuer. CAs that have issued to
    themselves do not count.
    """
    for issuer in path[1:]:
        basic = issuer.extension(x509.BasicConstraints)
        if basic and basic.path_length is not None and below > basic.path_length:
            return issuer, basic.path_length, below
        below += not issuer.self_issued
    return None


def _in_words(refusal: Refusal, path: Path) -> Finding:
    one = refusal.certificate
    if refusal.code in NAME_CONSTRAINTS:
        return _outside(path, refusal)
    if refusal.code in PATH_LENGTH:
        return _too_long(path)
    if refusal.code in UNKNOWN_CRITICAL and unknown_critical(one):
        return Finding(
            "unknown-critical-extension",
            f"The CA {subject_of(one)} has critical extensions that clients do not know: "
            f"{several(unknown_critical(one))}. They refuse it.",
            VALID_CHAIN,
        )
    if refusal.code in INVALID_CA | NOT_A_SIGNER:
        return may_not_issue(one, "may not sign certificates (basic constraints, key usage)")
    return _unreadable(refusal, path) or _another_issuer(refusal, path) or _other(refusal)


def _unreadable(refusal: Refusal, path: Path) -> Finding | None:
    """The finding about extensions that cannot be read, in the refused certificate or its
    issuer.
    """
    broken = [one for one in path[refusal.depth : refusal.depth + 2] if one.unread]
    if not broken or refusal.code not in INVALID_EXTENSION | NO_ISSUER:
        return None
    what = several(extension.name for one in broken for extension in one.unread)
    whose = several(subject_of(one) for one in broken)
    return Finding(
        "unreadable-extension",
        f"In the certificate of {whose} clients cannot read: {what}. They refuse it.",
        "Ask the CA to issue this certificate again, and to correct its extensions.",
    )


def _another_issuer(refusal: Refusal, path: Path) -> Finding | None:
    """The finding about a certificate that names another certificate of its CA as its issuer."""
    one = refusal.certificate
    issuers = path[refusal.depth + 1 : refusal.depth + 2]
    if refusal.code not in NO_ISSUER or not any(_names_another(one, issuer) for issuer in issuers):
        return None
    return Finding(
        "issuer-may-not-sign",
        f"{subject_of(one)} names another certificate of {issuer_of(one)} as its issuer than "
        "the one that is there (authority key identifier).",
        "Ask the CA for the certificate that this one names, and drop both together.",
    )


def _other(refusal: Refusal) -> Finding:
    return Finding(
        "refused-by-openssl",
        f"OpenSSL refuses the certificate of {subject_of(refusal.certificate)}, as most TLS "
        f"clients then do: {printed(refusal.words)} (error {refusal.code}).",
        "Ask the CA for a chain that TLS clients take.",
    )


def _names_another(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether a certificate names, by issuer and serial number, another certificate of its CA than
    this one (RFC 5280 §4.2.1.1).
    """
    named = certificate.extension(x509.AuthorityKeyIdentifier)
    serial = named.authority_cert_serial_number if named else None
    return serial is not None and serial != issuer.serial_number


def _too_long(path: Sequence[Certificate]) -> Finding:
    """The finding about a path length that is exceeded; names the CA whose limit it is."""
    if passed := path_length_passed(path, 0):
        issuer, allowed, below = passed
        return may_not_issue(issuer, f"allows {allowed} CAs below it, and there are {below}")
    return may_not_issue(path[-1], "allows fewer CAs below it than there are")


def _outside(path: Sequence[Certificate], refusal: Refusal) -> Finding:
    """The finding about names outside of name constraints. It names all CAs above that have some,
    because OpenSSL does not say whose were violated.
    """
    limiting = [one for one in path[refusal.depth + 1 :] if _limits(one)]
    whose = several(subject_of(one) for one in limiting) or "above it"
    limits = several(limit for one in limiting for limit in _limits(one))
    names = _all_names(refusal.certificate)
    has = f", with the names {several(names)}" if names else ""
    return Finding(
        "issuer-may-not-sign",
        f"The CA {whose} may not issue the certificate of {subject_of(refusal.certificate)}{has}. "
        f"Its name constraints: {limits or 'they cannot be read'} (OpenSSL: "
        f"{printed(refusal.words)}).",
        ANOTHER_CA_FOR_NAMES,
    )


def _all_names(certificate: Certificate) -> list[str]:
    return [name for of_kind in names_of(certificate).values() for name in sorted(of_kind)]


def _limits(issuer: Certificate) -> list[str]:
    """Returns the name constraints of a CA in words."""
    limits = issuer.extension(x509.NameConstraints)
    if limits is None:
        unread = any(one.oid == "2.5.29.30" for one in issuer.unread)
        return ["a name constraint that cannot be read"] if unread else []
    permitted = [f"only {_base(one)}" for one in limits.permitted_subtrees or ()]
    return permitted + [f"not {_base(one)}" for one in limits.excluded_subtrees or ()]


def _base(name: x509.GeneralName) -> str:
    if isinstance(name, x509.OtherName):
        kind = name.type_id.dotted_string
        return f"{WORDS['upns'] if kind == UPN else f'other name {kind}'} {_text(name.value)}"
    value = name.value.rfc4514_string() if isinstance(name.value, x509.Name) else name.value
    return f"{NAME_KINDS.get(type(name), 'other name')} {value or '(all)'}"


def _text(value: bytes) -> str:
    """Returns the text in an OtherName (DER), or its bytes in hex."""
    try:
        (item,) = items(value)
        return printed(item.content.decode())
    except ValueError:
        return value.hex()
