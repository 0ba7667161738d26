"""Handles `GET …/pending/view`: all that the page of one request shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import azure.functions as func

from functions.access.policy import KINDS_OF_NAMES
from functions.board.view import RequestView, Silence, view_request
from functions.model.request.actor import Actor
from functions.model.request.request_state import changed_at, state_of
from functions.model.request.tracked import TrackedRequest
from functions.model.request.what_now import what_now
from functions.triggers.http.answers import json_body, time_of
from functions.triggers.http.context import Context
from functions.triggers.http.grants.own import verbs_of
from functions.triggers.http.queries import address_of
from functions.triggers.http.types.answers import actor_answer
from functions.triggers.http.types.board import (
    CsrAnswer,
    NewVersion,
    PendingViewAnswer,
    SilentVault,
    WhatNowAnswer,
)
from functions.triggers.http.types.from_ledger import history_entry, issuer_error
from functions.x509.csr import CsrDescription

UNTRACKED_TIMES = {
    "since",
    "at",
}  # values of a next step that are not known of an untracked request


async def get_pending_view(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with a request, also with one that has ended, or while Key Vault does not
    answer.
    """
    address = address_of(req)
    app = context.certflow()
    view = await view_request(app, address)
    request = view.request
    answer = PendingViewAnswer(
        **_of_request(request),
        **_asked_by(request.requested_by),
        created=time_of(request.created) if view.tracked else None,
        changed=time_of(changed_at(request)) if view.tracked else None,
        current=view.current,
        csr=_csr(view.csr) if view.csr else None,
        certificate=_version(view.certificate) if view.certificate else None,
        what_now=_what_now(view),
        may=[verb.value for verb in verbs_of(context)(request.vault, request.name)],
        observed=request.vault in app.options.read_only_vaults,
        key_vault=_silent(view.silence) if view.silence else None,
        history=[history_entry(act) for act in view.history],
    )
    return json_body(200, answer)


def _of_request(request: TrackedRequest) -> dict[str, Any]:
    """The fields that are those of the request."""
    return {
        "vault": request.vault,
        "name": request.name,
        "request_id": request.request_id,
        "state": state_of(request.status, request.issuer, request.reminded).value,
        "status": request.status.value,
        "owner": request.owner,
        "signer": request.signer,
        "issuer": request.issuer,
        "origin": request.origin.value if request.origin else None,
        "next_check": time_of(request.next_check),
        "reminded": request.reminded,
        "remind_at": time_of(request.remind_at),
        "quiet_until": time_of(request.quiet_until),
        "quiet_why": request.quiet_why,
        "cancel_asked": time_of(request.cancel_asked),
        "replaced_by": request.replaced_by,
        "error": issuer_error(request),
        "check_error": request.last_error,
    }


def _asked_by(by: Actor | None) -> dict[str, Any]:
    """The fields about who asked for it."""
    if by is None:
        return {"by": None, "on_behalf_of": None}
    return {
        "by": by.shown,
        "by_verified": by.verified if by.shown else None,
        "actor": actor_answer(by),
        "on_behalf_of": by.on_behalf_of,
    }


def _what_now(view: RequestView) -> WhatNowAnswer:
    step = what_now(view.request, cancelling=view.cancelling)
    known = {
        key: one for key, one in step.values.items() if view.tracked or key not in UNTRACKED_TIMES
    }
    return WhatNowAnswer(step.step.value, known)


def _csr(csr: CsrDescription) -> CsrAnswer:
    return CsrAnswer(
        pem=csr.pem,
        subject=csr.subject,
        names={KINDS_OF_NAMES[kind]: list(names) for kind, names in csr.names.items()},
        key=csr.key,
        ekus=list(csr.ekus),
        key_usage=list(csr.key_usage),
        key_sha256=csr.key_sha256,
    )


def _version(described: Mapping[str, str]) -> NewVersion:
    return NewVersion(
        version=described["version"],
        thumbprint=described.get("thumbprint"),
        serial=described.get("serial"),
        ca=described.get("issuer"),
        not_before=described.get("not_before"),
        not_after=described.get("not_after"),
    )


def _silent(silence: Silence) -> SilentVault:
    return SilentVault(silence.why, time_of(silence.since))
