"""The Bicep CLI kept running, for tests that ask it often: a process for each question costs several times as much,
since .NET compiles its own code anew in each. `bicep jsonrpc` speaks JSON-RPC 2.0 with the headers of LSP;
tests/thorough/infra/test_warm_bicep.py holds that it says what the commands of the CLI say.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path
from typing import Any

from local.bicep_check import ROOT, bicep
from tests.clock import HANG

# As PLACE of local/bicep_check.py.
METADATA = {
    "subscriptionId": "11111111-1111-1111-1111-111111111111",
    "tenantId": "99999999-9999-9999-9999-999999999999",
    "resourceGroup": "certflow",
    "location": "westeurope",
}
# For a process with much rubbish and a short life: half as much of the processor as with what .NET does by itself.
DOTNET = {"DOTNET_TieredPGO": "0", "DOTNET_gcConcurrent": "0", "DOTNET_GCgen0size": "0x4000000"}


class WarmBicep:
    """One process, started by the first question and ended by `close`, or by itself when ours is gone."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._asked = 0

    def compiled(self, file: Path) -> str:
        """The ARM template of a Bicep file, as `bicep build`. Raises ValueError with any finding."""
        answer = self._result("bicep/compile", {"path": str(file)})
        _raise_findings(answer)
        return str(answer["contents"])

    def snapshot(self, file: Path) -> dict[str, Any]:
        """What a file of parameters would deploy, as `bicep snapshot`. Raises ValueError with any finding, or with
        what the template itself refuses.
        """
        # A snapshot is made in spite of warnings, and does not name them.
        _raise_findings(self._result("bicep/compile", {"path": str(file)}))
        answer = self._result("bicep/getSnapshot", {"path": str(file), "metadata": METADATA})
        return dict(json.loads(answer["snapshot"]))

    def close(self) -> None:
        if self._process is not None:
            process, self._process = self._process, None
            process.communicate(timeout=HANG)  # it ends with its input

    def _result(self, method: str, given: dict[str, Any]) -> dict[str, Any]:
        self._asked += 1
        answer = self._asked_of(self._process or self._started(), method, given)
        if "error" in answer:
            raise ValueError(answer["error"].get("data", {}).get("message") or answer["error"]["message"])
        assert answer["id"] == self._asked
        return dict(answer["result"])

    def _started(self) -> subprocess.Popen[bytes]:
        command = bicep()
        assert command is not None, "there is no Bicep CLI"
        where = os.environ | DOTNET | {"DOTNET_BUNDLE_EXTRACT_BASE_DIR": str(ROOT / ".local" / "bicep")}
        self._process = subprocess.Popen(
            [*command, "jsonrpc", "--stdio"], env=where, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self._process

    def _asked_of(self, process: subprocess.Popen[bytes], method: str, given: dict[str, Any]) -> dict[str, Any]:
        assert process.stdin is not None
        assert process.stdout is not None
        body = json.dumps({"jsonrpc": "2.0", "id": self._asked, "method": method, "params": given}).encode()
        guard = threading.Timer(HANG, process.kill)
        guard.start()
        try:
            process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            process.stdin.flush()
            length = 0
            while (line := process.stdout.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            assert length, f"bicep jsonrpc has ended without an answer to {method}"
            return dict(json.loads(process.stdout.read(length)))
        except BaseException:
            process.kill()  # what it would still answer is for nobody
            self.close()
            raise
        finally:
            guard.cancel()


WARM = WarmBicep()


def _raise_findings(answer: dict[str, Any]) -> None:
    """As the CLI says them: it calls wrong names and types of properties warnings."""
    if found := [_said(one) for one in answer["diagnostics"]]:
        raise ValueError("\n".join(found))
    assert answer["success"]


def _said(one: dict[str, Any]) -> str:
    start = one["range"]["start"]
    place = f"{one['source']}({start['line'] + 1},{start['char'] + 1})"
    return f"{place} : {one['level']} {one['code']}: {one['message']}"
