"""What an approver says yes to: the body of a create, and the digest of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import cast

from functions.model.approval.record import Approval, ApprovalOf, Basis
from functions.model.request.actor import RENEWAL, Actor
from functions.ports.key_vault_objects import CreateFields
from functions.requests.create import CreateCommand, IfPending

OF_CERTFLOW = ("owner", "signer", "if_pending", "requested_by")  # not for Key Vault


def sent_body(command: CreateCommand) -> dict[str, object]:
    """The body of a create as it was sent, without what it leaves to the defaults."""
    ours = {
        "owner": command.owner,
        "signer": command.signer,
        "if_pending": None if command.if_pending == "reject" else command.if_pending,
        "requested_by": command.by.on_behalf_of,
    }
    return {**command.body, **{name: value for name, value in ours.items() if value}}


def approved_command(approval: Approval) -> CreateCommand:
    """The start that was approved: exactly the body that was sent, for who sent it."""
    body = approval.body
    fields = {name: value for name, value in body.items() if name not in OF_CERTFLOW}
    return CreateCommand(
        approval.vault,
        approval.name,
        cast(CreateFields, fields),
        cast("str | None", body.get("owner")),
        cast(IfPending, body.get("if_pending", "reject")),
        by=RENEWAL if approval.of is ApprovalOf.RENEWAL else approval.asked_by,
        renews=approval.renews,
        approval=approval.id,
        signer=cast("str | None", body.get("signer")),
    )


def digest_of(
    vault: str,
    name: str,
    body: Mapping[str, object],
    policy: Mapping[str, object],
    asked_by: Actor,
    about: str | None = None,
    basis: Basis | None = None,
) -> str:
    """The SHA-256 (hex) of all that an approver says yes to: where, the body, the policy that comes
    of it, who asks, and what it builds on; `about` is the version or the request of what is no
    caller's create.
    """
    who = [asked_by.kind, asked_by.tid, asked_by.oid, asked_by.name if not asked_by.oid else None]
    asked = [vault.lower(), name.lower(), body, policy, who, about]
    asked += [asdict(basis)] if basis else []
    canonical = json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()
