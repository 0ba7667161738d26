"""Files that are made to take long or to need much memory, each in the same process of its own, measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from functions.model.finding_codes import CODES
from tests.robustness.formats import CSR
from tests.robustness.hostile import FILES, MIB, UNSEEN
from tests.robustness.measure import MOST_TOLD

MEGABYTES = 100
ROOT_FOLDER = Path(__file__).resolve().parents[2]
type Measurements = Mapping[str, Mapping[str, Any]]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measurements:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "request.csr").write_bytes(CSR)
    for name, make in FILES.items():
        content = make()
        assert len(content) <= MIB, name
        (folder / name).write_bytes(content)
    command = [sys.executable, "-m", "tests.robustness.measure", str(folder)]
    done = subprocess.run(command, cwd=ROOT_FOLDER, capture_output=True, check=True, text=True)
    return {one["name"]: one for one in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_ends_in_findings_within_bounds(name: str, measured: Measurements) -> None:
    one = measured[name]  # and so its process came to its end
    assert one["outcome"] == ("would-quarantine" if name in UNSEEN else "would-reject")
    assert set(one["codes"]) <= CODES.keys()
    assert one["megabytes"] < MEGABYTES
    assert one["told"] < MOST_TOLD
