"""Is a pending CSR for what is asked for? A pending request is never taken for another than it was made for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cryptography import x509

UPN = "1.3.6.1.4.1.311.20.2.3"  # the OtherName of a user principal name
CURVES = {"P-256": "secp256r1", "P-384": "secp384r1", "P-521": "secp521r1", "P-256K": "secp256k1"}


def differences(policy: Mapping[str, Any], csr_der: bytes) -> tuple[str, ...]:
    """What of a policy a CSR (DER) does not carry: key type, subject, names. Empty if it is for just what is asked.

    Fields that the policy leaves out count with Key Vault's defaults (protocol §3).
    """
    from cryptography import x509

    csr = x509.load_der_x509_csr(csr_der)
    asked, x509_props = policy.get("key_props") or {}, policy.get("x509_props") or {}
    pairs = (
        ("key type", _asked_key(asked), _key(csr)),
        ("subject", _asked_subject(x509_props.get("subject") or ""), csr.subject),
        *((f"names ({kind})", *both) for kind, both in _names(x509_props.get("sans") or {}, csr).items()),
    )
    return tuple(
        f"{what}: asked {_text(asked)}, pending {_text(given)}" for what, asked, given in pairs if asked != given
    )


def _asked_key(asked: Mapping[str, Any]) -> str:
    if str(asked.get("kty") or "RSA").startswith("EC"):
        return f"EC {CURVES.get(asked.get('crv') or 'P-256')}"
    return f"RSA {asked.get('key_size') or 2048}"


def _key(csr: x509.CertificateSigningRequest) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key = csr.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.curve.name}"
    return f"RSA {key.key_size}" if isinstance(key, rsa.RSAPublicKey) else type(key).__name__


def _asked_subject(text: str) -> x509.Name | str:
    """A policy's subject; its text if it cannot be read, which then differs from any CSR's."""
    from cryptography import x509

    try:
        # Key Vault encodes the policy's text in reverse (protocol §3), and so does RFC 4514 §2.1.
        return x509.Name.from_rfc4514_string(",".join(part.strip() for part in text.split(",")))
    except ValueError:
        return text


def _names(sans: Mapping[str, Any], csr: x509.CertificateSigningRequest) -> dict[str, tuple[set[str], set[str]]]:
    """By kind: the names asked for, and those in the CSR. DNS names without regard to case."""
    from cryptography import x509

    try:
        given: Any = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        given = x509.SubjectAlternativeName([])
    others = given.get_values_for_type(x509.OtherName)
    found = {
        "dns_names": {name.lower() for name in given.get_values_for_type(x509.DNSName)},
        "emails": set(given.get_values_for_type(x509.RFC822Name)),
        "uris": set(given.get_values_for_type(x509.UniformResourceIdentifier)),
        "ipAddresses": {str(address) for address in given.get_values_for_type(x509.IPAddress)},
        "upns": {one.value[2:].decode(errors="replace") for one in others if one.type_id.dotted_string == UPN},
    }
    lower = {"dns_names": str.lower}
    return {kind: ({lower.get(kind, str)(n) for n in sans.get(kind) or []}, names) for kind, names in found.items()}


def _text(value: object) -> str:
    from cryptography import x509

    if isinstance(value, x509.Name):
        return value.rfc4514_string() or "none"
    return ", ".join(sorted(value)) or "none" if isinstance(value, set) else str(value)
