"""Runs in azure-cli's own environment: reads command lines as JSON from standard input, and says for each what az's own
parser has against it ("" if nothing). No command is run: each ends when its line has been read.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any


class ReadError(BaseException):
    """A line was read to its end, and is right; no `except Exception` of az's catches this."""


def main() -> None:
    from azure.cli.core import get_default_cli
    from knack.events import EVENT_INVOKER_POST_PARSE_ARGS

    said = io.StringIO()  # one for all: the log of az keeps the stream that it was set up with
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        cli = get_default_cli()
        cli.register_event(EVENT_INVOKER_POST_PARSE_ARGS, _stop)
        faults = [_fault(cli, words, said) for words in json.load(sys.stdin)]
    json.dump(faults, sys.stdout)


def _stop(*_arguments: object, **_named: object) -> None:
    raise ReadError


def _fault(cli: Any, words: list[str], said: io.StringIO) -> str:
    before = len(said.getvalue())
    try:
        status = cli.invoke(words, out_file=said)
    except ReadError:
        return ""
    except SystemExit as ended:
        status = ended.code
    return said.getvalue()[before:].strip() or f"ended with {status}"


if __name__ == "__main__":
    main()
