"""What is checked of a certificate by itself, and as the answer to a request; each a small function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from functions.issuance.asked import Asked, ekus_of
from functions.issuance.certificate import Certificate, readable_key
from functions.issuance.describe import several, subject_of
from functions.issuance.findings import Finding
from functions.issuance.lenient import DECISIVE
from functions.issuance.names import WORDS, names_in, names_of
from functions.issuance.phrases import moment
from functions.issuance.usage_checks import AGAIN, SERVER, is_ca, takes_part_in_tls, usages
from functions.issuance.validate import POISON, unknown_critical

SKEW = timedelta(minutes=5)  # how far clocks may differ
# A certificate "for 12 months" is a day or some minutes longer with many CAs; Key Vault's own by 10 minutes (protocol).
SLACK = timedelta(days=1, minutes=10)
WEAK_HASHES = {"md5", "sha1"}
LEAST_RSA_BITS, LEAST_EC_BITS = 2048, 224  # NIST SP 800-57, 112 bits of security: less no TLS client takes
ALTERNATIVE_NAME = "2.5.29.17"
LONGER_KEY = (
    "Start a new request whose policy asks for a longer key (key_props.key_size), have its CSR signed, and drop that "
    "chain."
)
Names = Mapping[str, set[str]]  # as `names_of` gives them


def check(leaf: Certificate, asked: Asked | None, now: datetime) -> Iterator[Finding]:
    """All that there is to say of a leaf by itself, and as an answer to what was asked. Its chain: `path_checks`."""
    names = names_of(leaf)
    yield from unreadable(leaf, DECISIVE | {ALTERNATIVE_NAME})
    yield from _critical_extensions(leaf)
    yield from validity(leaf, now, f"{AGAIN}.")
    yield from _leaf_is_no_ca(leaf, asked)
    yield from weak_signature(leaf, f"{AGAIN}, with SHA-256 or better.")
    yield from weak_key(leaf, LONGER_KEY)
    if asked:
        yield from _names(leaf, names, asked)
        yield from usages(leaf, asked)
        yield from _lifetime(leaf, asked)
    if is_for_servers(leaf, asked):
        yield from _has_names(leaf, names)
        if not (asked and "digitalSignature" in asked.usages):  # which `usages` looks for
            yield from takes_part_in_tls(leaf)


def is_for_servers(leaf: Certificate, asked: Asked | None) -> bool:
    """Whether a certificate is meant for a TLS server: what was asked says so, or else the certificate itself."""
    if asked and (asked.ekus or asked.is_ca):
        return SERVER in asked.ekus
    granted = ekus_of(leaf)
    return granted is None or SERVER in granted


def unreadable(certificate: Certificate, decisive: set[str]) -> Iterator[Finding]:
    """The extensions that cannot be read: of those that decide an error, of others a note."""
    for one in certificate.unread:
        what = f"The extension {one.name} of the certificate of {subject_of(certificate)} cannot be read"
        if one.oid in decisive:
            step = "Ask the CA to issue the certificate again, and to correct this extension."
            yield Finding("unreadable-extension", f"{what}, so clients refuse the certificate.", step)
        else:
            yield Finding("extension-ignored", f"{what}; it is not needed to judge the chain.")


def validity(certificate: Certificate, now: datetime, step: str) -> Iterator[Finding]:
    """Whether a certificate is valid now, with SKEW; `step` is what to do about one that has expired."""
    if certificate.not_valid_after_utc < now - SKEW:
        until = moment(certificate.not_valid_after_utc)
        yield Finding("expired", f"The certificate of {subject_of(certificate)} expired at {until}.", step)
    if certificate.not_valid_before_utc > now + SKEW:
        since = moment(certificate.not_valid_before_utc)
        yield Finding(
            "not-yet-valid",
            f"The certificate of {subject_of(certificate)} is not valid before {since}.",
            "Drop it again then, or ask the CA for one that is valid now.",
        )


def weak_signature(certificate: Certificate, step: str) -> Iterator[Finding]:
    """A signature that no client relies on."""
    if (hash_name := _signature_hash(certificate)) in WEAK_HASHES | {"unknown"}:
        yield Finding(
            "weak-signature",
            f"The certificate of {subject_of(certificate)} is signed with {_in_words(hash_name)}.",
            step,
        )


def weak_key(certificate: Certificate, step: str) -> Iterator[Finding]:
    """A key that no client relies on."""
    key = readable_key(certificate)
    weak = ""
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA_BITS:
        weak = f"an RSA key of {key.key_size} bits; {LEAST_RSA_BITS:,} are the least"
    elif isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < LEAST_EC_BITS:
        weak = f"an elliptic curve key of {key.key_size} bits; {LEAST_EC_BITS} are the least"
    if weak:
        yield Finding("weak-key", f"The certificate of {subject_of(certificate)} has {weak}.", step)


def _critical_extensions(leaf: Certificate) -> Iterator[Finding]:
    """RFC 5280 §4.2: who does not know a critical extension refuses the certificate."""
    unknown = unknown_critical(leaf)
    if POISON in unknown:
        yield Finding(
            "precertificate",
            f"The certificate of {subject_of(leaf)} is a precertificate, which a CA makes for the logs of Certificate "
            "Transparency; every client refuses it.",
            "Drop the certificate that the CA issued after it; it has the same serial number.",
        )
    elif unknown:
        yield Finding(
            "unknown-critical-extension",
            f"The certificate of {subject_of(leaf)} has critical extensions that clients do not know: "
            f"{several(unknown)}. They refuse it.",
            f"{AGAIN}, without these extensions, or with them not critical.",
        )


def _leaf_is_no_ca(leaf: Certificate, asked: Asked | None) -> Iterator[Finding]:
    """A request that has both keyCertSign and serverAuth may be meant for either: policies for servers are written with
    all key usages that there are (the sample of Terraform's provider has them).
    """
    a_ca = is_ca(leaf)
    if asked and asked.is_ca and not a_ca and SERVER not in asked.ekus:
        yield Finding(
            "leaf-is-no-ca",
            f"The request asks for a CA's certificate (key usage keyCertSign); the one of {subject_of(leaf)} is none.",
            f"{AGAIN}, as a subordinate CA.",
        )
    if a_ca and not (asked and asked.is_ca):
        yield Finding(
            "leaf-is-ca",
            f"The certificate of {subject_of(leaf)} is one of a CA: whoever has its key can issue certificates.",
            f"{AGAIN}, as a server's certificate. If a CA's was wanted, start a new request whose policy asks for the "
            "key usage keyCertSign, and have its CSR signed.",
        )


def _signature_hash(certificate: Certificate) -> str:
    try:
        algorithm = certificate.view.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):  # ValueError: RSA-PSS without its parameters
        return "unknown"
    return algorithm.name if algorithm else "none"  # Ed25519 and the like bring their own


def _in_words(hash_name: str) -> str:
    return "an algorithm that is not known here" if hash_name == "unknown" else hash_name.upper().replace("A1", "A-1")


def _names(leaf: Certificate, names: Names, asked: Asked) -> Iterator[Finding]:
    """Names count where clients look for them: in the subject alternative name (RFC 9525 §2).

    An address that was asked for as a DNS name, which Key Vault takes, counts as the address that clients look for.
    """
    given = dict(names)
    if not any(given.values()) and not asked.alternative:
        given |= names_in(leaf.subject)
    addresses = given["ipAddresses"] & asked.names.get("dns_names", set())
    given["dns_names"] = given["dns_names"] | addresses
    for kind, word in WORDS.items():
        missing = sorted(asked.names.get(kind, set()) - given[kind])
        covered = [name for name in missing if kind == "dns_names" and _wildcard_of(name) in given[kind]]
        if covered:
            yield Finding(
                "name-by-wildcard",
                f"The certificate of {subject_of(leaf)} has the {word} {several(covered)} by a wildcard alone.",
                f"If each name shall stand in it: {AGAIN[0].lower()}{AGAIN[1:]}, with all of its names.",
            )
        if lacking := [name for name in missing if name not in covered]:
            yield Finding(
                "name-missing",
                f"The certificate of {subject_of(leaf)} lacks the {word} {several(lacking)}, which was asked for.",
                f"{AGAIN}, with all of its names as subject alternative names.",
            )
        if added := sorted(given[kind] - asked.names.get(kind, set()) - asked.common - addresses):
            yield Finding(
                "name-added",
                f"The CA has added the {word} {several(added)}, which was not asked for.",
                "If that is not wanted, have the CSR signed again without it.",
            )


def _wildcard_of(name: str) -> str:
    """The wildcard that covers a host's name: it stands for the first label alone (RFC 9525 §6.3), and OpenSSL and
    browsers take none over a whole top-level domain. Empty if there is none.
    """
    parent = name.partition(".")[2]
    return f"*.{parent}" if "." in parent else ""


def _has_names(leaf: Certificate, names: Names) -> Iterator[Finding]:
    if not any(names.values()):
        yield Finding(
            "no-alternative-name",
            f"The certificate of {subject_of(leaf)} has no subject alternative name; browsers look nowhere else.",
            f"{AGAIN}, with its name as a subject alternative name.",
        )


def _lifetime(leaf: Certificate, asked: Asked) -> Iterator[Finding]:
    if asked.months is None:
        return
    longest = _months_after(leaf.not_valid_before_utc, asked.months) + SLACK
    if leaf.not_valid_after_utc > longest:
        days = (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days
        yield Finding(
            "lifetime-longer",
            f"The certificate of {subject_of(leaf)} is valid for {days} days; the policy asks for {asked.months} "
            "months.",
            "If the policy is meant so, ask the CA for a shorter one; otherwise correct the policy.",
        )


def _months_after(start: datetime, months: int) -> datetime:
    years, month = divmod(start.month - 1 + months, 12)
    day = min(start.day, 28)  # a month has that many, and SLACK covers the rest
    return start.replace(year=min(start.year + years, 9998), month=month + 1, day=day) + timedelta(days=start.day - day)
