"""Checks a certificate by itself, and against what its request asked for. Each check is a function
that yields findings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from functions.chains.validation.expected import RequestedAttributes
from functions.chains.validation.openssl import PRECERTIFICATE_POISON, unknown_critical
from functions.chains.validation.usage_checks import (
    AGAIN,
    has_ca_constraint,
    takes_part_in_tls,
    usages,
)
from functions.model.findings import Finding
from functions.model.humanize import moment
from functions.x509.certificate import Certificate, readable_key
from functions.x509.describe import several, subject_of
from functions.x509.key_usages import ekus_of
from functions.x509.rewrite import DECISIVE
from functions.x509.san import WORDS, names_in, names_of
from functions.x509.usages import SERVER

SKEW = timedelta(minutes=5)  # how far clocks may differ
# Many CAs issue certificates "for 12 months" that are a day or some minutes longer; those of Key
# Vault are 10 minutes longer (protocol).
LIFETIME_SLACK = timedelta(days=1, minutes=10)
WEAK_HASHES = {"md5", "sha1"}
# 112 bits of security (NIST SP 800-57): TLS clients refuse shorter keys.
MIN_RSA_BITS, MIN_EC_BITS = 2048, 224
ALTERNATIVE_NAME = "2.5.29.17"
LONGER_KEY = (
    "Start a new request whose policy asks for a longer key (key_props.key_size), have its CSR "
    "signed, and drop that chain."
)
Names = Mapping[str, set[str]]  # by kind, as `names_of` returns them


def check(
    leaf: Certificate, requested: RequestedAttributes | None, now: datetime
) -> Iterator[Finding]:
    """Yields all findings about a leaf by itself and, if `requested` is given, about what differs
    from the request. `issuer_checks` checks its chain.
    """
    names = names_of(leaf)
    yield from unreadable(leaf, DECISIVE | {ALTERNATIVE_NAME})
    yield from _critical_extensions(leaf)
    yield from validity(leaf, now, f"{AGAIN}.")
    yield from _leaf_is_no_ca(leaf, requested)
    yield from weak_signature(leaf, f"{AGAIN}, with SHA-256 or better.")
    yield from weak_key(leaf, LONGER_KEY)
    if requested:
        yield from _name_findings(leaf, names, requested)
        yield from usages(leaf, requested)
        yield from _lifetime(leaf, requested)
    if is_for_servers(leaf, requested):
        yield from _has_names(leaf, names)
        # If digitalSignature was asked for, `usages` checks it.
        if not (requested and "digitalSignature" in requested.usages):
            yield from takes_part_in_tls(leaf)


def is_for_servers(leaf: Certificate, requested: RequestedAttributes | None) -> bool:
    """Whether a certificate is meant for a TLS server, according to the request, or else to the
    certificate itself.
    """
    if requested and (requested.ekus or requested.is_ca):
        return SERVER in requested.ekus
    granted = ekus_of(leaf)
    return granted is None or SERVER in granted


def unreadable(certificate: Certificate, decisive: set[str]) -> Iterator[Finding]:
    """Yields findings about extensions that cannot be read: errors for those whose OIDs are in
    `decisive`, notes for others.
    """
    for one in certificate.unread:
        what = (
            f"The extension {one.name} of the certificate of {subject_of(certificate)} cannot "
            "be read"
        )
        if one.oid in decisive:
            step = "Ask the CA to issue the certificate again, and to correct this extension."
            yield Finding(
                "unreadable-extension", f"{what}, so clients refuse the certificate.", step
            )
        else:
            yield Finding("extension-ignored", f"{what}; it is not needed to validate the chain.")


def validity(certificate: Certificate, now: datetime, step: str) -> Iterator[Finding]:
    """Yields a finding unless a certificate is valid at `now`, give or take SKEW. `step` is the
    next step for one that has expired.
    """
    if certificate.not_valid_after_utc < now - SKEW:
        until = moment(certificate.not_valid_after_utc)
        yield Finding(
            "expired", f"The certificate of {subject_of(certificate)} expired at {until}.", step
        )
    if certificate.not_valid_before_utc > now + SKEW:
        since = moment(certificate.not_valid_before_utc)
        yield Finding(
            "not-yet-valid",
            f"The certificate of {subject_of(certificate)} is not valid before {since}.",
            "Drop it again then, or ask the CA for one that is valid now.",
        )


def weak_signature(certificate: Certificate, step: str) -> Iterator[Finding]:
    """Yields a finding about a signature with a hash that TLS clients do not accept."""
    if (hash_name := _signature_hash(certificate)) in WEAK_HASHES | {"unknown"}:
        yield Finding(
            "weak-signature",
            f"The certificate of {subject_of(certificate)} is signed with {_hash_name(hash_name)}.",
            step,
        )


def weak_key(certificate: Certificate, step: str) -> Iterator[Finding]:
    """Yields a finding about a key that is too short for TLS clients."""
    key = readable_key(certificate)
    weak = ""
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        weak = f"an RSA key of {key.key_size} bits; {MIN_RSA_BITS:,} are the least"
    elif isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < MIN_EC_BITS:
        weak = f"an elliptic curve key of {key.key_size} bits; {MIN_EC_BITS} are the least"
    if weak:
        yield Finding("weak-key", f"The certificate of {subject_of(certificate)} has {weak}.", step)


def _critical_extensions(leaf: Certificate) -> Iterator[Finding]:
    """RFC 5280 §4.2: a client refuses a certificate with a critical extension that it does not
    know.
    """
    unknown = unknown_critical(leaf)
    if PRECERTIFICATE_POISON in unknown:
        yield Finding(
            "precertificate",
            f"The certificate of {subject_of(leaf)} is a precertificate, which a CA makes for the "
            "logs of Certificate Transparency; every client refuses it.",
            "Drop the certificate that the CA issued after it; it has the same serial number.",
        )
    elif unknown:
        yield Finding(
            "unknown-critical-extension",
            f"The certificate of {subject_of(leaf)} has critical extensions that clients do not "
            f"know: {several(unknown)}. They refuse it.",
            f"{AGAIN}, without these extensions, or with them not critical.",
        )


def _leaf_is_no_ca(leaf: Certificate, requested: RequestedAttributes | None) -> Iterator[Finding]:
    """Whether the leaf is a CA's certificate although none was asked for, or the reverse.

    A request with both keyCertSign and serverAuth may be meant for either: people write policies
    for servers with all key usages (the sample of Terraform's provider has them).
    """
    a_ca = has_ca_constraint(leaf)
    if requested and requested.is_ca and not a_ca and SERVER not in requested.ekus:
        yield Finding(
            "leaf-is-no-ca",
            "The request asks for a CA's certificate (key usage keyCertSign); the one of "
            f"{subject_of(leaf)} is none.",
            f"{AGAIN}, as a subordinate CA.",
        )
    if a_ca and not (requested and requested.is_ca):
        yield Finding(
            "leaf-is-ca",
            f"The certificate of {subject_of(leaf)} is one of a CA: whoever has its key can issue "
            "certificates.",
            f"{AGAIN}, as a server's certificate. If a CA's was wanted, start a new request whose "
            "policy asks for the key usage keyCertSign, and have its CSR signed.",
        )


def _signature_hash(certificate: Certificate) -> str:
    """Returns the name of the signature's hash; "none" if the algorithm includes it, "unknown" if
    the algorithm is unknown.
    """
    try:
        algorithm = certificate.view.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):  # ValueError: RSA-PSS without its parameters
        return "unknown"
    return algorithm.name if algorithm else "none"  # Ed25519 and Ed448 include their hash


def _hash_name(hash_name: str) -> str:
    if hash_name == "unknown":
        return "an algorithm that is not known here"
    return hash_name.upper().replace("A1", "A-1")


def _name_findings(
    leaf: Certificate, names: Names, requested: RequestedAttributes
) -> Iterator[Finding]:
    """Compares the names with those that were asked for. Clients look for names in the subject
    alternative name alone (RFC 9525 §2).

    Key Vault accepts an IP address as a DNS name; if one was asked for like that, the IP address in
    the certificate counts as that name.
    """
    given = dict(names)
    if not any(given.values()) and not requested.alternative:
        given |= names_in(leaf.subject)
    addresses = given["ipAddresses"] & requested.names.get("dns_names", set())
    given["dns_names"] = given["dns_names"] | addresses
    for kind, word in WORDS.items():
        wanted = requested.names.get(kind, set())
        missing = sorted(wanted - given[kind])
        wildcards = given[kind] if kind == "dns_names" else set()
        covered = [name for name in missing if _wildcard_of(name) in wildcards]
        lacking = [name for name in missing if name not in covered]
        yield from _not_listed(leaf, word, covered, lacking)
        if added := sorted(given[kind] - wanted - requested.common - addresses):
            yield Finding(
                "name-added",
                f"The CA has added the {word} {several(added)}, which was not asked for.",
                "If that is not wanted, have the CSR signed again without it.",
            )


def _not_listed(
    leaf: Certificate, word: str, covered: Sequence[str], lacking: Sequence[str]
) -> Iterator[Finding]:
    """Findings about names of one kind, which `word` names, that are not in a certificate: those
    that a wildcard in it covers, and those that it lacks.
    """
    if covered:
        yield Finding(
            "name-by-wildcard",
            f"The certificate of {subject_of(leaf)} has the {word} {several(covered)} by a "
            "wildcard alone.",
            f"If each name shall stand in it: {AGAIN[0].lower()}{AGAIN[1:]}, with all of its "
            "names.",
        )
    if lacking:
        yield Finding(
            "name-missing",
            f"The certificate of {subject_of(leaf)} lacks the {word} {several(lacking)}, which was "
            "asked for.",
            f"{AGAIN}, with all of its names as subject alternative names.",
        )


def _wildcard_of(name: str) -> str:
    """Returns the wildcard that covers a host's name, empty if there is none. It stands for the
    first label alone (RFC 9525 §6.3), and OpenSSL and browsers refuse one over a top-level domain.
    """
    parent = name.partition(".")[2]
    return f"*.{parent}" if "." in parent else ""


def _has_names(leaf: Certificate, names: Names) -> Iterator[Finding]:
    if not any(names.values()):
        yield Finding(
            "no-alternative-name",
            f"The certificate of {subject_of(leaf)} has no subject alternative name; browsers "
            "look nowhere else.",
            f"{AGAIN}, with its name as a subject alternative name.",
        )


def _lifetime(leaf: Certificate, requested: RequestedAttributes) -> Iterator[Finding]:
    if requested.months is None:
        return
    longest = _months_after(leaf.not_valid_before_utc, requested.months) + LIFETIME_SLACK
    if leaf.not_valid_after_utc > longest:
        days = (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days
        yield Finding(
            "lifetime-longer",
            f"The certificate of {subject_of(leaf)} is valid for {days} days; the policy asks for "
            f"{requested.months} months.",
            "If the policy is right, ask the CA for a shorter one; otherwise correct the policy.",
        )


def _months_after(start: datetime, months: int) -> datetime:
    years, month = divmod(start.month - 1 + months, 12)
    day = min(start.day, 28)  # every month has that many days
    end = start.replace(year=min(start.year + years, 9998), month=month + 1, day=day)
    return end + timedelta(days=start.day - day)
