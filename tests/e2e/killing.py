"""Runs of the product that die where they are told to: at a request that leaves the process, and for good (SIGKILL).

`python -m tests.e2e.killing`, with the app settings as its environment. A line of JSON in asks for a run, a line out
says where it was killed, or how it ended. Every run is a fork, made before there is a client or an event loop: as fresh
as a new process, without the seconds that the imports take.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import signal
import sys
import traceback
from dataclasses import replace
from typing import Any, NoReturn
from urllib.parse import urlsplit

import aiohttp
import azure.identity.aio  # noqa: F401  function_app imports this and the adapters on first use; here once for all runs

import function_app
from functions.adapters import blobs, deliveries, email, event_topic, key_vault, tables, teams, trusted_cas  # noqa: F401
from functions.issuance.drop import handle_drop
from functions.issuance.start import Order, start

SHORTER = 3000  # characters; a longer line could be torn by another run's (PIPE_BUF, pipe(7))


def main() -> None:
    """Forks a run for each line, until there are no more; as many at once as are asked for."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them: they speak for themselves
    for line in sys.stdin:
        if os.fork() == 0:
            run(json.loads(line))


def run(asked: dict[str, Any]) -> NoReturn:
    """The forked process from here to its end."""

    def say(**ending: Any) -> None:
        os.write(sys.stdout.fileno(), json.dumps({"id": asked["id"], **ending}).encode() + b"\n")

    def die(at: str) -> NoReturn:
        say(killed_at=at)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError("unreachable")

    if "kill" in asked:
        moment, number = asked["kill"]
        count_requests(moment, number, die)
    try:
        asyncio.run(work(asked))
    except BaseException:  # noqa: BLE001  whatever it is, it is what the test has to show
        say(failed=traceback.format_exc()[-SHORTER:])
    else:
        say()
    os._exit(0)


def count_requests(moment: str, number: int, die: Any) -> None:
    """Dies at this request: `before` it is sent, or `after` its answer has come and before the caller has it.

    All adapters' clients send by this method of aiohttp, and nothing else leaves the process.
    """
    count, send = itertools.count(1), aiohttp.ClientSession._request

    async def counted(session: Any, method: str, url: Any, **more: Any) -> Any:
        here = next(count) == number
        at = f"{method} {urlsplit(str(url)).path}"
        if here and moment == "before":
            die(at)
        answer = await send(session, method, url, **more)
        if here:
            die(at)
        return answer

    aiohttp.ClientSession._request = counted  # type: ignore[assignment]  # the fault point, outside of the product


async def work(asked: dict[str, Any]) -> None:
    """Starts requests, or handles a file. A run that is not to be killed waits for no claim: it takes over its own."""
    certflow = replace(function_app.certflow(), sleep=refuse_to_wait)
    if "start" in asked:
        orders = (Order("main", name, asked["body"], owner=asked["owner"]) for name in asked["start"])
        await asyncio.gather(*(start(certflow, order) for order in orders))
    else:
        await handle_drop(certflow, asked["file"])


async def refuse_to_wait(seconds: float) -> None:
    raise AssertionError("the run waits for the claim of another run")


if __name__ == "__main__":
    main()
