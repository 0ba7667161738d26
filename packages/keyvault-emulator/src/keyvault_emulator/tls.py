"""TLS for the local stack: a CA made at start, and a server certificate for whatever name a client asks for."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme

ALWAYS = ("localhost", "127.0.0.1", "::1")


class LocalCa:
    """A certificate authority that lives as long as the process that made it, or one that was kept or given.

    Clients trust it through a file (`write_ca`): `SSL_CERT_FILE` for the async SDK clients, `connection_verify=` for
    the sync ones.
    """

    def __init__(self, ca: trustme.CA | None = None) -> None:
        self._ca = ca or trustme.CA(organization_name="Certflow local stack")

    def write_ca(self, path: Path) -> Path:
        """Writes the CA certificate as PEM and returns the path."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._ca.cert_pem.write_to_path(str(path))
        return path

    def write_server_pair(self, directory: Path) -> tuple[Path, Path]:
        """Writes a certificate chain and its key (PEM) for a server that wants files; returns both paths."""
        directory.mkdir(parents=True, exist_ok=True)
        leaf, chain, key = self._ca.issue_cert(*ALWAYS), directory / "server.pem", directory / "server.key"
        key.touch(mode=0o600)
        chain.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        leaf.private_key_pem.write_to_path(str(key))
        return chain, key

    def server_context(self, *addresses: str) -> ssl.SSLContext:
        """A server context that answers for any host name: one not in ALWAYS gets a certificate when first asked for.
        `addresses` are IP addresses that clients use besides, for which nobody asks by name.

        Key Vault answers under every vault's own name; which names lead to this machine is the resolver's business.
        """
        contexts: dict[str, ssl.SSLContext] = {}
        default = self._context(*dict.fromkeys((*ALWAYS, *addresses)))

        def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
            if name and name not in ALWAYS:
                if name not in contexts:
                    contexts[name] = self._context(name)
                connection.context = contexts[name]

        default.sni_callback = choose
        return default

    def _context(self, *names: str) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._ca.issue_cert(*names).configure_cert(context)
        return context
