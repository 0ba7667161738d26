"""The package that would be deployed: the product alone, small, and all that it needs is in requirements.txt."""

from __future__ import annotations

import asyncio
import fnmatch
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from local.api import client_of, until
from local.functions_host import KEPT, ROOT
from local.hosts import free_ports
from local.stack import Ports, Stack, running_stack
from tests.clock import HANG
from tests.e2e.test_stories import body

LARGEST = 400_000  # bytes; README says how large it is
ALONGSIDE = {"host.json", "requirements.txt", "function_app.py"}


def ignored(path: Path) -> bool:
    """By .funcignore, whose lines are names or patterns of files and folders, as Core Tools and azd read them."""
    patterns = [line for line in (ROOT / ".funcignore").read_text().splitlines() if line]
    return any(fnmatch.fnmatch(part, pattern) for part in path.parts for pattern in patterns)


def packed() -> Iterator[Path]:
    """The files of the working copy that are not ignored; what git ignores is on nobody's machine but ours."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for line in sorted(set(listed.stdout.splitlines())):
        if not ignored(Path(line)) and (ROOT / line).exists():
            yield Path(line)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("package") / "certflow.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in packed():
            archive.write(ROOT / path, path)
    return file


def test_the_package_holds_the_product_and_nothing_else_and_is_small(package: Path) -> None:
    with zipfile.ZipFile(package) as archive:
        names = set(archive.namelist())
    assert {name for name in names if not name.startswith("functions/")} == ALONGSIDE
    expected = {str(path.relative_to(ROOT)) for path in (ROOT / "functions").rglob("*.py")}
    assert {name for name in names if name.startswith("functions/")} == expected
    assert 0 < package.stat().st_size < LARGEST


def uv() -> str | None:
    here = ROOT / ".local" / "uv" / "bin" / "uv"
    return str(here) if here.exists() else shutil.which("uv")


@pytest.mark.skipif(uv() is None, reason="SKIPPED: uv, which makes the empty environment, is not here")
@pytest.mark.timeout(600)
async def test_the_package_runs_end_to_end_with_requirements_txt_alone(package: Path, tmp_path: Path) -> None:
    app, python = tmp_path / "app", tmp_path / "venv" / "bin" / "python"
    with zipfile.ZipFile(package) as archive:
        archive.extractall(app)
    await asyncio.to_thread(_install, app / "requirements.txt", tmp_path / "venv")
    (port,) = free_ports(1)
    async with (
        running_stack(tmp_path / "stack", own_host=False, issuing_delay=1, ports=Ports(host=port)) as stack,
        _host(stack, app, python, port, tmp_path),
        client_of(stack.describe()) as client,
    ):
        created = await client.create("main", "packed", body("packed", "DigiCert"))
        assert created.status == 202

        async def completed() -> bool:
            response = await client.pending("main", "packed")
            return bool((await response.json())["status"] == "completed")

        await until("the certificate is issued", completed)
        await until("its owner is told", lambda: client.messages("Certificate issued: packed"))


def _install(requirements: Path, venv: Path) -> None:
    program, python = str(uv()), str(venv / "bin" / "python")
    subprocess.run([program, "venv", "--quiet", "--python", sys.executable, str(venv)], check=True)
    subprocess.run([program, "pip", "install", "--quiet", "--python", python, "-r", str(requirements)], check=True)


@asynccontextmanager
async def _host(stack: Stack, app: Path, python: Path, port: int, directory: Path) -> AsyncIterator[None]:
    """The local host, but in the environment of the package. Of ours it gets its own code and `croniter`, no more."""
    library = directory / "library"
    (library / "local").mkdir(parents=True)
    for path in ("__init__.py", "host", "web.py"):
        (library / "local" / path).symlink_to(ROOT / "local" / path)
    for name in ("croniter", "dateutil", "six"):  # six: of dateutil
        if (spec := find_spec(name)) and spec.origin:
            origin = Path(spec.origin)
            origin = origin.parent if origin.name == "__init__.py" else origin
            (library / origin.name).symlink_to(origin)
    keys = [f"--{name}-key={key}" for name, key in vars(stack.keys).items()]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | stack.settings
    with (directory / "host.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(str(python), "-m", "local.host", "--port", str(port), "--app", str(app), "--with-parent", *keys),
            cwd=directory,
            env=environment | {"PYTHONPATH": str(library)},
            stdin=asyncio.subprocess.PIPE,
            stderr=log,
            stdout=asyncio.subprocess.PIPE,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(HANG):
            line = await process.stdout.readline()
        assert b"Functions host ready" in line, (directory / "host.log").read_text()
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
