"""The secret and the key that stand beside a certificate (protocol §4.16), key by key in the recorded order."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.asymmetric import rsa

from local.keyvault.bodies import Body, full_attributes
from local.keyvault.certificate import Certificate, Version
from local.keyvault.exports import content_type, secret_value

KEY_OPS = {
    "digitalsignature": ("sign", "verify"),
    "keyencipherment": ("wrapKey", "unwrapKey"),
    "dataencipherment": ("encrypt", "decrypt"),
}


def secret_body(url: str, certificate: Certificate, version: Version) -> Body:
    """The secret: the certificate with its key."""
    return {
        "value": secret_value(version),
        "contentType": content_type(version),
        "id": f"{url}/secrets/{certificate.name}/{version.id}",
        "managed": True,
        "attributes": full_attributes(certificate, version),
        **_tags(version),
        "kid": _key_url(url, certificate, version),
    }


def key_body(url: str, certificate: Certificate, version: Version) -> Body:
    """The key: its public half."""
    return {
        "key": {
            "kid": _key_url(url, certificate, version),
            "kty": version.policy.key_props.kty,
            "key_ops": _key_ops(version),
            **_public_numbers(version),
        },
        "attributes": full_attributes(certificate, version),
        **_tags(version),
        "managed": True,
    }


def _key_url(url: str, certificate: Certificate, version: Version) -> str:
    return f"{url}/keys/{certificate.name}/{version.id}"


def _tags(version: Version) -> Body:
    return {} if version.tags is None else {"tags": version.tags}


def _key_ops(version: Version) -> list[str]:
    """What the key usages allow; a certificate that names none allows everything."""
    usages = {usage.lower() for usage in version.policy.x509_props.key_usage} or KEY_OPS.keys()
    return [operation for usage, operations in KEY_OPS.items() if usage in usages for operation in operations]


def _public_numbers(version: Version) -> Body:
    if isinstance(version.key, rsa.RSAPrivateKey):
        numbers = version.key.public_key().public_numbers()
        return {"n": _base64url(numbers.n, version.key.key_size), "e": _base64url(numbers.e, numbers.e.bit_length())}
    point, size = version.key.public_key().public_numbers(), version.key.key_size
    curve = version.policy.key_props.crv
    return {"crv": curve, "x": _base64url(point.x, size), "y": _base64url(point.y, size)}


def _base64url(number: int, bits: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes((bits + 7) // 8)).rstrip(b"=").decode()
