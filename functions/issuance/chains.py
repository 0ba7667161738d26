"""Which way round the certificates of a file go: from the leaf up to a CA, by verified signatures."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from functions.issuance.describe import subject_of
from functions.issuance.findings import ChainProblem
from functions.issuance.keys import key_sha256
from functions.issuance.trust import Trust, may_sign

# A file of a hundred CAs of one name would need ten thousand signatures to be tried, with keys that its sender chose.
MAX_IN_VAIN = 200
# RSA keys beyond these are no CA's, and can take seconds to verify with.
MAX_RSA_BITS, MAX_RSA_EXPONENT = 8192, 2**32

# What comes of a key that has not made a signature, or cannot make one.
NOT_VERIFIED = (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError)

Path = tuple[x509.Certificate, ...]


class End(IntEnum):
    """Where a chain ends; of several, the highest is taken, and of these the shortest."""

    OPEN = 0  # at a certificate whose issuer is not there
    ROOT = 1  # at a self-signed certificate of the file
    TRUSTED = 2  # at a CA whose certificates are taken


@dataclass(frozen=True, slots=True)
class Chain:
    """`path` goes from the leaf up to the last CA below the root; `root` is apart: TLS servers need not send it (RFC
    8446 §4.4.2). `rooted` is False if the root comes from what is trusted, and was not in the file.
    """

    path: Path
    root: x509.Certificate | None
    end: End
    rooted: bool = True

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate that was asked for."""
        return self.path[0]

    @property
    def top(self) -> x509.Certificate:
        """The last certificate, the root if there is one."""
        return self.root or self.path[-1]

    def all(self) -> Path:
        """The path and the root."""
        return (*self.path, self.root) if self.root else self.path

    def der(self, *, include_root: bool) -> list[bytes]:
        """One DER item a certificate, leaf first: what Key Vault's merge takes (protocol §4.6)."""
        merged = self.all() if include_root and self.rooted else self.path
        return [certificate.public_bytes(Encoding.DER) for certificate in merged]


@dataclass
class Signatures:
    """Who signed what in a file, each question answered once. Raises ChainProblem after too many in vain."""

    known: dict[tuple[x509.Certificate, str], bool] = field(default_factory=dict)
    in_vain: int = 0

    def by(self, child: x509.Certificate, issuer: x509.Certificate) -> bool:
        """Whether `issuer` is what `child` names as its issuer, and its key made the signature."""
        if child.issuer != issuer.subject or not keys_may_fit(child, issuer):
            return False
        try:
            question = child, key_sha256(issuer)
        except ValueError:
            return False
        answer = self.known.get(question)
        if answer is None:
            if self.in_vain >= MAX_IN_VAIN:
                raise ChainProblem(
                    "too-entangled",
                    f"The file holds so many CAs with the name {subject_of(issuer)} that its chain cannot be told.",
                    "Drop the certificate and its own chain alone.",
                )
            answer = self.known[question] = _verified(child, issuer)
            self.in_vain += not answer
        return answer

    def self_signed(self, certificate: x509.Certificate) -> bool:
        """Whether a certificate is signed with its own key."""
        return self.by(certificate, certificate)


def build(
    leaf: x509.Certificate,
    certificates: Sequence[x509.Certificate],
    trust: Trust,
    now: datetime,
    signatures: Signatures,
) -> Chain:
    """The chain from `leaf` up: the shortest to a trusted CA, else to a root in the file, else the longest there is.

    Certificates that are valid now come first: a file may hold an old and a new certificate of one CA.
    """
    issuers = [one for one in certificates if one != leaf and (may_sign(one) or signatures.self_signed(one))]
    valid = [one for one in issuers if one.not_valid_before_utc <= now <= one.not_valid_after_utc]
    pools = [valid] if len(valid) == len(issuers) else [valid, issuers]
    path, end = max((_search(leaf, pool, trust, signatures) for pool in pools), key=_how_good)
    if len(path) == 1 or not signatures.self_signed(path[-1]):
        return Chain(path, None, end)
    return Chain(path[:-1], path[-1], end, rooted=path[-1] in certificates)


def _how_good(found: tuple[Path, End]) -> tuple[End, bool]:
    """Of two ways with one kind of end the first, unless it leads nowhere: an expired issuer is one all the same."""
    path, end = found
    return end, len(path) > 1


def by_key(certificates: Iterable[x509.Certificate]) -> dict[str, list[x509.Certificate]]:
    """The certificates under their key hash, the newest first. One whose key cannot be read is left out."""
    found: dict[str, list[x509.Certificate]] = {}
    for certificate in sorted(certificates, key=lambda one: one.not_valid_before_utc, reverse=True):
        try:
            found.setdefault(key_sha256(certificate), []).append(certificate)
        except ValueError:
            continue
    return found


def keys_may_fit(child: x509.Certificate, issuer: x509.Certificate) -> bool:
    """False if both say which key it is (RFC 5280 §4.2.1.1, §4.2.1.2), and disagree."""
    named, own = authority_key_id(child), subject_key_id(issuer)
    return named is None or own is None or named == own


def authority_key_id(certificate: x509.Certificate) -> bytes | None:
    """The key identifier of the issuer, if the certificate names it."""
    try:
        return certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return None


def subject_key_id(certificate: x509.Certificate) -> bytes | None:
    """The certificate's own key identifier, if it has one."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def _search(
    leaf: x509.Certificate, pool: Sequence[x509.Certificate], trust: Trust, signatures: Signatures
) -> tuple[Path, End]:
    """Breadth first: the first end of a kind is the nearest. A certificate is passed once, so loops end."""
    waiting: deque[Path] = deque([(leaf,)])
    seen = {leaf}
    path: Path = (leaf,)
    root: Path | None = None
    while waiting:
        path = waiting.popleft()
        if len(path) > 1 and trust.holds(path[-1]):
            return path, End.TRUSTED
        for anchor in trust.named(path[-1].issuer):
            if signatures.by(path[-1], anchor):
                return (path if anchor == path[-1] else (*path, anchor)), End.TRUSTED
        if signatures.self_signed(path[-1]):
            root = root or path
            continue
        for issuer in _issuers(path[-1], pool, signatures):
            if issuer not in seen:
                seen.add(issuer)
                waiting.append((*path, issuer))
    return (root, End.ROOT) if root else (path, End.OPEN)


def _issuers(
    certificate: x509.Certificate, pool: Sequence[x509.Certificate], signatures: Signatures
) -> Iterator[x509.Certificate]:
    return (one for one in pool if signatures.by(certificate, one))


def _verified(child: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Not by `verify_directly_issued_by`: that refuses SHA-1 and MD5, with which many roots have signed themselves (the
    checks tell where it matters), and names that differ only in the kind of string that they are written in.
    """
    try:
        key, signature, signed = issuer.public_key(), child.signature, child.tbs_certificate_bytes
        how: Any = child.signature_algorithm_parameters or padding.PKCS1v15()  # it knows none of MD5
        digest: Any = child.signature_hash_algorithm
        if isinstance(key, rsa.RSAPublicKey):
            if key.key_size > MAX_RSA_BITS or key.public_numbers().e > MAX_RSA_EXPONENT:
                return False
            key.verify(signature, signed, how, digest)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, signed, how)
        elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
            key.verify(signature, signed)
        else:
            return False
    except NOT_VERIFIED:
        return False
    return True
