"""What an app that has nothing to do writes to its log: on Azure each record costs."""

from __future__ import annotations

from pathlib import Path

from benchmarks.idle_log import idle_minute

VAULTS = 3
OF_ONE_VAULT, OF_EACH_FURTHER = 10, 2
MOST_BYTES = 300  # of a record


async def test_a_minute_with_nothing_to_do_writes_a_few_records(tmp_path: Path) -> None:
    records = await idle_minute(tmp_path, VAULTS)
    assert len([one for one in records if '"event": "beat"' in one]) == VAULTS, records
    assert len(records) <= OF_ONE_VAULT + OF_EACH_FURTHER * (VAULTS - 1), records
    assert max(map(len, records)) < MOST_BYTES
