"""Two judges of one chain: the doctor, and `openssl verify` as a TLS client would call it."""

from __future__ import annotations

import ipaddress
import shutil
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from functions.chains.validation.build import Signatures
from functions.chains.validation.expected import RequestedAttributes
from functions.chains.validation.trust import trust_of
from functions.chains.validation.validate import validate
from functions.model.errors import BadSettings
from functions.model.findings import ChainProblem
from functions.x509.certificate import Certificate, load
from functions.x509.usages import SERVER

OPENSSL = shutil.which("openssl")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a chain is taken, and what is said: the codes of the doctor's findings (the errors alone if it refuses),
    or what `openssl` prints. `merged` is what the doctor would merge (DER, leaf first), `root` the root above that.
    """

    taken: bool
    said: tuple[str, ...] = ()
    merged: tuple[bytes, ...] = ()
    root: bytes | None = None


def doctor(
    leaf: bytes,
    others: Sequence[bytes],
    trusted: Sequence[bytes],
    asked: Callable[[Certificate], RequestedAttributes | None],
    now: datetime,
) -> Verdict:
    """The doctor's verdict on a leaf in a file with other certificates, below trusted ones (all DER).

    `asked` says what was asked for, given the leaf.
    """
    try:
        certificates = [load(der) for der in (leaf, *others)]
        trust = trust_of({"all.pem": b"".join(map(as_pem, trusted))} if trusted else {}, "here")
    except (ValueError, BadSettings) as refused:
        return Verdict(False, (type(refused).__name__,))
    try:
        judged = validate(certificates[0], certificates, asked(certificates[0]), trust, now, Signatures())
    except ChainProblem as problem:
        return Verdict(False, (problem.finding.code,))
    if judged.errors:
        return Verdict(False, tuple(one.code for one in judged.errors))
    root = judged.chain.root
    merged = tuple(judged.chain.der(include_root=False))
    return Verdict(True, tuple(one.code for one in judged.findings), merged, root.der if root else None)


def asked_for(leaf: Certificate, names: dict[str, set[str]]) -> RequestedAttributes:
    """What was asked for: a server's certificate with these names, for the key that the leaf has."""
    return RequestedAttributes(leaf.key_sha256 or "", names, usages=frozenset(), ekus=frozenset({SERVER}))


def openssl(
    leaf: bytes,
    others: Sequence[bytes],
    trusted: Sequence[bytes],
    name: str | None,
    now: datetime,
    *,
    partial: bool = False,
) -> Verdict:
    """What `openssl verify` says of a leaf for a server, with the other certificates as untrusted ones (all DER).

    `name` is the host's name or address that a client calls; `partial`: what is trusted need not be self-signed.
    """
    assert OPENSSL is not None
    with tempfile.TemporaryDirectory() as folder:
        files = {"leaf": [leaf], "others": others, "trusted": trusted}
        for file, content in files.items():
            Path(folder, file).write_bytes(b"".join(map(as_pem, content)))
        command = [OPENSSL, "verify", "-purpose", "sslserver", "-attime", str(int(now.timestamp()))]
        command += ["-trusted", "trusted", *(["-partial_chain"] if partial else [])]
        command += [*(["-untrusted", "others"] if others else []), *_called(name), "leaf"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return Verdict(done.returncode == 0, tuple(done.stderr.splitlines()))


def _called(name: str | None) -> list[str]:
    if name is None:
        return []
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return ["-verify_hostname", name]
    return ["-verify_ip", name]


def as_der(pem: bytes) -> bytes:
    """One certificate as DER; nothing is read of it."""
    return ssl.PEM_cert_to_DER_cert(pem.decode())


def as_pem(der: bytes) -> bytes:
    """One certificate as PEM; nothing is read of it."""
    return ssl.DER_cert_to_PEM_cert(der).encode()
