"""What merge and import are given: every form of `x5c` that the service takes, and the leaf in it (protocol §4.6)."""

from __future__ import annotations

import base64
import binascii
import warnings
from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7, pkcs12
from cryptography.utils import CryptographyDeprecationWarning

from keyvault_emulator.errors import no_leaf, no_valid_x5c, not_a_certificate, wrong_key
from keyvault_emulator.issuing_ca import Chain
from keyvault_emulator.keys_and_csrs import PrivateKey, public_bytes


def read_chain(x5c: list[str], key: PrivateKey) -> tuple[Chain, Chain]:
    """Returns the leaf for `key` and then the others, and all of them as they came; raises KeyVaultError."""
    certificates = [certificate for element in x5c for certificate in _read_element(element)]
    if not certificates:
        raise no_valid_x5c()
    try:
        leaf = _locate_leaf(certificates)
    except ValueError:  # a name in one of them cannot be read; it is parsed only now
        raise not_a_certificate() from None
    if not is_for(leaf, key):
        raise wrong_key()
    return leaf_first(leaf, certificates), tuple(certificates)


def leaf_first(leaf: x509.Certificate, certificates: Iterable[x509.Certificate]) -> Chain:
    """The leaf, then the others as they came."""
    return (leaf, *(certificate for certificate in certificates if certificate != leaf))


def leaf_to_root(chain: Chain) -> Chain:
    """A chain that starts with its leaf, each certificate followed by its issuer; strays come last."""
    ordered, rest = [chain[0]], list(chain[1:])
    while found := next((other for other in rest if other.subject == ordered[-1].issuer), None):
        ordered.append(found)
        rest.remove(found)
    return (*ordered, *rest)


def _read_element(element: str) -> list[x509.Certificate]:
    """One certificate, given as base64 of DER or of base64 text of DER, or a whole PKCS#7 or PFX."""
    data = _decode(element)
    if not data:
        raise no_valid_x5c()  # PEM armour ends here, too: it is no base64
    if inner := _decode_text(data):
        data = inner
    with warnings.catch_warnings():
        # What a CA signed badly is the caller's business, not this reader's.
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        for read in (_read_der, pkcs7.load_der_pkcs7_certificates, _read_pfx):
            try:
                return read(data)
            except (ValueError, UnsupportedAlgorithm):
                continue
    raise not_a_certificate()


def _read_der(data: bytes) -> list[x509.Certificate]:
    return [x509.load_der_x509_certificate(data)]


def _read_pfx(data: bytes) -> list[x509.Certificate]:
    bundle = pkcs12.load_pkcs12(data, None)
    found = [bundle.cert, *bundle.additional_certs]
    return [item.certificate for item in found if item is not None]


def _decode(text: str) -> bytes | None:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def _decode_text(data: bytes) -> bytes | None:
    """The second layer of a doubly encoded element; PEM armour inside an element is refused as outside."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return None
    if text.lstrip().startswith("-----BEGIN"):
        raise no_valid_x5c()
    return _decode(text)


def _locate_leaf(certificates: list[x509.Certificate]) -> x509.Certificate:
    """The one certificate that has not issued another of them; the order does not matter."""
    distinct = {certificate.public_bytes(Encoding.DER): certificate for certificate in certificates}
    candidates = [
        certificate
        for der, certificate in distinct.items()
        if not any(other.issuer == certificate.subject for key, other in distinct.items() if key != der)
    ]
    if len(candidates) != 1:
        raise no_leaf()
    return candidates[0]


def is_for(certificate: x509.Certificate, key: PrivateKey) -> bool:
    """Whether a certificate is for the public half of a key."""
    try:
        return public_bytes(certificate.public_key()) == public_bytes(key.public_key())
    except (ValueError, UnsupportedAlgorithm):
        return False
