"""`make up`: the stack stays until Ctrl-C or SIGTERM, and `.local/stack.json` says where everything is.

Vaults and storage are kept for the next start. The inbox's messages are not, nor events that are on their way: what an
event of a vault or a file would have told, the app finds by its timers.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.table import Table

from keyvault_emulator.keeper import Found, KeptUnreadable
from keyvault_emulator.profile import OBSERVED, PROFILES
from local.azurite import AzuriteFailed
from local.entra import ACCESS_FILE, USUAL_CALLER, Auth
from local.event_subscriptions import EventDelivery
from local.functions_host import ROOT, HostFailed
from local.kept import Kept, kept_in
from local.settings_file import BadSettingsFile, read_settings
from local.stack import USUAL, Ports, Stack, free_or_any, running_stack

STATE = ROOT / ".local"
FRESH = "`make up FRESH=1` removes what is kept, and begins empty."


class AlreadyUp(RuntimeError):
    """Another stack has its state in the same directory."""


def main() -> int:
    """Runs the stack; 0 after a stop that was asked for, 1 if a part failed or another stack runs on this state."""
    options = _options()
    state: Path = options.state
    state.mkdir(parents=True, exist_ok=True)
    try:
        with _alone(state):
            return asyncio.run(_up(options))
    except KeptUnreadable as error:
        print(f"The stack did not start: {error}. Nothing was changed. {FRESH}", file=sys.stderr)
        return 1
    except (AlreadyUp, HostFailed, AzuriteFailed, BadSettingsFile, OSError) as error:
        print(f"The stack did not start: {error}", file=sys.stderr)
        return 1


async def _up(options: argparse.Namespace) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    own_host = options.host == "local"
    settings = read_settings(options.settings) if options.settings else {}
    if settings and not own_host:
        raise BadSettingsFile(f"{options.settings}: with Core Tools, settings are those of local.settings.json")
    kept, was_there = kept_in(options.state, fresh=options.fresh) if options.keep else (None, False)
    ports = Ports() if options.free_ports else free_or_any(USUAL) if own_host else USUAL
    file: Path = options.state / "stack.json"
    stopped = asyncio.ensure_future(stop.wait())
    async with running_stack(
        options.state / "stack",
        ports=ports,
        issuing_delay=options.issuing_delay,
        own_host=own_host,
        auth=options.auth if own_host else "keys",  # Core Tools asks for neither
        app=options.app,
        profile=options.profile,
        event_delivery=options.event_delivery,
        endpoint_probation=options.endpoint_probation,
        blob_tries_at_once=options.blob_tries_at_once,
        settings=settings,
        kept=kept,
    ) as stack:
        _print(stack, own_host=own_host)
        _print_kept(kept, stack.emulator.found, was_there=was_there)
        if stack.entra and stack.access_file_kept:
            print(f"The access file from before, {ACCESS_FILE} in the storage, decides who may do what.")
        if settings:
            print(f"Set by {options.settings}: {', '.join(sorted(settings))}")
        sys.stdout.flush()
        _write(file, stack)
        try:
            ended = asyncio.ensure_future(stack.host_ended())
            await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not stop.is_set():
                print(f"The Functions host ended by itself; its log: {stack.directory / 'host.log'}", file=sys.stderr)
            ended.cancel()
            return 0 if stop.is_set() else 1
        finally:
            file.unlink(missing_ok=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.up", description="The whole stack on this machine.")
    parser.add_argument("--state", type=Path, default=STATE, help="directory for stack.json and logs (default: .local)")
    parser.add_argument("--free-ports", action="store_true", help="take any free ports instead of the usual ones")
    parser.add_argument("--issuing-delay", type=float, default=5.0, help="seconds that integrated issuers take")
    parser.add_argument(
        "--auth",
        choices=get_args(Auth.__value__),
        default="entra",
        help="how callers of the API show who they are: tokens of the stack's Entra, or a function key",
    )
    parser.add_argument(
        "--profile",
        choices=PROFILES,
        default=OBSERVED,
        help="Key Vault's answers as they were seen, or as they are documented",
    )
    parser.add_argument(
        "--event-delivery",
        choices=get_args(EventDelivery.__value__),
        default=os.environ.get("CERTFLOW_EVENT_DELIVERY", "webhook"),
        help="queue: events reach the app through storage queues, as in a private network",
    )
    parser.add_argument(
        "--endpoint-probation",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="Event Grid delays all deliveries to an endpoint that failed ten times in a row, as the service does",
    )
    parser.add_argument(
        "--blob-tries-at-once",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="a blob trigger's five tries have no pause, as on the platform",
    )
    parser.add_argument(
        "--keep",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="keep vaults and storage in the state directory, for the next start",
    )
    parser.add_argument("--fresh", action="store_true", help="remove what was kept, and start empty")
    parser.add_argument("--app", type=Path, default=ROOT, help="the folder of another function_app.py, as tests have")
    parser.add_argument("--settings", type=Path, help="a JSON file of app settings, as in local.settings.json")
    parser.add_argument(
        "--host",
        choices=("local", "func"),
        default="local",
        help="func: leave the host's place to Core Tools (func start), with the usual ports",
    )
    return parser.parse_args()


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One stack for each state directory. Raises AlreadyUp if one runs."""
    with (state / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyUp(f"one runs already with its state in {state}; see {state / 'stack.json'}") from None
        yield


def _write(file: Path, stack: Stack) -> None:
    """Whole or not at all, and for this user alone: it holds the keys and secrets of the stack."""
    temporary = file.with_suffix(".tmp")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(stack.describe(), indent=2) + "\n")
    temporary.replace(file)


def _print(stack: Stack, *, own_host: bool) -> None:
    described = stack.describe()
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    for name, value in (
        ("API", described["api"]),
        *((("  function key", described["function_key"]),) if own_host and stack.entra is None else ()),
        *((("Console: for people", described["console"]),) if own_host and stack.entra else ()),
        ("Inbox: cards and mails", described["inbox"]),
        *((f"Vault '{alias}'", url) for alias, url in stack.vaults.items()),
        ("CA of all https here", os.path.relpath(stack.ca_file)),
        ("Blobs (Azurite)", stack.azurite.blob_url),
        ("Event topic", stack.event_grid.endpoint),
        ("TLS servers", described["tls_servers"]["control"]),
        ("Everything, as JSON", os.path.relpath(stack.directory.parent / "stack.json")),
    ):
        table.add_row(name, value)
    console = Console(soft_wrap=True)
    console.print("[bold green]Certflow is up.[/] Ctrl-C stops it.")
    console.print(table)
    if own_host:
        print(_how_to_call(described))
    if stack.settings["CERTFLOW_TRUSTED_CAS"] == "any":
        print("The vaults take any CA's certificates until one is set in trusted-cas/.")
    if not own_host:
        console.print("Now run [bold]func start[/] in another terminal, with local.settings.json beside host.json.")


def _how_to_call(described: dict[str, Any]) -> str:
    """A line that works in a shell, in the project's folder."""
    auth = described["auth"]
    if auth["mode"] == "keys":
        header = f"x-functions-key: {described['function_key']}"
        return f'Callers bring the function key:\n  curl -H "{header}" {described["api"]}/status'
    others = ", ".join(name for name in (*auth["persons"], *auth["machines"]) if name != USUAL_CALLER)
    return (
        f"Callers sign in. A token (also --as {others}):\n  {auth['token_command']}\n"
        f'  curl -H "Authorization: Bearer $({auth["token_command"]})" {described["api"]}/status'
    )


def _print_kept(kept: Kept | None, found: Found, *, was_there: bool) -> None:
    if kept is None:
        print("Nothing of this is kept when it stops.")
        return
    where = os.path.relpath(kept.folder)
    if was_there:
        print(
            f"Kept from before, in {where}: the storage, and in the vaults\n"
            f"certificates: {found.certificates}, pending: {found.pending}, deleted: {found.deleted}, "
            f"issuers: {found.issuers}.\n{FRESH}"
        )
    else:
        print(f"The stack begins empty. It keeps vaults (with their private keys) and storage\nin {where}.\n{FRESH}")


if __name__ == "__main__":
    sys.exit(main())
