"""Asking for an approval in place of a start, before Key Vault is asked to start anything."""

from __future__ import annotations

from functions.app.contexts import ApprovedContext
from functions.app.read_only_vault import refuse_if_read_only
from functions.approvals.basis import basis_of
from functions.approvals.changes import asked
from functions.approvals.digest import digest_of, sent_body
from functions.approvals.errors import waits_already
from functions.approvals.expire import expire_if_over
from functions.approvals.judge import NeedsApproval, needs_of, proposed_names, proposed_policy
from functions.approvals.save import add_approval
from functions.model.approval.ids import new_approval_id
from functions.model.approval.record import APPROVAL_TTL, START_SLOT, Approval, ApprovalOf
from functions.model.errors import ConcurrentChange, InvalidRequest, KeepsChanging, KeyReused
from functions.ports.judge import Proposal
from functions.requests.create import CreateCommand, CreateResult, create_request
from functions.requests.dry_run import would_create

APPROVAL_STORE = "The store of approvals"
MAX_ASKING = 3  # tries; each fails only because another caller asked for the same name
# Characters of a body that can wait: it is kept in one row, which holds 1 MiB.
MAX_BODY_LETTERS = 200_000


async def create_or_ask(
    certflow: ApprovedContext, command: CreateCommand
) -> CreateResult | Approval:
    """Starts a request, or asks for the approval that the access file wants first. The same command
    gets the same approval while it waits; with its Idempotency-Key, whatever became of it.

    Raises what create_request raises; Refused, too, if another command for the name waits, or if
    the request would be refused anyway, and InvalidRequest for a body that is too long to wait.
    """
    try:
        return await create_request(certflow, command)
    except NeedsApproval as needed:
        try:
            approval, is_new = await _ask(certflow, command, needed)
        except BaseException:
            await needed.give_back()
            raise
        if not is_new:
            await needed.give_back()
        return approval


async def _ask(
    certflow: ApprovedContext, command: CreateCommand, needed: NeedsApproval
) -> tuple[Approval, bool]:
    """The approval, and whether it is new."""
    refuse_if_read_only(certflow, command.vault)
    would = await would_create(certflow, command)
    if would.refusal:
        raise would.refusal
    wanted = _wanted_create(certflow, command, needed, would.proposal)
    if len(str(wanted.body)) > MAX_BODY_LETTERS:
        raise InvalidRequest("$", f"At most {MAX_BODY_LETTERS} characters can wait for approval.")
    for _ in range(MAX_ASKING):
        if known := await _same(certflow, wanted):
            return known, False
        try:
            return await add_approval(certflow, asked(wanted)), True
        except ConcurrentChange:
            continue
    raise KeepsChanging(APPROVAL_STORE, "others ask for the same name", retry_after=1)


async def _same(certflow: ApprovedContext, wanted: Approval) -> Approval | None:
    """The approval that this command has already. Raises KeyReused, and Refused if another one
    waits.
    """
    for one in await certflow.approvals.of_name(wanted.vault, wanted.name):
        if wanted.key and one.key == wanted.key:
            if one.digest != wanted.digest:
                raise KeyReused(
                    "This Idempotency-Key was used with another request before. Use a new key for "
                    "a new request."
                )
            return await expire_if_over(certflow, one)
        if one.is_open and one.slot == START_SLOT:
            current = await expire_if_over(certflow, one)
            if current.is_open and current.digest != wanted.digest:
                raise waits_already(current)
            if current.is_open:
                return current
    return None


def _wanted_create(
    certflow: ApprovedContext, command: CreateCommand, needed: NeedsApproval, proposal: Proposal
) -> Approval:
    now, vault = certflow.now(), command.vault.lower()
    body, policy = sent_body(command), proposed_policy(proposal)
    basis = basis_of(proposal)
    return Approval(
        id=new_approval_id(now),
        vault=vault,
        name=command.name,
        of=ApprovalOf.CREATE,
        digest=digest_of(vault, command.name, body, policy, command.by, basis=basis),
        body=body,
        policy=policy,
        needs=needs_of(needed.decision),
        asked=now,
        asked_by=command.by,
        expires=now + APPROVAL_TTL,
        roles=tuple(sorted(needed.caller.roles)),
        owner=proposal.owner,
        names=proposed_names(proposal),
        sha256=needed.sha256,
        key=command.intent_id if command.key else None,
        basis=basis,
    )
