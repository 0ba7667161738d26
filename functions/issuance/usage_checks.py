"""What a certificate may be used for, as the answer to what was asked: key usage and extended key usage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from functions.issuance.asked import Asked, ekus_of, usages_of
from functions.issuance.certificate import Certificate, readable_key
from functions.issuance.describe import several, subject_of
from functions.issuance.findings import Finding

AGAIN = "Ask the CA to sign the CSR again"
SERVER = ExtendedKeyUsageOID.SERVER_AUTH.dotted_string
CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string
ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string
EKU_NAMES = {
    SERVER: "serverAuth",
    CLIENT: "clientAuth",
    ExtendedKeyUsageOID.CODE_SIGNING.dotted_string: "codeSigning",
    ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string: "emailProtection",
    ExtendedKeyUsageOID.TIME_STAMPING.dotted_string: "timeStamping",
    ExtendedKeyUsageOID.OCSP_SIGNING.dotted_string: "OCSPSigning",
    ANY: "anyExtendedKeyUsage",
}
# A TLS server's key needs one of these (RFC 5280 §4.2.1.12, on serverAuth; OpenSSL's check_purpose_ssl_server).
TLS_USAGES = frozenset({"digitalSignature", "keyEncipherment", "keyAgreement"})
# The policies that a public CA's certificate names one of (CA/Browser Forum, Baseline Requirements §7.1.6.1).
PUBLIC_POLICIES = "2.23.140.1."


def usages(leaf: Certificate, asked: Asked) -> Iterator[Finding]:
    """The usages that were asked for. Unfit is what a TLS server cannot do without, or a CA; the rest is a warning.

    A note, if it is only that a public CA grants no clientAuth any more (Chrome root program, from 2026): Key Vault's
    default policy asks for it (protocol §3), and nobody could do otherwise.
    """
    given = usages_of(leaf)
    if given is not None and (lacking := asked.usages - given):
        if isinstance(readable_key(leaf), ec.EllipticCurvePublicKey):
            lacking -= {"keyEncipherment"}  # means nothing for such a key (RFC 8422 §2)
        unfit = "digitalSignature" in lacking or ("keyCertSign" in lacking and is_ca(leaf))
        yield from _lacks(leaf, "key usage", lacking, unfit=unfit)
    granted = ekus_of(leaf)
    missing = asked.ekus - granted if granted is not None else frozenset()
    if granted and ANY in granted:
        missing &= {SERVER}  # OpenSSL and Mozilla do not take "any" for it
    if missing == {CLIENT} and granted and SERVER in granted and _is_of_a_public_ca(leaf):
        yield Finding(
            "client-auth-not-granted",
            f"The certificate of {subject_of(leaf)} is for servers alone: public CAs do not grant client "
            "authentication any more.",
        )
    elif missing:
        yield from _lacks(
            leaf, "extended key usage", eku_words(missing), unfit=SERVER in missing or missing == asked.ekus
        )


def takes_part_in_tls(leaf: Certificate) -> Iterator[Finding]:
    """Whether a TLS server can do with the key usages that there are."""
    given = usages_of(leaf)
    if given is not None and not given & TLS_USAGES and not is_ca(leaf):
        yield Finding(
            "usage-unfit",
            f"The certificate of {subject_of(leaf)} cannot be a TLS server's: its key usage is "
            f"{several(sorted(given)) or 'empty'}.",
            f"{AGAIN}, with the key usage digitalSignature.",
        )


def is_ca(certificate: Certificate) -> bool:
    """Whether a certificate is one of a CA."""
    basic = certificate.extension(x509.BasicConstraints)
    return basic is not None and basic.ca


def _is_of_a_public_ca(leaf: Certificate) -> bool:
    policies = leaf.extension(x509.CertificatePolicies)
    return policies is not None and any(
        one.policy_identifier.dotted_string.startswith(PUBLIC_POLICIES) for one in policies
    )


def _lacks(leaf: Certificate, what: str, lacking: frozenset[str], *, unfit: bool) -> Iterator[Finding]:
    if lacking:
        yield Finding(
            "usage-unfit" if unfit else "usage-narrower",
            f"The certificate of {subject_of(leaf)} lacks the {what} {several(sorted(lacking))}, which was asked for.",
            f"{AGAIN}, with this {what}. If the certificate is right and the request was not: start a new request "
            f"whose policy asks for the {what} that is wanted, and have its CSR signed."
            if unfit
            else f"If that is needed: {AGAIN[0].lower()}{AGAIN[1:]}, with it.",
        )


def eku_words(oids: Iterable[str]) -> frozenset[str]:
    """Extended key usages by their names in RFC 5280 §4.2.1.12."""
    return frozenset(EKU_NAMES.get(oid, oid) for oid in oids)
