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

with atheris.instrument_imports(include=["functions"]):
    from functions.chains.inspect import inspect
    from functions.chains.parsing.parse import parse
    from functions.chains.report import Outcome, report_of
    from functions.chains.validation.build import Signatures
    from functions.chains.validation.expected import requested_attributes
    from functions.chains.validation.trust import Trust, trust_of
    from functions.chains.validation.validate import validate
    from functions.model.finding_codes import CODES
    from functions.model.findings import ChainProblem

import cryptography_vectors
from cryptography import x509

from tests.certificates import pem
from tests.clock import NOW
from tests.robustness.formats import CHAINS, CSR, KEY, KEYS, ROOT, world

FOLDER = Path(__file__).resolve().parents[2] / ".local" / "fuzz"
LONGEST = 20_000
MOST_LEAVES = 3  # of a file are judged
ASKED = requested_attributes(x509.load_der_x509_csr(CSR), {"x509_props": {"validity_months": 12}})
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
        contents = parse(content)
    except ChainProblem:
        return
    for leaf in contents.certificates[:MOST_LEAVES]:
        for trust in TRUSTS:
            try:
                judged = validate(leaf, contents.certificates, ASKED, trust, NOW, Signatures())
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
