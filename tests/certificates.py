"""Real certificates, made on the spot. No keys in the repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID


def make_name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def make_csr(common_name: str) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """A key and its CSR (DER)."""
    key = ec.generate_private_key(ec.SECP256R1())
    csr = x509.CertificateSigningRequestBuilder().subject_name(make_name(common_name)).sign(key, hashes.SHA256())
    return key, csr.public_bytes(Encoding.DER)


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


@dataclass
class Authority:
    """A CA certificate and its key, and the authority above it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey
    parent: Authority | None = None

    @classmethod
    def root(cls, name: str) -> Authority:
        return cls.named(make_name(name))

    @classmethod
    def named(cls, name: x509.Name) -> Authority:
        """A root of a name that is made already."""
        key = ec.generate_private_key(ec.SECP256R1())
        return cls(_certificate(name, key.public_key(), name, key, ca=True), key)

    def intermediate(self, name: str) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        issuer = self.certificate.subject
        return Authority(_certificate(make_name(name), key.public_key(), issuer, self.key, ca=True), key, self)

    def cross_sign(self, other: Authority) -> Authority:
        """Another authority, with a certificate of its name and key that this one has issued."""
        public_key, subject = other.key.public_key(), other.certificate.subject
        certificate = _certificate(subject, public_key, self.certificate.subject, self.key, ca=True)
        return Authority(certificate, other.key, self)

    def sign(
        self, csr: bytes, valid_for: timedelta = timedelta(days=90), issuer: x509.Name | None = None
    ) -> x509.Certificate:
        request = x509.load_der_x509_csr(csr)
        public_key = request.public_key()
        assert isinstance(public_key, ec.EllipticCurvePublicKey)
        names = [str(one.value) for one in request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        return _certificate(
            request.subject,
            public_key,
            issuer or self.certificate.subject,
            self.key,
            ca=False,
            valid_for=valid_for,
            dns_names=names,
        )


def _certificate(
    subject: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    ca: bool,
    valid_for: timedelta = timedelta(days=90),
    dns_names: Sequence[str] = (),
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=365))
        .not_valid_after(now + valid_for)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if dns_names:
        names = x509.SubjectAlternativeName([x509.DNSName(name) for name in dns_names])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())
