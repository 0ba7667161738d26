"""What can be said of infra/ without Azure: it compiles, lints and is formatted, and its snapshots are right.

`infra/azuredeploy.json` is main.bicep compiled; it is committed, since az without a clone and the portal take no Bicep.
A snapshot (`infra/examples/*.snapshot.json`) is what a parameter file would deploy, with every name put in; it is
committed, so that a review sees what a change deploys. `python -m local.bicep_check --write` writes both anew.
"""

from __future__ import annotations

import argparse
import functools
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice
from pathlib import Path
from typing import Any

from local.bicep_cli import BICEP, PLACE, ROOT, bicep, run

INFRA = ROOT / "infra"
# main.bicep compiled, for those who have neither a clone nor Bicep.
TEMPLATE = INFRA / "azuredeploy.json"
MOST_LINES = 60  # of what differs in a snapshot; git shows the rest
ANEW = "Look at it, and if it is meant: .venv/bin/python -m local.bicep_check --write"
SKIPPED = """\
*****************************************************************************
*  SKIPPED: infra/ was NOT checked. There is no Bicep CLI on this machine.  *
*  Install it (`az bicep install`, or the binary `bicep` on PATH).          *
*****************************************************************************"""


def examples(infra: Path = INFRA) -> list[Path]:
    """The files of parameters that have a snapshot."""
    return sorted((infra / "examples").glob("*.bicepparam"))


@functools.cache
def compiled(file: Path) -> dict[str, Any]:
    """The ARM template of a Bicep file, with those of its modules in it, compiled once in a process. Raises ValueError
    for one with any finding.
    """
    return dict(json.loads(BICEP.compiled(file)))


def findings(infra: Path = INFRA) -> Iterator[str]:
    """What is wrong; whatever the CLI says counts, since it calls wrong property names and types warnings."""
    yield from _unformatted(infra)
    snapshots = examples(infra)
    for file in sorted((*infra.rglob("*.bicep"), *infra.rglob("*.bicepparam"))):
        try:
            if file in snapshots:
                yield from stale_snapshot(file)
            else:
                BICEP.compiled(file)
        except ValueError as error:
            yield f"{_named(file, infra)}: {error}".replace(f"{infra}/", "infra/")
    yield from stale_template(TEMPLATE)


def _unformatted(infra: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "infra"  # the command writes what it reads
        shutil.copytree(infra, copy)
        for pattern in ("**/*.bicep", "**/*.bicepparam"):
            done = run("format", "--pattern", pattern, here=copy)
            if done.returncode or done.stdout or done.stderr:
                yield f"bicep format: {done.stdout}{done.stderr}".strip().replace(f"{copy}/", "infra/")
        for file in (*infra.rglob("*.bicep"), *infra.rglob("*.bicepparam")):
            if file.read_bytes() != (copy / file.relative_to(infra)).read_bytes():
                yield f"{_named(file, infra)} is not formatted. Run: bicep format {_named(file, infra)}"


def stale_snapshot(file: Path) -> Iterator[str]:
    """What a file of parameters deploys otherwise than its snapshot says. Raises ValueError with any finding."""
    kept = file.with_suffix(".snapshot.json")
    before, now = [
        json.dumps(one, indent=2, sort_keys=True).splitlines()
        for one in (json.loads(kept.read_text()) if kept.exists() else {}, BICEP.snapshot(file))
    ]
    # As values: the order of the outputs is another in each process.
    if before != now:
        lines = islice(unified_diff(before, now, kept.name, "now", n=2, lineterm=""), MOST_LINES)
        yield "\n".join((*lines, f"This is not what {file.name} deployed before. {ANEW}"))


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
    BICEP.close()
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


def _named(file: Path, infra: Path) -> Path:
    return file.relative_to(infra.parent)


if __name__ == "__main__":
    sys.exit(main())
