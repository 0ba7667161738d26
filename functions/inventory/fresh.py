"""Refreshes the record of one certificate between two scans, when an event tells of it."""

from __future__ import annotations

import msgspec

from functions.app.contexts import FreshContext
from functions.inventory.records import record_of
from functions.inventory.snapshots import by_name, record_in
from functions.model.inventory.record import CertificateRecord


async def refresh(certflow: FreshContext, alias: str, name: str) -> None:
    """Reads a certificate and keeps its record beside the snapshot of its vault. Whether anything
    is pending is left to the next scan, which asks for it. Raises UnknownVault, Refused,
    Unavailable.
    """
    bundle = await certflow.vault(alias).certificate(name)
    if bundle is None:
        return
    record = record_of(name, bundle, certflow.now())
    await certflow.fresh_records.put(alias, name, msgspec.json.encode(record), certflow.now())


async def fresh_records(certflow: FreshContext, alias: str) -> dict[str, CertificateRecord]:
    """The records of a vault that were read since its last scan, by name in lower case. Raises
    Unavailable.
    """
    kept = await certflow.fresh_records.all(alias)
    return by_name(record for one in kept if (record := record_in(one)) is not None)
