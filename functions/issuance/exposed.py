"""A private key that was sent to us: whoever sent it hears what to do, and so do others, for it counts as exposed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.errors import Unavailable
from functions.issuance.events import KEY_RECEIVED, Event
from functions.issuance.findings import PRIVATE_KEY, Finding
from functions.issuance.journal import record
from functions.issuance.outbox import send
from functions.issuance.requests import Actor, caller_of

REPLACE_IT = (
    "That key counts as exposed: replace it wherever it is used. Nothing of it was kept here, but what lies between (a "
    "proxy, the history of a shell) may have it. Then send the certificates alone."
)


def sent(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings of a file that was sent and not dropped: there is no copy of it in any container."""
    return tuple(replace(one, next_step=REPLACE_IT) if one.code == PRIVATE_KEY else one for one in findings)


def has_key(report: Mapping[str, Any]) -> bool:
    """Whether a report is that of a file with a private key."""
    return any(one["code"] == PRIVATE_KEY for one in report["findings"])


def as_sent(report: dict[str, Any]) -> dict[str, Any]:
    """The report of such a file as its sender gets it."""
    findings = [one | ({"next_step": REPLACE_IT} if one["code"] == PRIVATE_KEY else {}) for one in report["findings"]]
    return report | {"findings": findings, "next_step": REPLACE_IT}


async def tell_key_received(
    certflow: Certflow, content: bytes, route: str, by: Actor, vault: str | None = None, name: str | None = None
) -> None:
    """Tells of a body with a private key, once however often it is sent. `route` is `merge` or `inspect`; `vault`
    (alias) and `name` say for which certificate, if for one.

    Raises nothing: whoever has sent it is to have an answer. The log has it in any case.
    """
    digest = hashlib.sha256(content).hexdigest()
    record("key-received", level=logging.ERROR, route=route, sha256=digest, vault=vault, name=name)
    try:
        named = await certflow.ledger.named(vault, name) if vault and name else []
        newest = max(named, key=lambda one: one.created, default=None)
        data = {
            "route": route,
            "sha256": digest,
            "size": len(content),
            "by": by.name,
            "caused_by": caller_of(by),
            "vault": vault,
            "name": name,
            "names": (newest.names.split() or None) if newest else None,
            "owner": newest.owner if newest else None,
            "signer": newest.signer if newest else None,
        }
        event = Event(
            id=f"key-received:{digest[:32]}",
            type=KEY_RECEIVED,
            subject=f"chains/{route}",
            time=certflow.now(),
            vault=vault if newest else None,
            name=name if newest else None,
            data={key: value for key, value in data.items() if value is not None},
        )
        await send(certflow, event)
    except Unavailable as error:
        record("key-received-untold", level=logging.ERROR, sha256=digest, reason=str(error))
