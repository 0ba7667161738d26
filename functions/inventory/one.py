"""One certificate as Key Vault has it now, and the change of its tags."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from functions.app.context_parts import HasVaults
from functions.app.contexts import CertificateContext, FreshContext
from functions.inventory.fresh import keep
from functions.inventory.from_key_vault import asked_of
from functions.inventory.read import under_settings
from functions.inventory.records import record_of
from functions.model.errors import InvalidRequest, Refused
from functions.model.inventory.record import CertificateRecord
from functions.model.tags import MAX_TAGS
from functions.ports.vault import (
    NOT_FOUND,
    PendingOperation,
    Vault,
    get_pending_or_none,
    stored_policy,
)

CONFLICT = 409
NOT_COMPLETE = (
    "The first version of this certificate is not complete, and tags that are set now would be "
    "lost. Set them with the create, or when the version is there."
)


@dataclass(frozen=True, slots=True)
class CertificateView:
    """A certificate: its record, its versions by the SHA-1 of their leaf (hex), and what is pending
    under its name.
    """

    record: CertificateRecord
    versions: Mapping[str, str]
    pending: PendingOperation | None


async def view(certflow: CertificateContext, alias: str, name: str) -> CertificateView:
    """Reads a certificate, also one of which a request is pending alone. Raises UnknownVault,
    Refused (404 if there is neither), Unavailable.
    """
    vault = certflow.vault(alias)
    bundle, versions, pending = await asyncio.gather(
        vault.certificate(name), vault.versions(name), get_pending_or_none(vault, name)
    )
    if bundle is not None:
        record = record_of(name, bundle, certflow.now())
        await keep(certflow, alias, record)
    elif pending is not None:
        record = await _half_made(vault, name)
    else:
        raise Refused(NOT_FOUND, "CertificateNotFound", f"There is no certificate {name}.")
    return CertificateView(under_settings(certflow, alias.lower(), record), versions, pending)


async def _half_made(vault: Vault, name: str) -> CertificateRecord:
    """The record of a name of which a request is pending alone."""
    tags, policy = await asyncio.gather(vault.tags(name), stored_policy(vault, name))
    asked = None if policy is None else asked_of(policy)
    return CertificateRecord(name, enabled=False, tags=dict(tags), policy=asked)


async def tags_after(
    certflow: HasVaults, alias: str, name: str, change: Mapping[str, str | None]
) -> dict[str, str]:
    """The tags of a certificate with a change, in which None takes one away. Raises UnknownVault,
    InvalidRequest for too many tags, Refused (409 if no version of it is complete: Key Vault gives
    the first one the tags of its create, protocol §4.1), Unavailable.
    """
    vault = certflow.vault(alias)
    if await vault.certificate(name) is None and await stored_policy(vault, name) is not None:
        raise Refused(CONFLICT, "Conflict", NOT_COMPLETE)
    tags = {**await vault.tags(name), **change}
    kept = {tag: value for tag, value in tags.items() if value is not None}
    if len(kept) > MAX_TAGS:
        raise InvalidRequest("$", f"A certificate has {MAX_TAGS} tags at most; take others away.")
    return kept


async def set_tags(
    certflow: FreshContext, alias: str, name: str, tags: Mapping[str, str]
) -> CertificateRecord:
    """Gives the current version these tags in place of its own, and returns its record. Key Vault
    has no condition on that (protocol §4.9), so a change that somebody else makes at the same
    moment can be lost. Raises UnknownVault, Refused, Unavailable.
    """
    bundle = await certflow.vault(alias).set_tags(name, tags)
    record = record_of(name, bundle, certflow.now())
    await keep(certflow, alias, record)
    return record
