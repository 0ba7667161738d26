"""`make up`: what it writes, that it stops, and that it leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from local.functions_host import ROOT
from tests.clock import HANG
from tests.e2e.stack import running_up


def ports_of(described: dict[str, Any]) -> set[int]:
    storage = [part.split("=", 1)[1] for part in described["storage"]["connection_string"].split(";") if "://" in part]
    urls = [described["api"], *described["vaults"].values(), described["identity"]["endpoint"], described["inbox"]]
    urls += [described["auth"]["authority"]] if described["auth"]["mode"] == "entra" else []
    servers = described["tls_servers"]
    urls += [servers["control"], *(f"https://{one.partition('@')[0]}" for one in servers["endpoints"].values())]
    return {urlsplit(url).port or 0 for url in (*urls, described["event_topic"]["endpoint"], *storage)}


def listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def processes_in(directory: Path) -> list[str]:
    """The command lines that name a directory (Linux and macOS have ps)."""
    listed = subprocess.run(["ps", "-A", "-ww", "-o", "command"], capture_output=True, text=True, check=True).stdout
    return [line for line in listed.splitlines() if str(directory) in line]


def test_stack_json_says_where_everything_is(stack: dict[str, Any]) -> None:
    assert stack.keys() >= {
        "api",
        "auth",
        "admin",
        "vaults",
        "ca_file",
        "identity",
        "storage",
        "event_topic",
        "inbox",
        "tls_servers",
    }
    assert stack["vaults"]["main"].startswith("https://localhost:")
    containers = {"drop_container", "merged_container", "rejected_container"}
    assert stack["storage"].keys() == {"connection_string", "blobs", "sas", "ca_file", *containers}
    assert all(listening(port) for port in ports_of(stack))
    file = Path(stack["logs"]).parent / "stack.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_all_of_it_and_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    with running_up(tmp_path) as (process, described):
        assert len(processes_in(tmp_path)) >= 2  # ourselves, and Azurite with its certificate
        process.send_signal(number)
        assert process.wait(timeout=HANG) == 0
    assert not (tmp_path / "stack.json").exists()
    assert not any(listening(port) for port in ports_of(described))
    assert processes_in(tmp_path) == []


def test_a_second_stack_on_the_same_state_is_refused_and_says_why(stack: dict[str, Any]) -> None:
    state = Path(stack["logs"]).parent
    command = [sys.executable, "-m", "local.up", "--state", str(state), "--free-ports"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=HANG, check=False)
    assert done.returncode == 1
    assert "one runs already" in done.stderr
    assert (state / "stack.json").exists()


def test_the_host_dying_ends_the_stack_with_an_error(tmp_path: Path) -> None:
    with running_up(tmp_path) as (process, described):
        port = urlsplit(described["api"]).port
        command = ["ps", "-A", "-ww", "-o", "pid,command"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        (host,) = [line for line in listed.splitlines() if f"functions_host --port {port} " in line]
        os.kill(int(host.split()[0]), signal.SIGKILL)
        assert process.wait(timeout=HANG) == 1
        assert "Functions host ended" in (tmp_path / "up.log").read_text()
        assert processes_in(tmp_path) == []
