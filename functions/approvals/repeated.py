"""A create that comes again with its Idempotency-Key: it gets what became of it, and starts
nothing, whatever is stored, pending, or asked for by the access file since.
"""

from __future__ import annotations

from functions.app.contexts import ApprovedContext
from functions.approvals.digest import approved_command
from functions.approvals.expire import expire_if_over
from functions.model.approval.record import Approval
from functions.model.errors import KeyReused, Unavailable
from functions.requests.create import CreateCommand, CreateResult


async def asked_before(certflow: ApprovedContext, command: CreateCommand) -> Approval | None:
    """The approval that was asked for with this key, as it is now; None if there is none. Raises
    KeyReused if it was for something else, Unavailable.
    """
    if not command.key or certflow.access_files is None:
        return None
    for one in await certflow.approvals.of_name(command.vault.lower(), command.name):
        if one.key == command.intent_id:
            _check_same(approved_command(one).fingerprint(), command)
            return await expire_if_over(certflow, one)
    return None


async def started_before(certflow: ApprovedContext, command: CreateCommand) -> CreateResult | None:
    """The answer of the start with this key, from before anybody had to approve it; None if there
    was none. Raises KeyReused if it was for something else; Unavailable, also as long as it is not
    known what came of it.
    """
    if not command.key:
        return None
    vault = command.vault.lower()
    earlier = await certflow.ledger.intent(vault, command.name, command.intent_id)
    if earlier is None:
        return None
    _check_same(earlier.asked, command)
    if earlier.answer is None:
        raise Unavailable(
            "The answer of the first call with this key",
            "Key Vault is asked for it",
            retry_after=60,
        )
    return CreateResult(**earlier.answer)


def _check_same(asked: str, command: CreateCommand) -> None:
    if asked != command.fingerprint():
        raise KeyReused(
            "This Idempotency-Key was used with another request before. Use a new key for a new "
            "request."
        )
