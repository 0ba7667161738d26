"""The product has one version, which stands in one place."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import azure.functions as func

from functions import __version__
from functions.triggers.http.context import Context
from functions.triggers.http.status import get_status
from local.functions_host import ROOT
from local.working_copy import working_copy
from tests.clock import HANG
from tests.unit.fakes import World

# The packages beside the app have versions of their own, and JSON files those of others.
OF_THE_PRODUCT = ("functions/", "function_app.py", "pyproject.toml", "infra/", "local/", ".github/")
READ = {".py", ".toml", ".bicep", ".bicepparam", ".sh", ".ps1", ".yml"}
SHOW_LOG = "import logging; logging.basicConfig(level='INFO', format='%(message)s'); import function_app"


def test_it_is_one_as_semantic_versioning_wants_it() -> None:
    assert re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", __version__)


def test_it_stands_in_one_place() -> None:
    named = re.compile(rf"(?<![\w.]){re.escape(__version__)}(?![\w.])")
    files = [path for path in working_copy() if str(path).startswith(OF_THE_PRODUCT) and path.suffix in READ]
    assert len(files) > 100
    found = [str(path) for path in files if named.search((ROOT / path).read_text())]
    assert found == ["functions/__init__.py"]


async def test_the_status_names_it() -> None:
    request = func.HttpRequest(method="GET", url="https://certflow.example.com/api/status", body=b"")
    response = await get_status(request, Context(lambda: World().certflow))
    assert json.loads(response.get_body())["version"] == __version__


def test_the_first_line_of_the_apps_log_names_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHOW_LOG], cwd=ROOT, capture_output=True, text=True, timeout=HANG, check=True
    )
    assert json.loads(done.stderr.splitlines()[0]) == {"event": "started", "version": __version__, "auth": "keys"}
