"""Reads from a CSR, and from the policy that it was made by, what the certificate should have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

from functions.ports.key_vault_objects import Policy, X509Properties
from functions.x509.key_usages import ekus_of, usages_of
from functions.x509.public_keys import key_sha256
from functions.x509.san import common_names, names_in, names_of


@dataclass(frozen=True, slots=True)
class RequestedAttributes:
    """What a request asks for.

    `key_sha256` is the SHA-256 (hex) of the public key. `names` are by kind, as in Key Vault's
    `sans`; `alternative` is False if they come from the subject. `usages` are Key Vault's names,
    `ekus` OIDs. `months` is how long the certificate should be valid, None if unknown. `common` are
    the common names of the subject.
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
        """Whether a CA's certificate is asked for, for instance to inspect TLS (Azure Firewall)."""
        return "keyCertSign" in self.usages


def requested_attributes(
    csr: x509.CertificateSigningRequest, policy: Policy | None = None
) -> RequestedAttributes:
    """Returns what a CSR asks for, and from the policy what the CSR does not say: the CSR comes
    first because the policy may have changed since.

    Raises ValueError if the CSR cannot be read.
    """
    props: X509Properties = (policy or {}).get("x509_props") or {}
    names = names_of(csr)
    alternative = any(names.values())
    if not alternative:
        names |= names_in(csr.subject)
    return RequestedAttributes(
        key_sha256=key_sha256(csr),
        names=names,
        usages=usages_of(csr) or frozenset(props.get("key_usage") or ()),
        ekus=ekus_of(csr) or frozenset(props.get("ekus") or ()),
        common=frozenset(common_names(csr.subject)),
        months=props.get("validity_months") or None,
        alternative=alternative,
    )
