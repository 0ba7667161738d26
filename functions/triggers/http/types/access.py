"""The types of the answers about what a caller may do."""

from __future__ import annotations

from typing import Annotated, Any

from functions.model.request.actor import ActorKind
from functions.ports.access_files import AccessState
from functions.triggers.http.types.answers import Answer, Count, MissingGrant, one_of


class CallerAnswer(Answer):
    """Who calls, as the token says; `roles` are its app roles."""

    kind: Annotated[str, one_of(ActorKind)]
    name: str | None = None
    tid: str | None = None
    oid: str | None = None
    azp: str | None = None
    roles: list[str] | None = None


class AccessFileAnswer(Answer):
    """What decides: the access file, its last good version, app roles while there is no file, or
    the role of operators alone. `sha256` is the hash of the file that counts.
    """

    state: Annotated[str, one_of(AccessState)]
    sha256: str | None = None


class OwnAccessAnswer(Answer):
    """What the caller may do: the rows of the access file that mean the caller, without `who`.
    `conditions` deny something, or ask for approvals.
    """

    caller: CallerAnswer
    grants: list[dict[str, Any]]
    conditions: list[dict[str, Any]]
    decided_by: AccessFileAnswer | None = None
    who_grants: str | None = None


class PolicyAnswer(Answer):
    """What a certificate would be, after Key Vault's defaults. `names` are by kind; `key` is such
    as `RSA:2048`, `EC:P-256`; `auto_renew`: Key Vault starts the next versions by itself; `unread`
    are fields that Certflow does not know. `other_fields` are values that have no place of their
    own, each behind its path.
    """

    names: dict[str, list[str]]
    subject: str
    key: str
    exportable: bool
    reuse_key: bool
    issuer: str
    months: Count
    ekus: list[str]
    key_usage: list[str]
    ca: bool
    auto_renew: bool
    wildcard: bool
    unread: list[str]
    other_fields: list[str] | None = None


class RefusalAnswer(Answer):
    """Why it would be refused: a sentence, a word for programs, and what is not granted."""

    message: str
    reason: str
    missing: list[MissingGrant] | None = None


class ApprovalAnswer(Answer):
    """How many people out of `by` have to approve it; without any, those who may approve it. Each
    needs the verb `approve` as well, which the rows of the access file for `may_approve` grant.
    """

    count: Count
    by: list[str]
    may_approve: list[str]


class DryRunAnswer(Answer, kw_only=True):
    """What a create would start. `allowed`: it would; otherwise `forbidden` says what access lacks,
    and `refusal` what else is in the way. `how` is as in the answer of the create.
    """

    allowed: bool
    how: Annotated[str, one_of(("created", "adopted", "replaced"))] | None = None
    policy: PolicyAnswer
    owner: str | None = None
    former_owner: str | None = None
    forbidden: RefusalAnswer | None = None
    refusal: RefusalAnswer | None = None
    approvals: list[ApprovalAnswer] | None = None
