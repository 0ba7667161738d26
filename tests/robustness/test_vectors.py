"""Every file of the tests of `cryptography` itself: broken, odd and good certificates, and keys in every format."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12

from functions.chains.inspect import inspect
from functions.chains.parsing.parse import MAX_FILE_BYTES, parse
from functions.chains.report import Outcome, report_of
from functions.chains.validation.build import Signatures
from functions.chains.validation.expected import RequestedAttributes, requested_attributes
from functions.chains.validation.trust import Trust, is_ca, trust_of
from functions.chains.validation.validate import validate
from functions.model.finding_codes import CODES
from functions.model.findings import ChainProblem
from functions.x509.certificate import Certificate
from functions.x509.rewrite import UNREADABLE
from tests.certificates import pem
from tests.clock import NOW
from tests.unit.fakes import World

# Odd certificates make `cryptography` warn, as it does in production: once a process, to stderr.
pytestmark = pytest.mark.filterwarnings(
    "ignore::cryptography.utils.CryptographyDeprecationWarning", "ignore::UserWarning"
)
VECTORS = Path(cryptography_vectors.__file__).parent
# Public keys, parameters, test vectors in hexadecimal digits, and words.
NO_KEYS = {".pub", ".txt", ".rsp", ".fax", ".input", ".sh"}
PUBLIC = ("pub", "dhp", "param", "spki")


def files(*folders: str) -> Iterator[Path]:
    return (path for folder in folders for path in sorted((VECTORS / folder).rglob("*")) if path.is_file())


async def test_every_file_is_inspected_with_findings_and_nothing_else() -> None:
    certflow, paths = World().certflow, list(files("x509", "pkcs7", "pkcs12"))
    assert len(paths) > 1800
    for path in paths:
        report = await inspect(certflow, path.read_bytes())
        assert report["outcome"] in {"would-reject", "would-quarantine"}, path
        assert {one["code"] for one in report["findings"]} <= CODES.keys(), path
        json.dumps(report)


def test_every_certificate_is_judged_as_an_answer_to_any_request() -> None:
    requests, count = itertools.cycle(asked()), 0
    for path in files("x509", "pkcs7"):
        try:
            contents = parse(path.read_bytes())
        except ChainProblem:
            continue
        anchors = [one for one in contents.certificates if is_ca(one)]
        for leaf, one in itertools.product(contents.certificates, (Trust({}, "here"), trusting(*anchors))):
            judged = validate(leaf, contents.certificates, next(requests), one, NOW, Signatures())
            word = "would-reject" if judged.errors else "would-merge"
            json.dumps(report_of(contents.findings, (Outcome(word, judged.findings, leaf, judged.chain),)))
            count += 1
    assert count > 1000


def asked() -> list[RequestedAttributes]:
    """What the CSRs among the files ask for; the policy is for a year."""
    found = []
    for path in files("x509/requests"):
        load = x509.load_pem_x509_csr if path.suffix == ".pem" else x509.load_der_x509_csr
        try:
            found.append(requested_attributes(load(path.read_bytes()), {"x509_props": {"validity_months": 12}}))
        except UNREADABLE:
            continue
    assert len(found) > 10
    return found


def trusting(*anchors: Certificate) -> Trust:
    readable = [one for one in anchors if one.key_sha256]
    return trust_of({"all.pem": pem(*readable)}, "here") if readable else Trust({}, "here")


def holds_certificates_alone(path: Path) -> bool:
    """A CA's certificate, or a PFX that opens without a password and has no key."""
    try:
        key, _, _ = pkcs12.load_key_and_certificates(path.read_bytes(), None)
    except ValueError:
        return path.name == "ca.pem"
    return key is None


@pytest.mark.parametrize("folder", ["asymmetric", "pkcs12"])
async def test_every_private_key_is_known_as_one(folder: str) -> None:
    certflow, count = World().certflow, 0
    for path in files(folder):
        if path.suffix in NO_KEYS or any(word in path.name for word in PUBLIC) or holds_certificates_alone(path):
            continue
        if path.stat().st_size <= MAX_FILE_BYTES:
            report = await inspect(certflow, path.read_bytes())
            assert report["outcome"] == "would-quarantine", path
            count += 1
    assert count > 20
