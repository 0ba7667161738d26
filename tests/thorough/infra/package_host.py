"""The local host with a package that was unpacked, in an environment that has nothing else, as on Azure."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

from local.functions_host import KEPT, ROOT
from local.package import SITE_PACKAGES
from local.stack import Stack
from tests.clock import HANG


@asynccontextmanager
async def package_host(
    stack: Stack, app: Path, python: Path, port: int, directory: Path
) -> AsyncIterator[asyncio.subprocess.Process]:
    """The process of the local host, but with the packages that the worker finds on Azure: those in the package, which
    is unpacked in `app`. Of ours it gets its own code and `croniter`, no more.
    """
    library = directory / "library"
    library.mkdir()
    (library / "functions_host").symlink_to(ROOT / "packages" / "functions-host" / "src" / "functions_host")
    for name in ("croniter", "dateutil", "six"):  # six: of dateutil
        if (spec := find_spec(name)) and spec.origin:
            origin = Path(spec.origin)
            origin = origin.parent if origin.name == "__init__.py" else origin
            (library / origin.name).symlink_to(origin)
    keys = [f"--{name}-key={key}" for name, key in vars(stack.keys).items()]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | stack.settings
    with (directory / "host.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(str(python), "-m", "functions_host", "--port", str(port), "--app", str(app), "--with-parent", *keys),
            cwd=directory,
            env=environment | {"PYTHONPATH": os.pathsep.join((str(app / SITE_PACKAGES), str(library)))},
            stdin=asyncio.subprocess.PIPE,
            stderr=log,
            stdout=asyncio.subprocess.PIPE,
        )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(HANG):
            line = await process.stdout.readline()
        assert b"Functions host ready" in line, (directory / "host.log").read_text()
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
