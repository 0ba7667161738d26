"""The fuzz target (make fuzz): whatever bytes are dropped, the doctor answers with findings and with nothing else.

Guided by coverage of our code; `cryptography` is Rust and C, and is driven, not instrumented. Starts from valid files
of every format. Its corpus and what crashes it lie in .local/fuzz/.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["functions.issuance"]):
    from functions.issuance.asked import asked_of
    from functions.issuance.chains import Signatures
    from functions.issuance.diagnosis import diagnose
    from functions.issuance.examine import inspect
    from functions.issuance.findings import CODES, ChainProblem
    from functions.issuance.reading import read
    from functions.issuance.report import Outcome, report_of
    from functions.issuance.trust import Trust, trust_of

import cryptography_vectors
from cryptography import x509

from tests.certificates import pem
from tests.clock import NOW
from tests.robustness.formats import CHAINS, CSR, KEY, KEYS, ROOT, world

FOLDER = Path(__file__).resolve().parents[2] / ".local" / "fuzz"
LONGEST = 20_000
MOST_LEAVES = 3  # of a file are judged
ASKED = asked_of(x509.load_der_x509_csr(CSR), {"x509_props": {"validity_months": 12}})
TRUSTS = (Trust({}, "here"), trust_of({"root.pem": pem(ROOT.certificate)}, "here"))
CERTFLOW = world().certflow
LOOP = asyncio.new_event_loop()


def examined(content: bytes) -> None:
    """Inspects the bytes, and judges each of their certificates as if it had been asked for."""
    report = LOOP.run_until_complete(inspect(CERTFLOW, content))
    assert report["outcome"].startswith("would-"), report["outcome"]
    assert {one["code"] for one in report["findings"]} <= CODES.keys(), report
    json.dumps(report)
    try:
        contents = read(content)
    except ChainProblem:
        return
    for leaf in contents.certificates[:MOST_LEAVES]:
        for trust in TRUSTS:
            try:
                judged = diagnose(leaf, contents.certificates, ASKED, trust, NOW, Signatures())
            except ChainProblem:
                continue
            word = "would-reject" if judged.errors else "would-merge"
            json.dumps(report_of(contents.findings, (Outcome(word, judged.findings, leaf, judged.chain),), would=True))


def seeds() -> Iterator[tuple[str, bytes]]:
    """Valid files of every format, keys of every format, and the odd certificates of other people's tests."""
    yield from CHAINS.items()
    yield from ((f"key-{name}", make(KEY)) for name, make in KEYS.items())
    yield "csr", CSR
    vectors = Path(cryptography_vectors.__file__).parent / "x509"
    for folder in (vectors, vectors / "custom", vectors / "ed25519", vectors / "PKITS_data" / "certs"):
        for file in folder.iterdir():
            if file.is_file() and len(content := file.read_bytes()) < LONGEST:
                yield file.name, content


def main() -> None:
    """Fuzzes until libFuzzer's limits (arguments, as `-max_total_time=60`) or the first crash."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    corpus = FOLDER / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for name, content in seeds():
        (corpus / f"seed-{name}").write_bytes(content)
    folder = f"-artifact_prefix={FOLDER}/"
    limits = [f"-max_len={LONGEST}", "-rss_limit_mb=1000", "-timeout=10", "-print_final_stats=1"]
    atheris.Setup([sys.argv[0], str(corpus), folder, *limits, *sys.argv[1:]], examined)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
