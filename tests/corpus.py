"""A corpus of what CAs send: every kind of key, every order of the certificates, every format of the file.

Made on the spot: the CAs, their revocation list, trust settings and most PKCS#7 by the `openssl` program, the leaves
and the rest by `cryptography`.
"""

from __future__ import annotations

import base64
import functools
import io
import itertools
import json
import subprocess
import tempfile
import textwrap
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7

from tests.certificates import DAY, Ca, Wish, csr_of, pem
from tests.clock import HANG, Clock, fixed_now

type PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
type Certificates = Sequence[x509.Certificate]

CA_EXTENSIONS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nkeyUsage=critical,keyCertSign,cRLSign\n"
ROOT_EXTENSIONS = f"{CA_EXTENSIONS}basicConstraints=critical,CA:TRUE\n"
ISSUING_EXTENSIONS = f"{CA_EXTENSIONS}basicConstraints=critical,CA:TRUE,pathlen:0\n"
SERVER_EXTENSIONS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nextendedKeyUsage=serverAuth\n"
CA_SETTINGS = """[ca]
default_ca=ca
[ca]
database=index.txt
new_certs_dir=.
rand_serial=yes
unique_subject=no
default_md=sha256
preserve=yes
policy=any
[any]
countryName=optional
organizationName=optional
commonName=supplied
"""


@dataclass(frozen=True)
class KeyType:
    """A kind of key, in Key Vault's words (`key_props`)."""

    kty: str
    key_size: int | None = None
    crv: str | None = None

    @property
    def props(self) -> dict[str, Any]:
        """As a policy has it."""
        return {name: value for name, value in vars(self).items() if value}

    def generate(self) -> PrivateKey:
        """A new key."""
        return ec.generate_private_key(CURVES[self.crv]()) if self.crv else rsa.generate_private_key(65537, _size(self))


CURVES: dict[str, type[ec.EllipticCurve]] = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1}
KEYS: dict[str, KeyType] = {
    **{f"RSA {size}": KeyType("RSA", key_size=size) for size in (2048, 3072, 4096)},
    **{f"EC {curve}": KeyType("EC", crv=curve) for curve in CURVES},
}


def _size(key_type: KeyType) -> int:
    assert key_type.key_size is not None
    return key_type.key_size


@dataclass(frozen=True)
class Hierarchy:
    """The CAs: `cross` is the issuing CA's name and key, certified by another root. The strangers are a root of others
    and a server's certificate by that root. `revoked` is the issuing CA's revocation list (PEM).
    """

    root: x509.Certificate
    issuing: x509.Certificate
    other_root: x509.Certificate
    cross: x509.Certificate
    strangers: tuple[x509.Certificate, x509.Certificate]
    revoked: bytes
    issuing_key: PrivateKey
    at: Clock

    def sign(self, csr: bytes) -> x509.Certificate:
        """The leaf for a CSR (DER), as a CA makes one: for 90 days, with the names that were asked for."""
        return Ca(self.issuing, self.issuing_key, self.at).signs(csr, Wish(start=-timedelta(hours=1), end=90 * DAY))


@functools.cache
def hierarchy(kty: str, at: Clock) -> Hierarchy:
    """The CAs that sign for keys of this kind ("RSA" or "EC"), with keys of the same kind. Made once a run."""
    root_key, issuing_key, other_key = (
        ("rsa:4096", "rsa:3072", "rsa:2048")
        if kty == "RSA"
        else tuple(f"ec:{curve}" for curve in ("P-521", "P-384", "P-256"))
    )
    with tempfile.TemporaryDirectory(prefix="certflow-corpus-") as name:
        ca = _OpensslCas(Path(name), at())
        ca.root("root", f"/C=DE/O=Example Org/CN=Example {kty} Root CA", root_key)
        ca.root("other-root", f"/C=DE/O=Example Org/CN=Example {kty} Root CA of Old", other_key)
        ca.root("stranger", "/C=DE/O=Others/CN=Root CA of Others", "ec:P-256")
        ca.request("issuing", f"/C=DE/O=Example Org/CN=Example {kty} Issuing CA", issuing_key)
        ca.sign("issuing", "root", ISSUING_EXTENSIONS)
        ca.sign("issuing", "other-root", ISSUING_EXTENSIONS, out="cross")
        ca.request("strange-server", "/CN=www.example.net", "rsa:2048")
        ca.sign("strange-server", "stranger", SERVER_EXTENSIONS)
        return Hierarchy(
            root=ca.certificate("root"),
            issuing=ca.certificate("issuing"),
            other_root=ca.certificate("other-root"),
            cross=ca.certificate("cross"),
            strangers=(ca.certificate("stranger"), ca.certificate("strange-server")),
            revoked=ca.revoked("issuing"),
            issuing_key=ca.key("issuing"),
            at=at,
        )


class _OpensslCas:
    """CAs in a directory, by the `openssl` program, which has no clock but the one that it is given."""

    def __init__(self, directory: Path, now: datetime) -> None:
        self.directory, self.now = directory, now
        (directory / "index.txt").write_text("")
        (directory / "ca.cnf").write_text(CA_SETTINGS)

    def root(self, name: str, subject: str, key: str) -> None:
        self.request(name, subject, key)
        self._sign(name, name, ROOT_EXTENSIONS, "-selfsign", "-keyfile", f"{name}.key")

    def request(self, name: str, subject: str, key: str) -> None:
        new_key = (key,) if key.startswith("rsa:") else ("ec", "-pkeyopt", f"ec_paramgen_curve:{key[3:]}")
        files = ("-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl(self.directory, "req", "-new", "-newkey", *new_key, "-nodes", *files, "-subj", subject)

    def sign(self, name: str, by: str, extensions: str, out: str | None = None) -> None:
        self._sign(name, out or name, extensions, "-cert", f"{by}.pem", "-keyfile", f"{by}.key")

    def revoked(self, by: str) -> bytes:
        files = ("-cert", f"{by}.pem", "-keyfile", f"{by}.key")
        dates = ("-crl_lastupdate", self._time(-DAY), "-crl_nextupdate", self._time(30 * DAY))
        return openssl(self.directory, "ca", "-config", "ca.cnf", "-gencrl", *files, *dates)

    def certificate(self, name: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((self.directory / f"{name}.pem").read_bytes())

    def key(self, name: str) -> PrivateKey:
        key = load_pem_private_key((self.directory / f"{name}.key").read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)
        return key

    def _sign(self, name: str, out: str, extensions: str, *by: str) -> None:
        (self.directory / f"{name}.ext").write_text(extensions)
        files = ("-config", "ca.cnf", "-in", f"{name}.csr", "-out", f"{out}.pem", "-extfile", f"{name}.ext")
        dates = ("-startdate", self._time(-DAY), "-enddate", self._time(3650 * DAY))
        openssl(self.directory, "ca", "-batch", "-notext", *files, *by, *dates)

    def _time(self, after: timedelta) -> str:
        return f"{self.now + after:%Y%m%d%H%M%SZ}"


def openssl(directory: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    """What the `openssl` program writes; it sees the files of this directory. Raises CalledProcessError."""
    command = ["openssl", *arguments]
    return subprocess.run(command, cwd=directory, input=stdin, capture_output=True, check=True, timeout=HANG).stdout


def make_csr(key: PrivateKey, host: str) -> bytes:
    """A CSR (DER) for a host, as Key Vault makes one."""
    return csr_of(key, host, [host])


# How the certificates lie in the file. For a cross-signed CA both its certificates and both roots are there, shuffled.
ORDERS: dict[str, Callable[[x509.Certificate, Hierarchy], list[x509.Certificate]]] = {
    "right order": lambda leaf, cas: [leaf, cas.issuing, cas.root],
    "reversed": lambda leaf, cas: [cas.root, cas.issuing, leaf],
    "shuffled": lambda leaf, cas: [leaf, cas.issuing, cas.root],
    "duplicates": lambda leaf, cas: [leaf, cas.issuing, leaf, cas.root, cas.issuing, cas.root],
    "stranger inside": lambda leaf, cas: [leaf, cas.strangers[0], cas.issuing, cas.strangers[1], cas.root],
    "root missing": lambda leaf, cas: [leaf, cas.issuing],
    "intermediate missing": lambda leaf, cas: [leaf, cas.root],
    "cross-signed": lambda leaf, cas: [leaf, cas.issuing, cas.cross, cas.root, cas.other_root],
}
SHUFFLED = {"shuffled", "cross-signed"}


def arrange(order: str, leaf: x509.Certificate, cas: Hierarchy, turn: int = 0) -> list[x509.Certificate]:
    """The certificates of a file in one of ORDERS. What is shuffled comes in all other ways, in turns."""
    given = ORDERS[order](leaf, cas)
    if order not in SHUFFLED:
        return given
    ways = [way for way in map(list, itertools.permutations(given)) if way not in (given, given[::-1])]
    return ways[turn % len(ways)]


def _ders(certificates: Certificates) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in certificates]


def _armoured(label: str, content: bytes) -> bytes:
    lines = "\n".join(textwrap.wrap(base64.b64encode(content).decode(), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n".encode()


def _letter(certificates: Certificates) -> bytes:
    """PEM as `openssl x509 -subject -issuer` prints it, pasted into a letter, with the line ends of Windows."""
    parts = ["Dear Sir or Madam,\n\nplease find your certificate(s) below -- please do NOT forward!\n"]
    for one in certificates:
        parts.append(f"\nsubject={one.subject.rfc4514_string()}\nissuer={one.issuer.rfc4514_string()}\n")
        parts.append(pem(one).decode())
    parts.append("\n\nKind regards\n-- \nYour PKI team · +49 30 1234567\n")
    return "".join(parts).replace("\n", "\r\n").encode()


def _blanks(certificates: Certificates) -> bytes:
    """PEM out of an editor that has begun it with a BOM and left blanks at the ends of lines."""
    return b"\xef\xbb\xbf" + pem(*certificates).replace(b"\n", b" \t\n\n") + b" \n\t\n"


@functools.lru_cache(maxsize=200)
def _with_trust_settings(certificate: x509.Certificate) -> bytes:
    settings = ("-addtrust", "serverAuth", "-addreject", "emailProtection", "-setalias", "Example")
    return openssl(Path(tempfile.gettempdir()), "x509", "-trustout", *settings, stdin=pem(certificate))


def _crl2pkcs7(certificates: Certificates, *options: str, revoked: bytes | None = None) -> bytes:
    with tempfile.TemporaryDirectory(prefix="certflow-corpus-") as name:
        directory = Path(name)
        (directory / "chain.pem").write_bytes(pem(*certificates))
        (directory / "revoked.pem").write_bytes(revoked or b"")
        lists = ("-in", "revoked.pem") if revoked else ("-nocrl",)
        return openssl(directory, "crl2pkcs7", *lists, "-certfile", "chain.pem", *options)


def _p7b(certificates: Certificates) -> bytes:
    return _crl2pkcs7(certificates, "-outform", "DER")


def _cryptography_p7b(certificates: Certificates) -> bytes:
    return pkcs7.serialize_certificates(list(certificates), Encoding.DER)


def _zip(certificates: Certificates) -> bytes:
    """One file a certificate in folders, in turns as PEM, DER, PKCS#7 and base64; and a readme."""
    writers: list[tuple[str, Callable[[Certificates], bytes]]] = [
        ("pem", _blanks),
        ("cer", lambda some: some[0].public_bytes(Encoding.DER)),
        ("p7b", _cryptography_p7b),
        ("txt", lambda some: base64.encodebytes(some[0].public_bytes(Encoding.DER))),
    ]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("certificates")
        for index, one in enumerate(certificates):
            extension, write = writers[index % len(writers)]
            archive.writestr(f"certificates/{'deeper/' * index}{index}.{extension}", write([one]))
        archive.writestr("certificates/readme.txt", "Install the files one after another.\r\n")
    return buffer.getvalue()


FORMATS: dict[str, Callable[[Certificates], bytes]] = {
    "PEM": lambda some: pem(*some),
    "PEM in a letter, CRLF": _letter,
    "PEM with BOM and blanks": _blanks,
    "TRUSTED CERTIFICATE": lambda some: b"".join(_with_trust_settings(one) for one in some),
    "X509 CERTIFICATE": lambda some: b"".join(_armoured("X509 CERTIFICATE", der) for der in _ders(some)),
    "DER after DER": lambda some: b"".join(_ders(some)),
    "base64, a line each": lambda some: b"\r\n".join(base64.b64encode(der) for der in _ders(some)),
    "base64 in one line": lambda some: base64.b64encode(b"".join(_ders(some))),
    "base64 in short lines": lambda some: b"\n".join(base64.encodebytes(der) for der in _ders(some)),
    "base64 of PEM": lambda some: base64.b64encode(pem(*some)),
    "UTF-16 LE with BOM": lambda some: b"\xff\xfe" + _letter(some).decode().encode("utf-16-le"),
    "UTF-16 BE with BOM": lambda some: b"\xfe\xff" + _letter(some).decode().encode("utf-16-be"),
    "UTF-16 LE without BOM": lambda some: pem(*some).decode().encode("utf-16-le"),
    "PKCS#7": _p7b,
    "PKCS#7 as PEM": _crl2pkcs7,
    # Nobody reads the dates of a revocation list here, so one does for both clocks.
    "PKCS#7 with a CRL": lambda some: _crl2pkcs7(some, "-outform", "DER", revoked=hierarchy("RSA", fixed_now).revoked),
    "PKCS#7 by cryptography": _cryptography_p7b,
    "PKCS#7 by cryptography as PEM": lambda some: pkcs7.serialize_certificates(list(some), Encoding.PEM),
    "PKCS#7 in base64": lambda some: base64.encodebytes(_p7b(some)).replace(b"\n", b"\r\n"),
    "PKCS #7 SIGNED DATA": lambda some: _armoured("PKCS #7 SIGNED DATA", _p7b(some)),
    "CMS": lambda some: _armoured("CMS", _p7b(some)),
    "zip with folders": _zip,
    "x5c": lambda some: json.dumps({"x5c": [base64.b64encode(der).decode() for der in _ders(some)]}, indent=2).encode(),
}
