"""Runs of the product that die where they are told to: at a request that leaves the process, and for good (SIGKILL).

`python -m tests.endurance.killing`, with the app settings as its environment. A line of JSON in asks for a run, a line
out says where it was killed and what had been done by then, or how it ended. Every run is a fork, made before there is
a client or an event loop: as fresh as a new process, without the seconds that the imports take.

A place to be killed at is a kind of request (`kind_of`), how many of them the run has sent by then, and whether it dies
before or after this one.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import smtplib
import sys
import traceback
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

import aiohttp
import azure.identity.aio

import function_app
from functions.adapters import event_topic, work_queues  # noqa: F401  function_app imports these on first use; here once for all runs
from functions.adapters.azure_tables import approvals, deliveries, ledger, monitoring_store  # noqa: F401  the same
from functions.adapters.blob_storage import containers, trusted_cas  # noqa: F401  the same
from functions.adapters.key_vault import client as key_vault  # noqa: F401  the same
from functions.adapters.mail import smtp  # noqa: F401  the same
from functions.adapters.teams import channel  # noqa: F401  the same
from functions.app.access import access_in_force
from functions.app.context import Certflow
from functions.app.outbox import publish_left_behind
from functions.approvals.ask import create_or_ask
from functions.approvals.decide import approve
from functions.approvals.settle import settle_approvals
from functions.chains.handle_upload import handle_upload
from functions.model.caller import Caller
from functions.model.events.ends import Failed
from functions.model.events.event import Event
from functions.model.request.actor import Actor, ActorKind
from functions.monitoring.issuer_failures import note_failure
from functions.monitoring.vault_run import run_vault
from functions.notifications.send_waiting import send_queued
from functions.notifications.tell import queue_event
from functions.requests.create import CreateCommand, create_request
from functions.triggers.http.caller_access import CallerAccess
from functions.triggers.http.grants.judge import CallerJudge
from tests.clock import real_now
from tests.endurance.places import kind_of

SHORTER = 3000  # characters; a longer line could be torn by another run's (PIPE_BUF, pipe(7))
LAST = 12  # of what has been done; the same
BEGUN = "begun: "


def main() -> None:
    """Forks a run for each line, until there are no more; as many at once as are asked for."""
    azure.identity.aio.ManagedIdentityCredential()  # imports what it is made of
    gc.collect()
    gc.freeze()  # or each fork copies the pages of whatever its collector looks at
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: they speak for themselves
    for line in sys.stdin:
        if os.fork() == 0:
            run(json.loads(line))


def run(asked: dict[str, Any]) -> NoReturn:
    """The forked process from here to its end."""

    def say(**ending: Any) -> None:
        os.write(sys.stdout.fileno(), json.dumps({"id": asked["id"], **ending}).encode() + b"\n")

    done: list[str] = []

    def die(at: str) -> NoReturn:
        say(killed_at=at, done=done[-LAST:])
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")

    points = FaultPoints(asked.get("kill"), die, done)
    points.set_up()
    try:
        asyncio.run(work(asked))
    except BaseException:  # noqa: BLE001  whatever it is, it is what the test has to show
        say(failed=traceback.format_exc()[-SHORTER:])
    else:
        say(**({"sent": points.sent} if asked.get("list") else {"done": done[-LAST:]}))
    os._exit(0)


class FaultPoints:
    """Dies at this request: `before` it is sent, or `after` its answer has come and before the caller has it.

    `sent` counts the requests by kind; `done` takes the writes that were answered, and the mails that were begun.
    """

    def __init__(self, kill: tuple[str, str, int] | None, die: Callable[[str], NoReturn], done: list[str]) -> None:
        self._moment, *self._place = kill or ("", "", 0)
        self._die, self._done = die, done
        self.sent = Counter[str]()

    def set_up(self) -> None:
        """All adapters' clients send by this method of aiohttp, and a mail goes by this one of smtplib; nothing else
        leaves the process.
        """
        send, mail = aiohttp.ClientSession._request, smtplib.SMTP.send_message

        async def counted(session: Any, method: str, url: Any, **more: Any) -> Any:
            at = f"{method} {unquote(urlsplit(str(url)).path)}"
            here = self._before(at)
            answer = await send(session, method, url, **more)
            self._after(at, here=here)
            return answer

        def counted_mail(client: Any, message: Any, **more: Any) -> Any:
            at = f"MAIL {message['X-Certflow-Event']}"
            here = self._before(at)
            self._done.append(f"{BEGUN}{at}")  # in a thread: the server may have it, and a kill comes before its answer
            refused = mail(client, message, **more)
            self._after(at, here=here)
            return refused

        aiohttp.ClientSession._request = counted  # type: ignore[assignment]  # the fault points, outside of the product
        smtplib.SMTP.send_message = counted_mail  # type: ignore[assignment]  # the same

    def _before(self, at: str) -> bool:
        kind = kind_of(at)
        self.sent[kind] += 1
        here = [kind, self.sent[kind]] == self._place
        if here and self._moment == "before":
            self._die(at)
        return here

    def _after(self, at: str, *, here: bool) -> None:
        if not at.startswith("GET "):
            self._done.append(at)
        if here:
            self._die(at)


async def work(asked: dict[str, Any]) -> None:
    """What the run is asked for: a use case, or to prepare something for one.

    `later` is how many seconds its clock is ahead: leases and claims of a run that was killed have lapsed then. Only a
    shift may wait, for its pace; whatever else has to wait does so for the claim of another run, and that is a failure.
    Of several things each comes after the one before it.
    """
    ahead = timedelta(seconds=asked.get("later", 0))
    certflow = replace(function_app.certflow(), sleep=refuse_to_wait, now=lambda: real_now() + ahead)
    for what in asked:
        if what in WORK:
            await WORK[what](certflow, asked)


async def begin(certflow: Certflow, asked: dict[str, Any]) -> None:
    """Starts requests: bodies by name."""
    orders = (CreateCommand(asked["vault"], name, body, owner=asked["owner"]) for name, body in asked["start"].items())
    await asyncio.gather(*(create_request(certflow, order) for order in orders))


def person(certflow: Certflow, name: str, role: str) -> Caller:
    """Somebody of the app's own tenant, with an app role."""
    oid = str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
    return Caller(Actor(ActorKind.PERSON, name, certflow.tenant, oid), frozenset({role}))


async def ask(certflow: Certflow, asked: dict[str, Any]) -> None:
    """Asks for what somebody else has to approve: bodies by name."""
    quinn = person(certflow, "quinn@example.com", "Certflow.Requester")
    judge = CallerJudge(CallerAccess(quinn, await access_in_force(certflow)), certflow)
    for name, body in asked["ask"].items():
        order = CreateCommand(asked["vault"], name, body, owner=asked["owner"], by=quinn.actor, judge=judge)
        await create_or_ask(certflow, order)


async def say_yes(certflow: Certflow, asked: dict[str, Any]) -> None:
    """Approves what is open for a name, as somebody does who got no answer the last time."""
    avery = person(certflow, "avery@example.com", "Certflow.Approver")
    for one in await certflow.approvals.of_name(asked["vault"], asked["approve"]):
        if one.is_open:
            rules = (await access_in_force(certflow)).rules
            await approve(certflow, rules, avery, avery.actor, one.id, one.digest)


async def file(certflow: Certflow, asked: dict[str, Any]) -> None:
    """A dropped file."""
    await handle_upload(certflow, asked["file"])


async def shift(certflow: Certflow, asked: dict[str, Any]) -> None:
    """A vault's shift."""
    await run_vault(replace(certflow, sleep=asyncio.sleep), asked["shift"])


async def want_survey(certflow: Certflow, asked: dict[str, Any]) -> None:
    """The next shift makes a survey."""
    await certflow.monitoring_store.request_scan(asked["want_survey"], certflow.now())


async def leave(certflow: Certflow, asked: dict[str, Any]) -> None:
    """Leaves events in the outbox, as a run that was cut off does."""
    for event in asked["leave"]:
        await certflow.ledger.add_event(Event(**event, time=certflow.now()))


async def tell(certflow: Certflow, asked: dict[str, Any]) -> None:
    """What Event Grid delivers."""
    for event in asked["notify"]:
        await queue_event(certflow, event["id"], event["type"], event["data"])
        if event["type"] == Failed.type:
            await note_failure(certflow, event["data"], certflow.now())


WORK: dict[str, Callable[[Certflow, dict[str, Any]], Awaitable[object]]] = {
    "start": begin,
    "ask": ask,
    "approve": say_yes,
    "settle": lambda certflow, _: settle_approvals(certflow),
    "file": file,
    "shift": shift,
    "want_survey": want_survey,
    "leave": leave,
    "publish": lambda certflow, asked: publish_left_behind(certflow, asked["publish"]),
    "notify": tell,
    "send": lambda certflow, asked: send_queued(certflow, asked["send"]),
}


async def refuse_to_wait(seconds: float) -> None:
    """A search of a vault keeps to its pace; a wait for another run's claim is seconds long."""
    if seconds >= 1:
        raise AssertionError("the run waits for the claim of another run")
    await asyncio.sleep(seconds)


if __name__ == "__main__":
    main()
