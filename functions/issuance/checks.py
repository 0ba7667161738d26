"""What is checked of a certificate and its chain, each a small function that says what it finds."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from functions.issuance.asked import Asked, ekus_of, usages_of
from functions.issuance.chains import Chain
from functions.issuance.describe import several, subject_of
from functions.issuance.findings import Finding
from functions.issuance.names import WORDS, names_in, names_of
from functions.issuance.trust import may_sign

SKEW = timedelta(minutes=5)  # how far clocks may differ
# A certificate "for 12 months" is a day or some minutes longer with many CAs; Key Vault's own by 10 minutes (protocol).
SLACK = timedelta(days=1, minutes=10)
WEAK_HASHES = {"md5", "sha1"}
LEAST_RSA_BITS = 2048
MAX_COMPARISONS = 250_000  # of names with name constraints, as in Go's crypto/x509
SERVER = ExtendedKeyUsageOID.SERVER_AUTH.dotted_string
ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string
EKU_NAMES = {SERVER: "serverAuth", ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string: "clientAuth"}
AGAIN = "Ask the CA to sign the CSR again"
Names = Mapping[str, set[str]]  # as `names_of` gives them


def check(chain: Chain, asked: Asked | None, now: datetime) -> Iterator[Finding]:
    """All that there is to say of a chain by itself, and of its leaf as an answer to what was asked."""
    names = names_of(chain.leaf)
    yield from _validity(chain, now)
    yield from _leaf_is_no_ca(chain.leaf)
    yield from _strength(chain)
    yield from _may_sign(chain, names)
    if asked:
        yield from _names(chain.leaf, names, asked)
        yield from _usages(chain.leaf, asked)
        yield from _lifetime(chain.leaf, asked)
    yield from _has_names(chain.leaf, names)


def _validity(chain: Chain, now: datetime) -> Iterator[Finding]:
    for one in chain.all():
        step = f"{AGAIN}." if one is chain.leaf else "Ask the CA for its chain as it is now."
        if one.not_valid_after_utc < now - SKEW:
            until = f"{one.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
            yield Finding("expired", f"The certificate of {subject_of(one)} expired at {until}.", step)
        if one.not_valid_before_utc > now + SKEW:
            since = f"{one.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
            yield Finding(
                "not-yet-valid",
                f"The certificate of {subject_of(one)} is not valid before {since}.",
                "Drop it again then, or ask the CA for one that is valid now.",
            )


def _leaf_is_no_ca(leaf: x509.Certificate) -> Iterator[Finding]:
    try:
        basic = leaf.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return
    if basic.ca:
        yield Finding(
            "leaf-is-ca",
            f"The certificate of {subject_of(leaf)} is one of a CA: whoever has its key can issue certificates.",
            f"{AGAIN}, as a server's certificate and not as a CA's.",
        )


def _strength(chain: Chain) -> Iterator[Finding]:
    for one in chain.path:  # nobody relies on the signature of a root
        if (hash_name := _signature_hash(one)) in WEAK_HASHES | {"unknown"}:
            yield Finding(
                "weak-signature",
                f"The certificate of {subject_of(one)} is signed with {_in_words(hash_name)}.",
                f"{AGAIN}, with SHA-256 or better." if one is chain.leaf else "Ask the CA for a newer chain.",
            )
    for one in chain.all():
        key: Any = _key(one)
        if isinstance(key, rsa.RSAPublicKey) and key.key_size < LEAST_RSA_BITS:
            yield Finding(
                "weak-key",
                f"The certificate of {subject_of(one)} has an RSA key of {key.key_size} bits; "
                f"{LEAST_RSA_BITS:,} are the least.",
                "Ask the CA for a chain with longer keys.",
            )


def _signature_hash(certificate: x509.Certificate) -> str:
    try:
        algorithm = certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):  # ValueError: RSA-PSS without its parameters
        return "unknown"
    return algorithm.name if algorithm else "none"  # Ed25519 and the like bring their own


def _in_words(hash_name: str) -> str:
    return "an algorithm that is not known here" if hash_name == "unknown" else hash_name.upper().replace("A1", "A-1")


def _key(certificate: x509.Certificate) -> object:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def _may_sign(chain: Chain, names: Names) -> Iterator[Finding]:
    """Path length and name constraints (RFC 5280 §4.2.1.9, §4.2.1.10); that issuers are CAs, building has seen to."""
    room = MAX_COMPARISONS
    below = 0  # CA certificates between the leaf and the issuer, those that a CA has issued to itself not counted
    for issuer in chain.all()[1:]:
        basic = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value if may_sign(issuer) else None
        if basic and basic.path_length is not None and below > basic.path_length:
            yield _may_not(issuer, f"allows {basic.path_length} CAs below it, and there are {below}")
        limits = _limits(issuer)
        room -= len(limits) * (len(names["dns_names"]) + len(names["ipAddresses"]))
        if limits and room < 0:
            yield _may_not(issuer, "has more name constraints than can be held against so many names")
        elif wrong := [
            *_outside(limits, x509.DNSName, names["dns_names"]),
            *_outside(limits, x509.IPAddress, names["ipAddresses"]),
        ]:
            yield _may_not(issuer, f"may not issue for {several(wrong)}")
        below += issuer.subject != issuer.issuer


def _may_not(issuer: x509.Certificate, why: str) -> Finding:
    return Finding("issuer-may-not-sign", f"The CA {subject_of(issuer)} {why}.", "Ask the CA for a valid chain.")


def _limits(issuer: x509.Certificate) -> list[tuple[bool, x509.GeneralName]]:
    """The name constraints: whether one permits, and what."""
    try:
        limits = issuer.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        return []
    permitted, excluded = limits.permitted_subtrees or (), limits.excluded_subtrees or ()
    return [*((True, one) for one in permitted), *((False, one) for one in excluded)]


def _outside(
    limits: Iterable[tuple[bool, x509.GeneralName]], kind: type[x509.GeneralName], names: Iterable[str]
) -> list[str]:
    """The names that are not permitted, or are excluded."""
    within = _address_within if kind is x509.IPAddress else _host_within
    permitted = [one.value for permits, one in limits if permits and isinstance(one, kind)]
    excluded = [one.value for permits, one in limits if not permits and isinstance(one, kind)]
    return [name for name in sorted(names) if (permitted and not within(name, permitted)) or within(name, excluded)]


def _address_within(name: str, networks: Iterable[Any]) -> bool:
    address = ipaddress.ip_address(name)
    return any(address in network for network in networks)


def _host_within(name: str, domains: Iterable[Any]) -> bool:
    dotted = (str(domain).lower().lstrip(".") for domain in domains)
    return any(not domain or name == domain or name.endswith(f".{domain}") for domain in dotted)


def _names(leaf: x509.Certificate, names: Names, asked: Asked) -> Iterator[Finding]:
    given = dict(names)
    if not any(given.values()):
        given |= names_in(leaf.subject)
    for kind, word in WORDS.items():
        if missing := sorted(asked.names.get(kind, set()) - given[kind]):
            yield Finding(
                "name-missing",
                f"The certificate of {subject_of(leaf)} lacks the {word} {several(missing)}, which was asked for.",
                f"{AGAIN}, with all of its names.",
            )
        if added := sorted(given[kind] - asked.names.get(kind, set()) - asked.common):
            yield Finding(
                "name-added",
                f"The CA has added the {word} {several(added)}, which was not asked for.",
                "If that is not wanted, have the CSR signed again without it.",
            )


def _has_names(leaf: x509.Certificate, names: Names) -> Iterator[Finding]:
    if not any(names.values()):
        yield Finding(
            "no-alternative-name",
            f"The certificate of {subject_of(leaf)} has no subject alternative name; browsers look nowhere else.",
            f"{AGAIN}, with its name as a subject alternative name.",
        )


def _usages(leaf: x509.Certificate, asked: Asked) -> Iterator[Finding]:
    """Unfit is what a TLS server cannot do without. The rest is a warning: public CAs give no clientAuth any more
    (Chrome root program, from 2026), though Key Vault's default policy asks for it (protocol §3).
    """
    given = usages_of(leaf)
    if given is not None and (lacking := asked.usages - given):
        if isinstance(_key(leaf), ec.EllipticCurvePublicKey):
            lacking -= {"keyEncipherment"}  # means nothing for such a key (RFC 8422 §2)
        yield from _lacks(leaf, "key usage", lacking, unfit="digitalSignature" in lacking)
    granted = ekus_of(leaf)
    if granted is not None and ANY not in granted and (missing := asked.ekus - granted):
        words = frozenset(EKU_NAMES.get(oid, oid) for oid in missing)
        yield from _lacks(leaf, "extended key usage", words, unfit=SERVER in missing or missing == asked.ekus)


def _lacks(leaf: x509.Certificate, what: str, lacking: frozenset[str], *, unfit: bool) -> Iterator[Finding]:
    if lacking:
        yield Finding(
            "usage-unfit" if unfit else "usage-narrower",
            f"The certificate of {subject_of(leaf)} lacks the {what} {several(sorted(lacking))}, which was asked for.",
            f"{AGAIN}, with this {what}." if unfit else f"If that is needed: {AGAIN[0].lower()}{AGAIN[1:]}, with it.",
        )


def _lifetime(leaf: x509.Certificate, asked: Asked) -> Iterator[Finding]:
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
