"""The JSON that Key Vault writes about certificates, key by key in the recorded order (protocol §3)."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import msgspec
from cryptography.hazmat.primitives.serialization import Encoding

from keyvault_emulator.certificate import Certificate, Deletable, Deleted, Version
from keyvault_emulator.contacts import ContactList
from keyvault_emulator.issuers import Issuer
from keyvault_emulator.operation import Operation, Status

type Body = dict[str, Any]

AWAITS_MERGE = "Pending certificate created. Please Perform Merge to complete the request."
AWAITS_ISSUER = (
    "Pending certificate created. Certificate request is in progress. This may take some time based on the issuer "
    "provider. Please check again later."
)


def certificate_url(url: str, certificate: Certificate) -> str:
    """The address without a version."""
    return f"{url}/certificates/{certificate.name}"


def operation_body(url: str, certificate: Certificate, operation: Operation) -> Body:
    """A CertificateOperation."""
    return {
        "id": f"{certificate_url(url, certificate)}/pending",
        "issuer": {"name": operation.issuer},
        "csr": _base64(operation.csr),
        "cancellation_requested": operation.cancellation_requested,
        "status": operation.status.value,
        **_status_fields(url, certificate, operation),
        "request_id": operation.request_id,
        **_preserve_order(certificate.versions[operation.version]),
    }


def _status_fields(url: str, certificate: Certificate, operation: Operation) -> Body:
    if operation.status is Status.IN_PROGRESS:
        return {"status_details": AWAITS_MERGE if operation.awaits_merge else AWAITS_ISSUER}
    if operation.status is Status.COMPLETED:
        return {"target": certificate_url(url, certificate)}
    if operation.error:
        code, message = operation.error
        return {"error": {"code": code, "message": message}}
    return {}


def bundle_body(url: str, certificate: Certificate, version: Version) -> Body:
    """A CertificateBundle. A half-made version has no kid, sid, x5t, cer (protocol §4.3)."""
    body: Body = {"id": f"{certificate_url(url, certificate)}/{version.id}"}
    if version.leaf:
        body["kid"] = f"{url}/keys/{certificate.name}/{version.id}"
        body["sid"] = f"{url}/secrets/{certificate.name}/{version.id}"
        body["x5t"] = thumbprint(version)
        body["cer"] = _base64(version.leaf.public_bytes(Encoding.DER))
    body["attributes"] = full_attributes(certificate, version)
    if version.tags is not None:
        body["tags"] = version.tags
    body["policy"] = policy_body(url, certificate)
    if certificate.operation:
        body["pending"] = {"id": f"{certificate_url(url, certificate)}/pending"}
    return body | _preserve_order(version)


def version_body(url: str, certificate: Certificate, version: Version) -> Body:
    """What a read of one version by its id gets: no policy and no pending object, half-made or not.

    Recorded in 2021 (half-made), 2022 and 2023. In 2021 a whole one also had `subject`, `issuer` and `serialnumber`.
    """
    return {key: value for key, value in bundle_body(url, certificate, version).items() if key not in _NOT_BY_VERSION}


def updated_version_body(url: str, certificate: Certificate, version: Version) -> Body:
    """What an update of one version by its id answers: the bundle without its policy (recorded in 2021)."""
    return {key: value for key, value in bundle_body(url, certificate, version).items() if key != "policy"}


_NOT_BY_VERSION = ("policy", "pending")


def policy_body(url: str, certificate: Certificate) -> Body:
    """A CertificatePolicy."""
    return {"id": f"{certificate_url(url, certificate)}/policy", **msgspec.to_builtins(certificate.policy)}


def item_body(address: str, version: Version) -> Body:
    """A line of a list: no recovery fields, and a subject that is always empty."""
    body: Body = {"id": address}
    if version.leaf:
        body["x5t"] = thumbprint(version)
    body["attributes"] = _attributes(version)
    if version.tags is not None:
        body["tags"] = version.tags
    body["subject"] = ""
    return body


def deleted_body(url: str, deleted: Deleted[Certificate]) -> Body:
    """A deleted certificate: where and until when it can be recovered, then the bundle."""
    return deletion(f"{url}/deletedcertificates", deleted) | bundle_body(url, deleted.item, deleted.item.current)


def deleted_item_body(url: str, deleted: Deleted[Certificate]) -> Body:
    """A line of the list of deleted certificates: with the recovery fields, without a subject."""
    certificate, version = deleted.item, deleted.item.current
    item = item_body(certificate_url(url, certificate), version) | {"attributes": full_attributes(certificate, version)}
    del item["subject"]
    return deletion(f"{url}/deletedcertificates", deleted) | item


def deletion[Item: Deletable](deleted_url: str, deleted: Deleted[Item]) -> Body:
    """Where something can be recovered, and until when; `deleted_url` is that of all that are deleted of its kind."""
    return {
        "recoveryId": f"{deleted_url}/{deleted.item.name}",
        "deletedDate": deleted.date,
        "scheduledPurgeDate": deleted.scheduled_purge,
    }


def contacts_body(url: str, contacts: ContactList) -> Body:
    """The contacts of a vault."""
    return {"id": f"{url}/certificates/contacts", **msgspec.to_builtins(contacts)}


def issuer_url(url: str, name: str) -> str:
    """The address of an issuer."""
    return f"{url}/certificates/issuers/{name}"


def issuer_body(url: str, name: str, issuer: Issuer) -> Body:
    """An issuer; its password never comes back."""
    return {"id": issuer_url(url, name), **msgspec.to_builtins(issuer)}


def event_body(host: str, certificate: Certificate, version: Version, url: str) -> Body:
    """The `data` of an event (protocol §7)."""
    return {
        "Id": f"{certificate_url(url, certificate)}/{version.id}",
        "VaultName": host if host.replace(".", "").isdigit() or host.startswith("[") else host.partition(".")[0],
        "ObjectType": "Certificate",
        "ObjectName": certificate.name,
        "Version": version.id,
        "NBF": version.nbf,
        "EXP": version.exp,
    }


def thumbprint(version: Version) -> str:
    """`x5t`: base64url, without padding, of the SHA-1 of the DER."""
    if not version.leaf:
        return ""
    # SHA-1 names the certificate here (RFC 7517, 4.8); nothing rests on its strength.
    digest = hashlib.sha1(version.leaf.public_bytes(Encoding.DER), usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _preserve_order(version: Version) -> Body:
    """Only if it was asked for; where it stands among the keys is not known (protocol §3)."""
    return {} if version.preserve_order is None else {"preserveCertOrder": version.preserve_order}


def full_attributes(certificate: Certificate, version: Version) -> Body:
    """Attributes with the recovery fields, as all but the list of certificates have them."""
    recovery = certificate.recovery
    return _attributes(version) | {"recoveryLevel": recovery.level, "recoverableDays": recovery.days}


def _attributes(version: Version) -> Body:
    return {
        "enabled": version.enabled,
        "nbf": version.nbf,
        "exp": version.exp,
        "created": version.created,
        "updated": version.updated,
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
