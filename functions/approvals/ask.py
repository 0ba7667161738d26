"""Asking for an approval in place of a start, before Key Vault is asked to start anything."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta

from functions.app.access import access_rules
from functions.app.contexts import ApprovedContext
from functions.app.read_only_vault import refuse_if_read_only
from functions.approvals.basis import basis_of
from functions.approvals.changes import asked
from functions.approvals.digest import digest_of, sent_body
from functions.approvals.errors import too_many, waits_already
from functions.approvals.expire import expire_if_over
from functions.approvals.judge import NeedsApproval, needs_of, proposed_names, proposed_policy
from functions.approvals.repeated import asked_before, started_before
from functions.approvals.save import add_approval
from functions.approvals.who import may_see
from functions.model.approval.ids import new_approval_id
from functions.model.approval.record import APPROVAL_TTL, START_SLOT, Approval, ApprovalOf
from functions.model.caller import Caller
from functions.model.errors import ConcurrentChange, InvalidRequest, KeepsChanging
from functions.model.request.actor import Actor
from functions.ports.judge import Proposal
from functions.requests.create import CreateCommand, CreateResult, create_request
from functions.requests.dry_run import would_create

APPROVAL_STORE = "The store of approvals"
MAX_ASKING = 3  # tries; each fails only because another caller asked for the same name
# UTF-16 code units of an approval, which is kept in one row of 1 MiB, two bytes for each. The rest
# of the row is for who says yes, and what becomes of it.
MAX_WAITING_LETTERS = 400_000
MAX_OPEN_OF_ONE = 100  # approvals of one caller that wait at a time
LATELY, MAX_ASKED_IN_A_DAY = timedelta(days=1), 200  # of one caller, whatever became of them


async def create_or_ask(
    certflow: ApprovedContext, command: CreateCommand
) -> CreateResult | Approval:
    """Starts a request, or asks for the approval that the access file wants first. The same command
    gets the same approval while it waits; with its Idempotency-Key, whatever became of it, whatever
    the access file asks for by now.

    Raises what create_request raises; Refused, too, if another command for the name waits, or if
    the request would be refused anyway, and InvalidRequest for a body that is too long to wait.
    """
    if known := await asked_before(certflow, command):
        return known
    try:
        return await create_request(certflow, command)
    except NeedsApproval as needed:
        try:
            found, is_new = await _ask(certflow, command, needed)
        except BaseException:
            await needed.give_back()
            raise
        if not is_new:
            await needed.give_back()
        return found


async def _ask(
    certflow: ApprovedContext, command: CreateCommand, needed: NeedsApproval
) -> tuple[CreateResult | Approval, bool]:
    """The approval, and whether it is new; or the answer of a start before it was asked for any."""
    if first := await started_before(certflow, command):
        return first, False
    refuse_if_read_only(certflow, command.vault)
    would = await would_create(certflow, command)
    wanted = _wanted_create(certflow, command, needed, would.proposal)
    _check_fits(wanted)
    for _ in range(MAX_ASKING):
        if known := await _same(certflow, command, wanted, needed.caller):
            return known, False
        if would.refusal:
            raise would.refusal
        await _check_load(certflow, command.by)
        try:
            return await add_approval(certflow, asked(wanted)), True
        except ConcurrentChange:
            continue
    raise KeepsChanging(APPROVAL_STORE, "others ask for the same name", retry_after=1)


def _check_fits(wanted: Approval) -> None:
    """Raises InvalidRequest if an approval is too long for its row."""
    text = json.dumps(asdict(wanted), ensure_ascii=False, separators=(",", ":"), default=str)
    letters = len(text.encode("utf-16-le", "surrogatepass")) // 2
    if letters > MAX_WAITING_LETTERS:
        raise InvalidRequest(
            "$",
            f"This is too long to wait for approval: with names and policy it has {letters} "
            f"characters, and at most {MAX_WAITING_LETTERS} can wait. Ask for fewer names in one "
            "certificate, or for shorter tags.",
        )


async def _check_load(certflow: ApprovedContext, by: Actor) -> None:
    """Raises Forbidden if somebody has asked for so much that nobody could read it: each approval
    that is asked for is a message to those who may say yes. Raises Unavailable.
    """
    load = await certflow.approvals.load_of(by, certflow.now() - LATELY)
    if load.open >= MAX_OPEN_OF_ONE:
        raise too_many(
            f"{load.open} of your requests wait for approval, and at most {MAX_OPEN_OF_ONE} can. "
            "Wait until some are decided, or withdraw those that are not needed."
        )
    if load.lately >= MAX_ASKED_IN_A_DAY:
        raise too_many(
            f"You have asked for {load.lately} approvals within 24 hours, also counting those that "
            f"ended, and at most {MAX_ASKED_IN_A_DAY} are possible. Ask again later."
        )


async def _same(
    certflow: ApprovedContext, command: CreateCommand, wanted: Approval, caller: Caller
) -> Approval | None:
    """The approval that this command has already. Raises KeyReused, and Refused if another one
    waits.
    """
    if known := await asked_before(certflow, command):
        return known
    for one in await certflow.approvals.of_name(wanted.vault, wanted.name):
        if one.is_open and one.slot == START_SLOT:
            current = await expire_if_over(certflow, one)
            if current.is_open and current.digest != wanted.digest:
                by, rules = current.asked_by, await access_rules(certflow)
                seen = may_see(rules, caller, current.vault, current.name, (by.tid, by.oid))
                raise waits_already(current, is_seen=seen)
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
