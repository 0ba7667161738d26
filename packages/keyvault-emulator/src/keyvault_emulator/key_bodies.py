"""The JSON that Key Vault writes about keys, key by key in the recorded order (azure-sdk-for-python, 2022)."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric import rsa

from keyvault_emulator.bodies import Body, deletion
from keyvault_emulator.certificate import Deleted, Recovery
from keyvault_emulator.own_keys import KeyVersion, OwnKey


def key_url(url: str, name: str, version: KeyVersion | None = None) -> str:
    """The address of a key, or of one version of it: `kid`."""
    return f"{url}/keys/{name}" + (f"/{version.id}" if version else "")


def key_body(url: str, name: str, recovery: Recovery, version: KeyVersion) -> Body:
    """A KeyBundle: the public half of a key, and what may be done with it."""
    return {
        "key": {
            "kid": key_url(url, name, version),
            "kty": version.kty,
            "key_ops": version.operations,
            **_public_numbers(version),
        },
        **_about(recovery, version),
    }


def key_item_body(kid: str, recovery: Recovery, version: KeyVersion) -> Body:
    """A line of a list; unlike a certificate's it has the recovery fields (recorded, JavaScript 2020)."""
    return {"kid": kid, **_about(recovery, version)}


def deleted_key_body(url: str, deleted: Deleted[OwnKey]) -> Body:
    """A deleted key: where and until when it can be recovered, then the bundle."""
    key = deleted.item
    return deletion(f"{url}/deletedkeys", deleted) | key_body(url, key.name, key.recovery, key.current)


def deleted_key_item_body(url: str, deleted: Deleted[OwnKey]) -> Body:
    """A line of the list of deleted keys."""
    key = deleted.item
    return deletion(f"{url}/deletedkeys", deleted) | key_item_body(key_url(url, key.name), key.recovery, key.current)


def _about(recovery: Recovery, version: KeyVersion) -> Body:
    dates = {"nbf": version.not_before, "exp": version.expires}
    body: Body = {
        "attributes": {
            "enabled": version.enabled,
            **{name: date for name, date in dates.items() if date is not None},
            "created": version.created,
            "updated": version.updated,
            "recoveryLevel": recovery.level,
            "recoverableDays": recovery.days,
        }
    }
    if version.tags is not None:
        body["tags"] = version.tags
    return body | ({"managed": True} if version.managed else {})


def _public_numbers(version: KeyVersion) -> Body:
    if isinstance(version.key, rsa.RSAPrivateKey):
        numbers = version.key.public_key().public_numbers()
        return {"n": _base64url(numbers.n, version.key.key_size), "e": _base64url(numbers.e, numbers.e.bit_length())}
    point, size = version.key.public_key().public_numbers(), version.key.key_size
    return {"crv": version.curve, "x": _base64url(point.x, size), "y": _base64url(point.y, size)}


def _base64url(number: int, bits: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((bits + 7) // 8)).rstrip(b"=").decode()
