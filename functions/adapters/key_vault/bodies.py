"""Reads Key Vault's bodies (protocol §3) into the records of the ports. Each function raises
ValueError for a body that lacks what it reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from azure.core.rest import AsyncHttpResponse
from azure.keyvault.certificates import CertificateProperties
from msgspec import Struct

from functions.model.errors import Refused
from functions.model.request.operation import CertificateVersion, Operation, Status
from functions.ports.vault import Bundle, CertificateItem, PendingOperation
from functions.x509.certificate import load
from functions.x509.public_keys import key_sha256

# The case of Key Vault's statuses has varied, and documents have said "complete" and "canceled"
# (protocol §1).
STATUSES = {status.value.lower(): status for status in Status} | {
    "complete": Status.COMPLETED,
    "canceled": Status.CANCELLED,
}


class _Named(Struct):
    name: str


class _Error(Struct):
    code: str | None = None
    message: str | None = None


class _Operation(Struct):
    request_id: str
    status: str
    issuer: _Named
    csr: bytes
    error: _Error | None = None
    cancellation_requested: bool = False


class _Attributes(Struct):
    exp: int


class _Version(Struct):
    id: str
    cer: bytes
    attributes: _Attributes


class _Tagged(Struct):
    tags: dict[str, str] | None = None


_FIELDS = msgspec.json.Decoder(dict[str, Any])


def fields_of(content: bytes) -> dict[str, Any]:
    """Returns the fields of a body as Key Vault sent them."""
    return _FIELDS.decode(content)


def operation_of(content: bytes) -> PendingOperation:
    """Returns a pending operation, with its fields as Key Vault sent them, except that `status` has
    our spelling.
    """
    fields = fields_of(content)
    wire = msgspec.convert(fields, _Operation)
    if (status := STATUSES.get(wire.status.lower())) is None:
        raise ValueError(f"a status that is not known: {wire.status}")
    error = wire.error or _Error()
    operation = Operation(
        request_id=wire.request_id,
        status=status,
        issuer=wire.issuer.name,
        csr=wire.csr,
        error_code=error.code,
        error_message=error.message,
        cancellation_requested=wire.cancellation_requested,
    )
    return PendingOperation(operation, fields | {"status": status.value})


def bundle_of(content: bytes) -> Bundle:
    """Returns a version of a certificate, with its fields as Key Vault sent them."""
    fields = fields_of(content)
    wire = msgspec.convert(fields, _Version)
    version = CertificateVersion(
        version=wire.id.rstrip("/").rsplit("/", 1)[1],
        der=wire.cer,
        key_sha256=key_sha256(load(wire.cer)),
        not_after=datetime.fromtimestamp(wire.attributes.exp, UTC),
    )
    return Bundle(version, fields)


def current_of(content: bytes) -> Bundle | None:
    """Does the same as bundle_of; None for a certificate without a complete version, which has no
    `cer` (protocol §4.3).
    """
    return bundle_of(content) if "cer" in fields_of(content) else None


def tags_of(content: bytes) -> Mapping[str, str]:
    """Returns the tags of a certificate, whether it has a complete version or not."""
    return msgspec.json.decode(content, type=_Tagged).tags or {}


def item_of(item: CertificateProperties) -> CertificateItem:
    """Returns an item of a list of certificates."""
    return CertificateItem(
        item.name,
        item.x509_thumbprint.hex() if item.x509_thumbprint else None,
        item.not_before,
        item.expires_on,
        bool(item.enabled),
        dict(item.tags or {}),
        item.updated_on,
    )


def refusal_of(response: AsyncHttpResponse) -> Refused:
    """Returns the error for a 4xx. An answer without a readable error becomes one with the code
    UnexpectedAnswer.
    """
    try:
        error = response.json()["error"]
        code = str(error["code"])
        message = " ".join(str(error["message"]).split())  # some messages end in a line break
        inner = (error.get("innererror") or {}).get("code")
    except (ValueError, KeyError, TypeError):
        code, inner = "UnexpectedAnswer", None
        message = (
            f"Key Vault answered HTTP {response.status_code} without an error that can be read."
        )
    return Refused(response.status_code, code, message, inner=inner)
