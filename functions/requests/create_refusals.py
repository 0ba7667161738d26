"""Why a start is refused, and what the caller can do instead."""

from __future__ import annotations

import json
from contextlib import suppress

from functions.app.context_parts import HasOptions
from functions.model.errors import Refused, Unavailable, WayOut
from functions.model.issuers import is_manual
from functions.model.options import ANY_ISSUER, SELF_SIGNED_ISSUER
from functions.model.request.operation import Operation, Status
from functions.ports.key_vault_objects import Policy
from functions.ports.vault import NOT_FOUND, Vault, get_pending_or_none, stored_policy
from functions.requests.policy_diff import differences, issuer_of

BAD_REQUEST, FORBIDDEN, CONFLICT = 400, 403, 409

WAYS_FOR_MANUAL = (
    WayOut("merge", "Merge the signed chain: this completes the pending request."),
    WayOut("delete", "Delete the pending request, then create again."),
)
WAYS_AT_ISSUER = (
    WayOut("wait", "Wait until the issuer has completed, failed or cancelled it."),
    WayOut("cancel", "Ask the issuer to cancel it."),
    WayOut(
        "delete", "Delete the pending request, then create again; the issuer may go on with it."
    ),
)
SOFT_DELETED = (
    WayOut(
        "recover",
        "Recover the deleted certificate in Key Vault; a create then makes its next version.",
    ),
    WayOut(
        "purge",
        "Purge the deleted certificate in Key Vault, if the vault allows it, then create again.",
    ),
    WayOut("rename", "Use another name."),
)
NAME_TAKEN = (
    WayOut(
        "rename",
        "A key or a secret has this name; use another, or delete and purge that key or secret.",
    ),
)


def refuse_issuer(certflow: HasOptions, given: Policy | None, stored: Policy | None) -> None:
    """Raises Refused (403) if the operator does not allow the issuer of the policy that is given,
    or else of the stored one.
    """
    issuer = issuer_of(given or stored or {})
    if certflow.options.may_issue(issuer):
        return
    whose = "asked for" if given else "in the stored policy"
    allowed = ", ".join(certflow.options.issuers).replace(
        ANY_ISSUER, f"any but {SELF_SIGNED_ISSUER}"
    )
    message = (
        f"The issuer {issuer}, {whose}, may not be used here. CERTFLOW_ISSUERS allows: {allowed}."
    )
    raise Refused(FORBIDDEN, "Forbidden", message, reason="issuer-not-allowed")


async def refuse_unless_same(
    vault: Vault, name: str, given: Policy | None, pending: Operation
) -> None:
    """Raises Refused (409) if a pending request is not for what the given policy, or else the
    stored one, asks for. Raises Unavailable.
    """
    policy = given or await vault.policy(name)
    issuer = issuer_of(policy)
    differs = differences(policy, pending.csr)
    if issuer.lower() != pending.issuer.lower():
        differs = (*differs, f"issuer: asked {issuer}, pending {pending.issuer}")
    if differs:
        message = f"The pending request is for something else. {'; '.join(differs)}."
        raise Refused(CONFLICT, "Conflict", message, reason="pending-differs")


async def explained(vault: Vault, name: str, given: Policy | None, error: Refused) -> Refused:
    """Key Vault's refusal of a create with the given policy, with the ways out that apply. What
    cannot be found out is left out.
    """
    if error.status == CONFLICT:
        return await _explained_conflict(vault, name, error)
    if error.status == BAD_REQUEST and not given:
        with suppress(Refused, Unavailable):
            if await stored_policy(vault, name) is None:
                return _policy_needed(name, error)
        return error
    return await _with_issuers(vault, given, error)


async def _explained_conflict(vault: Vault, name: str, error: Refused) -> Refused:
    """A 409: the certificate is soft-deleted, a request is pending, or the name is taken."""
    if error.inner == "ObjectIsDeletedButRecoverable":
        return _with(error, "soft-deleted", SOFT_DELETED)
    with suppress(Refused, Unavailable):
        stands = await get_pending_or_none(vault, name)
        if stands and stands.operation.status is Status.IN_PROGRESS:
            pending = stands.operation
            ways = WAYS_FOR_MANUAL if pending.manual else WAYS_AT_ISSUER
            return _with(error, error.reason or "pending", ways, request_id=pending.request_id)
        return _with(error, "name-taken", NAME_TAKEN)
    return error


def _policy_needed(name: str, error: Refused) -> Refused:
    """What Key Vault calls an invalid policy, where none was given and none is stored."""
    host = f"{name}.example.com"
    example = {
        "issuer": {"name": "Unknown"},
        "x509_props": {"subject": f"CN={host}", "sans": {"dns_names": [host]}},
    }
    message = (
        "A new certificate needs a policy; only a next version can do without. Such as "
        f"{json.dumps(example)}"
    )
    return Refused(error.status, error.code, message, reason="policy-needed")


async def _with_issuers(vault: Vault, given: Policy | None, error: Refused) -> Refused:
    """The refusal with the vault's issuers, if the one asked for is none of them and we may read
    them.
    """
    asked = issuer_of(given or {})
    if error.status not in {BAD_REQUEST, NOT_FOUND} or is_manual(asked) or asked.lower() == "self":
        return error
    with suppress(Refused, Unavailable):
        issuers = await vault.issuers()
        if asked.lower() not in {name.lower() for name in issuers}:
            return _with(error, "issuer-unknown", (), issuers=tuple(sorted(issuers)))
    return error


def _with(
    error: Refused,
    reason: str,
    ways_out: tuple[WayOut, ...],
    *,
    request_id: str | None = None,
    issuers: tuple[str, ...] | None = None,
) -> Refused:
    return Refused(
        error.status,
        error.code,
        str(error),
        inner=error.inner,
        reason=reason,
        ways_out=ways_out,
        request_id=request_id,
        issuers=issuers,
    )
