"""Inspecting a PEM of four certificates, against the calls of `cryptography` that its checks and its report need.

Ours is all of `inspect` but its I/O: reading, matching, chain, checks, report; the ports answer from memory. Bare is
each call that is needed, once, with nothing around it. Both read the PEM anew each time, because `cryptography` keeps
what it has parsed of a certificate; the trusted root is read once a process, and so before both.
"""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from OpenSSL import crypto

from functions.chains.inspect import inspect
from functions.model.request.actor import UNNAMED
from functions.model.request.history import Action
from functions.model.request.new_request import track
from functions.model.request.operation import Operation, Status
from functions.x509.key_usages import USAGES
from functions.x509.public_keys import read_csr
from tests.certificates import DAY, Ca, Key, Wish, csr_of, ec_key, pem, rsa_key
from tests.clock import NOW, fixed_now
from tests.unit.fakes import World

ROUNDS = 1000
NAMES = ("www.example.com", "example.com", "api.example.com")
KINDS = (x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier, x509.IPAddress, x509.OtherName)
POLICY = {
    "x509_props": {
        "ekus": ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
        "key_usage": ["digitalSignature", "keyEncipherment"],
        "validity_months": 12,
    }
}
type Holder = x509.Certificate | x509.CertificateSigningRequest


@dataclass(frozen=True)
class Sample:
    """A chain of four (leaf, two intermediates, root) for a pending request, and what both sides are given of it."""

    content: bytes
    csr: bytes
    anchors: dict[bytes, str]  # the trusted root: name (DER) → key hash
    world: World


def sample(new_key: Callable[[], Key]) -> Sample:
    """Certificates with the extensions that public CAs write, the request, and the root as the one that is trusted."""
    url = "http://ca.example.com/issuer.cer"
    years = Wish(start=-400 * DAY, end=3000 * DAY, url=url)
    above_leaves = replace(years, path_length=0)
    root = Ca.root("Example Root CA", years, new_key(), at=fixed_now)
    policy_ca = root.ca("Example Policy CA", years, new_key())
    issuing = policy_ca.ca("Example Issuing CA", above_leaves, new_key())
    csr = csr_of(new_key(), NAMES[0], NAMES)
    leaf = issuing.signs(csr, Wish(names=NAMES, url=url))

    world = World()
    operation = Operation("0" * 32, Status.IN_PROGRESS, "Unknown", csr)
    request = track("main", "web", operation, *read_csr(csr), None, NOW, Action("created", UNNAMED)).request
    world.ledger.tracked["main", "web", operation.request_id] = request
    world.vault.operations["web"], world.vault.policies["web"] = operation, POLICY
    world.trusted.given["main"] = {"root.pem": pem(root.certificate)}
    anchors = {root.subject.public_bytes(): key_hash(root.certificate)}
    return Sample(pem(leaf, issuing.certificate, policy_ca.certificate, root.certificate), csr, anchors, world)


def bare(content: bytes, csr: bytes, anchors: dict[bytes, str]) -> None:
    """What the checks and the report need of `cryptography`: each call once."""
    certificates = x509.load_pem_x509_certificates(content)
    for one in certificates:
        one.extensions  # noqa: B018  parsed here: reading refuses what breaks the rules of X.509
        one.subject.rfc4514_string()  # the report, for each certificate of the chain
        one.issuer.rfc4514_string()
        one.serial_number  # noqa: B018
        one.fingerprint(hashes.SHA256())
        one.not_valid_before_utc  # noqa: B018  the report; expired, not-yet-valid, lifetime-longer
        one.not_valid_after_utc  # noqa: B018
        key_hash(one)  # matching: any of them may be the leaf; building: whether the root is the trusted one
        rsa_numbers(one)
    leaf, *issuers = certificates
    for child, issuer in zip(certificates, (*issuers, issuers[-1]), strict=True):
        extension(child, x509.AuthorityKeyIdentifier)  # building: the issuer's key, if the certificate names it
        child.verify_directly_issued_by(issuer)  # the root's own: whether the chain ends there
        anchors.get(child.issuer.public_bytes())  # building: the chain ends at the first CA that is trusted
    for issuer in issuers:
        issuer.version  # noqa: B018  building: who may sign
        extension(issuer, x509.BasicConstraints)  # the same, and issuer-may-not-sign (path length)
        extension(issuer, x509.KeyUsage)
        extension(issuer, x509.SubjectKeyIdentifier)  # building: whether that is the key which a child names
        extension(issuer, x509.NameConstraints)  # issuer-may-not-sign
    for one in certificates[:-1]:
        one.signature_hash_algorithm  # noqa: B018  weak-signature
    extension(leaf, x509.BasicConstraints)  # leaf-is-ca
    openssl_verdict(certificates)
    hashlib.sha1(leaf.public_bytes(Encoding.DER), usedforsecurity=False).digest()  # already-merged: Key Vault's x5t
    names_and_usages(leaf)  # name-missing, name-added, usage-unfit, usage-narrower
    names_and_usages(x509.load_der_x509_csr(csr))  # what was asked for


def key_hash(certificate: x509.Certificate) -> str:
    """Public key → SubjectPublicKeyInfo (DER) → SHA-256."""
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).hexdigest()


def openssl_verdict(certificates: list[x509.Certificate]) -> None:
    """The verdict on the chain, with its root as what is trusted."""
    opened = [crypto.load_certificate(crypto.FILETYPE_ASN1, one.public_bytes(Encoding.DER)) for one in certificates]
    store = crypto.X509Store()
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    store.add_cert(opened[-1])
    crypto.X509StoreContext(store, opened[0], opened[1:-1]).verify_certificate()


def rsa_numbers(certificate: x509.Certificate) -> None:
    """The size of an RSA key (weak-key), and its exponent: keys that take seconds to verify with are not tried."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.key_size  # noqa: B018
        key.public_numbers().e  # noqa: B018


def names_and_usages(holder: Holder) -> None:
    """Alternative names of each kind, key usage, extended key usage."""
    if names := extension(holder, x509.SubjectAlternativeName):
        for kind in KINDS:
            names.get_values_for_type(kind)
    if usage := extension(holder, x509.KeyUsage):
        for attribute in USAGES.values():
            getattr(usage, attribute)
    if purposes := extension(holder, x509.ExtendedKeyUsage):
        for oid in purposes:
            oid.dotted_string  # noqa: B018


def extension[E: x509.ExtensionType](holder: Holder, kind: type[E]) -> E | None:
    """An extension, if it is there."""
    try:
        return holder.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


async def measure(one: Sample) -> tuple[list[float], list[float], list[float]]:
    """Seconds of `inspect`, of the bare calls, in turn, each first in every second round; and of OpenSSL's verdict."""
    certflow = one.world.certflow
    ours: list[float] = []
    theirs: list[float] = []
    verdicts: list[float] = []

    async def inspected() -> None:
        started = time.perf_counter()
        report = await inspect(certflow, one.content)
        ours.append(time.perf_counter() - started)
        assert report["outcome"] == "would-merge", report  # noqa: S101

    def called() -> None:
        started = time.perf_counter()
        bare(one.content, one.csr, one.anchors)
        theirs.append(time.perf_counter() - started)

    def judged() -> None:
        certificates = x509.load_pem_x509_certificates(one.content)
        started = time.perf_counter()
        openssl_verdict(certificates)
        verdicts.append(time.perf_counter() - started)

    for number in range(ROUNDS):
        judged()
        if number % 2:
            called()
            await inspected()
        else:
            await inspected()
            called()
    return ours, theirs, verdicts


def main() -> int:
    """Prints the medians and their ratio."""
    print(f"inspect 4 certificates, {ROUNDS} rounds in turn    ours   bare calls   ratio   of them OpenSSL's verdict")
    for name, new_key in (("RSA 2048, median", rsa_key), ("ECDSA P-256, median", ec_key)):
        one = sample(new_key)
        mine, other, verdict = (statistics.median(some) for some in asyncio.run(measure(one)))
        figures = f"{mine * 1e6:14.0f} us  {other * 1e6:8.0f} us   {mine / other:5.2f}   {verdict * 1e6:8.0f} us"
        print(f"  {name:<28} {figures}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
