"""The files of this repository, as they are on the disk: new ones too, and none that git ignores."""

from __future__ import annotations

import subprocess
from pathlib import Path

from local.setup import ROOT


def working_copy() -> list[Path]:
    """The paths of all files, relative to the root of the repository, in order."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in sorted({*listed.stdout.split("\0")} - {""}) if (ROOT / line).exists()]
