"""Starting a request, and reading one."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.errors import Refused, Unavailable
from functions.issuance.journal import record
from functions.issuance.ports import Answer, Intent
from functions.issuance.watch import begin_to_watch, record_seen

# Longer than a start can take; then the sweep asks Key Vault what became of it.
INTENT_PATIENCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for. `body` is Key Vault's own create body, checked already; `owner` is ours."""

    vault: str
    name: str
    body: Mapping[str, Any]
    owner: str | None


async def start(certflow: Certflow, order: Order) -> Answer:
    """Starts a request in Key Vault and begins to watch it.

    An intent is written first: with the storage down nothing is started, and a crash after Key Vault's answer loses
    nothing. Raises UnknownVault, Refused (Key Vault's 4xx), Unavailable.
    """
    vault = certflow.vault(order.vault)
    alias = order.vault.lower()
    intent = Intent(alias, order.name, order.owner, certflow.now() + INTENT_PATIENCE, secrets.token_hex(8))
    await certflow.ledger.intend(intent)
    try:
        answer = await vault.create(order.name, order.body)
    except Refused:
        await _forget(certflow, intent)
        raise
    except Unavailable as error:
        if not error.maybe_done:
            await _forget(certflow, intent)
        raise
    try:
        await begin_to_watch(certflow, intent, answer.operation)
    except Unavailable as error:
        # Key Vault has started it, so the caller must hear so; the intent brings it under watch.
        record("watch-delayed", level=logging.ERROR, vault=alias, name=order.name, reason=str(error))
    return answer


async def status(certflow: Certflow, vault: str, name: str, request_id: str | None) -> tuple[Answer, str | None]:
    """What Key Vault says of a pending request now, and its owner if we track it; records what was seen.

    Raises UnknownVault, Refused (404 `PendingCertificateNotFound` among them), Unavailable.
    """
    answer = await certflow.vault(vault).pending(name, request_id)
    request = await certflow.ledger.get(vault.lower(), name, answer.operation.request_id)
    if request is None:
        return answer, None
    if answer.operation.status is not request.status:
        request = await record_seen(certflow, request, answer.operation)
    return answer, request.owner


async def _forget(certflow: Certflow, intent: Intent) -> None:
    try:
        await certflow.ledger.forget(intent)
    except Unavailable as error:  # the sweep will ask Key Vault, find nothing of ours, and forget it then
        record("intent-left", level=logging.WARNING, vault=intent.vault, name=intent.name, reason=str(error))
