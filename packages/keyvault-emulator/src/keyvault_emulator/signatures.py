"""Signing and verifying digests with a key, by the algorithms of RFC 7518, 3.1 (JWA), and RFC 8812 for ES256K.

RS and PS are for RSA keys of any size, each ES for one curve. An ES signature is the two numbers one after the other,
as wide as the curve (RFC 7518, 3.4), and not the DER that `cryptography` makes.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    Prehashed,
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

from keyvault_emulator import key_errors
from keyvault_emulator.own_keys import KeyVersion

type Hash = SHA256 | SHA384 | SHA512
type Padding = padding.PKCS1v15 | padding.PSS


@dataclass(frozen=True)
class Algorithm:
    """A signature algorithm: the hash whose digest it signs, and the curve it is for (None: RSA keys)."""

    name: str
    hash: Hash
    curve: str | None = None

    @property
    def padding(self) -> Padding:
        """That of an RSA signature; PSS has a salt as long as the digest (RFC 7518, 3.5)."""
        if self.name.startswith("RS"):
            return padding.PKCS1v15()
        return padding.PSS(padding.MGF1(self.hash), padding.PSS.DIGEST_LENGTH)


ALGORITHMS = {
    algorithm.name: algorithm
    for algorithm in (
        *(
            Algorithm(f"{kind}{each.digest_size * 8}", each)
            for kind in ("RS", "PS")
            for each in (SHA256(), SHA384(), SHA512())
        ),
        Algorithm("ES256", SHA256(), "P-256"),
        Algorithm("ES256K", SHA256(), "P-256K"),
        Algorithm("ES384", SHA384(), "P-384"),
        Algorithm("ES512", SHA512(), "P-521"),
    )
}


def algorithm_for(name: str, kid: str, version: KeyVersion) -> Algorithm:
    """The algorithm of a name. Raises KeyVaultError (400) if there is none, or if it is not for this key."""
    algorithm = ALGORITHMS.get(name)
    if algorithm is None:
        raise key_errors.unknown_algorithm(name, ALGORITHMS)
    if (algorithm.curve is None) != isinstance(version.key, rsa.RSAPrivateKey):
        raise key_errors.algorithm_for_other_kind(kid, version.kty, name, "RSA" if algorithm.curve is None else "EC")
    if algorithm.curve != version.curve:
        raise key_errors.algorithm_for_other_curve(kid, version.curve or "", name, algorithm.curve or "")
    return algorithm


def sign(version: KeyVersion, algorithm: Algorithm, digest: bytes) -> bytes:
    """The signature of a digest. Raises KeyVaultError (400) for one that is not as long as the algorithm's."""
    _check_length("value", algorithm, digest)
    if isinstance(version.key, rsa.RSAPrivateKey):
        return version.key.sign(digest, algorithm.padding, Prehashed(algorithm.hash))
    r, s = decode_dss_signature(version.key.sign(digest, ec.ECDSA(Prehashed(algorithm.hash))))
    width = (version.key.key_size + 7) // 8
    return r.to_bytes(width) + s.to_bytes(width)


def verify(version: KeyVersion, algorithm: Algorithm, digest: bytes, signature: bytes) -> bool:
    """Whether a signature is that of a digest. Raises KeyVaultError (400) as `sign` does."""
    _check_length("digest", algorithm, digest)
    try:
        if isinstance(version.key, rsa.RSAPrivateKey):
            version.key.public_key().verify(signature, digest, algorithm.padding, Prehashed(algorithm.hash))
        else:
            der = _as_der(signature, (version.key.key_size + 7) // 8)
            version.key.public_key().verify(der, digest, ec.ECDSA(Prehashed(algorithm.hash)))
    except InvalidSignature:
        return False
    return True


def _as_der(signature: bytes, width: int) -> bytes:
    if len(signature) != 2 * width:
        raise InvalidSignature
    return encode_dss_signature(int.from_bytes(signature[:width]), int.from_bytes(signature[width:]))


def _check_length(property_name: str, algorithm: Algorithm, digest: bytes) -> None:
    if len(digest) != algorithm.hash.digest_size:
        raise key_errors.wrong_digest_length(property_name, len(digest), algorithm.name, algorithm.hash.digest_size)
