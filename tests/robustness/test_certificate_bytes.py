"""A chain with one byte changed, wherever that is: findings, never an error, and the other certificates count.

500 cases with a fixed seed; with CERTFLOW_FUZZ_EXAMPLES more, with a new seed (or CERTFLOW_FUZZ_SEED) that is printed.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import sys

import pytest
from hypothesis import given, note, seed, settings
from hypothesis import strategies as st

from functions.chains.inspect import inspect
from functions.chains.parsing.contents import Contents
from functions.chains.parsing.parse import parse
from functions.model.finding_codes import CODES
from functions.model.findings import ChainProblem
from tests.pkcs7 import ber
from tests.robustness.formats import CHAIN, P7B, PEM, ROOT, der, world

FEW = 500
EXAMPLES = int(os.environ.get("CERTFLOW_FUZZ_EXAMPLES", FEW))
SEED = int(os.environ.get("CERTFLOW_FUZZ_SEED") or (14 if EXAMPLES == FEW else secrets.randbits(32)))
# Odd certificates make `cryptography` warn.
pytestmark = pytest.mark.filterwarnings(
    "ignore::cryptography.utils.CryptographyDeprecationWarning", "ignore::UserWarning"
)
DERS = [der(one) for one in CHAIN]
FORMS = {"DER after DER": b"".join(DERS), "PKCS#7": P7B, "BER": ber(*DERS), "PEM": PEM}
CERTFLOW = world(trusted=ROOT).certflow


@pytest.fixture(scope="module", autouse=True)
def told_seed(pytestconfig: pytest.Config) -> None:
    """A new seed is worth to be known whatever comes of it."""
    if EXAMPLES != FEW:
        with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            sys.stderr.write(f"CERTFLOW_FUZZ_EXAMPLES={EXAMPLES} CERTFLOW_FUZZ_SEED={SEED}\n")


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, bytes, int]:
    """A form, its content with one byte changed, and where."""
    form = draw(st.sampled_from(list(FORMS)))
    whole = FORMS[form]
    at = draw(st.integers(0, len(whole) - 1))
    value = draw(st.integers(0, 255).filter(lambda one: one != whole[at]))
    return form, whole[:at] + bytes([value]) + whole[at + 1 :], at


def untouched(form: str, at: int) -> set[bytes]:
    """The certificates in which the byte is not."""
    whole = FORMS[form]
    return {one for one in DERS if not 0 <= at - whole.index(one) < len(one)}


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, database=None)
@given(changed())
def test_a_byte_that_is_changed_is_a_finding_and_the_other_certificates_count(case: tuple[str, bytes, int]) -> None:
    form, content, at = case
    note(f"CERTFLOW_FUZZ_SEED={SEED}")
    try:
        contents = parse(content)
    except ChainProblem as problem:
        contents = Contents((), problem.findings)
    findings = contents.findings
    for finding in findings:
        assert finding.code in CODES
        assert finding.sentence.isprintable()
        assert finding.next_step.endswith(".")
    found = {one.der for one in contents.certificates}
    if form == "DER after DER":
        assert found >= untouched(form, at)
    assert len(found) == len(DERS) or findings, "a certificate was lost without a word"
    report = asyncio.run(inspect(CERTFLOW, content))
    assert {one["code"] for one in report["findings"]} <= CODES.keys()
    json.dumps(report)
