"""What can be said of infra/ without Azure: it compiles, lints and is formatted, and its snapshots are right.

`infra/azuredeploy.json` is main.bicep compiled; it is committed, since az without a clone and the portal take no Bicep.
A snapshot (`infra/examples/*.snapshot.json`) is what a parameter file would deploy, with every name put in; it is
committed, so that a review sees what a change deploys. `python -m local.bicep_check --write` writes both anew.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
INFRA = ROOT / "infra"
# main.bicep compiled, for those who have neither a clone nor Bicep.
TEMPLATE = INFRA / "azuredeploy.json"
ANEW = "Look at it, and if it is meant: .venv/bin/python -m local.bicep_check --write"
# A place that is nobody's: names are made of it, so snapshots need the same one everywhere.
PLACE = (
    *(
        "--subscription-id",
        "11111111-1111-1111-1111-111111111111",
        "--tenant-id",
        "99999999-9999-9999-9999-999999999999",
    ),
    *("--resource-group", "certflow", "--location", "westeurope"),
)
SKIPPED = """\
*****************************************************************************
*  SKIPPED: infra/ was NOT checked. There is no Bicep CLI on this machine.  *
*  Install it (`az bicep install`, or the binary `bicep` on PATH).          *
*****************************************************************************"""


@functools.cache
def bicep() -> tuple[str, ...] | None:
    """The command of the Bicep CLI: `bicep` on PATH, else the one that `az bicep install` has put down, else None.

    Not `az bicep …` itself: that takes other arguments (`--file`), and has no `snapshot`.
    """
    if path := shutil.which("bicep"):
        return (path,)
    of_az = Path(os.environ.get("AZURE_CONFIG_DIR", "~/.azure")).expanduser() / "bin" / "bicep"
    return (str(of_az),) if of_az.exists() else None


def run(*arguments: str | Path, here: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Runs the Bicep CLI in a folder. Raises LookupError if there is none."""
    command = bicep()
    if command is None:
        raise LookupError("there is no Bicep CLI")
    # It unpacks itself into HOME at its start, and not every account of a build machine has one. A run is too short for
    # code that is compiled a second time to pay: without that a snapshot takes a fifth less of the processor.
    where = os.environ | {
        "DOTNET_BUNDLE_EXTRACT_BASE_DIR": str(ROOT / ".local" / "bicep"),
        "DOTNET_TieredCompilation": "0",
    }
    return subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, env=where, cwd=here, check=False
    )


def examples() -> list[Path]:
    """The files of parameters that have a snapshot."""
    return sorted((INFRA / "examples").glob("*.bicepparam"))


@functools.cache
def compiled(file: Path) -> dict[str, Any]:
    """The ARM template of a Bicep file, with those of its modules in it, compiled once in a process. Raises ValueError
    for one with any finding.
    """
    done = run("build", file, "--stdout")
    if done.returncode or done.stderr:
        raise ValueError(done.stderr)
    return dict(json.loads(done.stdout))


def findings() -> Iterator[str]:
    """What is wrong; whatever the CLI says counts, since it calls wrong property names and types warnings."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "infra"  # both build and format write beside what they read
        shutil.copytree(INFRA, copy)
        for verb, pattern in (
            ("format", "**/*.bicep"),
            ("format", "**/*.bicepparam"),
            ("lint", "**/*.bicep"),
            ("build", "**/*.bicep"),
            ("build-params", "**/*.bicepparam"),
        ):
            done = run(verb, "--pattern", pattern, here=copy)
            if done.returncode or done.stdout or done.stderr:
                yield f"bicep {verb}: {done.stdout}{done.stderr}".strip().replace(f"{copy}{os.sep}", "infra/")
        for file in (*INFRA.rglob("*.bicep"), *INFRA.rglob("*.bicepparam")):
            if file.read_bytes() != (copy / file.relative_to(INFRA)).read_bytes():
                yield f"{_named(file)} is not formatted. Run: bicep format {_named(file)}"
    for file in examples():
        done = run("snapshot", file, "--mode", "validate", *PLACE)
        if done.returncode:
            yield (f"{done.stdout}{done.stderr}\nThis is not what {_named(file)} deployed before. {ANEW}")
    yield from stale_template(TEMPLATE)


def stale_template(file: Path) -> Iterator[str]:
    """What is wrong with the compiled template in a file, if main.bicep compiles."""
    try:
        now = compiled(INFRA / "main.bicep")
    except ValueError:
        return  # the build says so
    if not file.exists() or not same_template(json.loads(file.read_text()), now):
        yield f"{file.name} is not what infra/main.bicep gives. {ANEW}"


def same_template(one: object, other: object) -> bool:
    """Whether two compiled templates are the same, whichever version of the compiler has made them."""
    return _without_generator(one) == _without_generator(other)


def write() -> None:
    """Writes all snapshots and the compiled template anew. Raises ValueError with what the CLI says."""
    TEMPLATE.write_text(json.dumps(compiled(INFRA / "main.bicep"), indent=2, ensure_ascii=False) + "\n")
    for file in examples():
        done = run("snapshot", file, "--mode", "overwrite", *PLACE)
        if done.returncode or done.stderr:
            raise ValueError(done.stderr)


def main() -> int:
    """Checks, or writes what is made of infra/; 1 if there is anything to say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the snapshots and azuredeploy.json anew")
    options = parser.parse_args()
    if bicep() is None:
        print(SKIPPED, file=sys.stderr)
        return 0
    if options.write:
        write()
    found = list(findings())
    for one in found:
        print(one, file=sys.stderr)
    return 1 if found else 0


def _without_generator(value: object) -> object:
    """JSON without what the compiler says of itself, in the template and in those of its modules."""
    if isinstance(value, dict):
        return {key: _without_generator(one) for key, one in value.items() if key != "_generator"}
    if isinstance(value, list):
        return [_without_generator(one) for one in value]
    return value


def _named(file: Path) -> Path:
    return file.relative_to(ROOT)


if __name__ == "__main__":
    sys.exit(main())
