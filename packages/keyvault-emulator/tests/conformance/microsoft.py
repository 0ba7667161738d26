"""Microsoft's own tests of their client, against the emulator: `python -m conformance.microsoft`.

The tests are those of azure-keyvault-certificates 4.12.0, unchanged, with the clients of that package, unchanged; the
emulator runs with its defaults. What the tests import of Microsoft's unpublished harness is in `shim/`.

Two modes, as in protocol §8. *live*: the default API version with every sleep. *all-versions*: all ten of them,
without the tests' long sleeps. Prints a line for each mode and each client; the status is 0 if every test passed.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conformance.setup import SetupFailed, Suite, set_up

SHIM = Path(__file__).with_name("shim")
LIVE, ALL_VERSIONS = "live", "all-versions"
WORKERS = {LIVE: 6, ALL_VERSIONS: 12}  # they wait for pollers more than they work, and take 2 s of CPU to start
TIME_LIMIT = 1100  # seconds, a hang guard
START_LIMIT = 100

CRUD, CANCELLATION = "test_crud_operations", "test_async_request_cancellation_and_deletion"
OTHER_VERSION = "This test only uses the default API version for live tests"
# How many tests must be there: 225 and 223 (protocol §8), one more that reads an identifier of a certificate made for
# it, and ten less that need a sleep when all versions are run.
COLLECTED = {(LIVE, "sync"): 226, (LIVE, "async"): 223, (ALL_VERSIONS, "sync"): 216, (ALL_VERSIONS, "async"): 213}


def main() -> int:
    """Runs both modes side by side; the exit status."""
    started = time.monotonic()
    try:
        suite = set_up()
        with tempfile.TemporaryDirectory(prefix="certflow-conformance-") as directory:
            problems = _run_modes(suite, Path(directory))
    except SetupFailed as error:
        problems = [str(error)]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{time.monotonic() - started:.0f} s", flush=True)
    return 1 if problems else 0


def _run_modes(suite: Suite, directory: Path) -> list[str]:
    problems = []
    with _emulator(directory) as port:
        runs = {mode: _start(suite, mode, port, directory) for mode in (LIVE, ALL_VERSIONS)}
        deadline = time.monotonic() + TIME_LIMIT
        try:
            for run in runs.values():
                run.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            problems.append(f"not done after {TIME_LIMIT} s")
        finally:
            for run in runs.values():
                _stop_group(run)
        for mode, run in runs.items():
            problems += _judge(mode, run.returncode, directory)
    return problems


@contextmanager
def _emulator(directory: Path) -> Iterator[int]:
    """The emulator with its defaults, but for the tokens: the suite brings its own."""
    ca_file, log = directory / "ca.pem", directory / "emulator.log"
    command = [sys.executable, "-m", "keyvault_emulator", "--port", "0", "--identity-port", "0", "--any-token"]
    with log.open("w") as errors:
        emulator = subprocess.Popen([*command, "--ca-file", ca_file], stdout=subprocess.PIPE, stderr=errors, text=True)
    assert emulator.stdout
    try:
        ready = re.search(r"https://localhost:([0-9]+)", emulator.stdout.readline())
        if not ready:
            raise SetupFailed(f"the emulator did not start:\n{log.read_text()[-2000:]}")
        yield int(ready[1])
    finally:
        emulator.terminate()
        emulator.wait(START_LIMIT)
        emulator.stdout.close()


def _start(suite: Suite, mode: str, port: int, directory: Path) -> subprocess.Popen[bytes]:
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("PYTEST", "COV", "AZURE_"))},
        "PYTHONPATH": os.pathsep.join((str(SHIM), str(suite.tests))),
        # What was compiled is kept, or each of the workers would compile all tests and packages for itself.
        "PYTHONDONTWRITEBYTECODE": "",
        "SSL_CERT_FILE": str(directory / "ca.pem"),
        "CONFORMANCE_MODE": mode,
        "CONFORMANCE_PORT": str(port),
        "CONFORMANCE_RUN": secrets.token_hex(4),
        "CONFORMANCE_REPORT": str(directory / f"{mode}.json"),
    }
    options = ["-q", "-p", "no:cacheprovider", "-p", "reporting", "-c", str(SHIM / "pytest.ini")]
    spread = ["-n", str(WORKERS[mode]), "--dist", "load", "--maxschedchunk", "1"]
    with (directory / f"{mode}.log").open("wb") as log:
        return subprocess.Popen(
            [suite.python, "-m", "pytest", *options, *spread, "--rootdir", suite.tests, suite.tests],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=suite.tests,
            start_new_session=True,  # so that its workers can be stopped with it
        )


def _stop_group(run: subprocess.Popen[bytes]) -> None:
    if run.poll() is None:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()


def _judge(mode: str, status: int, directory: Path) -> list[str]:
    report, log = directory / f"{mode}.json", directory / f"{mode}.log"
    problems = []
    if status != 0 or not report.exists():
        problems.append(f"{mode}: pytest's status is {status}\n{log.read_text(errors='replace')[-4000:]}")
    ended: dict[str, tuple[str, str]] = json.loads(report.read_text()) if report.exists() else {}
    for client in ("sync", "async"):
        of_client = {test: end for test, end in ended.items() if ("_async.py" in test) == (client == "async")}
        problems += _judge_client(mode, client, of_client)
    return problems


def _judge_client(mode: str, client: str, ended: dict[str, tuple[str, str]]) -> list[str]:
    skipped = Counter((_function(test), reason) for test, (end, reason) in ended.items() if end == "skipped")
    passed = sum(end == "passed" for end, _ in ended.values())
    ran = len(ended) - skipped.total()
    print(f"{mode}, {client} client: {passed} passed of {ran}", flush=True)
    problems = [f"{test}\n{text[-3000:]}" for test, (end, text) in ended.items() if end == "failed"]
    if len(ended) != COLLECTED[mode, client]:
        problems.append(f"{mode}, {client}: {len(ended)} tests were found where {COLLECTED[mode, client]} should be")
    others = sum(count for (_, reason), count in skipped.items() if reason == OTHER_VERSION)
    if others:
        print(f"  {others} skipped by themselves: {OTHER_VERSION}")
    for (name, reason), count in skipped.items():
        if reason != OTHER_VERSION:
            print(f"  {count} skipped by Microsoft: {name}: {reason}")
            if name != CANCELLATION:
                problems.append(f"{mode}, {client}: {name} was not to be skipped")
    if mode == ALL_VERSIONS:
        print(f"  10 left to live mode: {CRUD} (without its sleep of a second, `updated` may not move)")
    return problems


def _function(test: str) -> str:
    return test.rpartition("::")[2].partition("[")[0]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # so that nothing is left running
    sys.exit(main())
