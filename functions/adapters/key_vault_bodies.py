"""What Key Vault's bodies say (protocol §3), as the core reads it. All raise ValueError for a body that says it not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from azure.core.rest import AsyncHttpResponse
from azure.keyvault.certificates import CertificateProperties
from msgspec import Struct

from functions.issuance.certificate import load
from functions.issuance.errors import Refused
from functions.issuance.keys import key_sha256
from functions.issuance.ports import Answer, Bundle, Listed
from functions.issuance.requests import CertificateVersion, Operation, Status

# Key Vault's spelling has varied in case, and documents have said "complete" and "canceled" (protocol §1).
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
    """The fields of a body, as they are."""
    return _FIELDS.decode(content)


def answer_of(content: bytes) -> Answer:
    """An operation; its fields as they were sent, but for the spelling of its status."""
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
    return Answer(operation, fields | {"status": status.value})


def bundle_of(content: bytes) -> Bundle:
    """A certificate version."""
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
    """The same; None for a half-made one, which has no `cer` (protocol §4.3)."""
    return bundle_of(content) if "cer" in fields_of(content) else None


def tags_of(content: bytes) -> Mapping[str, str]:
    """The tags of a certificate, half-made or not."""
    return msgspec.json.decode(content, type=_Tagged).tags or {}


def listed_of(item: CertificateProperties) -> Listed:
    """An item of a list of certificates."""
    return Listed(
        item.name,
        item.x509_thumbprint.hex() if item.x509_thumbprint else None,
        item.not_before,
        item.expires_on,
        bool(item.enabled),
        dict(item.tags or {}),
    )


def refusal_of(response: AsyncHttpResponse) -> Refused:
    """What a 4xx says; something can always be said."""
    try:
        error = response.json()["error"]
        code, message = str(error["code"]), " ".join(str(error["message"]).split())  # some end in a line break
        inner = (error.get("innererror") or {}).get("code")
    except (ValueError, KeyError, TypeError):
        code, inner = "UnexpectedAnswer", None
        message = f"Key Vault answered HTTP {response.status_code} without an error that can be read."
    return Refused(response.status_code, code, message, inner=inner)
