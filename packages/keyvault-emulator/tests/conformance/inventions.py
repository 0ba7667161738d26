"""What the recordings lack and the replay makes up: the list in `inventions.txt`, held by a test.

cd tests && python -m conformance.inventions > conformance/inventions.txt  # anew
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from conformance.recordings import FOLDER, read
from conformance.replay import replay

LIST = Path(__file__).with_name("inventions.txt")
HEAD = """\
# What the recordings lack and the replay makes up, by recording (tests/conformance/inventions.py).
# A request of which no body was kept gets one that leads to the recorded answer: that it follows then says little.
# No recording has private keys: keys and certificates are ours. "Before": the recording begins in the middle of a test.
# All else is sent as it was recorded. A recording that is not named here lacks nothing.
"""


def listed() -> dict[str, list[str]]:
    """The list, by recording."""
    found: dict[str, list[str]] = {}
    of_recording: list[str] = []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        if line.startswith("  "):
            of_recording.append(line.strip())
        elif line and not line.startswith("#"):
            of_recording = found[line] = []
    return found


def main() -> None:
    """Replays all recordings and prints the list."""
    print(HEAD)
    for path in sorted(FOLDER.glob("*.json")):
        if invented := asyncio.run(replay(read(path))).invented:
            print(path.stem, *(f"  {one}" for one in invented), sep="\n")


if __name__ == "__main__":
    main()
