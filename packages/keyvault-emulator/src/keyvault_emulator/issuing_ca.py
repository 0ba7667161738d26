"""Who signs: the certificate itself (issuer `Self`), or a small CA that plays `Test`, `DigiCert` and `GlobalSign`."""

from __future__ import annotations

import calendar
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256

from keyvault_emulator.distinguished_names import parse_name
from keyvault_emulator.keys_and_csrs import NOT_A_CA, PrivateKey, requested_extensions, signature_hash
from keyvault_emulator.policy import Policy

PROVIDERS = ("Test", "DigiCert", "GlobalSign")
BACKDATING = timedelta(seconds=600)  # protocol §3: NotBefore = creation − 600 s
type Chain = tuple[x509.Certificate, ...]


@dataclass(frozen=True)
class IssuingCa:
    """A root, and an intermediate that signs with `key`."""

    key: rsa.RSAPrivateKey
    root: x509.Certificate
    intermediate: x509.Certificate

    def issue(self, policy: Policy, csr: x509.CertificateSigningRequest, created: float) -> Chain:
        """Signs a leaf and returns it with its chain, root last."""
        leaf = _sign_leaf(policy, csr, created, self.intermediate.subject, self.key)
        return (leaf, self.intermediate, self.root)


def make_ca(provider: str) -> IssuingCa:
    """A new CA for a provider."""
    root_key, key = _ca_key(), _ca_key()
    root_name = parse_name(f"CN=Key Vault emulator {provider} root, O=Key Vault emulator")
    name = parse_name(f"CN=Key Vault emulator {provider} issuing CA, O=Key Vault emulator")
    root = _ca_certificate(root_name, root_key, root_name, root_key, path_length=1)
    return IssuingCa(key, root, _ca_certificate(name, key, root_name, root_key, path_length=0))


def self_sign(policy: Policy, csr: x509.CertificateSigningRequest, created: float, key: PrivateKey) -> Chain:
    """Signs a certificate with its own key."""
    return (_sign_leaf(policy, csr, created, csr.subject, key),)


def issuing_ca(provider: str) -> IssuingCa:
    """The CA of a provider, made when it is first asked for. Slow then: call it in a thread."""
    with _making:
        if provider not in CAS:
            CAS[provider] = make_ca(provider)
        return CAS[provider]


_making = threading.Lock()
CAS: dict[str, IssuingCa] = {}  # by provider; each lives as long as the process, or the file it is kept in


def validity(created: float, months: int) -> tuple[datetime, datetime]:
    """NotBefore and NotAfter of a certificate made now; a pending version shows the same, provisionally."""
    start = datetime.fromtimestamp(int(created), UTC)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start - BACKDATING, start.replace(year=year, month=month + 1, day=day)


def _sign_leaf(
    policy: Policy, csr: x509.CertificateSigningRequest, created: float, issuer: x509.Name, key: PrivateKey
) -> x509.Certificate:
    not_before, not_after = validity(created, policy.x509_props.validity_months)
    requested = requested_extensions(policy)
    key_usage = [item for item in requested if item[1]]
    others = [item for item in requested if not item[1]]
    builder = _builder(csr.subject, issuer, not_before, not_after).public_key(csr.public_key())
    for extension, critical in [
        *key_usage,
        (NOT_A_CA, False),
        *others,
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), False),
        (x509.SubjectKeyIdentifier.from_public_key(csr.public_key()), False),
    ]:
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, signature_hash(key))


def _ca_certificate(
    subject: x509.Name, key: rsa.RSAPrivateKey, issuer: x509.Name, issuer_key: rsa.RSAPrivateKey, *, path_length: int
) -> x509.Certificate:
    now = datetime.now(UTC).replace(microsecond=0)
    usage = dict.fromkeys(
        ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
    )
    return (
        _builder(subject, issuer, now - timedelta(days=1), now + timedelta(days=365 * 20))
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(
            x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False),
            critical=True,
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(issuer_key, SHA256())
    )


def _builder(subject: x509.Name, issuer: x509.Name, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .not_valid_before(start)
        .not_valid_after(end)
        .serial_number(secrets.randbits(126) | 1 << 126)  # 16 bytes, positive
    )


def _ca_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)
