"""Changing the tags of a certificate, and telling the owner whom that replaces."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

from functions.app.contexts import FreshContext, Outbox
from functions.app.outbox import publish
from functions.inventory.one import set_tags
from functions.model.errors import Refused
from functions.model.events.event import Event
from functions.model.events.inventory.owners import OwnerReplaced
from functions.model.inventory.record import CertificateRecord
from functions.model.request.actor import Actor, caller_of
from functions.model.request.request_event import who
from functions.model.tags import OWNER_TAG


class OwnersContext(FreshContext, Outbox, Protocol):
    """Certificates, and messages about them."""


async def change_tags(
    certflow: OwnersContext, alias: str, name: str, tags: Mapping[str, str], by: Actor
) -> CertificateRecord:
    """Gives the current version these tags as set_tags does, and tells the owner of before who is
    not its owner any more.

    The event is stored before the change, so that none goes untold, and removed again if Key Vault
    refuses the change. Whether it was made is not known if Key Vault does not answer: then the
    event is sent all the same, with the outbox.
    """
    event = await _owner_told(certflow, alias, name, tags, by)
    if event is None:
        return await set_tags(certflow, alias, name, tags)
    await certflow.ledger.add_event(event)
    try:
        record = await set_tags(certflow, alias, name, tags)
    except Refused:
        await certflow.ledger.mark_sent(event)
        raise
    await publish(certflow, (event,))
    return record


async def _owner_told(
    certflow: OwnersContext, alias: str, name: str, tags: Mapping[str, str], by: Actor
) -> Event | None:
    """The event for the owner before; None if there was none, or it is the same. That is who the
    tag names, or else the newest request: one that was adopted has no tag.
    """
    vault, now = alias.lower(), certflow.now()
    before = (await certflow.vault(alias).tags(name)).get(OWNER_TAG)
    if before is None:
        named = await certflow.ledger.by_name(vault, name)
        newest = max(named, key=lambda one: one.created, default=None)
        before = newest.owner if newest else None
    after = tags.get(OWNER_TAG)
    if not before or before == after:
        return None
    told = OwnerReplaced(
        vault=vault,
        name=name,
        owner=before,
        new_owner=after,
        by=by.shown,
        actor=who(by),
        caused_by=caller_of(by),
    )
    which = hashlib.sha256(f"{before} {after} {now.isoformat()}".encode()).hexdigest()[:16]
    return told.event(
        f"{vault}:{name.lower()}:owner-replaced:{which}",
        f"vaults/{vault}/certificates/{name}",
        now,
        vault=vault,
        name=name,
    )
