"""Failures of an issuer: several requests fail with the same error of its account, which is one
thing to fix, so it is told once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from functions.app.contexts import EventsContext
from functions.app.outbox import publish
from functions.app.retry_save import save_with_retries
from functions.model.events.ends import Failed
from functions.model.events.event import Event
from functions.model.events.fields import Error
from functions.model.events.vaults import FailedRequest, IssuerTroubled
from functions.model.events.wire import read as read_failed
from functions.ports.monitoring_store import Failure, IssuerFailures

MIN_FAILURES = 3
FAILURE_WINDOW = timedelta(hours=24)  # and it is told again only after as long
# The newest failures, and the kinds that were told last. They are one property of a table row,
# which takes 32,768 characters: a failure has 550 at most (300 of them its kind's), a told kind
# 350. The kinds have a list of their own, because others may push a kind's failures out within the
# day.
MAX_FAILURES = MAX_TOLD = 30

# Key Vault's code for an error of the issuer rather than of the request (protocol §1), and words
# that an issuer uses when the account is the reason: its answers pass through Key Vault as text,
# and no list of them exists.
ISSUER_ERROR = "certificate issuer error"
ACCOUNT_WORDS = re.compile(
    r"account|credential|password|api.?key|token|unauthori[sz]ed|authenticat|permission|forbidden|balance|funds|quota"
    r"|subscription|licen[cs]e|suspended",
    re.IGNORECASE,
)
# What differs between requests in the same error: whatever is quoted, then each word that has a
# digit or a name with a dot. A word is looked through once, from its first letter, because an
# issuer's message may be long and have no blank.
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
PARTICULAR = re.compile(r"(?<!\S)(?=\S*?(?:\d|[\w-]\.[\w.-]))\S+")


def kind_of(error: Mapping[str, object]) -> str | None:
    """A text that is the same for the same error of an issuer's account or credentials; None for an
    error of the request itself. `error` has a code and a message.
    """
    code, message = str(error.get("code") or ""), str(error.get("message") or "")
    if code.lower() != ISSUER_ERROR and not ACCOUNT_WORDS.search(message):
        return None
    general = PARTICULAR.sub("…", QUOTED.sub("…", message))
    return " ".join(f"{code}: {general}".lower().split())[:300]


async def note_failure(certflow: EventsContext, data: Mapping[str, object], at: datetime) -> None:
    """Counts a failed request by the data of its event, and tells of its issuer once there are
    MIN_FAILURES with the same error within a day. `at` is when it failed (UTC).

    Safe to repeat. Raises Unavailable.
    """
    failed = read_failed(Failed, data)
    error = failed.error
    kind = kind_of({"code": error.code, "message": error.message}) if error else None
    if kind is None or error is None:
        return

    async def read() -> IssuerFailures:
        return await certflow.monitoring_store.issuer_failures(failed.vault, failed.issuer)

    async def save(trouble: IssuerFailures) -> tuple[Event, ...]:
        failures = tuple(one for one in trouble.failures if one.request_id != failed.request_id)
        if len(failures) < len(trouble.failures):
            return ()
        failures = (*failures, Failure(failed.request_id, failed.name, at, kind))[-MAX_FAILURES:]
        # The newest, so that the list does not grow for years.
        told = dict(sorted(trouble.told.items(), key=lambda one: one[1])[-MAX_TOLD:])
        counted, events = _counted(replace(trouble, failures=failures, told=told), kind, at, error)
        await certflow.monitoring_store.save_issuer_failures(counted, events)
        return events

    what = f"what failed at {failed.issuer}"
    events = await save_with_retries(
        await read(), read, save, service="The request table", what=what
    )
    await publish(certflow, events)


def _counted(
    trouble: IssuerFailures, kind: str, at: datetime, error: Error
) -> tuple[IssuerFailures, tuple[Event, ...]]:
    """The issuer's failures after another of a kind, and the event to tell, if it is time."""
    since = at - FAILURE_WINDOW
    same = [one for one in trouble.failures if one.kind == kind and one.at > since]
    told = trouble.told.get(kind)
    if len(same) < MIN_FAILURES or (told and told > since):
        return trouble, ()
    troubled = IssuerTroubled(
        vault=trouble.vault,
        issuer=trouble.issuer,
        error=error,
        failed=tuple(FailedRequest(name=one.name, request_id=one.request_id) for one in same),
        since=same[0].at.isoformat(),
    )
    event = troubled.event(
        f"{trouble.vault}:issuer:{trouble.issuer.lower()}:{same[0].request_id}",
        f"vaults/{trouble.vault}/issuers/{trouble.issuer}",
        at,
        vault=trouble.vault,
        name=trouble.issuer,
    )
    return replace(trouble, told={**trouble.told, kind: at}), (event,)
