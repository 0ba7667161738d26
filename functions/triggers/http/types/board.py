"""The types of the answers of `GET board` and of `GET …/pending/view`."""

from __future__ import annotations

from typing import Annotated

from functions.access.verbs import Verb
from functions.model.request.actor import Origin
from functions.model.request.request_state import RequestState
from functions.model.request.what_now import NextStep
from functions.triggers.http.types.answers import (
    ActorAnswer,
    Answer,
    Count,
    HistoryEntry,
    IssuerError,
    RequestId,
    RequestStatus,
    Time,
    one_of,
)

StateWord = Annotated[str, one_of(RequestState)]
VerbWord = Annotated[str, one_of(Verb)]


class BoardColumns(Answer):
    """Requests as a table by columns: one list for each field, all of the same length, in which the
    values of one request have the same place. First those in progress, the oldest first, then those
    that ended, the last first.

    Times are to the second. Of a request in the state `asked` the status, `request_id` and issuer
    are not known yet. `changed` is when it ended, or else was asked to be cancelled.
    `quiet_until` is until when its reminders are suppressed. `error_code` and `error` say why it
    failed, or (`check-failed`) why its last check did; `error` is cut to 200 characters. `names`
    are the first alternative names of the CSR. `by` is who asked for it, for show. `may` is a place
    in `mays`.
    """

    vault: list[str]
    name: list[str]
    state: list[StateWord]
    created: list[Time]
    changed: list[Time | None]
    request_id: list[RequestId | None]
    status: list[RequestStatus | None]
    owner: list[str | None]
    signer: list[str | None]
    issuer: list[str | None]
    next_check: list[Time | None]
    quiet_until: list[Time | None]
    error_code: list[str | None]
    error: list[str | None]
    names: list[list[str]]
    by: list[str | None]
    may: list[Count]


class BoardVault(Answer):
    """A vault. `observed`: it is only read, whatever is granted. `checked` is when its last good
    check run was; `down_since` is the same time where several runs should have come since, and null
    where none is missing.
    """

    observed: bool
    checked: Time | None
    down_since: Time | None


class BoardAnswer(Answer):
    """The requests in progress and those that ended within 30 days, as they were read at `at`.
    `mays` are what the caller may do with some requests; `vaults` (by alias) those in which the
    caller may read something. `left_out` is how many more requests there are.
    """

    at: Time
    columns: BoardColumns
    mays: list[list[VerbWord]]
    vaults: dict[str, BoardVault]
    left_out: Count | None = None


class CsrAnswer(Answer):
    """A CSR. `names` are its alternative names by kind (`dns`, `ips`, `emails`, `uris`, `upns`),
    without the kinds that it has none of; `key` is such as `RSA 2048`; `ekus` are names as in RFC
    5280, or OIDs; `key_sha256` is the SHA-256 of its key (SubjectPublicKeyInfo), in hex.
    """

    pem: str
    subject: str
    names: dict[str, list[str]]
    key: str
    ekus: list[str]
    key_usage: list[str]
    key_sha256: str


class NewVersion(Answer):
    """The version that came of a request: its id in Key Vault, its SHA-1 fingerprint, and what its
    certificate says. What Certflow did not keep is left out.
    """

    version: str
    thumbprint: str | None = None
    serial: str | None = None
    ca: str | None = None
    not_before: Time | None = None
    not_after: Time | None = None


class WhatNowAnswer(Answer):
    """What to do now, as a code, and the values for a sentence about it."""

    code: Annotated[str, one_of(NextStep)]
    values: dict[str, str]


class SilentVault(Answer):
    """Why the answer has no more than what Certflow kept: `why` Key Vault was not read, and when
    the last good check run of the vault was (null: never).
    """

    why: str
    unreachable_since: Time | None


class PendingViewAnswer(Answer, kw_only=True):
    """All that the page of one request shows. `current` is the request that is pending under the
    name now, if it is another one. `check_error` is why the last check of the request failed.
    `key_vault` is null where Key Vault has answered.
    """

    vault: str
    name: str
    request_id: RequestId
    state: StateWord
    status: RequestStatus
    created: Time | None
    changed: Time | None
    owner: str | None
    signer: str | None
    issuer: str
    by: str | None
    by_verified: bool | None = None
    actor: ActorAnswer | None = None
    on_behalf_of: str | None
    origin: Annotated[str, one_of(Origin)] | None = None
    next_check: Time | None
    reminded: Count
    remind_at: Time | None
    quiet_until: Time | None
    quiet_why: str | None
    cancel_asked: Time | None
    replaced_by: RequestId | None
    current: RequestId | None
    error: IssuerError | None
    check_error: str | None
    csr: CsrAnswer | None
    certificate: NewVersion | None
    what_now: WhatNowAnswer
    may: list[VerbWord]
    observed: bool
    key_vault: SilentVault | None
    history: list[HistoryEntry]
