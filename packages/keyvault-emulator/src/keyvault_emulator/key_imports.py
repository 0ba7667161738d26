"""Keys that are brought along: a JSON Web Key (RFC 7517, RFC 7518 6.2 and 6.3) with its private part."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from msgspec import UNSET, Struct, UnsetType, field

from keyvault_emulator import errors, key_errors
from keyvault_emulator.key_rules import KeyAttributes, KeyCreateBody, check_kind, decoded
from keyvault_emulator.keys_and_csrs import CURVES, PrivateKey
from keyvault_emulator.policy_rules import RSA_SIZES


class JsonWebKey(Struct, kw_only=True):
    """The key of an import. What can be computed of the others (`p`, `q`, `dp`, `dq`, `qi`) is not read."""

    kty: str
    operations: list[str] | UnsetType = field(default=UNSET, name="key_ops")
    n: str = ""
    e: str = ""
    d: str = ""
    curve: str | UnsetType = field(default=UNSET, name="crv")
    x: str = ""
    y: str = ""


class KeyImportBody(Struct, kw_only=True):
    """The body of import. `hsm`: the key is to be one in an HSM, whatever its `kty` says."""

    key: JsonWebKey
    hsm: bool = field(default=False, name="Hsm")
    attributes: KeyAttributes = field(default_factory=KeyAttributes)
    tags: dict[str, str] | UnsetType = UNSET
    release_policy: object = UNSET


def as_create(asked: KeyImportBody, key: PrivateKey) -> KeyCreateBody:
    """The create that would make a key like this one, so that the same rules hold."""
    kty = asked.key.kty.removesuffix("-HSM") + "-HSM" if asked.hsm else asked.key.kty
    return KeyCreateBody(
        kty=kty,
        key_size=key.key_size,
        curve=asked.key.curve,
        operations=asked.key.operations,
        attributes=asked.attributes,
        tags=asked.tags,
        release_policy=asked.release_policy,
    )


def private_key(jwk: JsonWebKey) -> PrivateKey:
    """The key itself. Raises KeyVaultError (400) if the numbers are no key, or of another kind than `kty` says."""
    check_kind(jwk.kty)
    try:
        return _rsa_key(jwk) if jwk.kty.startswith("RSA") else _ec_key(jwk)
    except ValueError as error:
        raise errors.invalid_property("key", f"It is no {jwk.kty} key with its private part ({error})") from None


def _rsa_key(jwk: JsonWebKey) -> rsa.RSAPrivateKey:
    n, e, d = (_number(name, getattr(jwk, name)) for name in ("n", "e", "d"))
    if n.bit_length() not in RSA_SIZES:  # first: what follows takes for ever with numbers that are large enough
        raise key_errors.key_size_not_supported(n.bit_length(), RSA_SIZES)
    if max(e, d) >= n:
        raise ValueError("e and d must be smaller than n")
    p, q = rsa.rsa_recover_prime_factors(n, e, d)
    crt = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, *crt, rsa.RSAPublicNumbers(e, n)).private_key()


def _ec_key(jwk: JsonWebKey) -> ec.EllipticCurvePrivateKey:
    if jwk.curve is UNSET or jwk.curve not in CURVES:
        raise errors.invalid_property("key.crv", f"The curves are {', '.join(CURVES)}")
    x, y, d = (_number(name, getattr(jwk, name)) for name in ("x", "y", "d"))
    public = ec.EllipticCurvePublicNumbers(x, y, CURVES[jwk.curve]())
    return ec.EllipticCurvePrivateNumbers(d, public).private_key()


def _number(name: str, text: str) -> int:
    return int.from_bytes(decoded(f"key.{name}", text))
