"""What was asked for: what a CSR and the policy behind it want of the certificate that answers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from functions.issuance.certificate import Certificate, extension_of
from functions.issuance.keys import key_sha256
from functions.issuance.names import common_names, names_in, names_of

# Key Vault's words for the bits of a key usage (RFC 5280 §4.2.1.3), and cryptography's.
USAGES = {
    "digitalSignature": "digital_signature",
    "nonRepudiation": "content_commitment",
    "keyEncipherment": "key_encipherment",
    "dataEncipherment": "data_encipherment",
    "keyAgreement": "key_agreement",
    "keyCertSign": "key_cert_sign",
    "cRLSign": "crl_sign",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """`names` by kind as in Key Vault's `sans`; `usages` in Key Vault's words; `ekus` are OIDs; `months` is how long
    the certificate shall be valid, None if that was not said; `alternative` is False if the names are the subject's.
    """

    key_sha256: str
    names: Mapping[str, set[str]]
    usages: frozenset[str]
    ekus: frozenset[str]
    months: int | None = None
    common: frozenset[str] = frozenset()
    alternative: bool = True

    @property
    def is_ca(self) -> bool:
        """Whether a CA's certificate is asked for: to inspect TLS, say (Azure Firewall)."""
        return "keyCertSign" in self.usages


def asked_of(csr: x509.CertificateSigningRequest, policy: Mapping[str, Any] | None = None) -> Asked:
    """What a CSR asks for; what it does not say comes from the policy. The policy may have changed since, the CSR not.

    Raises ValueError if the CSR cannot be read.
    """
    props: Mapping[str, Any] = (policy or {}).get("x509_props") or {}
    names = names_of(csr)
    alternative = any(names.values())
    if not alternative:
        names |= names_in(csr.subject)
    return Asked(
        key_sha256=key_sha256(csr),
        names=names,
        usages=usages_of(csr) or frozenset(props.get("key_usage") or ()),
        ekus=ekus_of(csr) or frozenset(props.get("ekus") or ()),
        common=frozenset(common_names(csr.subject)),
        months=props.get("validity_months") or None,
        alternative=alternative,
    )


def usages_of(holder: Certificate | x509.CertificateSigningRequest) -> frozenset[str] | None:
    """The key usage in Key Vault's words; None without the extension: then a key may be used for anything."""
    usage = extension_of(holder, x509.KeyUsage)
    if usage is None:
        return None
    return frozenset(word for word, attribute in USAGES.items() if getattr(usage, attribute))


def ekus_of(holder: Certificate | x509.CertificateSigningRequest) -> frozenset[str] | None:
    """The OIDs of the extended key usage; None without the extension."""
    usage = extension_of(holder, x509.ExtendedKeyUsage)
    return None if usage is None else frozenset(oid.dotted_string for oid in usage)
