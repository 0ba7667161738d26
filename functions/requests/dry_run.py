"""What a create would do, without doing it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from functions.app.contexts import CreateContext
from functions.model.errors import Refused
from functions.model.request.operation import Status
from functions.ports.judge import Proposal
from functions.ports.vault import PendingOperation, Vault, get_pending_or_none
from functions.requests.create import CreateCommand, proposal_of, with_tags_of
from functions.requests.create_refusals import refuse_issuer, refuse_unless_same
from functions.requests.last_version import last_version


@dataclass(frozen=True, slots=True)
class WouldCreate:
    """What a create would start; `how` is `created`, `adopted` or `replaced`, or None if it would
    be refused, which `refusal` then says.
    """

    proposal: Proposal
    how: str | None
    refusal: Refused | None = None


async def would_create(certflow: CreateContext, command: CreateCommand) -> WouldCreate:
    """Reads what a create would read, and starts, changes and writes nothing. What only Key Vault
    itself finds out when it starts is not known: an issuer that it does not have, a name that is
    deleted and not purged.

    Raises UnknownVault, InvalidRequest (no room for the owner's tag), Refused (Key Vault does not
    let the app read), Unavailable.
    """
    vault = certflow.vault(command.vault)
    pending, last = await asyncio.gather(
        get_pending_or_none(vault, command.name),
        last_version(certflow, vault, command.vault.lower(), command.name),
    )
    command = with_tags_of(command, last)
    proposal = proposal_of(command, last, pending)
    try:
        refuse_issuer(certflow, proposal.sent, proposal.stored)
        how = await _how(vault, command, pending)
    except Refused as refusal:
        if refusal.of_access:
            raise
        return WouldCreate(proposal, None, refusal)
    return WouldCreate(proposal, how)


async def _how(vault: Vault, command: CreateCommand, pending: PendingOperation | None) -> str:
    """How the request would come about. Raises Refused for one that is in the way."""
    if pending is None or pending.operation.status is not Status.IN_PROGRESS:
        return "created"
    if command.if_pending == "replace":
        return "replaced"
    if command.if_pending == "adopt":
        policy = command.body.get("policy")
        await refuse_unless_same(vault, command.name, policy, pending.operation)
        return "adopted"
    request_id = pending.operation.request_id
    message = f"The request {request_id} is in progress for this name."
    raise Refused(409, "Conflict", message, reason="pending", request_id=request_id)
