"""The Key Vault emulator as a program of its own."""

from __future__ import annotations

import json
import re
import signal
import socket
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from keyvault_emulator.localhost_names import advice
from testkit.clock import HANG

ROOT = Path(__file__).parents[3]
EVERYWHERE = "0.0.0.0"  # noqa: S104  what this test is about


@contextmanager
def start(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Runs the program while the block runs; a block that fails does not wait for it to end by itself."""
    command = [sys.executable, "-m", "keyvault_emulator", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=pipe, stderr=pipe) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_it_says_one_line_when_ready_answers_and_stops_cleanly(tmp_path: Path, stop: signal.Signals) -> None:
    ca_file = tmp_path / "made" / "ca.pem"
    with start("--port", "0", "--identity-port", "0", "--ca-file", str(ca_file), "--issuing-delay", "0.5") as process:
        assert process.stdout
        line = process.stdout.readline()
        ready = re.fullmatch(r"Key Vault emulator ready: https://localhost:(\d+) .*IDENTITY_ENDPOINT=\S+ .*\n", line)
        assert ready, line
        context = ssl.create_default_context(cafile=str(ca_file))
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"https://localhost:{ready[1]}/certificates", context=context)
        assert refused.value.code == 401
        refused.value.close()
        told = process.stdout.readline()
        process.send_signal(stop)
        rest, errors = process.communicate(timeout=HANG)
    assert told == f"{advice(int(ready[1]))}\n"
    assert (process.returncode, rest, errors) == (0, "", "")


@pytest.mark.parametrize("flag", ["--port", "--identity-port"])
def test_a_taken_port_is_said_in_one_line(tmp_path: Path, flag: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports = {"--port": "0", "--identity-port": "0"} | {flag: str(port)}
        arguments = [word for pair in ports.items() for word in pair]
        with start(*arguments, "--ca-file", str(tmp_path / "ca.pem")) as process:
            output, errors = process.communicate(timeout=HANG)
    assert process.returncode == 1
    assert output == ""
    assert len(errors.splitlines()) == 1
    assert str(port) in errors
    assert "in use" in errors


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--ca-file or --ca-dir is needed"),
        (["--ca-file", "x", "--host", "example"], "an IP address of this machine, such as 0.0.0.0"),
        (["--ca-file", "x", "--port", "70000"], "a port is a number from 0 to 65535"),
        (["--ca-file", "x", "--issuing-delay", "-1"], "Expected `float` >= 0.0 - at `$.issuing_delay`"),
        (["--ca-file", "x", "--issuing-delay", "nan"], "$.issuing_delay"),
        (["--ca-file", "x", "--error-rate", "many"], "Expected `float`, got `str` - at `$.error_rate`"),
        (["--ca-file", "x", "--identity", "a=certificates/everything"], "no data action of this vault"),
        (["--ca-file", "x", "--outcome", '{"outcome": "fail"}'], "one of the two"),
        (["--ca-file", "x", "--profile", "real"], "invalid choice"),
    ],
)
def test_bad_arguments_are_refused(arguments: list[str], says: str) -> None:
    with start(*arguments) as process:
        _, errors = process.communicate(timeout=HANG)
    assert process.returncode == 2
    assert "error:" in errors
    assert says in errors


def test_switches_grants_and_outcomes_are_flags_too(tmp_path: Path) -> None:
    flags = {
        "--identity": "me=certificates/read, certificates/create/action",
        "--outcome": '{"subject": "CN=a", "outcome": "fail"}',
        "--token-lifetime": "60",
        "--strike": "after",
    }
    arguments = [word for pair in flags.items() for word in pair]
    ports = ("--port", "0", "--identity-port", "0", "--ca-file", str(tmp_path / "ca.pem"))
    with start(*ports, *arguments, "--throttle", "--any-token", "--profile", "documented") as process:
        assert process.stdout
        place = process.stdout.readline().split("IDENTITY_ENDPOINT=http://")[1].split("/")[0]
        with urllib.request.urlopen(f"http://{place}/control/unkindness") as response:
            switches = json.load(response)
        with urllib.request.urlopen(f"http://{place}/control/grants") as response:
            grants = json.load(response)
        process.terminate()
        process.communicate(timeout=HANG)
    assert (switches["throttle"], switches["token_lifetime"], switches["strike"]) == (True, 60, "after")
    assert grants["identities"]["me"] == ["certificates/read", "certificates/create/action"]


def test_a_ca_file_that_cannot_be_written_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    arguments = ["--port", "0", "--identity-port", "0", "--ca-file", str(tmp_path / "file" / "ca.pem")]
    with start(*arguments) as process:
        output, errors = process.communicate(timeout=HANG)
    assert (process.returncode, output, len(errors.splitlines())) == (1, "", 1)
    assert "file" in errors


def test_elsewhere_than_on_loopback_it_warns_and_is_found_by_address(tmp_path: Path) -> None:
    ports = ("--port", "0", "--identity-port", "0", "--ca-dir", str(tmp_path / "ca"))
    with start(*ports, "--host", EVERYWHERE, "--any-token") as process:
        assert process.stdout
        ready = process.stdout.readline()
        port, identity = re.findall(r"https?://[a-z0-9.]+:(\d+)", ready)
        context = ssl.create_default_context(cafile=str(tmp_path / "ca" / "rootCA.pem"))
        with (
            socket.create_connection((own_address(), int(port))) as plain,
            context.wrap_socket(plain, server_hostname="keyvault.example") as secure,
        ):
            assert secure.version()
        process.terminate()
        _, errors = process.communicate(timeout=HANG)
    assert process.returncode == 0
    (warning,) = errors.splitlines()
    assert warning.startswith("keyvault_emulator: warning: listens on 0.0.0.0, not on this machine alone.")
    assert f"Whoever reaches port {identity} may change grants" in warning
    assert "with --any-token read every private key" in warning


def own_address() -> str:
    """An address of this machine that is not loopback, or loopback if it has no other."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing (RFC 5737: a network that does not exist)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def test_a_ca_directory_that_cannot_be_used_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "rootCA.pem").touch()
    with start("--port", "0", "--identity-port", "0", "--ca-dir", str(tmp_path)) as process:
        output, errors = process.communicate(timeout=HANG)
    assert (process.returncode, output) == (1, "")
    there, missing = tmp_path / "rootCA.pem", tmp_path / "rootCA-key.pem"
    assert errors.splitlines() == [f"keyvault_emulator: {there} is there without {missing}: put both there, or neither"]
