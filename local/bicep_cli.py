"""The Bicep CLI: its command, and a process of it that is kept running.

A process for each question costs several times as much, since .NET compiles its own code anew in each. `bicep jsonrpc`
speaks JSON-RPC 2.0 with the headers of LSP; tests/thorough/infra/test_bicep_process.py holds that it says what the
commands of the CLI say.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import threading
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
# It unpacks itself into HOME at its start, and not every account of a build machine has one.
UNPACKED = {"DOTNET_BUNDLE_EXTRACT_BASE_DIR": str(ROOT / ".local" / "bicep")}
# A run is too short for code that is compiled a second time to pay: without that a snapshot takes a fifth less of the
# processor.
SHORT = {"DOTNET_TieredCompilation": "0"}
# For a process with much rubbish and a short life: half as much of the processor as with what .NET does by itself.
KEPT = {"DOTNET_TieredPGO": "0", "DOTNET_gcConcurrent": "0", "DOTNET_GCgen0size": "0x4000000"}
HUNG = 300  # seconds after which a question has no answer any more
# A place that is nobody's: names are made of it, so snapshots need the same one everywhere.
METADATA = {
    "subscriptionId": "11111111-1111-1111-1111-111111111111",
    "tenantId": "99999999-9999-9999-9999-999999999999",
    "resourceGroup": "certflow",
    "location": "westeurope",
}
PLACE = (
    *("--subscription-id", METADATA["subscriptionId"], "--tenant-id", METADATA["tenantId"]),
    *("--resource-group", METADATA["resourceGroup"], "--location", METADATA["location"]),
)


@functools.cache
def bicep() -> tuple[str, ...] | None:
    """The command of the Bicep CLI: `bicep` on PATH, else the one that `az bicep install` has put down, else None.

    Not `az bicep …` itself: that takes other arguments (`--file`), and has no `snapshot`.
    """
    if path := shutil.which("bicep"):
        return (path,)
    of_az = Path(os.environ.get("AZURE_CONFIG_DIR", "~/.azure")).expanduser() / "bin" / "bicep"
    return (str(of_az),) if of_az.exists() else None


def run(*arguments: str | Path, here: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs the Bicep CLI in a folder. Raises LookupError if there is none."""
    return subprocess.run(
        [*_command(), *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | UNPACKED | SHORT,
        cwd=here,
        check=False,
    )


def _command() -> tuple[str, ...]:
    command = bicep()
    if command is None:
        raise LookupError("there is no Bicep CLI")
    return command


class BicepProcess:
    """One process, started by the first question and ended by `close`, or by itself when ours is gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def compiled(self, file: Path) -> str:
        """The ARM template of a Bicep file, as `bicep build`, or the parameters of a file of them. Raises ValueError
        with any finding, those of the linter too.
        """
        answer = self._result("bicep/compile", {"path": str(file)})
        if found := [_said(one) for one in answer["diagnostics"]]:
            raise ValueError("\n".join(found))
        return str(answer["contents"])

    def snapshot(self, file: Path) -> dict[str, Any]:
        """What a file of parameters would deploy, as `bicep snapshot`. Raises ValueError with any finding, or with
        what the template itself refuses.
        """
        self.compiled(file)  # a snapshot is made in spite of warnings, and does not name them
        answer = self._result("bicep/getSnapshot", {"path": str(file), "metadata": METADATA})
        return dict(json.loads(answer["snapshot"]))

    def close(self) -> None:
        """Ends the process; the next question starts another."""
        if self._process is not None:
            process, self._process = self._process, None
            process.communicate(timeout=HUNG)  # it ends with its input

    def _result(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        self._asked += 1
        answer = self._asked_of(self._process or self._started(), method, given)
        if "error" in answer:
            raise ValueError(answer["error"].get("data", {}).get("message") or answer["error"]["message"])
        return dict(answer["result"])

    def _started(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [*_command(), "jsonrpc", "--stdio"],
            env=os.environ | UNPACKED | KEPT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        return self._process

    def _asked_of(self, process: subprocess.Popen[bytes], method: str, given: dict[str, Any]) -> dict[str, Any]:
        questions, answers = process.stdin, process.stdout
        if questions is None or answers is None:
            raise LookupError("the Bicep CLI was started without pipes")
        body = json.dumps({"jsonrpc": "2.0", "id": self._asked, "method": method, "params": given}).encode()
        guard = threading.Timer(HUNG, process.kill)
        guard.start()
        try:
            questions.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            questions.flush()
            return _read(answers)
        except BaseException:
            process.kill()  # what it would still answer is for nobody
            self.close()
            raise
        finally:
            guard.cancel()


# For whoever asks now and then.
BICEP = BicepProcess()


def _read(answers: IO[bytes]) -> dict[str, Any]:
    """The next answer. Raises EOFError."""
    length = 0
    while (line := answers.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    if not length:
        raise EOFError("bicep jsonrpc has ended without an answer")
    return dict(json.loads(answers.read(length)))


def _said(one: dict[str, Any]) -> str:
    start = one["range"]["start"]
    place = f"{one['source']}({start['line'] + 1},{start['char'] + 1})"
    return f"{place} : {one['level']} {one['code']}: {one['message']}"
