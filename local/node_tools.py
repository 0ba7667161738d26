"""Runs the programs that the console's npm packages bring (local/console), with the Node of the environment."""

from __future__ import annotations

import os
import subprocess

from local.setup import CONSOLE, VENV


def node_tool(program: str, *arguments: str, check: bool = False) -> subprocess.CompletedProcess[str]:
    """Runs one in its folder, and returns what it printed. With `check` it raises subprocess.CalledProcessError for a
    program that fails.
    """
    environment = os.environ | {"PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(CONSOLE / "node_modules" / ".bin" / program), *arguments]
    return subprocess.run(command, cwd=CONSOLE, env=environment, capture_output=True, text=True, check=check)
