"""`python -m functions_host`: runs the Functions app in a folder. Its app settings are the environment."""

from __future__ import annotations

import argparse
import asyncio
import logging
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from functions_host.functions import StartRefused
from functions_host.keys import Keys
from functions_host.server import Options, run

# Of the host's own work: the SDKs' HTTP logger prints URLs; azure.identity warns at every try, and an outage is told
# once; aiohttp quotes a bad request.
QUIET = {"azure.identity": logging.ERROR, "azure": logging.WARNING, "aiohttp": logging.CRITICAL}


def main() -> NoReturn:
    """Runs until SIGTERM or SIGINT; 1 if the app cannot start."""
    options = parse_options()
    set_up_logging(options.root_level)
    answer, sys.stdout = sys.stdout, sys.stderr  # a function's print() belongs to the log

    def ready(port: int, functions: int) -> None:
        hurry = "" if options.hurry == 1 else f", hurry {options.hurry:g}"
        print(
            f"Functions host ready on http://127.0.0.1:{port} ({functions} functions{hurry})", file=answer, flush=True
        )

    try:
        asyncio.run(until_stopped(options, ready))
    except StartRefused as refused:
        for problem in refused.problems:
            print(problem, file=sys.stderr)
        leave(1)


async def until_stopped(options: Options, ready: Callable[[int, int], None]) -> NoReturn:
    """Runs the host until a signal asks it to stop, and ends the process."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    if options.with_parent:
        loop.add_reader(sys.stdin.fileno(), stop_at_the_end_of_input, stopping)
    await run(options, os.environ, stopping, ready)
    leave(0)  # here, where a second signal still meets our handler: without one, it would end us as if we had failed


def stop_at_the_end_of_input(stopping: asyncio.Event) -> None:
    """The parent holds the other end of the pipe and writes nothing: it ends when the parent does, even by SIGKILL."""
    if not os.read(sys.stdin.fileno(), 1024):
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stopping.set()


def leave(code: int) -> NoReturn:
    """Ends the process as the platform does: without waiting for a thread that a handler still holds, and without
    closing the app's own clients, whose complaints would be the last lines of the log.
    """
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)


def parse_options() -> Options:
    """Reads the command line; a key that is not given is random, which closes that door."""
    parser = argparse.ArgumentParser(prog="python -m functions_host", description=__doc__)
    parser.add_argument("--port", type=port_number, default=7071, help="0 takes a free one (default: 7071)")
    parser.add_argument("--app", type=Path, default=Path(), metavar="DIR", help="the folder of function_app.py")
    parser.add_argument(
        "--hurry",
        type=hurry_factor,
        default=1.0,
        metavar="N",
        help="the platform's own waits N times shorter: tries again, hidden messages, polling (default: 1)",
    )
    parser.add_argument(
        "--root-level",
        choices=("info", "warning"),
        default="info",
        help="of the root logger; the platform's worker sets info, so that libraries log each of their calls",
    )
    parser.add_argument(
        "--blob-tries-at-once",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="a blob trigger's tries without a pause, as on the platform; otherwise as host.json has it for queues",
    )
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input, a pipe, ends")
    for name in ("function", "host", "master", "system"):
        parser.add_argument(f"--{name}-key", default=None, metavar="KEY", help="random if not given")
    given = parser.parse_args()
    keys = {name: getattr(given, f"{name}_key") for name in ("function", "host", "master", "system")}
    keys_given = Keys(**{name: key for name, key in keys.items() if key})
    return Options(
        given.app.resolve(),
        given.port,
        keys_given,
        given.hurry,
        given.with_parent,
        given.blob_tries_at_once,
        given.root_level,
    )


def port_number(text: str) -> int:
    """A port, for argparse."""
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: use 0 to 65535")
    return int(text)


def hurry_factor(text: str) -> float:
    """How many times shorter, for argparse."""
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not 1 <= factor < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no factor: use a number from 1 on")
    return factor


def set_up_logging(level: str) -> None:
    """Everything goes to stderr, with UTC times. The root logger has the level that the platform's worker gives it, so
    that an app sees here what its libraries would log there; what the host itself does in them is not in its log.
    """
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter("%(asctime)s.%(msecs)03dZ %(levelname)-7s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    handler.addFilter(is_for_the_log)
    logging.basicConfig(level=level.upper(), handlers=[handler])
    logging.getLogger("functions_host").setLevel(logging.INFO)


def is_for_the_log(line: logging.LogRecord) -> bool:
    """Whether the platform would have it: its host is .NET, and uses neither the SDKs for Python nor aiohttp."""
    if line.threadName != threading.main_thread().name:  # the worker has threads of its own
        return True
    least = next((level for library, level in QUIET.items() if f"{line.name}.".startswith(f"{library}.")), 0)
    return line.levelno >= least


if __name__ == "__main__":
    main()
