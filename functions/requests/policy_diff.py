"""Comparing a policy with a CSR, so that a pending request is never taken for one that it was not
made for.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from functions.model.request.operation import Operation
from functions.ports.key_vault_objects import AlternativeNames, KeyProperties, Policy
from functions.x509.san import names_of

CURVES = {"P-256": "secp256r1", "P-384": "secp384r1", "P-521": "secp521r1", "P-256K": "secp256k1"}


def differences(policy: Policy, csr_der: bytes) -> tuple[str, ...]:
    """What differs between a policy and a CSR (DER) in key type, subject and names, in words; empty
    if the CSR is for just what is asked.

    Fields that the policy leaves out count with Key Vault's defaults (protocol §3).
    """
    csr = x509.load_der_x509_csr(csr_der)
    asked, x509_props = policy.get("key_props") or {}, policy.get("x509_props") or {}
    names = _names(x509_props.get("sans") or {}, csr)
    pairs = (
        ("key type", _asked_key(asked), key_type(csr)),
        ("subject", _asked_subject(x509_props.get("subject") or ""), csr.subject),
        *((f"names ({kind})", *both) for kind, both in names.items()),
    )
    return tuple(
        f"{what}: asked {_text(asked)}, pending {_text(given)}"
        for what, asked, given in pairs
        if asked != given
    )


def is_for(policy: Policy, pending: Operation) -> bool:
    """Whether a pending operation is for just what a policy asks for, at its issuer."""
    same_issuer = issuer_of(policy).lower() == pending.issuer.lower()
    return same_issuer and not differences(policy, pending.csr)


def issuer_of(policy: Policy) -> str:
    """The issuer of a policy; Key Vault's default is `Unknown` (protocol §3)."""
    return str((policy.get("issuer") or {}).get("name") or "Unknown")


def _asked_key(asked: KeyProperties) -> str:
    if str(asked.get("kty") or "RSA").startswith("EC"):
        return f"EC {CURVES.get(asked.get('crv') or 'P-256')}"
    return f"RSA {asked.get('key_size') or 2048}"


def key_type(csr: x509.CertificateSigningRequest) -> str:
    """The key of a CSR in words: `EC secp256r1`, `RSA 2048`."""
    key = csr.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return f"RSA {key.key_size}" if isinstance(key, rsa.RSAPublicKey) else type(key).__name__


def _asked_subject(text: str) -> x509.Name | str:
    """A policy's subject; its text if it cannot be parsed, which then differs from any CSR's."""
    try:
        # Key Vault encodes the RDNs of the policy's text in reverse order (protocol §3), as does
        # RFC 4514 §2.1.
        return x509.Name.from_rfc4514_string(",".join(part.strip() for part in text.split(",")))
    except ValueError:
        return text


def _names(
    sans: AlternativeNames, csr: x509.CertificateSigningRequest
) -> dict[str, tuple[set[str], set[str]]]:
    """By kind: the names asked for, and those in the CSR; DNS names regardless of case."""
    lower = {"dns_names": str.lower}
    return {
        kind: ({lower.get(kind, str)(n) for n in sans.get(kind) or []}, names)
        for kind, names in names_of(csr).items()
    }


def _text(value: object) -> str:
    if isinstance(value, x509.Name):
        return value.rfc4514_string() or "none"
    return ", ".join(sorted(value)) or "none" if isinstance(value, set) else str(value)
