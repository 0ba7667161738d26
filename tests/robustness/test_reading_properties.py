"""Whatever is dropped: certificates, or a reason and a next step; and never a byte of a private key."""

from __future__ import annotations

import base64
import json
import warnings
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st

from functions.chains.inspect import inspect
from functions.chains.parsing.contents import Contents
from functions.chains.parsing.parse import parse, parse_items
from functions.model.finding_codes import CODES
from functions.model.findings import ChainProblem
from tests.robustness.formats import CHAINS, KEYS, PEM, TEXT_WRAPPERS, WRAPPERS, world
from tests.wrappings import armoured, zipped

# Odd certificates make `cryptography` warn.
pytestmark = pytest.mark.filterwarnings(
    "ignore::cryptography.utils.CryptographyDeprecationWarning", "ignore::UserWarning"
)
VALID = st.sampled_from(list(CHAINS.values()))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid file with bits flipped, pieces cut out, doubled, or put in from another."""
    content = bytearray(draw(VALID))
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(content))), draw(st.integers(0, 200))
        match draw(st.sampled_from(["flip", "cut", "double", "splice", "insert"])):
            case "flip" if at < len(content):
                content[at] ^= 1 << draw(st.integers(0, 7))
            case "cut":
                del content[at : at + length]
            case "double":
                content[at:at] = content[at : at + length]
            case "splice":
                other = draw(VALID)
                start = draw(st.integers(0, len(other)))
                content[at : at + length] = other[start : start + length]
            case _:
                content[at:at] = draw(st.binary(max_size=8))
    return bytes(content)


def _in_json(content: bytes) -> bytes:
    return json.dumps({"data": [content.decode("latin-1")]}).encode()


WRAP: list[Callable[[bytes], bytes]] = [
    base64.b64encode,
    base64.encodebytes,
    _in_json,
    lambda content: armoured("CERTIFICATE", content).encode(),
    lambda content: armoured("PKCS7", content).encode(),
    lambda content: zipped({"chain": content}),
    lambda content: content.decode("latin-1").encode("utf-16"),
    lambda content: content * 2,
]


@st.composite
def wrapped(draw: st.DrawFn) -> bytes:
    """A file in wrappers in wrappers."""
    content = draw(st.one_of(VALID, mutated(), st.binary(max_size=200)))
    for wrap in draw(st.lists(st.sampled_from(WRAP), max_size=6)):
        content = wrap(content)
    return content


LABELS = st.sampled_from(["CERTIFICATE", "PKCS7", "X509 CRL", "TRUSTED CERTIFICATE", "CERTIFICATE REQUEST", "", "\x1b"])
LINES = st.one_of(
    LABELS.map(lambda label: f"-----BEGIN {label}-----"),
    LABELS.map(lambda label: f"-----END {label}-----"),
    st.text(alphabet="ABCxyz019+/= \t-", max_size=70),
    st.sampled_from(PEM.decode().splitlines()),
)
PEM_LIKE = st.lists(LINES, max_size=60).map(lambda lines: "\n".join(lines).encode())
JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=80) | VALID.map(lambda one: one.decode("latin-1")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
).map(lambda value: json.dumps(value).encode())


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=400), mutated(), wrapped(), PEM_LIKE, JSON_LIKE))
@example(b"0")
@example(b"\x30\x80")
@example(b"[" * 100_000)
@example(b"PK\x03\x04" + b"\xff" * 50)
def test_anything_is_read_or_refused_with_a_reason_and_a_next_step(content: bytes) -> None:
    attempts: list[Callable[[], Contents]] = [lambda: parse(content), lambda: parse_items([content, content])]
    for attempt in attempts:
        try:
            assert attempt().certificates
        except ChainProblem as problem:
            for finding in problem.findings:
                assert finding.code in CODES
                assert finding.sentence.isprintable()
                assert finding.sentence.endswith(".")
                assert finding.next_step.endswith(".")


@pytest.mark.parametrize("content", CHAINS.values(), ids=CHAINS)
def test_every_format_is_read(content: bytes) -> None:
    with warnings.catch_warnings(action="error"):
        assert 1 <= len(parse(content).certificates) <= 3


BINARY_CASES = [(kind, wrapper) for kind in KEYS for wrapper in WRAPPERS]
TEXT_CASES = [(kind, wrapper) for kind in KEYS for wrapper in TEXT_WRAPPERS]


@pytest.mark.parametrize(("kind", "wrapper"), BINARY_CASES)
async def test_a_private_key_in_anything_goes_to_quarantine_and_is_not_repeated(kind: str, wrapper: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    await _is_quarantined(key, WRAPPERS[wrapper](KEYS[kind](key)))


@pytest.mark.parametrize(("kind", "wrapper"), TEXT_CASES)
async def test_a_private_key_as_text_goes_to_quarantine_however_it_is_written(kind: str, wrapper: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    content = KEYS[kind](key)
    if not content.startswith(b"-----"):
        content = armoured("ENCRYPTED PRIVATE KEY", content).encode()
    await _is_quarantined(key, TEXT_WRAPPERS[wrapper](content))


async def _is_quarantined(key: ec.EllipticCurvePrivateKey, content: bytes) -> None:
    report = await inspect(world().certflow, content)
    assert report["outcome"] == "would-quarantine"
    assert [one["code"] for one in report["findings"]] == ["contains-private-key"]
    said = json.dumps(report)
    secret = key.private_numbers().private_value.to_bytes(32)
    sec1 = base64.b64encode(key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())).decode()
    for form in (secret.hex(), base64.b64encode(secret).decode().rstrip("="), secret.decode("latin-1")):
        assert form not in said
    for text in (sec1, content.decode("latin-1")):
        pieces = {text[at : at + 16] for at in range(0, len(text) - 16, 16)}
        assert not [piece for piece in pieces if piece in said]
