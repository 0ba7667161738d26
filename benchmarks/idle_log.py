"""What an idle app logs and runs: the records that reach Azure from Python, and the executions that are billed, at the
deployed schedules, a minute long.

Counted is what the local host's log has, whose root logger is at INFO as the platform's worker sets it, and which
writes of each execution what the platform's host does, if host.json wants it. The request record that Azure keeps of
each execution is not in it.
"""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from benchmarks.table import Row, print_rows
from local.functions_host import ROOT
from local.stack import running_stack
from tests.clock import real_now

DEPLOYED = re.compile(r"name: '(CERTFLOW_[A-Z]+_SCHEDULE)', value: choices\.\?\w+ \?\? '([^']+)'")
EACH_EXECUTION = {"AzureFunctionsJobHost__logging__logLevel__Function": "Information"}
RECORD = re.compile(r"^[0-9-]{10}T[0-9:.]{12}Z .*", re.MULTILINE)
MINUTES = 365 * 24 * 60 / 12  # of a month
FEW, MORE = 1, 3  # vaults


def measure() -> list[Row]:
    """A minute with one vault and one with three."""
    with tempfile.TemporaryDirectory() as directory:
        found = [asyncio.run(idle_minute(Path(directory) / str(count), count, EACH_EXECUTION)) for count in (FEW, MORE)]
    runs, runs_of_more = ([one for one in records if ": Executed '" in one] for records in found)
    few, more = ([one for one in records if " Function." not in one] for records in found)
    one, three = size_of(few), size_of(more)
    return [
        Row("an idle minute with one vault: executions", len(runs)),
        Row("with each further vault: more executions", (len(runs_of_more) - len(runs)) / (MORE - FEW)),
        Row("an idle minute with one vault: log records", len(few), "≤ 10"),
        Row("with each further vault: more records", (len(more) - len(few)) / (MORE - FEW), "≤ 2"),
        Row("with one vault: kB a minute", one / 1000),
        Row("the same: MB a month", one * MINUTES / 1e6),
        Row("with each further vault: MB a month", (three - one) / (MORE - FEW) * MINUTES / 1e6),
    ]


async def idle_minute(directory: Path, vaults: int, settings: Mapping[str, str] | None = None) -> list[str]:
    """The records of a minute in which an app with so many vaults, and with these settings, has nothing to do."""
    schedules = dict(DEPLOYED.findall((ROOT / "infra" / "modules" / "app.bicep").read_text()))
    log = directory / "host.log"
    async with running_stack(directory, vaults=vaults, settings=schedules | dict(settings or {})):
        await asyncio.sleep(_until_second(50) + 60)  # what is done once, and the first minute, are over
        before = len(log.read_text())
        await asyncio.sleep(60)
        return RECORD.findall(log.read_text()[before:])


def size_of(records: Sequence[str]) -> int:
    """Their bytes."""
    return sum(len(one.encode()) for one in records)


def _until_second(second: int) -> float:
    """Seconds until the clock shows it: the timers come at the full minute."""
    now = real_now()
    ahead = now.replace(second=second, microsecond=0) - now
    return (ahead % timedelta(minutes=1)).total_seconds()


if __name__ == "__main__":
    print_rows(measure())
    sys.exit(0)
