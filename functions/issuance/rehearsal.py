"""A rehearsal: one sample of each message on every channel, so that people see them before one is needed."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.errors import CertflowError, InvalidRequest, Unavailable
from functions.issuance.events import (
    ACKNOWLEDGED,
    CHAIN_HELD_UP,
    CHAIN_QUARANTINED,
    CHAIN_REJECTED,
    CHAIN_STUCK,
    CHAIN_WAITING,
    CHANGED_BY_OTHERS,
    DIGEST,
    EXPIRED,
    ISSUANCE,
    ISSUER_TROUBLED,
    KEY_RECEIVED,
    NEAR_EXPIRY,
    NOTICE_REFUSED,
    RENEWAL_STOPPED,
    SETTING_WRONG,
    TRUST_CHANGED,
    TRUST_MISPLACED,
    UNSETTLED,
    VAULT_SURVEYED,
    WORK_LIST,
)
from functions.issuance.key_material import private_key
from functions.issuance.mail_plan import HOUR, Book, entry_of
from functions.issuance.notices import notice_of
from functions.issuance.rules import PREFIX
from functions.issuance.telling import Channel, DeliveryRefused, Notice, Severity, Waiting

PAUSE = timedelta(minutes=1)
FEW = 5  # samples
NAME = "sample"
DAY = 86400  # seconds


async def rehearse(certflow: Certflow, wanted: Sequence[str]) -> dict[str, Any]:
    """Sends samples of the events (all, if none are named) on every channel; mail goes to the default mailboxes.

    Returns what was sent, and by channel how that ended. A channel that fails does not keep the others from theirs.
    Raises InvalidRequest for an event that no message is made of, and Unavailable within a minute of the last one: real
    messages would drown among samples, and mail services take few an hour.
    """
    samples = samples_of(certflow)
    named = dict.fromkeys(one if one.startswith(PREFIX) else PREFIX + one for one in wanted)
    types = list(named or samples)
    for one in types:
        if one not in samples:
            known = ", ".join(name.removeprefix(PREFIX) for name in samples)
            raise InvalidRequest("events", f"'{one[:100]}' is no event that people are told of. There are {known}.")
    now = certflow.now()
    if await certflow.watchbook.hold("rehearsal", now, now + PAUSE) is None:
        raise Unavailable(
            "A rehearsal", "the last one was less than a minute ago", retry_after=int(PAUSE.total_seconds())
        )
    notices = [_notice(certflow, one, samples[one]) for one in types]
    outcomes = [{"channel": one.name, "outcome": await _send(certflow, one, notices)} for one in certflow.channels]
    return {"events": types, "channels": outcomes}


async def _send(certflow: Certflow, channel: Channel, notices: Sequence[Notice]) -> str:
    try:
        for some in itertools.batched(notices, _together(channel, len(notices)), strict=False):
            await _count(certflow, channel, some)
            await channel.send(some, certflow.mailboxes)
    except DeliveryRefused as error:
        return f"refused: {error}"
    except CertflowError as error:
        return f"failed: {error}"
    return "delivered"


def _together(channel: Channel, samples: int) -> int:
    """How many samples are one message: a few are single ones, as real ones of different kinds are; more of them would
    be more mails than a service takes, and are still to be read on cards.
    """
    if samples <= FEW:
        return 1
    return min(channel.most, FEW) if channel.limits is None else channel.most


async def _count(certflow: Certflow, channel: Channel, notices: Sequence[Notice]) -> None:
    """Counts a message among those that the channel may send. Raises Unavailable if there is no room for it now.

    No sample is critical: what is kept for critical messages is not used up by samples.
    """
    if channel.limits is None:
        return
    now = certflow.now()
    message = [Waiting(replace(notice, severity=Severity.INFO), now, certflow.mailboxes) for notice in notices]
    free = Book(await certflow.deliveries.sent(channel.name, now - HOUR), channel.limits).free(message)
    if free > now:
        raise Unavailable("Mail", f"no more may go out before {free:%H:%M:%S} UTC: CERTFLOW_MAIL_LIMITS")
    await certflow.deliveries.count(channel.name, entry_of(message, now))


def _notice(certflow: Certflow, type_: str, data: dict[str, Any]) -> Notice:
    notice = notice_of(f"test:{secrets.token_hex(8)}", type_, data, certflow.links)
    if notice is None:
        raise AssertionError(f"no message is made of {type_}")
    return replace(notice, title=f"[Test] {notice.title}")


def samples_of(certflow: Certflow) -> dict[str, dict[str, Any]]:
    """The data of an event of each type, as the first vault might have it."""
    now, vault = certflow.now(), next(iter(certflow.vaults))
    request = {
        "vault": vault,
        "name": NAME,
        "request_id": "0" * 32,
        "issuer": "DigiCert",
        "subject": "CN=sample.example.com",
        "requested_by": "somebody@example.com",
        "status": "inProgress",
        "created": (now - timedelta(seconds=95)).isoformat(),
    }
    manual = request | {"issuer": "Unknown", "csr_url": certflow.handouts.returns_to, "key_sha256": "0" * 64}
    rejected = {"code": "Request rejected", "message": "The domain sample.example.com is not validated."}
    trouble = {"code": "Certificate issuer error", "message": "The account's credentials were not accepted."}
    ends = {"not_after": (now + timedelta(days=20)).isoformat()}
    certificate = {"vault": vault, "name": NAME, "rungs": 3, "renewal": "notify"}
    near = ends | {"left": 20 * DAY, "rung": 1}
    expired = {"not_after": (now - timedelta(days=1)).isoformat(), "left": -DAY, "rung": 4}
    file = {"file": {"name": "sample.pem", "sha256": "0" * 64}, "next_step": "Nothing: this is a sample."}
    failed = [{"name": f"{NAME}-{number}", "request_id": str(number) * 32} for number in range(1, 4)]
    counts = {"pending": 2, "near_expiry": 1, "unowned": 5}

    def ended(status: str) -> dict[str, Any]:
        return {"status": status, "took": 95}

    return {
        f"{ISSUANCE}Started": manual,
        f"{ISSUANCE}Completed": request | ended("completed") | ends | {"version": "0" * 32},
        f"{ISSUANCE}Failed": request | ended("failed") | {"error": rejected},
        f"{ISSUANCE}Cancelling": manual | {"by": "somebody@example.com"},
        f"{ISSUANCE}Cancelled": request | ended("cancelled"),
        f"{ISSUANCE}Deleted": request | ended("deleted"),
        f"{ISSUANCE}Overwritten": request | ended("overwritten") | {"replaced_by": "1" * 32},
        f"{ISSUANCE}Stalled": manual | {"age": 3 * DAY + 3600, "reminder": 1, "escalated": False},
        ACKNOWLEDGED: manual
        | {
            "until": (now + timedelta(days=7)).isoformat(),
            "why": "The CA is on holiday.",
            "acknowledged_by": "somebody",
        },
        UNSETTLED: {"vault": vault, "name": NAME, "reason": "Key Vault 'main' is not available (HTTP 503)."},
        CHAIN_REJECTED: file | {"sentence": "The certificate of an intermediate CA is missing."},
        CHAIN_QUARANTINED: file
        | {"sentence": "The file holds a private key.", "findings": [private_key().finding.as_dict()]},
        KEY_RECEIVED: {"route": "inspect", "sha256": "0" * 64, "size": 1704, "by": "somebody@example.com"},
        CHAIN_STUCK: file | {"sentence": "The file could not be handled, although it was tried again and again."},
        CHAIN_HELD_UP: {
            "sentence": f"Vault '{vault}': the app's managed identity has no access.",
            "next_step": "Nothing: this is a sample.",
            "count": 1,
            "files": ["sample.pem"],
        },
        CHAIN_WAITING: file | {"sentence": "Nothing says yet whose certificates the vault takes."},
        NEAR_EXPIRY: certificate | near,
        EXPIRED: certificate | expired,
        CHANGED_BY_OTHERS: request
        | {
            "owner": "owner@example.com",
            "how": "created",
            "changes": [{"what": "policy.issuer.name", "before": "DigiCert", "after": "GlobalSign"}],
        },
        RENEWAL_STOPPED: certificate
        | ends
        | {"reason": "too-many-versions", "sentence": "two were started within a day"},
        WORK_LIST: {
            "to": ["signers@example.com"],
            "slot": now.isoformat(),
            "count": 1,
            "requests": [
                {one: request[one] for one in ("vault", "name", "request_id", "created")}
                | {"names": ["sample.example.com"], "owner": "owner@example.com"}
            ],
        },
        ISSUER_TROUBLED: {"vault": vault, "issuer": "DigiCert", "error": trouble, "failed": failed},
        TRUST_CHANGED: {
            "vault": vault,
            "state": "none",
            "merges": False,
            "count": 0,
            "was": "set",
            "why": f"There is no CA's certificate in trusted-cas/{vault}/ any more.",
        },
        TRUST_MISPLACED: {"files": ["mian/root.pem"], "count": 1, "vaults": [vault]},
        VAULT_SURVEYED: {"vault": vault, "certificates": 12, "counts": counts},
        SETTING_WRONG: {"setting": "CERTFLOW_SAMPLE", "sentence": "this is a sample."},
        DIGEST: {
            "date": now.date().isoformat(),
            "good": True,
            "headline": "all is well",
            "sentence": "In the last 24 hours: 3 completed. In progress now: 2.",
            "next_step": "Nothing to do.",
            "facts": [["Vault " + vault, "watched, last at 05:59 UTC, 2 in progress, the oldest for 3 days 1 hour"]],
        },
        NOTICE_REFUSED: {
            "channel": "none",
            "reason": "this is a sample",
            "notice": {
                "title": "A message",
                "sentence": "It was meant for another channel.",
                "next_step": "See why that channel has refused it.",
                "severity": "warning",
            },
        },
    }
