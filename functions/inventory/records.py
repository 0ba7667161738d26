"""Makes a record of the inventory from what Key Vault says of a certificate."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from functions.inventory.from_key_vault import asked_of, issued_of
from functions.model.inventory.record import CertificateRecord
from functions.ports.key_vault_objects import Attributes, Policy
from functions.ports.vault import Bundle


def record_of(name: str, bundle: Bundle, now: datetime) -> CertificateRecord:
    """Returns the record of a certificate that was read now. Whether anything is pending is not
    known from it.
    """
    attributes = cast(Attributes, bundle.fields.get("attributes") or {})
    policy = cast("Policy | None", bundle.fields.get("policy"))
    updated = attributes.get("updated")
    return CertificateRecord(
        name=name,
        enabled=bool(attributes.get("enabled", True)),
        tags=dict(bundle.fields.get("tags") or {}),
        updated=None if updated is None else datetime.fromtimestamp(updated, UTC),
        current=issued_of(bundle),
        policy=None if policy is None else asked_of(policy),
        read=now,
        seen=now,
    )
