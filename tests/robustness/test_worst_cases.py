"""Files that are made to take long, to need much memory, or to fill a report, and what is said of them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from functions.issuance.asked import asked_of
from functions.issuance.certificate import load
from functions.issuance.chains import Signatures
from functions.issuance.diagnosis import diagnose
from functions.issuance.examine import inspect
from functions.issuance.findings import CODES
from functions.issuance.report import Outcome, brief_of, report_of
from functions.issuance.trust import Trust
from tests.certificates import as_read
from tests.clock import NOW
from tests.robustness.formats import CSR, LEAF, ROOT, world
from tests.robustness.hostile import FILES, MIB, UNSEEN, evil_text, leaf

MEGABYTES = 100
MOST_TOLD = 30_000  # characters; a table property holds 32,768
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


async def test_what_a_report_says_of_evil_text_is_harmless() -> None:
    for trusted in (None, ROOT):
        report = await inspect(world(trusted=trusted).certflow, evil_text())
        texts = list(_texts(report))
        assert all(text.isprintable() for text in texts)
        assert any(r"CN=a\x1b[31m" in text for text in texts)


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [text for one in (value.values() if isinstance(value, dict) else value or ()) for text in _texts(one)]


async def test_labels_of_blocks_are_harmless() -> None:
    content = b"-----BEGIN \x1b[2J\x07-----\nMAA=\n-----END \x1b[2J\x07-----\n"
    (finding,) = (await inspect(world().certflow, content))["findings"]
    assert finding["sentence"].isprintable()


def test_of_very_many_leaves_the_first_travel_and_it_is_said_how_many_do_not() -> None:
    leaf, *_ = as_read(LEAF)
    judged = diagnose(leaf, [leaf], asked_of(x509.load_der_x509_csr(CSR)), Trust({}, "here"), NOW, Signatures())
    report = report_of((), [Outcome("would-merge", judged.findings, leaf, judged.chain)] * 100, would=True)
    brief = brief_of(report)
    assert len(json.dumps(brief)) < MOST_TOLD
    assert brief["left_out"] == {"findings": 0, "leaves": 100 - len(brief["leaves"])}
    assert "chain" not in brief["leaves"][0]
    assert "left_out" not in brief_of(report_of((), [Outcome("would-merge", (), leaf)], would=True))


def test_a_certificate_that_starts_on_the_last_day_of_the_calendar_is_judged() -> None:
    certificate = load(leaf(years=(b"99991231000000Z", b"99991231235959Z")))
    asked = asked_of(x509.load_der_x509_csr(CSR), {"x509_props": {"validity_months": 12}})
    found = diagnose(certificate, [certificate], asked, Trust({}, "here"), NOW, Signatures()).findings
    assert "not-yet-valid" in {one.code for one in found}


async def test_what_is_wrong_with_a_part_is_said_in_a_sentence() -> None:
    report = await inspect(world().certflow, b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
    assert re.search(r"file\. [A-Z]", report["sentence"])
