"""The workflows of GitHub, as it reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from local.functions_host import ROOT

GITHUB = ROOT / ".github"
WORKFLOWS: list[Path] = sorted((GITHUB / "workflows").iterdir())


def workflow(name: str) -> dict[str, Any]:
    """A workflow by its file's name."""
    content: dict[str, Any] = yaml.safe_load((GITHUB / "workflows" / name).read_text())
    return content
