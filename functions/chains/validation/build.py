"""Builds the possible chains from a leaf up to a CA, by verified signatures (RFC 4158).

`validate` checks them and takes the first good one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from functions.chains.validation.openssl import unknown_critical
from functions.chains.validation.trust import Trust, is_ca
from functions.model.findings import ChainProblem
from functions.x509.certificate import Certificate, Identity
from functions.x509.describe import subject_of

# Signatures that do not verify. In a file with a hundred CAs of one name there would be ten
# thousand to try, with keys that the sender of the file chose.
MAX_IN_VAIN = 200
# Paths, and steps of the search for them: between a hundred CAs that have certified each other
# there are more than can be counted.
MAX_WAYS, MAX_STEPS = 50, 1000
# No CA has RSA keys beyond these limits, with which a verification can take seconds.
MAX_RSA_BITS, MAX_RSA_EXPONENT = 8192, 2**32

ITS_OWN_CHAIN = (
    "Drop the certificate and its own chain alone; if there is nothing else in the file, have the "
    "CSR signed by a CA with a shorter chain."
)

# Errors for a key that did not make a signature, or cannot make any.
NOT_VERIFIED = (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError)

Path = tuple[Certificate, ...]


class End(IntEnum):
    """Where a chain ends. A chain with a higher value is preferred."""

    OPEN = 0  # at a certificate whose issuer is not there
    ROOT = 1  # at a CA with a self-signed certificate in the file
    TRUSTED = 2  # at a CA that is trusted


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of certificates.

    `path` goes from the leaf up to the last CA below the root. `root` is separate, because TLS
    servers need not send it (RFC 8446 §4.4.2). `rooted` is False if the root was not in the file
    but is a trusted certificate. `anchor` is the first CA of the chain that is trusted. `cut` are
    expired certificates above the chain, which are left out.
    """

    path: Path
    root: Certificate | None
    end: End
    rooted: bool = True
    anchor: Certificate | None = None
    cut: Path = ()

    @property
    def leaf(self) -> Certificate:
        """The certificate at the lower end, which the request asked for."""
        return self.path[0]

    @property
    def top(self) -> Certificate:
        """The last certificate: the root, if there is one."""
        return self.root or self.path[-1]

    def all(self) -> Path:
        """Returns the path and the root."""
        return (*self.path, self.root) if self.root else self.path

    def der(self, *, include_root: bool) -> list[bytes]:
        """Returns the certificates to merge (DER), leaf first, as Key Vault's merge takes them
        (protocol §4.6). A root that was not in the file is never included.
        """
        merged = self.all() if include_root and self.rooted else self.path
        return [certificate.der for certificate in merged]


@dataclass(frozen=True, slots=True)
class Ways:
    """The possible chains of a leaf, the preferred one first; `whole` is False if the search
    stopped at its limits.
    """

    chains: Sequence[Chain]
    whole: bool


@dataclass
class Signatures:
    """Verifies who signed what in a file, each signature once."""

    known: dict[tuple[Certificate, Identity], bool] = field(default_factory=dict)
    in_vain: int = 0

    def by(self, child: Certificate, issuer: Certificate) -> bool:
        """Whether `child` names `issuer` as its issuer, and the key of `issuer` made its signature.

        Raises ChainProblem after MAX_IN_VAIN signatures that did not verify.
        """
        if child.issuer_key != issuer.subject_key or not keys_may_fit(child, issuer):
            return False
        question = child, issuer.identity
        answer = self.known.get(question)
        if answer is None:
            if self.in_vain >= MAX_IN_VAIN:
                raise ChainProblem(
                    "too-entangled",
                    f"The file holds so many CAs with the name {subject_of(issuer)} that its "
                    "chain cannot be told.",
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
    """Finds every chain from `leaf` up (RFC 4158), the preferred one first, without validating
    them.

    Issuers are certificates of the file and trusted ones. A chain ends at a root, or where no
    issuer is found. It may end earlier if all CAs above have expired: they are a cross-certificate
    for older clients, and its root, as AddTrust's were. Then the CA at which it ends must be
    trusted, or, if the vault trusts no CA in particular, be one that may be a root. Raises
    ChainProblem.
    """
    pool = _possible_issuers(leaf, certificates, signatures)
    roots = frozenset(one.identity for one in pool if signatures.self_signed(one))
    search = _Search(certificates, pool, roots, trust, signatures)
    paths, whole = search.paths(leaf)
    chains = {path: search.chain(path) for path in paths}
    for path in paths:
        for short, above in _without_expired(path, now):
            if search.may_end(short, above):
                chains.setdefault(short, search.chain(short, above))
    return Ways(sorted(chains.values(), key=search.rank), whole)


def _possible_issuers(
    leaf: Certificate, certificates: Sequence[Certificate], signatures: Signatures
) -> list[Certificate]:
    return [
        one for one in certificates if one != leaf and (is_ca(one) or signatures.self_signed(one))
    ]


def _without_expired(path: Path, now: datetime) -> Iterator[tuple[Path, Path]]:
    """Splits a path, wherever that is possible, into its lower part (the leaf and at least one CA)
    and an upper part whose certificates have all expired.
    """
    for length in range(2, len(path)):
        if all(one.not_valid_after_utc < now for one in path[length:]):
            yield path[:length], path[length:]


@dataclass(frozen=True)
class _Search:
    """Searches for paths among the file's certificates. `pool` are those of them that may be
    issuers, `roots` the identities of those that are self-signed.
    """

    certificates: Sequence[Certificate]
    pool: Sequence[Certificate]
    roots: frozenset[Identity]
    trust: Trust
    signatures: Signatures
    known: dict[Certificate, list[Certificate]] = field(default_factory=dict)

    def paths(self, leaf: Certificate) -> tuple[list[Path], bool]:
        """Returns the longest paths, the shortest of them first, and whether these are all.

        No CA occurs twice in a path, and no path ends at a certificate that a CA below it issued.
        """
        waiting: deque[Path] = deque([(leaf,)])
        found: list[Path] = []
        steps = 0
        while waiting and steps < MAX_STEPS and len(found) < MAX_WAYS:
            steps += 1
            path = waiting.popleft()
            longer = self._longer(path)
            if longer:
                waiting.extend(longer)
            else:
                found.append(self._ended(path))
        return found, not waiting

    def _longer(self, path: Path) -> list[Path]:
        """Returns the path with each issuer of its last certificate that is not in it already; none
        if it ends at a root.
        """
        issuers = self._issuers(path[-1])
        if self._is_at_root(path):
            return []
        passed = {one.identity for one in path}
        return [(*path, one) for one in issuers if one.identity not in passed]

    def _ended(self, path: Path) -> Path:
        """Returns a path that cannot be longer, without its last certificate if a CA below that one
        issued it.
        """
        if len(path) == 1 or self._is_at_root(path):
            return path
        return path[:-1] if self._issuers(path[-1]) else path

    def _is_at_root(self, path: Path) -> bool:
        return len(path) > 1 and self.signatures.self_signed(path[-1])

    def may_end(self, path: Path, above: Path) -> bool:
        """Whether a chain may end at the last CA of `path`, below the expired certificates `above`:
        it is trusted, or no CA is set as trusted and the certificate above it is not self-signed.
        """
        if self.trust.holds(path[-1]):
            return True
        return not (self.trust.anchors or self.signatures.self_signed(above[0]))

    def _issuers(self, certificate: Certificate) -> list[Certificate]:
        """Returns the issuers of a certificate, in the file and among trusted CAs."""
        if certificate not in self.known:
            some = dict.fromkeys((*self.pool, *self.trust.named(certificate.issuer_key)))
            self.known[certificate] = [one for one in some if self.signatures.by(certificate, one)]
        return self.known[certificate]

    def chain(self, path: Path, cut: Path = ()) -> Chain:
        """Makes a chain of a path; `cut` are the expired certificates above it."""
        anchor = next((one for one in path[1:] if self.trust.holds(one)), None)
        end = End.TRUSTED if anchor else End.ROOT if self._near(path) else End.OPEN
        whole = Chain(path, None, end, anchor=anchor, cut=cut)
        if len(path) == 1 or not self.signatures.self_signed(path[-1]):
            return whole
        return replace(whole, path=path[:-1], root=path[-1], rooted=path[-1] in self.certificates)

    def rank(self, chain: Chain) -> tuple[float, ...]:
        """Returns a key for sorting, the lowest for the preferred chain: by where it ends; whether
        it goes as far as possible; how many of its certificates are not from the file; how near its
        trusted CA or root is.

        Of two that are equal so far, the longer is preferred, because a CA sends a
        cross-certificate for older clients; then the one with newer certificates.
        """
        path = chain.all()
        from_trust = sum(one not in self.certificates for one in chain.path)
        newest = [-one.not_valid_before_utc.timestamp() for one in path[1:]]
        return (
            -chain.end,
            bool(chain.cut),
            from_trust,
            self._near(path),
            -len(chain.path),
            *newest,
        )

    def _near(self, path: Path) -> int:
        """Returns the index in the path of the first trusted CA, or else of the first CA that has a
        self-signed certificate in the file; 0 if there is none.
        """
        trusted = [index for index, one in enumerate(path) if index and self.trust.holds(one)]
        rooted = [index for index, one in enumerate(path) if index and one.identity in self.roots]
        return (trusted or rooted or [0])[0]


def by_key(certificates: Iterable[Certificate]) -> dict[str, list[Certificate]]:
    """Groups certificates by the SHA-256 (hex) of their keys, the preferred one first. Certificates
    whose key cannot be read are left out.
    """
    found: dict[str, list[Certificate]] = {}
    for certificate in sorted(certificates, key=_preference):
        if certificate.key_sha256:
            found.setdefault(certificate.key_sha256, []).append(certificate)
    return found


def _preference(certificate: Certificate) -> tuple[bool, bool, float]:
    """Returns a key for sorting certificates with the same public key: the newest first.

    Last are certificates with unknown critical extensions, because a precertificate has the dates
    of its certificate. Before these are self-issued ones, which people make to use until the CA
    answers.
    """
    refused, own = bool(unknown_critical(certificate)), certificate.self_issued
    return refused, own, -certificate.not_valid_before_utc.timestamp()


def keys_may_fit(child: Certificate, issuer: Certificate) -> bool:
    """False if both certificates have the identifier of the issuer's key (RFC 5280 §4.2.1.1,
    §4.2.1.2), and the two differ.
    """
    named, own = authority_key_id(child), subject_key_id(issuer)
    return named is None or own is None or named == own


def authority_key_id(certificate: Certificate) -> bytes | None:
    """Returns the key identifier of the issuer, if the certificate has it."""
    named = certificate.extension(x509.AuthorityKeyIdentifier)
    return named.key_identifier if named else None


def subject_key_id(certificate: Certificate) -> bytes | None:
    """Returns the certificate's own key identifier, if it has one."""
    own = certificate.extension(x509.SubjectKeyIdentifier)
    return own.digest if own else None


def _verified(child: Certificate, issuer: Certificate) -> bool:
    """Whether the key of `issuer` made the signature of `child`.

    `verify_directly_issued_by` is of no use here: it refuses SHA-1 and MD5, with which many roots
    have signed themselves (`checks` reports them where it matters), and it refuses names that
    differ only in the type of their strings.
    """
    try:
        key, signature, signed = issuer.public_key(), child.view.signature, child.tbs
        # cryptography returns no parameters for MD5.
        how: Any = child.view.signature_algorithm_parameters or padding.PKCS1v15()
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
