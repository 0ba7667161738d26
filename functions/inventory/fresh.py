"""Refreshes the record of one certificate between two scans, when an event tells of it."""

from __future__ import annotations

from functions.app.contexts import FreshContext
from functions.inventory.records import record_of
from functions.model.errors import UnreadAnswer
from functions.model.inventory.record import CertificateRecord
from functions.ports.vault import Bundle


async def refresh(certflow: FreshContext, alias: str, name: str) -> Bundle | None:
    """Reads a certificate, keeps its record beside the snapshot of its vault, and returns it.
    Whether anything is pending, and a certificate that cannot be read (None, as for one that is
    gone), is left to the next scan. Raises UnknownVault, Refused, Unavailable.
    """
    try:
        bundle = await certflow.vault(alias).certificate(name)
    except UnreadAnswer:
        return None
    if bundle is not None:
        await keep(certflow, alias, record_of(name, bundle, certflow.now()))
    return bundle


async def keep(certflow: FreshContext, alias: str, record: CertificateRecord) -> None:
    """Keeps a record that was just read, so that lists have it before the next scan. Raises
    Unavailable.
    """
    await certflow.fresh_records.put(alias.lower(), record, certflow.now())
