"""Files that are made to take long, to need much memory, or to fill a report, and what is said of them."""

from __future__ import annotations

import json
import re
from typing import Any

from cryptography import x509

from functions.chains.inspect import inspect
from functions.chains.report import Outcome, brief_of, report_of
from functions.chains.validation.build import Signatures
from functions.chains.validation.expected import requested_attributes
from functions.chains.validation.trust import Trust
from functions.chains.validation.validate import validate
from functions.x509.certificate import load
from tests.certificates import as_read
from tests.clock import NOW
from tests.robustness.formats import CSR, LEAF, ROOT, world
from tests.robustness.hostile import evil_text, leaf
from tests.robustness.measure import MOST_TOLD


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
    judged = validate(
        leaf, [leaf], requested_attributes(x509.load_der_x509_csr(CSR)), Trust({}, "here"), NOW, Signatures()
    )
    report = report_of((), [Outcome("would-merge", judged.findings, leaf, judged.chain)] * 100, would=True)
    brief = brief_of(report)
    assert len(json.dumps(brief)) < MOST_TOLD
    leaves = brief["leaves"]
    assert isinstance(leaves, list)
    assert brief["left_out"] == {"findings": 0, "leaves": 100 - len(leaves)}
    assert "chain" not in leaves[0]
    assert "left_out" not in brief_of(report_of((), [Outcome("would-merge", (), leaf)], would=True))


def test_a_certificate_that_starts_on_the_last_day_of_the_calendar_is_judged() -> None:
    certificate = load(leaf(years=(b"99991231000000Z", b"99991231235959Z")))
    asked = requested_attributes(x509.load_der_x509_csr(CSR), {"x509_props": {"validity_months": 12}})
    found = validate(certificate, [certificate], asked, Trust({}, "here"), NOW, Signatures()).findings
    assert "not-yet-valid" in {one.code for one in found}


async def test_what_is_wrong_with_a_part_is_said_in_a_sentence() -> None:
    report = await inspect(world().certflow, b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n")
    assert re.search(r"file\. [A-Z]", report["sentence"])
