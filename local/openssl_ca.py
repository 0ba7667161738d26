"""The human CA of the demo and the tests: a root and an intermediate, made and used with the `openssl` program."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT_EXTENSIONS = (
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
)
LEAF_EXTENSIONS = (
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n"
    "extendedKeyUsage=serverAuth,clientAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
)

CA_FILE = "ca.ext"
CA_DAYS, LEAF_DAYS = 3650, 90  # a CA that ends with its certificates is worth a warning


class OpensslMissing(RuntimeError):
    """There is no `openssl` program on PATH."""


class OpensslCa:
    """A CA in a directory: `root.pem`, `issuing.pem` and their keys. Raises OpensslMissing, CalledProcessError."""

    def __init__(self, directory: Path) -> None:
        if shutil.which("openssl") is None:
            raise OpensslMissing("The openssl program is missing; install it (Debian: apt install openssl).")
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        (directory / CA_FILE).write_text(ROOT_EXTENSIONS)
        self._request("root", "/O=Example Org/CN=Example Root CA")
        self._openssl("x509", "-req", "-in", "root.csr", "-signkey", "root.key", "-out", "root.pem", extensions=CA_FILE)
        self._request("issuing", "/O=Example Org/CN=Example Issuing CA")
        self._sign("issuing.csr", "issuing.pem", "root", CA_FILE)

    @property
    def root(self) -> Path:
        """The root certificate (PEM)."""
        return self._directory / "root.pem"

    @property
    def issuing(self) -> Path:
        """The intermediate certificate (PEM)."""
        return self._directory / "issuing.pem"

    def sign(self, csr: bytes, name: str, dns_name: str) -> bytes:
        """Signs a CSR (PEM) for a DNS name; returns the leaf as PEM."""
        (self._directory / f"{name}.csr").write_bytes(csr)
        (self._directory / f"{name}.ext").write_text(f"{LEAF_EXTENSIONS}subjectAltName=DNS:{dns_name}\n")
        self._sign(f"{name}.csr", f"{name}.pem", "issuing", f"{name}.ext")
        return (self._directory / f"{name}.pem").read_bytes()

    def sign_another_key(self, name: str, dns_name: str) -> bytes:
        """A leaf (PEM) for a key that no vault has made."""
        self._request(name, f"/CN={dns_name}")
        return self.sign((self._directory / f"{name}.csr").read_bytes(), name, dns_name)

    def key(self, name: str) -> bytes:
        """The key (PEM) of what `sign_another_key` has signed under a name."""
        return (self._directory / f"{name}.key").read_bytes()

    def pkcs7(self, leaf: bytes) -> bytes:
        """Root, intermediate and a leaf (PEM), in this order, as certs-only PKCS#7 (DER)."""
        bundle = self._directory / "bundle.pem"
        bundle.write_bytes(self.root.read_bytes() + self.issuing.read_bytes() + leaf)
        self._openssl("crl2pkcs7", "-nocrl", "-certfile", "bundle.pem", "-outform", "DER", "-out", "bundle.p7b")
        return (self._directory / "bundle.p7b").read_bytes()

    def verify(self, leaf: Path) -> str:
        """What `openssl verify` says of a leaf (PEM) under the root and the intermediate."""
        return self._openssl("verify", "-CAfile", "root.pem", "-untrusted", "issuing.pem", str(leaf))

    def _request(self, name: str, subject: str) -> None:
        new_key = ("-new", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key")
        self._openssl("req", *new_key, "-out", f"{name}.csr", "-subj", subject)

    def _sign(self, csr: str, out: str, issuer: str, extensions: str) -> None:
        by = ("-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial")
        self._openssl("x509", "-req", "-in", csr, *by, "-out", out, extensions=extensions)

    def _openssl(self, *arguments: str, extensions: str | None = None) -> str:
        days = CA_DAYS if extensions == CA_FILE else LEAF_DAYS
        extra = ("-extfile", extensions, "-days", str(days), "-sha256") if extensions else ()
        done = subprocess.run(
            ["openssl", *arguments, *extra],
            cwd=self._directory,
            capture_output=True,
            text=True,
            check=True,
            timeout=300,
        )
        return done.stdout.strip()
