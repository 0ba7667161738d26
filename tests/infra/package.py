"""The program that builds packages."""

from __future__ import annotations

import shutil

from local.functions_host import ROOT


def uv() -> str | None:
    here = ROOT / ".local" / "uv" / "bin" / "uv"
    return str(here) if here.exists() else shutil.which("uv")
