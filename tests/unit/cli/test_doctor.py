"""The merge doctor on the command line: the same judgement as the app's, on any machine, and a page to read."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from cryptography.x509.oid import NameOID

from functions.chains.inspect import inspect
from functions.chains.parsing.parse import MAX_FILE_BYTES
from functions.chains.report import Report, report_of
from functions.chains.validation.expected import requested_attributes
from functions.chains.validation.trust import trust_of
from functions.cli import doctor, doctor_inputs
from functions.cli.doctor import examine_files, main
from functions.cli.doctor_inputs import Inputs, Unusable
from functions.cli.doctor_page import Style, page
from functions.model.request.operation import Operation, Status
from tests.certificates import CLIENT, DAY, SERVER, Ca, Wish, as_read, csr_of, ec_key, ip, pem, with_serial
from tests.clock import HANG, NOW, fixed_now
from tests.unit.fakes import World

ROOT_FOLDER = Path(__file__).resolve().parents[3]
LONG = Wish(start=-400 * DAY, end=40_000 * DAY)
ROOT = Ca.root("Test Root", LONG, at=fixed_now)
ISSUING = ROOT.ca("Test Issuing CA", LONG)
HOST = "web.example.com"
KEY = ec_key()
CSR = csr_of(KEY, HOST, [HOST])
CSR_PEM = x509.load_der_x509_csr(CSR).public_bytes(Encoding.PEM)
GOOD = replace(LONG, names=[HOST])
LEAF = ISSUING.signs(CSR, GOOD)
CHAIN = (LEAF, ISSUING.certificate, ROOT.certificate)
POLICY = {"x509_props": {"ekus": [SERVER.dotted_string, CLIENT.dotted_string], "key_usage": ["digitalSignature"]}}
PLAIN = Style()


def patient(*files: bytes, csr: bytes | None = CSR, trusted: Sequence[Ca] = ()) -> Inputs:
    request = x509.load_der_x509_csr(csr) if csr else None
    trust = trust_of({f"{index}": pem(one.certificate) for index, one in enumerate(trusted)}, doctor_inputs.PLACE)
    named = [(f"file{index}", content) for index, content in enumerate(files)]
    return Inputs(named, request, requested_attributes(request) if request else None, trust)


def reported(*files: bytes, csr: bytes | None = CSR, trusted: Sequence[Ca] = ()) -> Report:
    examined = examine_files(patient(*files, csr=csr, trusted=trusted), NOW)
    return report_of(examined.findings, examined.outcomes, would=True)


def codes(report: Report) -> list[str]:
    return [finding["code"] for finding in report["findings"]]


def shown(*files: bytes, csr: bytes | None = CSR, trusted: Sequence[Ca] = (), style: Style = PLAIN) -> str:
    examined = examine_files(patient(*files, csr=csr, trusted=trusted), NOW)
    report = report_of(examined.findings, examined.outcomes, would=True)
    return "\n".join(page(report, examined.outcomes, examined.certificates, NOW, style))


SAME = [
    pem(*CHAIN),
    pkcs7.serialize_certificates(list(reversed(CHAIN)), Encoding.DER),
    pem(LEAF),
    pem(*CHAIN) * 2 + pem(Ca.root("Stranger", at=fixed_now).certificate) + CSR_PEM,
    pem(ISSUING.signs(CSR, replace(GOOD, end=-DAY)), ISSUING.certificate),
    pem(ISSUING.signs(CSR, replace(GOOD, names=["other.example.com"], ekus=[SERVER])), ISSUING.certificate),
    pem(ISSUING.signs(CSR, replace(GOOD, start=-9 * DAY)), *CHAIN),
    pem(ISSUING.certificate, ROOT.certificate),
    KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    b"x" * (MAX_FILE_BYTES + 1),
    b"%PDF-1.7",
    b"",
]


@pytest.mark.parametrize("content", SAME, ids=range(len(SAME)))
@pytest.mark.parametrize("trusted", [(), (ROOT,), (Ca.root("Another", at=fixed_now),)], ids=["none", "root", "another"])
async def test_it_finds_what_an_inspection_over_http_finds(content: bytes, trusted: Sequence[Ca]) -> None:
    world = World()
    world.vault.operations["web"] = Operation("0" * 32, Status.IN_PROGRESS, "Unknown", CSR)
    world.trusted.given["main"] = {f"{index}": pem(one.certificate) for index, one in enumerate(trusted)}
    over_http = await inspect(world.certflow, content)
    here = reported(content, trusted=trusted)
    assert here["outcome"] == over_http["outcome"]
    place = {"next_step": "", "sentence": ""}  # these name where trust is set, which differs
    assert [one | place for one in here["findings"]] == [one | place for one in over_http["findings"]]
    assert [one.get("chain") for one in here["leaves"]] == [one.get("chain") for one in over_http["leaves"]]


def test_several_files_are_one_and_each_says_what_was_wrong_with_it() -> None:
    report = reported(pem(LEAF), pem(*CHAIN), trusted=[ROOT])
    assert report["outcome"] == "would-merge"
    assert [one["subject"] for one in report["leaves"][0]["chain"]] == [
        f"CN={HOST}",
        "CN=Test Issuing CA",
        "CN=Test Root",
    ]
    assert codes(report) == ["root-left-out"]
    report = reported(pem(LEAF), b"%PDF", SAME[8])
    assert report["outcome"] == "would-quarantine"
    assert [one["sentence"].split(":")[0] for one in report["findings"]] == ["file2", "file1"]
    assert report["leaves"] == []


def test_without_a_csr_the_leaf_is_what_is_no_ca_and_has_issued_nothing() -> None:
    key = ec_key()
    signer = ISSUING.signs(csr_of(key, "signer.example.com"), GOOD)
    report = reported(pem(Ca(signer, key, fixed_now).signs(CSR, GOOD), signer, *CHAIN[1:]), csr=None)
    assert [leaf["subject"] for leaf in report["leaves"]] == [f"CN={HOST}"]
    assert codes(report)[0] == "issuer-may-not-sign"
    other = ISSUING.signs(csr_of(ec_key(), "other.example.com"), replace(GOOD, names=["other.example.com"]))
    report = reported(pem(other, *CHAIN), csr=None)
    assert {leaf["subject"] for leaf in report["leaves"]} == {f"CN={HOST}", "CN=other.example.com"}
    assert codes(reported(pem(*CHAIN[1:]), csr=None)) == ["only-ca-certificates"]


def test_without_a_csr_the_usage_says_what_a_certificate_is_for() -> None:
    nameless = replace(GOOD, names=())
    for ekus, told in (((), True), ((SERVER,), True), ((CLIENT,), False)):
        report = reported(pem(ISSUING.signs(CSR, replace(nameless, ekus=ekus)), *CHAIN[1:]), csr=None)
        assert ("no-alternative-name" in codes(report)) is told


def test_a_certificate_for_another_csr_is_told_with_the_keys_of_both() -> None:
    text = shown(pem(ISSUING.signs(csr_of(ec_key(), HOST), GOOD)))
    assert "key-of-another-request" in text
    assert "the CSR for" in text
    assert len(set(re.findall(r"\b[0-9a-f]{16}\b", text))) == 2


def test_the_page_shows_the_chain_from_leaf_to_root_and_what_is_merged() -> None:
    lines = shown(pem(*reversed(CHAIN)), trusted=[ROOT]).splitlines()
    assert lines[:3] == ["✔ Can be merged (1 note)", "", f"┌ CN={HOST}"]
    assert [line for line in lines if line.startswith(("┌", "├", "└"))] == [
        f"┌ CN={HOST}",
        "├ CN=Test Issuing CA",
        "└ CN=Test Root",
    ]
    rows = [line.strip("│ ") for line in lines]
    for row in (
        "role     leaf, merged (1 of 2)",
        "role     intermediate, merged (2 of 2)",
        "role     root, trusted, left out",
        f"names    {HOST}",
        "issuer   CN=Test Issuing CA",
        "issuer   itself",
        f"valid    2025-10-20 12:00 – {NOW + LONG.end:%Y-%m-%d} 12:00 UTC, 40,000 days left",
        "key      EC, P-256",
        "signed   ECDSA with SHA-256",
        f"serial   {LEAF.serial_number:x}",
        f"SHA-256  {as_read(LEAF)[0].sha256}",
    ):
        assert row in rows, row


def test_the_page_shows_where_a_chain_breaks_and_what_to_do_in_80_columns() -> None:
    names: list[str | x509.GeneralName] = [f"host-{n}.web.example.com" for n in range(50)]
    leaf = ISSUING.signs(CSR, replace(GOOD, names=[HOST, *names, ip("10.0.0.7")], end=-DAY))
    text = shown(pem(leaf))
    assert text.startswith("✘ Cannot be merged (2 errors, 2 warnings)")
    assert "┆\n└ CN=Test Issuing CA\n    role     its certificate is missing" in text
    assert "expired 1 day ago" in text
    assert "… and 22 more" in text
    assert "\n  missing-intermediate\n    The certificate of CN=Test Issuing CA" in text
    assert "\n    → Get that certificate from the CA and drop both together." in text
    assert max(len(line) for line in text.splitlines()) <= 80
    assert text.index("Errors") < text.index("missing-intermediate") < text.index("Warnings") < text.index("name-added")


def test_what_a_sender_wrote_does_nothing_to_the_terminal() -> None:
    evil = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a\x1b[31m\x07\r\n\u202e\u200b\x9b1mb")])
    leaf = Ca.root("R\x1b]0;owned\x07", at=fixed_now).signs(
        CSR, replace(GOOD, names=["x\x1b[2J.example.com"]), subject=evil
    )
    for text in (shown(pem(leaf), csr=None), shown(pem(leaf)), shown(pem(leaf), style=Style(encoding="ascii"))):
        assert all(one.isprintable() for one in text.replace("\n", ""))
        assert r"CN=a\x1b[31m\x07" in text
        assert r"x\x1b[2" in text


def test_a_terminal_without_the_letters_gets_ascii() -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "müller.example")])
    text = shown(pem(ISSUING.signs(CSR, GOOD, subject=subject), *CHAIN[1:]), style=Style(encoding="ascii"))
    assert text.isascii()
    assert text.splitlines()[:3] == ["OK: Can be merged (1 warning, 1 note)", "", r", CN=m\xfcller.example"]
    assert "    -> To take this CA's certificates" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_colours_are_for_terminals_and_for_those_who_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

    assert Style.of(Terminal()).colour
    assert not Style.of(io.StringIO()).colour
    assert "\x1b[1;32m✔ Can be merged\x1b[0m" in shown(pem(*CHAIN), style=Style(colour=True))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Style.of(Terminal()).colour


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, content in {
        "chain.pem": pem(*CHAIN),
        "leaf.pem": pem(LEAF),
        "issuing.pem": pem(ISSUING.certificate),
        "root.pem": pem(ROOT.certificate),
        "web.csr": CSR_PEM,
        "web.der": CSR,
        "web.b64": base64.b64encode(CSR),
        "policy.json": json.dumps(POLICY | {"x509_props": POLICY["x509_props"] | {"validity_months": 12}}).encode(),
        "az.json": json.dumps({"x509CertificateProperties": {"validityInMonths": 12}}).encode(),
        "odd.json": json.dumps({"x509_props": {"key_usage": "digitalSignature"}}).encode(),
        "word": b"public\n",
        "huge": b"x" * (3 * MAX_FILE_BYTES),
    }.items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


@pytest.mark.parametrize("csr", ["web.csr", "web.der", "web.b64"])
def test_exit_code_0_is_for_what_can_be_merged(csr: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaf.pem", "issuing.pem", "--csr", csr, "--trusted-ca", "root.pem"]) == 0
    assert capsys.readouterr().out.startswith("✔ Can be merged\n")


@pytest.mark.parametrize("serial", [0, -5])
def test_a_serial_number_that_none_should_be_is_read_without_a_warning(
    serial: int, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Old roots have 0. `cryptography` warns of these, which is an error here, and will refuse them."""
    for name, certificate, by in (("leaf", LEAF, ISSUING), ("issuing", ISSUING.certificate, ROOT)):
        assert isinstance(by.key, ec.EllipticCurvePrivateKey)
        (folder / name).write_bytes(with_serial(certificate, serial, by.key))
    assert main(["leaf", "issuing", "--csr", "web.csr", "--trusted-ca", "root.pem"]) == 0
    output = capsys.readouterr()
    assert output.out.count(f"serial   {serial}\n") == 2
    assert output.err == ""


def test_exit_code_1_is_for_what_cannot(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaf.pem"]) == 1
    assert main(["huge"]) == 1
    assert "more than 1,048,576 bytes" in capsys.readouterr().out


def test_a_policy_says_what_the_csr_leaves_open(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chain.pem", "--csr", "web.csr", "--policy", "policy.json", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert "lifetime-longer" in codes(report)
    assert report["outcome"] == "would-merge"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gone.pem"], "gone.pem cannot be read (No such file or directory)"),
        (["."], "cannot be read (Is a directory)"),
        (["-", "--csr", "-"], "the standard input, which can be read once"),
        (["chain.pem", "--csr", "chain.pem"], "chain.pem is no CSR that can be read: give the one that was sent"),
        (["chain.pem", "--policy", "policy.json"], "give --csr FILE, too"),
        (["chain.pem", "--csr", "web.csr", "--policy", "az.json"], "x509_props"),
        (["chain.pem", "--csr", "web.csr", "--policy", "odd.json"], "x509_props"),
        (["chain.pem", "--csr", "web.csr", "--policy", "web.der"], "x509_props"),
        (["chain.pem", "--trusted-ca", "web.csr"], "web.csr holds no CA certificate that can be read"),
        (["chain.pem", "--trusted-ca", "leaf.pem"], f"CN={HOST} is no CA"),
    ],
)
def test_exit_code_2_is_for_a_command_that_cannot_be_carried_out(
    arguments: list[str], says: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert says in written.err
    assert written.err.startswith("doctor: ")
    assert written.err.count("\n") == 1


@pytest.mark.parametrize("word", ["public", "word"])
def test_the_word_public_stands_for_mozillas_list(word: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chain.pem", "--trusted-ca", word]) == 1
    assert "untrusted-ca" in capsys.readouterr().out


def test_without_certifi_the_word_public_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "certifi", None)
    with pytest.raises(Unusable, match="pip install certifi"):
        doctor_inputs._trust(["public"])


def run(*arguments: str, stdin: bytes = b"", **more: Any) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "functions.doctor", *arguments]
    return subprocess.run(command, cwd=ROOT_FOLDER, input=stdin, capture_output=True, check=False, timeout=HANG, **more)


def test_it_reads_the_standard_input_and_ends_quietly_with_its_reader() -> None:
    done = run("-", "--json", stdin=pem(*CHAIN))
    assert (done.returncode, done.stderr) == (doctor.EXIT_NOT_COMPARED, b"")
    assert json.loads(done.stdout)["outcome"] == "would-merge"
    piped = f"{sys.executable} -m functions.doctor - | true"
    done = subprocess.run(
        ["sh", "-c", piped], cwd=ROOT_FOLDER, input=pem(*CHAIN), capture_output=True, check=False, timeout=HANG
    )
    assert done.stderr == b""


def test_without_a_csr_a_good_chain_is_not_called_one_that_can_be_merged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chain, csr = tmp_path / "chain.pem", tmp_path / "web.csr"
    chain.write_bytes(pem(*CHAIN))
    csr.write_bytes(CSR_PEM)
    assert main([str(chain)]) == doctor.EXIT_NOT_COMPARED
    headline, *_ = (page := capsys.readouterr().out).splitlines()
    assert headline == "✔ A good chain; not compared with any CSR (1 warning, 2 notes)"
    assert "Give the CSR: --csr FILE." in page
    assert main([str(chain), "--csr", str(csr)]) == 0
    assert capsys.readouterr().out.startswith("✔ Can be merged (1 warning, 1 note)\n")


def test_it_runs_where_there_is_nothing_but_cryptography() -> None:
    """What it imports is Python's own, cryptography's, and ours."""
    code = (
        "import sys; before = set(sys.modules); import functions.doctor;"
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT_FOLDER, capture_output=True, check=True, timeout=HANG)
    assert set(done.stdout.decode().split()) <= {"functions", "cryptography", "_cffi_backend", "_openssl"}
