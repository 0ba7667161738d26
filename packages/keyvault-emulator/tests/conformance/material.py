"""Keys and certificates in place of recorded ones, whose private keys nobody has: like them, but for the key."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates
from cryptography.x509.oid import NameOID

from conformance.recordings import is_trimmed
from conformance.x509_content import parse_certificate
from keyvault_emulator.distinguished_names import parse_name
from testkit.certificates import exactly
from testkit.clock import real_now

type Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1(), "P-256K": ec.SECP256K1()}
_IMPORTED: dict[str, tuple[Key, x509.Certificate]] = {}  # by recorded `cer`: what was one certificate stays one


def import_value(bundle: dict[str, Any], *, pem: bool) -> str:
    """The `value` of an import that leads to a bundle: base64 of a PFX without a password, or PEM text."""
    cer = bundle["cer"]
    if is_trimmed(cer) or cer not in _IMPORTED:
        _IMPORTED[cer] = _like(bundle)
    key, certificate = _IMPORTED[cer]
    if pem:
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return (text + certificate.public_bytes(Encoding.PEM)).decode()
    pfx = serialize_key_and_certificates(None, key, certificate, None, NoEncryption())
    return base64.b64encode(pfx).decode()


def chain_for(csr: str | None, attributes: dict[str, Any] | None, *, with_ca: bool, twice: bool) -> list[str]:
    """An `x5c` with a certificate for a CSR (None: for another key), valid as `attributes` say, by a CA of our own.

    `with_ca`: the CA's certificate behind it; `twice`: base64 of base64.
    """
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Outside CA")])
    own = exactly(name, _ca_key().public_key(), name, _ca_key(), *_dates(None), ())
    if csr is None:
        leaf = own
    else:
        request = x509.load_der_x509_csr(base64.b64decode(csr))
        leaf = exactly(request.subject, request.public_key(), name, _ca_key(), *_dates(attributes), ())
    first = _b64(leaf)
    return [base64.b64encode(first.encode()).decode() if twice else first, *([_b64(own)] if with_ca else [])]


def _like(bundle: dict[str, Any]) -> tuple[Key, x509.Certificate]:
    """A certificate like a bundle's `cer`, or where that was trimmed like its policy says."""
    props, key = bundle["policy"]["x509_props"], _key_for(bundle["policy"]["key_props"])
    model = None if is_trimmed(bundle["cer"]) else parse_certificate(bundle["cer"])
    subject = model.subject if model else parse_name(props["subject"])
    extensions = [(one.value, one.critical) for one in model.extensions] if model else _extensions(props)
    return key, exactly(subject, key.public_key(), subject, key, *_dates(bundle["attributes"]), extensions)


def _extensions(props: dict[str, Any]) -> list[tuple[x509.ExtensionType, bool]]:
    """Those that a policy tells of."""
    assert not any(props.get(key) for key in ("ekus", "key_usage", "sans")), "no recording needs more"
    ca = props["basic_constraints"]["ca"]
    return [(x509.BasicConstraints(ca=ca, path_length=None), False)]


def _dates(attributes: dict[str, Any] | None) -> tuple[datetime, datetime]:
    if attributes is None:
        now = real_now()
        return now - timedelta(days=1), now + timedelta(days=30)
    return datetime.fromtimestamp(attributes["nbf"], UTC), datetime.fromtimestamp(attributes["exp"], UTC)


def _key_for(props: dict[str, Any]) -> Key:
    if "crv" in props:
        return ec.generate_private_key(CURVES[props["crv"]])
    return rsa.generate_private_key(65537, props["key_size"])


@cache
def _ca_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _b64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()
