"""Refreshes the record of one certificate between two scans, when an event tells of it."""

from __future__ import annotations

from functions.app.contexts import FreshContext
from functions.inventory.records import record_of
from functions.model.errors import UnreadAnswer
from functions.model.inventory.record import CertificateRecord


async def refresh(certflow: FreshContext, alias: str, name: str) -> None:
    """Reads a certificate and keeps its record beside the snapshot of its vault. Whether anything
    is pending, and a certificate that cannot be read, is left to the next scan. Raises
    UnknownVault, Refused, Unavailable.
    """
    try:
        bundle = await certflow.vault(alias).certificate(name)
    except UnreadAnswer:
        return
    if bundle is not None:
        await keep(certflow, alias, record_of(name, bundle, certflow.now()))


async def keep(certflow: FreshContext, alias: str, record: CertificateRecord) -> None:
    """Keeps a record that was just read, so that lists have it before the next scan. Raises
    Unavailable.
    """
    await certflow.fresh_records.put(alias.lower(), record, certflow.now())
