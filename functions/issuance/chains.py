"""The ways from a leaf up to a CA, by verified signatures. Which of them is good, and so taken, `diagnosis` says."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from functions.issuance.certificate import Certificate, Identity
from functions.issuance.describe import subject_of
from functions.issuance.findings import ChainProblem
from functions.issuance.trust import Trust, may_sign
from functions.issuance.validate import unknown_critical

# A file of a hundred CAs of one name would need ten thousand signatures to be tried, with keys that its sender chose.
MAX_IN_VAIN = 200
# What is looked at of the ways up: a hundred CAs that have certified each other have more than can be counted.
MAX_WAYS, MAX_STEPS = 50, 1000
# RSA keys beyond these are no CA's, and can take seconds to verify with.
MAX_RSA_BITS, MAX_RSA_EXPONENT = 8192, 2**32

ITS_OWN_CHAIN = (
    "Drop the certificate and its own chain alone; if there is nothing else in the file, have the CSR signed by a CA "
    "with a shorter chain."
)

# What comes of a key that has not made a signature, or cannot make one.
NOT_VERIFIED = (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError)

Path = tuple[Certificate, ...]


class End(IntEnum):
    """Where a chain leads; of several, the highest is preferred."""

    OPEN = 0  # to a certificate whose issuer is not there
    ROOT = 1  # to a CA with a self-signed certificate in the file
    TRUSTED = 2  # to a CA whose certificates are taken


@dataclass(frozen=True, slots=True)
class Chain:
    """`path` goes from the leaf up to the last CA below the root; `root` is apart: TLS servers need not send it (RFC
    8446 §4.4.2). `rooted` is False if the root comes from what is trusted, and was not in the file. `anchor` is the
    first CA of the chain that is trusted. `cut` is what is above the chain, and has expired.
    """

    path: Path
    root: Certificate | None
    end: End
    rooted: bool = True
    anchor: Certificate | None = None
    cut: Path = ()

    @property
    def leaf(self) -> Certificate:
        """The certificate that was asked for."""
        return self.path[0]

    @property
    def top(self) -> Certificate:
        """The last certificate, the root if there is one."""
        return self.root or self.path[-1]

    def all(self) -> Path:
        """The path and the root."""
        return (*self.path, self.root) if self.root else self.path

    def der(self, *, include_root: bool) -> list[bytes]:
        """One DER item a certificate, leaf first: what Key Vault's merge takes (protocol §4.6)."""
        merged = self.all() if include_root and self.rooted else self.path
        return [certificate.der for certificate in merged]


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways up from a leaf, the one to prefer first; `whole` is False if there are more than were looked at."""

    chains: Sequence[Chain]
    whole: bool


@dataclass
class Signatures:
    """Who signed what in a file, each question answered once. Raises ChainProblem after too many in vain."""

    known: dict[tuple[Certificate, Identity], bool] = field(default_factory=dict)
    in_vain: int = 0

    def by(self, child: Certificate, issuer: Certificate) -> bool:
        """Whether `issuer` is what `child` names as its issuer, and its key made the signature."""
        if child.issuer_key != issuer.subject_key or not keys_may_fit(child, issuer):
            return False
        question = child, issuer.identity
        answer = self.known.get(question)
        if answer is None:
            if self.in_vain >= MAX_IN_VAIN:
                raise ChainProblem(
                    "too-entangled",
                    f"The file holds so many CAs with the name {subject_of(issuer)} that its chain cannot be told.",
                    ITS_OWN_CHAIN,
                )
            answer = self.known[question] = _verified(child, issuer)
            self.in_vain += not answer
        return answer

    def self_signed(self, certificate: Certificate) -> bool:
        """Whether a certificate is signed with its own key."""
        return self.by(certificate, certificate)


def ways(
    leaf: Certificate,
    certificates: Sequence[Certificate],
    trust: Trust,
    now: datetime,
    signatures: Signatures,
) -> Ways:
    """Every way from `leaf` up (RFC 4158), the one to prefer first. None of them has been judged.

    Issuers are those of the file and those that are trusted. A way ends at a root, or where no issuer is to be had. It
    may end earlier below CAs that have all expired: these are a cross-certificate for older clients, and its root (the
    shape of AddTrust). Then the CA at which it ends is trusted, or nothing is, and it may be a root. Raises
    ChainProblem.
    """
    pool = [one for one in certificates if one != leaf and (may_sign(one) or signatures.self_signed(one))]
    roots = frozenset(one.identity for one in pool if signatures.self_signed(one))
    search = _Search(certificates, pool, roots, trust, signatures)
    paths, whole = search.paths(leaf)
    chains = {path: search.chain(path) for path in paths}
    for path in paths:
        for length in range(2, len(path)):
            short, above = path[:length], path[length:]
            if any(one.not_valid_after_utc >= now for one in above):
                continue
            if trust.holds(short[-1]) or not (trust.anchors or signatures.self_signed(above[0])):
                chains.setdefault(short, search.chain(short, above))
    return Ways(sorted(chains.values(), key=search.rank), whole)


@dataclass(frozen=True)
class _Search:
    """What is searched for ways up: the file's certificates, those of them that may be issuers, and its roots."""

    certificates: Sequence[Certificate]
    pool: Sequence[Certificate]
    roots: frozenset[Identity]
    trust: Trust
    signatures: Signatures
    known: dict[Certificate, list[Certificate]] = field(default_factory=dict)

    def paths(self, leaf: Certificate) -> tuple[list[Path], bool]:
        """The ways as far up as they go, the shortest first, and whether these are all. No CA is passed twice, and none
        ends at a certificate that a CA below it has issued.
        """
        waiting: deque[Path] = deque([(leaf,)])
        found: list[Path] = []
        steps = 0
        while waiting and steps < MAX_STEPS and len(found) < MAX_WAYS:
            steps += 1
            path = waiting.popleft()
            passed = {one.identity for one in path}
            known = self._issuers(path[-1])
            issuers = [one for one in known if one.identity not in passed]
            if len(path) > 1 and self.signatures.self_signed(path[-1]):
                found.append(path)
            elif issuers:
                waiting.extend((*path, one) for one in issuers)
            else:
                found.append(path[:-1] if known and len(path) > 1 else path)
        return found, not waiting

    def _issuers(self, certificate: Certificate) -> list[Certificate]:
        if certificate not in self.known:
            some = dict.fromkeys((*self.pool, *self.trust.named(certificate.issuer_key)))
            self.known[certificate] = [one for one in some if self.signatures.by(certificate, one)]
        return self.known[certificate]

    def chain(self, path: Path, cut: Path = ()) -> Chain:
        """A way as a chain."""
        anchor = next((one for one in path[1:] if self.trust.holds(one)), None)
        end = End.TRUSTED if anchor else End.ROOT if self._near(path) else End.OPEN
        whole = Chain(path, None, end, anchor=anchor, cut=cut)
        if len(path) == 1 or not self.signatures.self_signed(path[-1]):
            return whole
        return replace(whole, path=path[:-1], root=path[-1], rooted=path[-1] in self.certificates)

    def rank(self, chain: Chain) -> tuple[float, ...]:
        """The lower the better: where it leads; that it goes as far as it can; of the file's own certificates; near.

        Of two that are equally near the longer is taken, for a CA sends a cross-certificate for older clients; then
        the newer certificates.
        """
        path = chain.all()
        from_trust = sum(one not in self.certificates for one in chain.path)
        newest = [-one.not_valid_before_utc.timestamp() for one in path[1:]]
        return (-chain.end, bool(chain.cut), from_trust, self._near(path), -len(chain.path), *newest)

    def _near(self, path: Path) -> int:
        """How far up the first trusted CA is, or else the first that has its root in the file; 0 if none is."""
        trusted = [index for index, one in enumerate(path) if index and self.trust.holds(one)]
        rooted = [index for index, one in enumerate(path) if index and one.identity in self.roots]
        return (trusted or rooted or [0])[0]


def by_key(certificates: Iterable[Certificate]) -> dict[str, list[Certificate]]:
    """The certificates under their key hash, the one to take first. One whose key cannot be read is left out."""
    found: dict[str, list[Certificate]] = {}
    for certificate in sorted(certificates, key=_preference):
        if certificate.key_sha256:
            found.setdefault(certificate.key_sha256, []).append(certificate)
    return found


def _preference(certificate: Certificate) -> tuple[bool, bool, float]:
    """The newest first. One that no client takes stands behind all others, as a precertificate has the dates of its
    certificate; before it one that names itself as its issuer: somebody has made it to have one meanwhile.
    """
    nobody_takes, own = bool(unknown_critical(certificate)), certificate.self_issued
    return nobody_takes, own, -certificate.not_valid_before_utc.timestamp()


def keys_may_fit(child: Certificate, issuer: Certificate) -> bool:
    """False if both say which key it is (RFC 5280 §4.2.1.1, §4.2.1.2), and disagree."""
    named, own = authority_key_id(child), subject_key_id(issuer)
    return named is None or own is None or named == own


def authority_key_id(certificate: Certificate) -> bytes | None:
    """The key identifier of the issuer, if the certificate names it."""
    named = certificate.extension(x509.AuthorityKeyIdentifier)
    return named.key_identifier if named else None


def subject_key_id(certificate: Certificate) -> bytes | None:
    """The certificate's own key identifier, if it has one."""
    own = certificate.extension(x509.SubjectKeyIdentifier)
    return own.digest if own else None


def _verified(child: Certificate, issuer: Certificate) -> bool:
    """Not by `verify_directly_issued_by`: that refuses SHA-1 and MD5, with which many roots have signed themselves (the
    checks tell where it matters), and names that differ only in the kind of string that they are written in.
    """
    try:
        key, signature, signed = issuer.public_key(), child.view.signature, child.tbs
        how: Any = child.view.signature_algorithm_parameters or padding.PKCS1v15()  # it knows none of MD5
        digest: Any = child.view.signature_hash_algorithm
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
