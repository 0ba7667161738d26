"""Verifies the record of acts: `python -m functions.cli.acts verify FILES…|FOLDER`. It needs Python
and the files, as they were downloaded from the container `acts`; it asks nobody anything.
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path

from functions.model.acts.lines import SUFFIX, FileName
from functions.model.acts.logged import LoggedHead, heads_in_log
from functions.model.acts.verify import Verified, verify

EXIT_WHOLE, EXIT_BROKEN, EXIT_NOT_READ = 0, 1, 2
WIDTH = 80
MAX_SHOWN = 20  # problems; the first of them tells where to look
ACTS_USAGE = """
A folder is taken for all of the record: a file is missing if the first one follows
from another, or the last one names another. So is a file that a log knows. Of files
before --from none has to be there.

Exit code 0: the record is whole; 1: it is not, or lacks a head that was given; 2: it
could not be read. Without --head and --log nobody can tell whether its end was cut,
or all of it written anew."""


class NotReadError(Exception):
    """The command cannot be carried out, and why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Verifies what the command line names, and prints what it finds; returns the exit code.
    `arguments` are those of the process if None.
    """
    options = _parser().parse_args(arguments)
    try:
        files = _files_of(options.files)
        logged = [one for path in options.log for one in _heads_of(path)]
    except NotReadError as error:
        _say(sys.stderr.write, f"acts: {error}")
        return EXIT_NOT_READ
    found = verify(
        files,
        options.head,
        logged,
        since=options.since,
        to_its_end=any(path.is_dir() for path in options.files),
    )
    for sentence in _page(found, len(files)):
        _say(sys.stdout.write, sentence)
    return EXIT_BROKEN if found.problems else EXIT_WHOLE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m functions.cli.acts",
        epilog=ACTS_USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="verify")
    wanted = commands.add_parser(
        "verify",
        help="verify the record of acts",
        epilog=ACTS_USAGE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_options(wanted)
    return parser


def _add_options(wanted: argparse.ArgumentParser) -> None:
    wanted.add_argument(
        "files", nargs="+", type=Path, metavar="FILE|FOLDER", help="files of the container acts"
    )
    wanted.add_argument(
        "--head",
        action="append",
        default=[],
        metavar="HASH",
        help="a head from a digest, which it must have",
    )
    wanted.add_argument(
        "--log",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="an export of the app's log",
    )
    wanted.add_argument(
        "--from",
        dest="since",
        type=_first_of,
        metavar="FILE|DATE",
        help="the first file that has to be there, such as 2026-11-30",
    )


def _first_of(text: str) -> FileName:
    """Returns the file of --from. Raises ValueError, which argparse tells."""
    return FileName.of(text) or FileName(date.fromisoformat(text))


def _files_of(paths: Iterable[Path]) -> dict[str, bytes]:
    """Returns the content of the files of the record, by their names."""
    found: dict[str, bytes] = {}
    for path in (one for given in paths for one in _listed(given)):
        if FileName.of(path.name) is None:
            raise NotReadError(f"{path.name} is no file of the record, such as 2026-11-30{SUFFIX}.")
        if path.name in found:
            raise NotReadError(f"{path.name} was given twice.")
        found[path.name] = _bytes_of(path)
    return found


def _listed(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(one for one in path.rglob(f"*{SUFFIX}") if one.is_file())
    if not files:
        raise NotReadError(f"{path} has no file of the record (*{SUFFIX}).")
    return files


def _heads_of(path: Path) -> list[LoggedHead]:
    heads = heads_in_log(_bytes_of(path).decode(errors="replace"))
    if not heads:
        raise NotReadError(f"{path} has no record acts-written.")
    return heads


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotReadError(f"{path} cannot be read: {error.strerror or error}.") from error


def _page(found: Verified, count: int) -> Iterable[str]:
    yield from found.problems[:MAX_SHOWN]
    if len(found.problems) > MAX_SHOWN:
        yield f"There are {len(found.problems) - MAX_SHOWN} more problems."
    yield from found.notes
    sums = f"{found.acts} acts in {count} {'file' if count == 1 else 'files'}"
    if found.problems:
        yield f"The record is not whole ({sums})."
    else:
        yield f"The record is whole: {sums}. Its head is {found.head or 'none'}."


def _say(write: Callable[[str], object], sentence: str) -> None:
    """Writes a sentence, its lines no wider than a terminal."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in sentence)
    lines = textwrap.wrap(plain, WIDTH, break_long_words=False, break_on_hyphens=False)
    write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())
