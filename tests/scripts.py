"""A script of ours while it runs, for tests that type into it or interrupt it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager


@contextmanager
def begun_script(
    command: Sequence[str], environment: Mapping[str, str], stderr: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """The script while it runs, in a session of its own, as in a terminal; ended at last, with all that it runs."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        preexec_fn=_hear_signals,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def _hear_signals() -> None:
    """In the script's process, before it begins: what a run in the background ignores, SIGINT, or SIGHUP under nohup,
    would be ignored by the script, too, as a shell cannot trap it then (POSIX, "trap").
    """
    for one in (signal.SIGINT, signal.SIGHUP):
        signal.signal(one, signal.SIG_DFL)
