"""Private keys that callers send in the body of a request: such a key counts as exposed, so the
caller and others are told what to do.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace

from functions.app.contexts import Outbox
from functions.app.outbox import send
from functions.chains.report import Report
from functions.model.errors import Unavailable
from functions.model.events.chains import KeyReceived, Route
from functions.model.events.event import Event
from functions.model.findings import PRIVATE_KEY, Finding
from functions.model.log import record
from functions.model.request.actor import Actor, caller_of
from functions.model.request.request_event import who

REPLACE_IT = (
    "That key counts as exposed: replace it wherever it is used. Nothing of it was kept here, but "
    "what lies between (a proxy, the history of a shell) may have it. Then send the certificates "
    "alone."
)


def findings_as_sent(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings of a file that was sent over the API: unlike one that was dropped, it has no
    copy in a container that could be deleted.
    """
    return tuple(
        replace(one, next_step=REPLACE_IT) if one.code == PRIVATE_KEY else one for one in findings
    )


def has_key(report: Report) -> bool:
    """Whether a report is about a file with a private key."""
    return any(one["code"] == PRIVATE_KEY for one in report["findings"])


def report_as_sent(report: Report) -> Report:
    """The report of a file with a private key, with the next step for its sender."""
    of_keys = {PRIVATE_KEY: REPLACE_IT}
    findings = [
        one | {"next_step": of_keys.get(one["code"], one["next_step"])}
        for one in report["findings"]
    ]
    return report | {"findings": findings, "next_step": REPLACE_IT}


async def tell_key_received(
    certflow: Outbox,
    content: bytes,
    route: Route,
    by: Actor,
    vault: str | None = None,
    name: str | None = None,
) -> None:
    """Tells of a body with a private key, once however often it is sent. `route` is `merge` or
    `inspect`; `vault` (alias) and `name` say for which certificate it was, if it was for one.

    Raises nothing, because the sender needs an answer. The log has it in any case.
    """
    digest = hashlib.sha256(content).hexdigest()
    record("key-received", level=logging.ERROR, route=route, sha256=digest, vault=vault, name=name)
    told = KeyReceived(
        route=route,
        sha256=digest,
        size=len(content),
        by=by.shown,
        actor=who(by),
        caused_by=caller_of(by),
        vault=vault,
        name=name,
    )
    try:
        await send(certflow, await _event(certflow, told))
    except Unavailable as error:
        record("key-received-untold", level=logging.ERROR, sha256=digest, reason=str(error))


async def _event(certflow: Outbox, told: KeyReceived) -> Event:
    """The event, with the people of the certificate, if it is one that Certflow knows."""
    id_, subject, now = f"key-received:{told.sha256[:32]}", f"chains/{told.route}", certflow.now()
    vault, name = told.vault, told.name
    named = await certflow.ledger.by_name(vault, name) if vault and name else []
    newest = max(named, key=lambda one: one.created, default=None)
    if newest is None:
        return told.event(id_, subject, now)
    names = tuple(newest.names.split()) or None
    told = replace(told, names=names, owner=newest.owner, signer=newest.signer)
    return told.event(id_, subject, now, vault=vault, name=name)
