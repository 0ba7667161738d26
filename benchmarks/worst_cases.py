"""The worst files that we could think of: seconds of one inspection each, and megabytes beyond the process itself."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.robustness.formats import CSR
from tests.robustness.hostile import FILES

MOST_SECONDS, MOST_MEGABYTES = 1.0, 100.0


def main() -> int:
    """Prints a line a file, the slowest first; 1 if one is beyond the bounds."""
    with tempfile.TemporaryDirectory() as directory:
        folder = Path(directory)
        (folder / "request.csr").write_bytes(CSR)
        for name, make in FILES.items():
            (folder / name).write_bytes(make())
        command = [sys.executable, "-m", "tests.robustness.measure", str(folder)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    measured = sorted(map(json.loads, done.stdout.splitlines()), key=lambda one: one["seconds"], reverse=True)
    print(f"worst cases ({len(measured)} files)                 seconds      MB")
    for one in measured:
        print(f"  {one['name']:<40} {one['seconds']:9.3f}  {one['megabytes']:6.1f}")
    beyond = [one for one in measured if one["seconds"] > MOST_SECONDS or one["megabytes"] > MOST_MEGABYTES]
    return 1 if beyond or len(measured) < len(FILES) else 0


if __name__ == "__main__":
    sys.exit(main())
