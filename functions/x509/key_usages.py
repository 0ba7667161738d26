"""The key usages and extended key usages that a certificate has, or that a CSR asks for."""

from __future__ import annotations

from cryptography import x509

from functions.x509.certificate import Certificate, extension_of

# Key Vault's names for the bits of a key usage (RFC 5280 §4.2.1.3), and cryptography's.
USAGES = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
}


def usages_of(holder: Certificate | x509.CertificateSigningRequest) -> frozenset[str] | None:
    """Returns the key usage as Key Vault's names; None without the extension, which means that the
    key may be used for anything.
    """
    usage = extension_of(holder, x509.KeyUsage)
    if usage is None:
        return None
    return frozenset(word for word, attribute in USAGES.items() if getattr(usage, attribute))


def ekus_of(holder: Certificate | x509.CertificateSigningRequest) -> frozenset[str] | None:
    """Returns the OIDs of the extended key usage; None without the extension."""
    usage = extension_of(holder, x509.ExtendedKeyUsage)
    return None if usage is None else frozenset(oid.dotted_string for oid in usage)
