"""What Key Vault has under a name: the pending operation or none, and the stored policy."""

from __future__ import annotations

from functions.app.context_parts import HasVaults
from functions.model.errors import Refused
from functions.model.request.operation import NotPending, Operation
from functions.ports.key_vault_objects import Policy
from functions.ports.vault import PendingOperation, Vault

NOT_FOUND = 404


async def get_pending_or_none(
    vault: Vault, name: str, request_id: str | None = None
) -> PendingOperation | None:
    """The pending operation of a name, or None; with `request_id`, only that of this request.
    Raises Refused (not for 404), Unavailable.
    """
    try:
        return await vault.pending(name, request_id)
    except Refused as error:
        if error.status != NOT_FOUND:
            raise
        return None


async def stored_policy(vault: Vault, name: str) -> Policy | None:
    """The policy that is stored for a name, or None. Raises Refused (not for 404), Unavailable."""
    try:
        return await vault.policy(name)
    except Refused as error:
        if error.status != NOT_FOUND:
            raise
        return None


async def fetch_state(
    certflow: HasVaults, alias: str, name: str, request_id: str
) -> Operation | NotPending:
    """The operation of a request, or else that it is gone and which other request is pending in its
    place, if one is. Raises UnknownVault, Refused, Unavailable.
    """
    vault = certflow.vault(alias)
    if answer := await get_pending_or_none(vault, name, request_id):
        return answer.operation
    other = await get_pending_or_none(vault, name)
    if other is None:
        return NotPending(None)
    if other.operation.request_id == request_id:  # the 404 before was a passing one
        return other.operation
    return NotPending(other.operation.request_id)
