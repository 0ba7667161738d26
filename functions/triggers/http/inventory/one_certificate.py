"""Handles `GET` and `PATCH` of one certificate: what Key Vault has of it now, what its endpoints
show, and Certflow's tags of it.
"""

from __future__ import annotations

import azure.functions as func

from functions.access.verbs import Verb
from functions.app.contexts import AuditContext
from functions.inventory.audits import findings_of
from functions.inventory.near_the_end import near_its_end
from functions.inventory.one import CertificateView, tags_after, view
from functions.inventory.owners import change_tags
from functions.live.expected import look_soon
from functions.live.states import CertificateEndpoints, endpoints_of_certificate
from functions.model.errors import Unavailable
from functions.model.inventory.endpoints import Endpoint
from functions.model.inventory.record import AskedFor, CertificateRecord, IssuedCertificate
from functions.model.inventory.who_renews import who_renews
from functions.model.live.state import EndpointState
from functions.model.tags import ENDPOINTS_TAG, GRACE_TAG
from functions.ports.vault import PendingOperation
from functions.record.calls import note_call
from functions.triggers.http.answers import certificate_url, json_body, pending_url, time_of
from functions.triggers.http.bodies import check_name
from functions.triggers.http.context import Context
from functions.triggers.http.grants.tags import check_may_change
from functions.triggers.http.inventory.tag_body import parse_tags
from functions.triggers.http.queries import actor_of, body_of, check_query
from functions.triggers.http.types.inventory import (
    AskedAnswer,
    CertificateAnswer,
    CertificateFinding,
    EndpointAnswer,
    IssuedAnswer,
    PendingAnswer,
    VersionAnswer,
)


async def get_certificate(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with a certificate as Key Vault has it now."""
    check_query(req)
    vault, name = req.route_params["vault"], check_name(req.route_params["name"])
    return json_body(200, await _answer_of(req, context, vault, name))


async def tag_certificate(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Changes Certflow's tags of a certificate, and answers 200 with it: so it takes both the verb
    of the route and the one of reading.
    """
    check_query(req, "requested_by")
    vault, name = req.route_params["vault"], check_name(req.route_params["name"])
    if context.access is not None:
        context.access.require(Verb.READ, vault, name)
    app = context.certflow()
    change, said = parse_tags(body_of(req), app.options.live)
    by = actor_of(req, context, said)
    tags = await tags_after(app, vault, name, change)
    await check_may_change(context, vault.lower(), name, tags)
    # Before the call: an alert takes a change that the app has not logged for somebody else's.
    await note_call(app, "tagged", by, outcome="asked", vault=vault.lower(), name=name, tags=change)
    record = await change_tags(app, vault, name, tags, by)
    if change.keys() & {ENDPOINTS_TAG, GRACE_TAG}:
        await look_soon(app, vault.lower(), record)
    return json_body(200, await _answer_of(req, context, vault, name))


async def _answer_of(
    req: func.HttpRequest, context: Context, vault: str, name: str
) -> CertificateAnswer:
    app = context.certflow()
    seen = await view(app, vault, name)
    served = await endpoints_of_certificate(app, vault.lower(), seen.record)
    return _as_answer(req, vault, seen, served, await _findings(app, vault, seen))


async def _findings(
    app: AuditContext, vault: str, seen: CertificateView
) -> list[CertificateFinding] | None:
    """What the audit finds; None if what it takes cannot be read."""
    request_id = seen.pending.operation.request_id if seen.pending else None
    try:
        found = await findings_of(app, vault.lower(), seen.record, request_id)
    except Unavailable:
        return None
    return [
        CertificateFinding(one.code, one.severity.value, one.sentence, one.next_step)
        for one in found
    ]


def _as_answer(
    req: func.HttpRequest,
    vault: str,
    seen: CertificateView,
    served: CertificateEndpoints,
    findings: list[CertificateFinding] | None,
) -> CertificateAnswer:
    record = seen.record
    return CertificateAnswer(
        vault=vault.lower(),
        name=record.name,
        enabled=record.enabled,
        owner=record.owner,
        signer=record.signer,
        renewed_by=who_renews(record).value,
        tags=dict(record.tags),
        current=_issued(record.current) if record.current else None,
        policy=_asked(record.policy) if record.policy else None,
        pending=_pending(req, vault, record, seen.pending) if seen.pending else None,
        versions=[VersionAnswer(version, sha1) for sha1, version in seen.versions.items()],
        endpoints=[_endpoint(*one) for one in served.looked_at],
        endpoints_unread=list(served.faults) or None,
        findings=findings,
        links={"history": f"{certificate_url(req, vault, record.name)}/history"},
    )


def _endpoint(endpoint: Endpoint, last: EndpointState | None) -> EndpointAnswer:
    named = EndpointAnswer(endpoint.host, endpoint.port, endpoint.address or None)
    if last is None:
        return named
    named.state, named.sentence = last.state.value, last.sentence
    named.since, named.looked = time_of(last.since), time_of(last.at)
    return named


def _issued(current: IssuedCertificate) -> IssuedAnswer:
    return IssuedAnswer(
        version=current.version,
        thumbprint=current.sha1,
        sha256=current.sha256 or None,
        subject=current.subject or None,
        names=list(current.names),
        ca=current.ca or None,
        ca_key=current.ca_key or None,
        not_before=time_of(current.not_before),
        not_after=time_of(current.not_after),
        created=time_of(current.created),
        ekus=list(current.ekus),
        key_type=current.key_type or None,
        key_size=current.key_size or None,
        self_signed=current.self_signed,
        imported=current.imported,
        public=current.public,
        unread=current.unread,
    )


def _asked(policy: AskedFor) -> AskedAnswer:
    return AskedAnswer(
        issuer=policy.issuer,
        issuer_type=policy.issuer_type or None,
        months=policy.months or None,
        near_its_end=near_its_end(policy),
        subject=policy.subject or None,
        names=list(policy.names),
        ekus=list(policy.ekus),
        key_type=policy.key_type or None,
        key_size=policy.key_size or None,
        curve=policy.curve or None,
        exportable=policy.exportable,
        reuse_key=policy.reuse_key,
        content_type=policy.content_type or None,
    )


def _pending(
    req: func.HttpRequest, vault: str, record: CertificateRecord, pending: PendingOperation
) -> PendingAnswer:
    operation = pending.operation
    link = pending_url(req, vault, record.name, operation.request_id)
    return PendingAnswer(operation.request_id, operation.status.value, operation.issuer, link)
