"""Which test files share a worker's stack, and a scheduler that gives them all to one worker, or to two if those are
there that take the longest. So it does with those that ask the Bicep CLI, of which each worker would start its own.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from xdist.scheduler import LoadFileScheduling

SHARED = {"client", "stack"}  # fixtures of tests/conftest.py
# Their files take about as long as all others that share a stack.
LONG = {Path("tests/thorough/chains"), Path("tests/endurance")}
BICEP = "the Bicep CLI"


class OneStack(LoadFileScheduling):  # type: ignore[misc]  # it has no types
    """A file stays with one worker, and all that share something are one file (`group_of`)."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return group_of(self.config.rootpath, file)


def group_of(root: Path, file: str) -> str:
    """What a file shares with others, by its path in the project; the file itself if that is nothing."""
    if shares_a_stack(root / file):
        return "the other shared stack" if Path(file).parent in LONG else "the shared stack"
    return BICEP if asks_bicep(root / file) else file


@functools.cache
def asks_bicep(file: Path) -> bool:
    """Whether its tests ask the Bicep CLI that is kept running. It takes some ten seconds to get warm."""
    return is_of_infra(file) and "needs_bicep" in file.read_text()


def is_of_infra(file: Path) -> bool:
    """Whether it is in one of the folders whose tests may ask it."""
    return file.parent.name == "infra"


@functools.cache
def shares_a_stack(file: Path) -> bool:
    """Whether a test or a fixture of the file asks for what all stories share, and the file has none of its own."""
    text = file.read_text()
    if not any(name in text for name in SHARED):
        return False  # as most do, and parsing all of them takes each worker a second
    functions = [one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)]
    own = {one.name for one in functions if _is_fixture(one)}
    asked = {arg.arg for one in functions if one.name in own or one.name.startswith("test_") for arg in one.args.args}
    return bool(SHARED & (asked - own)) and "stack" not in own


def _is_fixture(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("fixture" in ast.unparse(one) for one in function.decorator_list)
