"""An issuer in trouble: several requests fail with the same error of its account, and that is one thing to mend."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.errors import ConcurrentChange, Unavailable
from functions.issuance.events import ISSUER_TROUBLED, Event
from functions.issuance.outbox import publish
from functions.issuance.watchbook import Failure, Trouble

SEVERAL = 3
WITHIN = timedelta(hours=24)  # and told again only after as long
# The newest, in one property of a table row, which takes 32,768 characters: a failure has 550 at most (300 of them its
# kind's), a kind that was told 350. The latter by their own time: others may push a kind's failures out within the day.
MOST_FAILURES = MOST_TOLD = 30
TRIES = 5

# Key Vault's code for what is the issuer's fault and not the request's (protocol §1), and the words of what an issuer
# says when it is the account: its answers pass through Key Vault as text, and no list of them exists.
ISSUER_ERROR = "certificate issuer error"
ACCOUNT_WORDS = re.compile(
    r"account|credential|password|api.?key|token|unauthori[sz]ed|authenticat|permission|forbidden|balance|funds|quota"
    r"|subscription|licen[cs]e|suspended",
    re.IGNORECASE,
)
# What differs from request to request in the same error: whatever is quoted, then each word that holds a digit or a
# name with a dot. A word is judged once, at its first letter: an issuer's message may be long and without a blank.
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
PARTICULAR = re.compile(r"(?<!\S)(?=\S*?(?:\d|[\w-]\.[\w.-]))\S+")


def kind_of(error: Mapping[str, Any]) -> str | None:
    """The same text for the same error of an account or its credentials; None for one of the request's own."""
    code, message = str(error.get("code") or ""), str(error.get("message") or "")
    if code.lower() != ISSUER_ERROR and not ACCOUNT_WORDS.search(message):
        return None
    general = PARTICULAR.sub("…", QUOTED.sub("…", message))
    return " ".join(f"{code}: {general}".lower().split())[:300]


async def note_failure(certflow: Certflow, data: Mapping[str, Any], at: datetime) -> None:
    """Counts a failed request (the data of its event), and tells of its issuer once if there are several.

    Safe to repeat. Raises Unavailable.
    """
    kind = kind_of(data.get("error") or {})
    if kind is None:
        return
    for _ in range(TRIES):
        trouble = await certflow.watchbook.trouble(data["vault"], data["issuer"])
        failures = tuple(one for one in trouble.failures if one.request_id != data["request_id"])
        if len(failures) < len(trouble.failures):
            return
        failures = (*failures, Failure(data["request_id"], data["name"], at, kind))[-MOST_FAILURES:]
        told = dict(sorted(trouble.told.items(), key=lambda one: one[1])[-MOST_TOLD:])  # it must not grow for years
        counted, events = _counted(replace(trouble, failures=failures, told=told), kind, at, data)
        try:
            await certflow.watchbook.keep_trouble(counted, events)
        except ConcurrentChange:
            continue
        await publish(certflow, events)
        return
    raise Unavailable("The request table", f"what failed at {data['issuer']} keeps changing", retry_after=1)


def _counted(trouble: Trouble, kind: str, at: datetime, data: Mapping[str, Any]) -> tuple[Trouble, tuple[Event, ...]]:
    since = at - WITHIN
    same = [one for one in trouble.failures if one.kind == kind and one.at > since]
    told = trouble.told.get(kind)
    if len(same) < SEVERAL or (told and told > since):
        return trouble, ()
    event = Event(
        id=f"{trouble.vault}:issuer:{trouble.issuer.lower()}:{same[0].request_id}",
        type=ISSUER_TROUBLED,
        subject=f"vaults/{trouble.vault}/issuers/{trouble.issuer}",
        time=at,
        vault=trouble.vault,
        name=trouble.issuer,
        data={
            "vault": trouble.vault,
            "issuer": trouble.issuer,
            "error": dict(data["error"]),
            "failed": [{"name": one.name, "request_id": one.request_id} for one in same],
            "since": same[0].at.isoformat(),
        },
    )
    return replace(trouble, told={**trouble.told, kind: at}), (event,)
