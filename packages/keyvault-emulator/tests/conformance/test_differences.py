"""The comparison itself: what it sees, and what it lets pass."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256, SHA384
from cryptography.hazmat.primitives.serialization import Encoding

from conformance.correspondence import Correspondence
from conformance.differences import Answer, compare
from conformance.recordings import Pair
from vault_client import OutsideCa, b64

URL = "https://myvault.vault.azure.net/certificates/web"
A, B, X, Y = ("a" * 32, "b" * 32, "1" * 32, "2" * 32)
KEY = ec.generate_private_key(ec.SECP384R1())


def pair(body: Any, headers: dict[str, str] | None = None, status: int = 200) -> Pair:
    return Pair("GET", "/certificates/web", {}, None, status, headers or {}, body, 1)


def differences(
    recorded: Any, ours: Any, known: Correspondence | None = None, given: frozenset[str] = frozenset()
) -> list[str]:
    return list(compare(pair(recorded), Answer(200, {}, ours), known or Correspondence(), given))


def csr(name: str = "web", digest: SHA256 | SHA384 | None = None, *extensions: x509.ExtensionType) -> str:
    builder = x509.CertificateSigningRequestBuilder(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return base64.b64encode(builder.sign(KEY, digest or SHA384()).public_bytes(Encoding.DER)).decode()


def test_ids_may_be_others_but_what_is_one_must_stay_one() -> None:
    known = Correspondence()
    assert (
        differences({"id": f"{URL}/{A}", "kid": f"{URL}/{A}"}, {"id": f"{URL}/{X}", "kid": f"{URL}/{X}"}, known) == []
    )
    assert differences({"id": f"{URL}/{A}"}, {"id": f"{URL}/{Y}"}, known) == [
        "identity of $.id: recorded the same id as before, ours another"
    ]


def test_two_recorded_ids_are_never_one_of_ours() -> None:
    known = Correspondence()
    assert differences({"id": f"{URL}/{A}"}, {"id": f"{URL}/{X}"}, known) == []
    assert differences({"id": f"{URL}/{B}"}, {"id": f"{URL}/{X}"}, known) == [
        "identity of $.id: recorded another id than before, ours the same"
    ]


def test_ids_are_followed_through_headers_lists_and_request_ids() -> None:
    known = Correspondence()
    recorded = pair({"request_id": A}, {"location": f"{URL}/pending?request_id={A}"})
    assert (
        list(compare(recorded, Answer(200, {"location": f"{URL}/pending?request_id={X}"}, {"request_id": X}), known))
        == []
    )
    assert differences({"value": [{"id": f"{URL}/{A}"}]}, {"value": [{"id": f"{URL}/{Y}"}]}, known) == [
        "identity of $.value[].id: recorded the same id as before, ours another"
    ]


@pytest.mark.parametrize("key", ["csr", "cer", "x5t"])
def test_csrs_certificates_and_thumbprints_stay_what_they_are(key: str) -> None:
    known = Correspondence()
    one, other = (csr("web"), csr("web")) if key == "csr" else ("x", "y")
    if key == "cer":
        ca = OutsideCa()
        one, other = b64(ca.certificate), b64(OutsideCa().certificate)
    assert differences({key: one}, {key: one}, known) == []
    assert f"identity of $.{key}: recorded the same {key} as before, ours another" in differences(
        {key: one}, {key: other}, known
    )


@pytest.mark.parametrize(
    ("recorded", "ours", "what"),
    [
        ({"ca": True}, {"ca": False}, "value of $.ca: recorded True, ours False"),
        ({"key_size": 2048}, {"key_size": 3072}, "value of $.key_size: recorded 2048, ours 3072"),
        ({"subject": "CN=a"}, {"subject": "CN=b"}, "value of $.subject: recorded 'CN=a', ours 'CN=b'"),
        ({"tags": {"a": "1"}}, {"tags": {"a": "2"}}, "value of $.tags.a: recorded '1', ours '2'"),
        ({"tags": {"a": "1"}}, {"tags": {}}, "key $.tags.a is missing"),
        ({"ekus": ["1.2"]}, {"ekus": ["1.3"]}, "value of $.ekus[]: recorded '1.2', ours '1.3'"),
        ({"ekus": ["1.2"]}, {"ekus": []}, "length of $.ekus: recorded 1, ours 0"),
        ({"nextLink": None}, {"nextLink": "x"}, "kind of $.nextLink: recorded nothing, ours text"),
        ({"n": 1}, {"n": True}, "kind of $.n: recorded a number, ours a boolean"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "order of keys at $: recorded ['a', 'b'], ours ['b', 'a']"),
        ({"exp": 100}, {"exp": 102}, "value of $.exp: ours is +2 s off"),
        ({"scheduledPurgeDate": 100}, {"scheduledPurgeDate": 10}, "value of $.scheduledPurgeDate: ours is -90 s off"),
        ({"id": f"{URL}/{A}"}, {"id": URL}, f"value of $.id: recorded '{URL}/…', ours '{URL}'"),
        (None, {"a": 1}, "body: recorded nothing, ours an object"),
    ],
)
def test_every_kind_of_value_is_compared(recorded: Any, ours: Any, what: str) -> None:
    assert differences(recorded, ours) == [what]


def test_a_header_is_compared_with_its_value() -> None:
    recorded = pair({}, {"retry-after": "10", "pragma": "no-cache", "x-ms-keyvault-service-version": "1"})
    ours = Answer(200, {"retry-after": "5", "x-ms-keyvault-service-version": "2", "server": "s"}, {})
    assert list(compare(recorded, ours, Correspondence())) == [
        "header pragma is missing",
        "header server is extra",
        "value of header retry-after: recorded '10', ours '5'",
    ]


def test_with_another_status_nothing_else_is_compared() -> None:
    assert list(compare(pair({"a": 1}), Answer(400, {}, {"b": 2}), Correspondence())) == [
        "status 200, ours 400: {'b': 2}"
    ]


@pytest.mark.parametrize(
    ("recorded", "ours", "parts"),
    [
        (csr(), csr(digest=SHA256()), ["signature algorithm"]),
        (csr("web"), csr("other"), ["subject"]),
        (csr("web", None, x509.BasicConstraints(ca=False, path_length=None)), csr("web"), ["attributes", "extensions"]),
    ],
)
def test_a_csr_is_compared_by_what_it_says(recorded: str, ours: str, parts: list[str]) -> None:
    assert [what.partition(" in ")[0] for what in differences({"csr": recorded}, {"csr": ours})] == parts
    text = pair(recorded, {"content-type": "application/pkcs10"})
    answer = Answer(200, {"content-type": "application/pkcs10"}, ours)
    assert [what.partition(" in ")[0] for what in compare(text, answer, Correspondence())] == parts


def test_a_certificate_is_compared_by_what_it_says_unless_the_caller_gave_it() -> None:
    ca = OutsideCa()
    recorded, ours = b64(ca.certificate), b64(ca.sign_other_key())
    parts = [what.partition(" in ")[0] for what in differences({"cer": recorded}, {"cer": ours})]
    assert parts == ["subject", "issuer", "extensions"]
    assert differences({"cer": recorded}, {"cer": ours}, given=frozenset([recorded])) == []


@pytest.mark.parametrize("trimmed", ["MIIC…", "<trimmed>", "<base64 DER PKCS#10, trimmed>"])
def test_what_was_trimmed_is_not_compared(trimmed: str) -> None:
    assert differences({"csr": trimmed, "value": trimmed}, {"csr": csr(), "value": "x"}) == []


def test_a_second_more_or_less_is_none() -> None:
    """The service takes `nbf` and `created` of one operation at two moments."""
    assert differences({"nbf": 100, "created": 100}, {"nbf": 99, "created": 101}) == []
