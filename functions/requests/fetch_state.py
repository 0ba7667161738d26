"""What Key Vault has of a request: its pending operation, or none."""

from __future__ import annotations

from functions.app.context_parts import HasVaults
from functions.model.request.operation import NotPending, Operation
from functions.ports.vault import get_pending_or_none


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
