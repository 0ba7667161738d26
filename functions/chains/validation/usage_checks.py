"""Checks what a certificate may be used for against what its request asked for: key usage and
extended key usage.
"""

from __future__ import annotations

from collections.abc import Iterator

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from functions.chains.validation.expected import RequestedAttributes
from functions.model.findings import Finding
from functions.x509.certificate import Certificate, readable_key
from functions.x509.describe import several, subject_of
from functions.x509.key_usages import ekus_of, usages_of
from functions.x509.usages import ANY_USAGE, CLIENT, SERVER, TLS_USAGES, eku_words

AGAIN = "Ask the CA to sign the CSR again"
# Each certificate of a public CA names a policy that begins like this (CA/Browser Forum, Baseline
# Requirements §7.1.6.1).
PUBLIC_POLICIES = "2.23.140.1."


def usages(leaf: Certificate, requested: RequestedAttributes) -> Iterator[Finding]:
    """Yields findings about usages that were asked for and are missing: an error if a TLS server or
    a CA needs the usage, or else a warning.

    It is only a note if clientAuth alone is missing from a public CA's certificate. Public CAs do
    not grant it any more (Chrome root program, from 2026), while Key Vault's default policy asks
    for it (protocol §3).
    """
    yield from _key_usage(leaf, requested)
    yield from _extended_key_usage(leaf, requested)


def _key_usage(leaf: Certificate, requested: RequestedAttributes) -> Iterator[Finding]:
    given = usages_of(leaf)
    if given is None:
        return
    lacking = requested.usages - given
    if isinstance(readable_key(leaf), ec.EllipticCurvePublicKey):
        lacking -= {"keyEncipherment"}  # means nothing for such a key (RFC 8422 §2)
    unfit = "digitalSignature" in lacking or ("keyCertSign" in lacking and has_ca_constraint(leaf))
    yield from _lacks(leaf, "key usage", lacking, unfit=unfit)


def _extended_key_usage(leaf: Certificate, requested: RequestedAttributes) -> Iterator[Finding]:
    granted = ekus_of(leaf)
    if granted is None:
        return
    missing = requested.ekus - granted
    if ANY_USAGE in granted:
        missing &= {SERVER}  # OpenSSL and Mozilla do not accept "any" for it
    if missing == {CLIENT} and SERVER in granted and _is_of_a_public_ca(leaf):
        yield Finding(
            "client-auth-not-granted",
            f"The certificate of {subject_of(leaf)} is for servers alone: public CAs do not grant "
            "client authentication any more.",
        )
    elif missing:
        yield from _lacks(
            leaf,
            "extended key usage",
            eku_words(missing),
            unfit=SERVER in missing or missing == requested.ekus,
        )


def takes_part_in_tls(leaf: Certificate) -> Iterator[Finding]:
    """Yields a finding if the key usage of a certificate excludes its use in TLS."""
    given = usages_of(leaf)
    if given is not None and not given & TLS_USAGES and not has_ca_constraint(leaf):
        yield Finding(
            "usage-unfit",
            f"The certificate of {subject_of(leaf)} cannot be a TLS server's: its key usage is "
            f"{several(sorted(given)) or 'empty'}.",
            f"{AGAIN}, with the key usage digitalSignature.",
        )


def has_ca_constraint(certificate: Certificate) -> bool:
    """Whether a certificate is a CA's, according to its basic constraints (RFC 5280 §4.2.1.9)."""
    basic = certificate.extension(x509.BasicConstraints)
    return basic is not None and basic.ca


def _is_of_a_public_ca(leaf: Certificate) -> bool:
    policies = leaf.extension(x509.CertificatePolicies)
    return policies is not None and any(
        one.policy_identifier.dotted_string.startswith(PUBLIC_POLICIES) for one in policies
    )


def _lacks(
    leaf: Certificate, what: str, lacking: frozenset[str], *, unfit: bool
) -> Iterator[Finding]:
    """The finding about missing usages; `unfit`: the certificate cannot be used without them."""
    if not lacking:
        return
    step = f"If that is needed: {AGAIN[0].lower()}{AGAIN[1:]}, with it."
    if unfit:
        step = (
            f"{AGAIN}, with this {what}. If the certificate is right and the request was not: "
            f"start a new request whose policy asks for the {what} that is wanted, and have its "
            "CSR signed."
        )
    yield Finding(
        "usage-unfit" if unfit else "usage-narrower",
        f"The certificate of {subject_of(leaf)} lacks the {what} {several(sorted(lacking))}, "
        "which was asked for.",
        step,
    )
