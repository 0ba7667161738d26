"""One clock and one factory for all that the tests make: the rules of `testkit.clock`, held over the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.functions_host import ROOT

TESTKIT = "packages/testkit/src/testkit"
CLOCK, FACTORY = f"{TESTKIT}/clock.py", f"{TESTKIT}/certificates.py"
OPENSSL_CAS = "tests/corpus.py"
HERE = str(Path(__file__).relative_to(ROOT))
FOLDERS = (ROOT / "tests", ROOT / "benchmarks", ROOT / TESTKIT, *(ROOT / "packages").glob("*/tests"))
SOURCES = sorted(path for folder in FOLDERS for path in folder.rglob("*.py"))

# What reads the machine's clock, however it was imported. monotonic and perf_counter tell no date.
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "gmtime", "localtime", "strftime", "ctime"}
CLOCK_MODULES = {"datetime", "date", "time", "dt", "_datetime"}
# What dates a certificate or a revocation list, in `cryptography`, in OpenSSL's wrapper, and by the `openssl` program.
BUILDERS = {
    "CertificateBuilder",
    "CertificateRevocationListBuilder",
    "RevokedCertificateBuilder",
    "OCSPResponseBuilder",
}
DATING = {"not_valid_before", "not_valid_after", "gmtime_adj_notBefore", "gmtime_adj_notAfter", "trustme"}
DATES = re.compile(
    r"-(days|startdate|enddate|not_before|not_after|crl_lastupdate|crl_nextupdate|crldays)|.*default_(crl_)?days.*",
    re.DOTALL,
)
ASN1_TIME = re.compile(r"(\d\d)?\d{10}(\d\d)?Z")
END_OF_TIME = "9999"  # RFC 5280 4.1.2.5: no date


def breaches(name: str, tree: ast.AST) -> Iterator[str]:
    """Where a file reads a clock, or dates a certificate, although that is another file's part."""
    for node in ast.walk(tree):
        what = _breach(name, node)
        if what:
            yield f"{name}:{getattr(node, 'lineno', 0)}: {what}"


def _breach(name: str, node: ast.AST) -> str | None:
    if name != CLOCK and _reads_clock(node):
        return f"reads a clock; {CLOCK} does"
    if name != FACTORY and _named(node) in BUILDERS | DATING:
        return f"makes certificates; {FACTORY} does"
    text = _text(node)
    if name != OPENSSL_CAS and DATES.fullmatch(text):
        return f"dates a certificate by openssl; {OPENSSL_CAS} does, by {CLOCK}"
    if ASN1_TIME.fullmatch(text) and not text.startswith(END_OF_TIME):
        return f"dates a certificate by hand; take the time from {CLOCK}"
    return None


def _reads_clock(node: ast.AST) -> bool:
    match node:
        case ast.ImportFrom(module="time"):
            return any(one.name in CLOCKS for one in node.names)
        case ast.Attribute(value=ast.Name(id=module) | ast.Attribute(attr=module), attr=attr):
            return module in CLOCK_MODULES and attr in CLOCKS
    return False


def _named(node: ast.AST) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            return name
    return ""


def _text(node: ast.AST) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Constant(value=bytes(content)):
            return content.decode("latin-1")
    return ""


def test_no_other_file_reads_a_clock_or_dates_a_certificate() -> None:
    assert len(SOURCES) > 100
    found = [
        breach
        for path in SOURCES
        if (name := path.relative_to(ROOT).as_posix()) != HERE
        for breach in breaches(name, ast.parse(path.read_text()))
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "at = datetime.datetime.utcnow",
        "date.today()",
        "time.time()",
        "from time import time",
        "import datetime as dt; dt.datetime.now()",
        "x509.CertificateBuilder()",
        "from cryptography.x509 import CertificateBuilder as Builder",
        "builder.not_valid_after(END)",
        "import trustme",
        "openssl('x509', '-req', '-days', '90')",
        "'[ca]\\ndefault_days=30\\n'",
        "openssl('ca', '-startdate', begins)",
        "leaf(years=(b'250101000000Z', END))",
        "tlv(0x18, b'20250101000000Z')",
    ],
)
def test_it_would_be_found(source: str) -> None:
    assert [*breaches("tests/unit/test_some.py", ast.parse(source))]


@pytest.mark.parametrize(
    "source",
    [
        "time.monotonic()",
        "ca.certificate.not_valid_after_utc",
        "Ca.root('Root', at=real_now)",
        "datetime(2026, 1, 1, tzinfo=UTC)",
        "b'99991231235959Z'",
    ],
)
def test_what_needs_no_clock_is_free(source: str) -> None:
    assert [*breaches("tests/unit/test_some.py", ast.parse(source))] == []
