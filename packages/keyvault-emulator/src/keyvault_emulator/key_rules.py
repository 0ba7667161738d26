"""The bodies of the operations on keys, and what is filled in where they say nothing (Microsoft's specification).

Fields that are not known here are ignored, but for those that would change what a key is.
"""

from __future__ import annotations

import base64
import string
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from keyvault_emulator import errors, key_errors
from keyvault_emulator.own_keys import EC_OPERATIONS, RSA_OPERATIONS
from keyvault_emulator.policy import KeyProperties
from keyvault_emulator.policy_rules import CURVE_SIZES, RSA_SIZES

KINDS = ("RSA", "RSA-HSM", "EC", "EC-HSM")
EXPONENT = 65537
BASE64URL = set(string.ascii_letters + string.digits + "-_")  # RFC 4648, 5
# Up to the end of the year 9999: Microsoft's clients cannot read a later date (.NET's and Python's types end there).
type UnixTime = Annotated[int, Meta(ge=0, le=253402300799)]


class KeyAttributes(Struct, kw_only=True):
    """Attributes that a caller may set; times are Unix seconds."""

    enabled: bool | UnsetType = UNSET
    not_before: UnixTime | UnsetType = field(default=UNSET, name="nbf")
    expires: UnixTime | UnsetType = field(default=UNSET, name="exp")
    exportable: bool | UnsetType = UNSET


class KeyCreateBody(Struct, kw_only=True):
    """The body of create."""

    kty: str
    key_size: int | UnsetType = UNSET
    curve: str | UnsetType = field(default=UNSET, name="crv")
    operations: list[str] | UnsetType = field(default=UNSET, name="key_ops")
    public_exponent: int | UnsetType = UNSET
    attributes: KeyAttributes = field(default_factory=KeyAttributes)
    tags: dict[str, str] | UnsetType = UNSET
    release_policy: Any = UNSET


class KeyUpdateBody(Struct, kw_only=True):
    """The body of update. What it does not name stays."""

    operations: list[str] | UnsetType = field(default=UNSET, name="key_ops")
    attributes: KeyAttributes = field(default_factory=KeyAttributes)
    tags: dict[str, str] | UnsetType = UNSET


class SignBody(Struct, kw_only=True):
    """The body of sign: a digest, as base64url."""

    alg: str
    value: str


class VerifyBody(Struct, kw_only=True):
    """The body of verify: a digest and a signature, both as base64url."""

    alg: str
    digest: str
    value: str


def properties(asked: KeyCreateBody) -> KeyProperties:
    """The key to make: RSA of 2048 bits and P-256 unless told otherwise. Raises KeyVaultError (400)."""
    check_kind(asked.kty)
    if asked.attributes.exportable is True or asked.release_policy is not UNSET:
        raise errors.bad_parameter("The emulator releases no keys: leave out exportable and release_policy.")
    if asked.public_exponent not in (UNSET, EXPONENT):
        raise errors.invalid_property("public_exponent", f"The emulator's RSA keys have the exponent {EXPONENT}")
    key = KeyProperties(exportable=False, kty=asked.kty)
    if asked.kty.startswith("RSA"):
        if asked.curve is not UNSET:
            raise errors.invalid_property("crv", "An RSA key has no curve")
        key.key_size = 2048 if asked.key_size is UNSET else asked.key_size
        if key.key_size not in RSA_SIZES:
            raise key_errors.key_size_not_supported(key.key_size, RSA_SIZES)
        return key
    key.crv = _curve(asked.curve, asked.key_size)
    key.key_size = CURVE_SIZES[key.crv]
    return key


def check_kind(kty: str) -> None:
    """Raises KeyVaultError (400) for a kind of key that is not built."""
    if kty not in KINDS:
        raise errors.invalid_property("kty", f"The emulator has keys of the kinds {', '.join(KINDS)}")


def _curve(curve: str | UnsetType, size: int | UnsetType) -> str:
    if curve is UNSET:
        sizes = {size: curve for curve, size in CURVE_SIZES.items() if curve != "P-256K"}
        if size is not UNSET and size not in sizes:
            raise key_errors.key_size_not_supported(size, sizes)
        return sizes[256 if size is UNSET else size]
    if curve not in CURVE_SIZES:
        raise errors.invalid_property("crv", f"The curves are {', '.join(CURVE_SIZES)}")
    if size not in (UNSET, CURVE_SIZES[curve]):
        raise key_errors.key_size_not_supported(size, [CURVE_SIZES[curve]])
    return curve


def allowed_operations(kty: str, asked: list[str] | UnsetType) -> list[str]:
    """`key_ops` as asked for; everything that a key of this kind can do if nothing is. Raises KeyVaultError (400)."""
    possible = RSA_OPERATIONS if kty.startswith("RSA") else EC_OPERATIONS
    if asked is UNSET:
        return list(possible)
    for operation in asked:
        if operation not in possible:
            raise errors.invalid_property("key_ops", f"A key of the kind {kty} can do {', '.join(possible)}")
    return list(dict.fromkeys(asked))


def decoded(property_name: str, text: str) -> bytes:
    """The bytes of a base64url text, with or without padding. Raises KeyVaultError (400)."""
    digits = text.rstrip("=")
    if not set(digits) <= BASE64URL or len(digits) % 4 == 1:
        raise errors.invalid_property(property_name, "It must be base64url")
    return base64.urlsafe_b64decode(digits + "=" * (-len(digits) % 4))


def encoded(value: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
