"""The CA of the emulator's own TLS in a directory: kept there from one start to the next, or given there.

The files have the names that mkcert gives its own, so `--ca-dir "$(mkcert -CAROOT)"` takes a CA that a machine trusts
already, and `CAROOT=DIR mkcert -install` makes it trust one that was made here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from keyvault_emulator.keeper import write_whole
from keyvault_emulator.tls import LocalCa

CERTIFICATE, KEY = "rootCA.pem", "rootCA-key.pem"
type SigningKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


class CaUnusable(ValueError):
    """What lies in the directory is no CA that could sign here; the text says which file, and what to change."""


def ca_in(directory: Path) -> LocalCa:
    """The CA of a directory, made there (mode 0600) if there is none. Raises CaUnusable, and OSError."""
    if directory.exists() and not directory.is_dir():
        raise CaUnusable(f"{directory} is a file: name a directory, in which {CERTIFICATE} and {KEY} are or will be")
    certificate, key = directory / CERTIFICATE, directory / KEY
    if not certificate.exists() and not key.exists():
        return _made(certificate, key)
    for here, other in ((certificate, key), (key, certificate)):
        if not here.exists():
            raise CaUnusable(f"{other} is there without {here}: put both there, or neither")
    _check(certificate, _read_certificate(certificate), _read_key(key), key)
    return LocalCa(trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes()))


def _made(certificate: Path, key: Path) -> LocalCa:
    certificate.parent.mkdir(parents=True, exist_ok=True)
    ca = trustme.CA(organization_name="Key Vault emulator")
    write_whole(key, ca.private_key_pem.bytes())  # first: a certificate without its key would be of no use
    write_whole(certificate, ca.cert_pem.bytes())
    return LocalCa(ca)


def _read_certificate(file: Path) -> x509.Certificate:
    try:
        found = x509.load_pem_x509_certificates(file.read_bytes())
    except ValueError as error:
        raise CaUnusable(f"{file} holds no certificate in PEM form ({error})") from error
    if len(found) != 1:
        raise CaUnusable(f"{file} holds {len(found)} certificates: put the CA's own there alone")
    return found[0]


def _read_key(file: Path) -> SigningKey:
    try:
        key = load_pem_private_key(file.read_bytes(), None)
    except TypeError as error:
        raise CaUnusable(f"{file} is encrypted: put the key there without a password") from error
    except ValueError as error:
        raise CaUnusable(f"{file} holds no private key in PEM form ({error})") from error
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise CaUnusable(f"{file} holds a key that is neither RSA nor of an elliptic curve: take one of these")
    return key


def _check(file: Path, certificate: x509.Certificate, key: SigningKey, key_file: Path) -> None:
    if certificate.public_key() != key.public_key():
        raise CaUnusable(f"{key_file} is not the key of the certificate in {file}")
    now = datetime.now(UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise CaUnusable(f"{file} is out of its time: it ends on {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    if not _may_sign(certificate):
        raise CaUnusable(f"{file} is no CA's: it lacks CA:TRUE among its basic constraints, or keyCertSign")
    if not _extension(certificate, x509.SubjectKeyIdentifier):
        raise CaUnusable(
            f"{file} has no subject key identifier, which what it signs refers to: openssl req -x509 adds it"
        )
    try:
        certificate.verify_directly_issued_by(certificate)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise CaUnusable(f"{file} is not signed by itself: put a root there, which clients can trust alone") from error


def _may_sign(certificate: x509.Certificate) -> bool:
    constraints, usage = _extension(certificate, x509.BasicConstraints), _extension(certificate, x509.KeyUsage)
    return constraints is not None and constraints.ca and (usage is None or usage.key_cert_sign)


def _extension[Extension: x509.ExtensionType](certificate: x509.Certificate, of: type[Extension]) -> Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(of).value
    except x509.ExtensionNotFound:
        return None
