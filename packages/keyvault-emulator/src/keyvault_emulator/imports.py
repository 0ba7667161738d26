"""What import is given: a PFX or PEM text that holds one private key and its certificate (protocol §4.7)."""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12
from cryptography.utils import CryptographyDeprecationWarning

from keyvault_emulator.chains import is_for, leaf_first
from keyvault_emulator.errors import bad_pem, bad_pfx, key_not_in_pem, no_certificate_with_key
from keyvault_emulator.issuing_ca import Chain
from keyvault_emulator.keys_and_csrs import PrivateKey
from keyvault_emulator.policy import PEM, PFX

ARMOUR = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
CERTIFICATE = "CERTIFICATE"
KEY_LABELS = ("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")  # PKCS#8; `RSA PRIVATE KEY` is refused (azure-cli#19017)


@dataclass(frozen=True)
class Imported:
    """A key with its chain, and the form in which it came."""

    key: PrivateKey
    chain: Chain
    given: Chain
    content_type: str


def read_import(value: str, password: str) -> Imported:
    """Reads a PFX or PEM, as it is or in base64 once or twice, as SDKs send it; raises KeyVaultError. Slow."""
    with warnings.catch_warnings():
        # Old certificates and old ciphers are what imports are about.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        content = _unwrap(value)
        if isinstance(content, str):
            return _read_pem(content, password)
        return _read_pfx(content, password)


def _unwrap(value: str) -> str | bytes:
    """PEM text, or the bytes of what is taken for a PFX."""
    for _layer in range(3):
        if "-----BEGIN " in value:
            return value
        try:
            data = base64.b64decode("".join(value.split()), validate=True)
        except (binascii.Error, ValueError):
            break
        try:
            value = data.decode("ascii")
        except UnicodeDecodeError:
            return data
    raise bad_pfx()


def _read_pfx(data: bytes, password: str) -> Imported:
    try:
        content = pkcs12.load_pkcs12(data, password.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise bad_pfx() from None
    if content.cert is None or not isinstance(content.key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise no_certificate_with_key()
    chain = (content.cert.certificate, *(item.certificate for item in content.additional_certs))
    return Imported(content.key, chain, chain, PFX)


def _read_pem(text: str, password: str) -> Imported:
    blocks = [(found[1], found[0]) for found in ARMOUR.finditer(text)]
    if any(label.endswith("PRIVATE KEY") and label not in KEY_LABELS for label, _ in blocks):
        raise bad_pem()
    keys = [block for label, block in blocks if label in KEY_LABELS]
    if not keys:
        raise key_not_in_pem()
    try:
        key = load_pem_private_key(keys[0].encode(), password.encode() if "ENCRYPTED" in keys[0] else None)
        given = tuple(x509.load_pem_x509_certificate(block.encode()) for label, block in blocks if label == CERTIFICATE)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise bad_pem() from None
    if len(keys) > 1 or not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise no_certificate_with_key()
    leaf = next((certificate for certificate in given if is_for(certificate, key)), None)
    if leaf is None:
        raise no_certificate_with_key()
    return Imported(key, leaf_first(leaf, given), given, PEM)
