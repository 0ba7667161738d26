"""A chain in every format that CAs and people send, and a private key in every format that must not be sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)

from functions.model.request.operation import Operation, Status
from tests.certificates import DAY, Ca, Wish, csr_of, ec_key, pem
from tests.clock import fixed_now
from tests.unit.fakes import World
from tests.wrappings import armoured, zipped

LONG = Wish(start=-400 * DAY, end=4000 * DAY, url="http://ca.example.com/issuer.cer")
ROOT = Ca.root("Test Root", LONG, at=fixed_now)
ISSUING = ROOT.ca("Test Issuing CA", replace(LONG, path_length=0))
HOST = "web.example.com"
KEY = ec_key()
CSR = csr_of(KEY, HOST, [HOST])
LEAF = ISSUING.signs(CSR, replace(LONG, end=89 * DAY, names=[HOST]))
CHAIN = (LEAF, ISSUING.certificate, ROOT.certificate)
SECRET = BestAvailableEncryption(b"secret")


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


PEM, DER = pem(*CHAIN), b"".join(der(one) for one in CHAIN)
P7B = pkcs7.serialize_certificates(list(CHAIN), Encoding.DER)
CHAINS: dict[str, bytes] = {
    "pem": PEM,
    "reversed": pem(*reversed(CHAIN)),
    "prose": b"Dear customer,\r\n\r\n" + PEM.replace(b"\n", b"\r\n") + b"Regards\r\n",
    "bom": b"\xef\xbb\xbf" + PEM,
    "utf-16": PEM.decode().encode("utf-16"),
    "utf-16-le": PEM.decode().encode("utf-16-le"),
    "der": der(LEAF),
    "several-der": DER,
    "p7b": P7B,
    "p7b-pem": pkcs7.serialize_certificates(list(CHAIN), Encoding.PEM),
    "trusted": armoured("TRUSTED CERTIFICATE", der(LEAF) + bytes.fromhex("30083006060355040a0c00")).encode(),
    "base64": base64.b64encode(P7B),
    "base64-lines": base64.encodebytes(DER),
    "base64-of-pem": base64.b64encode(PEM),
    "x5c": json.dumps({"x5c": [base64.b64encode(der(one)).decode() for one in CHAIN]}).encode(),
    "json-of-pem": json.dumps({"data": {"certificate": pem(LEAF).decode(), "chain": [PEM.decode()]}}).encode(),
    "zip": zipped({f"chain/{index}.crt": pem(one) for index, one in enumerate(CHAIN)}),
    "zip-of-p7b": zipped({"chain.p7b": P7B, "read me.txt": b"Thank you.", "request.csr": CSR}),
}

OWN_KEY = Callable[[ec.EllipticCurvePrivateKey], bytes]
KEYS: dict[str, OWN_KEY] = {
    "pkcs8": lambda key: key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    "encrypted-pkcs8": lambda key: key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, SECRET),
    "sec1": lambda key: key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    "pfx": lambda key: pkcs12.serialize_key_and_certificates(b"web", key, None, None, NoEncryption()),
    "encrypted-pfx": lambda key: pkcs12.serialize_key_and_certificates(b"web", key, None, None, SECRET),
    "pem": lambda key: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "encrypted-pem": lambda key: key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, SECRET),
    "sec1-pem": lambda key: key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()),
    "openssh": lambda key: key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
    "openssh-unarmoured": lambda key: base64.b64decode(b"".join(KEYS["openssh"](key).splitlines()[1:-1])),
}
WRAPPERS: dict[str, Callable[[bytes], bytes]] = {
    "alone": lambda key: key,
    "in a zip": lambda key: zipped({"chain.pem": PEM, "key": key}),
    "in a zip after what cannot be read": lambda key: zipped({"nested.zip": zipped({}), "many": many(), "key": key}),
    "as base64": base64.b64encode,
    "as lines of base64": base64.encodebytes,
    "as base64 of base64": lambda key: base64.b64encode(base64.encodebytes(key)),
    "in JSON": lambda key: json.dumps({"chain": PEM.decode(), "key": base64.b64encode(key).decode()}).encode(),
    "in JSON in a zip": lambda key: zipped({"a.json": json.dumps([base64.b64encode(key).decode()]).encode()}),
    "after a certificate": lambda key: der(LEAF) + key,
    "after a certificate and a blank": lambda key: der(LEAF) + b"\r\n" + key,
    "after a PEM": lambda key: PEM + key,
    "labelled a certificate": lambda key: PEM + armoured("CERTIFICATE", key).encode(),
    "labelled a certificate, after one": lambda key: armoured("CERTIFICATE", der(LEAF) + key).encode(),
    "labelled a trusted certificate": lambda key: armoured("TRUSTED CERTIFICATE", der(LEAF) + key).encode(),
}
# For text only: a PEM key, or the base64 of one.
TEXT_WRAPPERS: dict[str, Callable[[bytes], bytes]] = {
    "as UTF-16": lambda key: key.decode().encode("utf-16"),
    "as UTF-16 without a mark": lambda key: key.decode().encode("utf-16-be"),
    "as UTF-16 after UTF-8": lambda key: PEM + key.decode().encode("utf-16-le"),
    "as UTF-16 after prose": lambda key: ("Здравствуйте!\n" * 9 + key.decode()).encode("utf-16-le"),
    "as text in JSON": lambda key: json.dumps({"chain": [PEM.decode(), {"key": key.decode()}]}).encode(),
    "without its first line": lambda key: PEM + key.split(b"\n", 1)[1],
}


def many() -> bytes:
    """More certificates than are read."""
    request = csr_of(KEY, HOST)
    return pem(*(ISSUING.signs(request) for _ in range(101)))


def world(csr: bytes = CSR, *, trusted: Ca | None = None) -> World:
    """Fakes with a pending request, started elsewhere, for a CSR."""
    made = World()
    made.vault.operations["web"] = Operation("0" * 32, Status.IN_PROGRESS, "Unknown", csr)
    if trusted:
        made.trusted.given["main"] = {"root.pem": pem(trusted.certificate)}
    return made
