"""Every scenario of watching and managing a pending certificate, over HTTP. tests/thorough has them against
the other profile of the emulator, too.

The scenarios are those of Key Vault's documentation ("Monitor and manage certificate creation"); the rows that only
our API has come after them. Error bodies are compared whole.
"""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ResourceExistsError
from azure.keyvault.certificates import CertificatePolicy
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from local.api import Client
from local.openssl_ca import OpensslCa
from tests.certificates import Ca
from tests.clock import real_now
from tests.e2e.certificate import Certificate, chain_of, csr_of
from tests.e2e.stack import OPERATOR

NO_CERTIFICATE = (
    "No certificate could be read from the file. It holds data that is not known here.",
    "Drop the certificate and its chain as PEM, DER, PKCS#7 (.p7b) or a zip of these.",
)
MERGE = ("merge", "POST", "/pending/merge", "Merge the signed chain: this completes the pending request.")
DELETE = ("delete", "DELETE", "/pending", "Delete the pending request, then create again.")
WAIT = ("wait", "GET", "/pending", "Wait until the issuer has completed, failed or cancelled it.")
CANCEL = ("cancel", "PATCH", "/pending", "Ask the issuer to cancel it.")
DELETE_ANYWAY = (
    *("delete", "DELETE", "/pending"),
    "Delete the pending request, then create again; the issuer may go on with it.",
)
CONFLICT = (
    "A new key vault certificate can not be created or imported while a pending key vault certificate's status is "
    "inProgress."
)


@pytest.fixture
async def certificate(client: Client, name: str) -> Certificate:
    return Certificate(client, name, documented=False)


def x5c(*certificates: x509.Certificate) -> list[str]:
    return [base64.b64encode(one.public_bytes(Encoding.DER)).decode() for one in certificates]


def conflict(
    certificate: Certificate, code: str, message: str, reason: str, request_id: str, *ways: tuple[str, str, str, str]
) -> dict[str, Any]:
    """The whole body of a 409 about a pending request, with the ways out as links."""
    return {
        "error": {"code": code, "message": message},
        "reason": reason,
        "request_id": request_id,
        "ways_out": [
            {
                "do": do,
                "sentence": sentence,
                "method": method,
                "href": f"{certificate.url}{path}?request_id={request_id}",
            }
            for do, method, path, sentence in ways
        ],
    }


def missing(name: str, sentence: str, reason: str, request_id: str | None = None) -> dict[str, Any]:
    error = {"code": "PendingCertificateNotFound", "message": f"Pending certificate not found: {name}. {sentence}"}
    return {"error": error, "reason": reason, **({"request_id": request_id} if request_id else {})}


async def test_create_with_a_supported_issuer(certificate: Certificate) -> None:
    answer = await certificate.start("DigiCert", owner="you@example.com")
    assert answer["issuer"] == {"name": "DigiCert"}
    assert answer["status"] == "inProgress"
    assert answer["owner"] == "you@example.com"
    assert csr_of(answer).subject.rfc4514_string() == f"CN={certificate.name}"


@pytest.mark.parametrize("issuer", ["Unknown", None])
async def test_create_manually(certificate: Certificate, issuer: str | None) -> None:
    answer = await certificate.start(issuer)
    assert answer["issuer"] == {"name": "Unknown"}
    assert "Perform Merge" in answer["status_details"]
    assert answer["links"]["csr"] == f"{certificate.url}/pending/csr?request_id={answer['request_id']}"
    assert csr_of(answer).is_signature_valid


async def test_pending_in_progress(certificate: Certificate) -> None:
    await certificate.outcome("hang")
    started = await certificate.start("DigiCert", owner="you@example.com")
    for query in ({}, {"request_id": started["request_id"]}, {"api-version": "7.4"}):
        status, answer, response = await certificate.call("GET", "/pending", params=query)
        assert status == 200
        assert answer["status"] == "inProgress"
        assert (answer["request_id"], answer["owner"]) == (started["request_id"], "you@example.com")
        assert answer["age"] >= 0
        assert response.headers["Retry-After"] == "10"


async def test_pending_completed(certificate: Certificate) -> None:
    await certificate.start("DigiCert")
    answer = await certificate.ended("completed")
    assert answer["target"].split("?")[0].endswith(f"/certificates/{certificate.name}")
    assert "error" not in answer


@pytest.mark.parametrize("code", ["Request rejected", "Certificate issuer error"])
async def test_pending_failed(certificate: Certificate, code: str) -> None:
    await certificate.outcome("fail", code=code, message="The organisation is not validated.", delay=0.3)
    await certificate.start("DigiCert")
    answer = await certificate.ended("failed")
    assert answer["error"] == {"code": code, "message": "The organisation is not validated."}


async def test_pending_cancelled(certificate: Certificate) -> None:
    await certificate.outcome("hang")
    await certificate.start("DigiCert")
    assert (await certificate.call("PATCH", "/pending", json={"cancellation_requested": True}))[0] == 200
    assert "error" not in await certificate.ended("cancelled")


async def test_pending_deleted(certificate: Certificate) -> None:
    started = await certificate.start()
    assert (await certificate.call("DELETE", "/pending"))[0] == 200
    for query in ({}, {"request_id": started["request_id"]}):
        status, answer, _ = await certificate.call("GET", "/pending", params=query)
        assert (status, answer) == (404, missing(certificate.name, "Its pending object was deleted.", "deleted"))


async def test_pending_overwritten(certificate: Certificate) -> None:
    old = await certificate.start()
    vault = certificate.client.certificates["main"]
    await vault.delete_certificate_operation(certificate.name)  # by somebody else, past our API
    policy = CertificatePolicy(issuer_name="Unknown", subject="CN=somebody-else", key_type="EC", key_curve_name="P-256")
    await vault.create_certificate(certificate.name, policy)
    new = (await vault.get_certificate_operation(certificate.name)).request_id
    status, answer, _ = await certificate.call("GET", "/pending", params={"request_id": old["request_id"]})
    sentence = f"It was overwritten: the request {new} stands in its place."
    assert (status, answer) == (404, missing(certificate.name, sentence, "overwritten", new))
    status, answer, _ = await certificate.call("GET", "/pending")
    assert (status, answer["request_id"], answer["took_place_of"]) == (200, new, old["request_id"])


async def test_pending_with_another_request_id(certificate: Certificate) -> None:
    started = await certificate.start()
    status, answer, _ = await certificate.call("GET", "/pending", params={"request_id": "0" * 32})
    sentence = f"Another request is pending: {started['request_id']}."
    assert (status, answer) == (404, missing(certificate.name, sentence, "another-request", started["request_id"]))


async def test_create_while_a_manual_request_is_in_progress(certificate: Certificate) -> None:
    started = await certificate.start()
    status, answer, _ = await certificate.call("POST", "/create", json=certificate.order())
    code, request_id = certificate.conflict_code(), started["request_id"]
    assert (status, answer) == (409, conflict(certificate, code, CONFLICT, "pending", request_id, MERGE, DELETE))


async def test_create_while_an_issuers_request_is_in_progress(certificate: Certificate) -> None:
    await certificate.outcome("hang")
    started = await certificate.start("DigiCert")
    status, answer, _ = await certificate.call("POST", "/create", json=certificate.order("DigiCert"))
    code, request_id, ways = certificate.conflict_code(), started["request_id"], (WAIT, CANCEL, DELETE_ANYWAY)
    assert (status, answer) == (409, conflict(certificate, code, CONFLICT, "pending", request_id, *ways))


async def test_create_under_a_soft_deleted_name(certificate: Certificate, ca: OpensslCa) -> None:
    vault = certificate.client.certificates["main"]
    started = await certificate.start()
    await certificate.call("POST", "/pending/merge", json={"x5c": x5c(*chain_of(ca, certificate, started))})
    await vault.delete_certificate(certificate.name)
    status, answer, _ = await certificate.call("POST", "/create", json=certificate.order())
    message = (
        f"Certificate {certificate.name} is currently in a deleted but recoverable state, and its name cannot be "
        "reused; in this state, the certificate can only be recovered or purged."
    )
    ways = {  # none of these is ours to do, so none has an address
        "recover": "Recover the deleted certificate in Key Vault; a create then makes its next version.",
        "purge": "Purge the deleted certificate in Key Vault, if the vault allows it, then create again.",
        "rename": "Use another name.",
    }
    assert (status, answer) == (
        409,
        {
            "error": {"code": "Conflict", "message": message},
            "reason": "soft-deleted",
            "ways_out": [{"do": do, "sentence": sentence} for do, sentence in ways.items()],
        },
    )


async def test_create_with_an_issuer_that_the_vault_does_not_have(certificate: Certificate) -> None:
    status, answer, _ = await certificate.call("POST", "/create", json=certificate.order("Nobody"))
    message = "Property policy.issuer has invalid value. Issuer Nobody is not set in this key vault"
    assert (status, answer) == (
        400,
        {
            "error": {"code": "BadParameter", "message": message},
            "reason": "issuer-unknown",
            "issuers": ["DigiCert", "GlobalSign", "Test"],
        },
    )


async def test_import_while_in_progress(certificate: Certificate, ca: OpensslCa) -> None:
    await certificate.start()
    pem = ca.root.read_bytes() + (ca.root.parent / "root.key").read_bytes()
    policy = CertificatePolicy(content_type="application/x-pem-file")
    with pytest.raises(ResourceExistsError, match="can not be created or imported"):
        await certificate.client.certificates["main"].import_certificate(certificate.name, pem, policy=policy)


async def test_create_and_adopt_the_pending_request(certificate: Certificate) -> None:
    started = await certificate.start()
    status, answer, _ = await certificate.call("POST", "/create", json=certificate.order(if_pending="adopt"))
    assert (status, answer["request_id"], answer["how"]) == (202, started["request_id"], "adopted")
    other = certificate.order(if_pending="adopt")
    other["policy"]["x509_props"]["sans"] = {"dns_names": ["other.example.com"]}
    status, answer, _ = await certificate.call("POST", "/create", json=other)
    message = (
        "The pending request is for something else. names (dns_names): asked other.example.com, pending "
        f"{certificate.name}.example.com."
    )
    request_id = started["request_id"]
    assert (status, answer) == (
        409,
        conflict(certificate, "Conflict", message, "pending-differs", request_id, MERGE, DELETE),
    )


async def test_create_and_replace_the_pending_request(certificate: Certificate) -> None:
    await certificate.outcome("hang")
    old = await certificate.start("DigiCert")
    status, new, _ = await certificate.call("POST", "/create", json=certificate.order("DigiCert", if_pending="replace"))
    assert (status, new["how"]) == (202, "replaced")
    assert new["request_id"] != old["request_id"]
    assert new["note"].startswith("The request at DigiCert that was replaced may go on there. ")
    _, answer, _ = await certificate.call("GET", "/pending")
    assert (answer["request_id"], answer["took_place_of"]) == (new["request_id"], old["request_id"])


async def test_merge_while_an_issuers_request_is_in_progress(certificate: Certificate, ca: OpensslCa) -> None:
    await certificate.outcome("hang")
    started = await certificate.start("DigiCert")
    chain = chain_of(ca, certificate, started)
    status, answer, _ = await certificate.call("POST", "/pending/merge", json={"x5c": x5c(*chain)})
    message = "Merge is forbidden on pending object created with issuer : DigiCert while it is in progess."
    assert (status, answer) == (403, {"error": {"code": "Forbidden", "message": message}})
    await certificate.outcome("fail", delay=0.0)
    await certificate.ended("failed")
    status, answer, _ = await certificate.call("POST", "/pending/merge", json={"x5c": x5c(*chain)})
    assert status == 201, answer
    assert (await certificate.call("GET", "/pending"))[1]["status"] == "completed"


@pytest.mark.parametrize("form", ["x5c", "PEM", "DER", "PKCS#7 PEM", "PKCS#7 DER"])
async def test_merge_manually(certificate: Certificate, ca: OpensslCa, form: str) -> None:
    started = await certificate.start()
    chain = chain_of(ca, certificate, started)
    bodies: dict[str, dict[str, Any]] = {
        "x5c": {"json": {"x5c": x5c(*chain)}},
        "PEM": {"data": b"".join(one.public_bytes(Encoding.PEM) for one in chain)},
        "DER": {"data": b"".join(one.public_bytes(Encoding.DER) for one in chain)},
        "PKCS#7 PEM": {"data": pkcs7.serialize_certificates(list(chain), Encoding.PEM)},
        "PKCS#7 DER": {"data": pkcs7.serialize_certificates(list(chain), Encoding.DER)},
    }
    status, answer, response = await certificate.call("POST", "/pending/merge", **bodies[form])
    assert status == 201, answer
    assert response.headers["Location"] == answer["id"]
    assert base64.b64decode(answer["cer"]) == chain[-1].public_bytes(Encoding.DER)
    assert "any-ca-accepted" in {finding["code"] for finding in answer["findings"]}
    stored = await certificate.client.certificates["main"].get_certificate(certificate.name)
    assert bytes(stored.cer or b"") == chain[-1].public_bytes(Encoding.DER)


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"", "empty-file", "body: The file is empty. Drop the file that the CA sent once more."),
        (b'{"x5c": []}', None, "x5c: Expected `array` of length >= 1."),
        (b'{"x5c": ["MAA="]}', "not-a-certificate", f"body: {NO_CERTIFICATE[0]} {NO_CERTIFICATE[1]}"),
    ],
)
async def test_merge_of_what_is_no_chain(certificate: Certificate, body: bytes, code: str | None, message: str) -> None:
    await certificate.start()
    status, answer, _ = await certificate.call("POST", "/pending/merge", data=body)
    assert (status, answer["error"]) == (400, {"code": "BadParameter", "message": message})
    assert (answer.get("reason"), [one["code"] for one in answer.get("findings", [])]) == (code, [code] if code else [])


async def test_merge_of_a_leaf_without_its_intermediate(certificate: Certificate, tmp_path: Path) -> None:
    ca = OpensslCa(tmp_path / "ca")  # of which no chain was merged before, that could fill this one
    started = await certificate.start()
    leaf = chain_of(ca, certificate, started)[-1]
    status, answer, _ = await certificate.call("POST", "/pending/merge", json={"x5c": x5c(leaf)})
    assert (status, answer["reason"]) == (400, "missing-intermediate")
    assert "CN=Example Issuing CA" in answer["error"]["message"]
    assert answer["findings"][0]["next_step"] == "Get that certificate from the CA and drop both together."
    assert (await certificate.call("GET", "/pending"))[1]["status"] == "inProgress"


async def test_merge_of_a_chain_for_another_key(certificate: Certificate, ca: OpensslCa) -> None:
    started = await certificate.start()
    stranger = ca.sign_another_key(f"{certificate.name}-other", "other.example.com")
    status, answer, _ = await certificate.call("POST", "/pending/merge", data=stranger)
    message = (
        f"body: No certificate in the body has the public key of the request {started['request_id']}. "
        "Have the CSR of this request signed; each request has a key of its own."
    )
    assert (status, answer["error"]) == (400, {"code": "BadParameter", "message": message})
    assert [one["code"] for one in answer["findings"]] == ["key-of-another-request"]


async def test_ask_for_cancellation(certificate: Certificate) -> None:
    await certificate.outcome("hang")
    started = await certificate.start("DigiCert")
    status, answer, _ = await certificate.call("PATCH", "/pending", json={"cancellation_requested": True})
    assert status == 200
    assert (answer["cancellation_requested"], answer["request_id"]) == (True, started["request_id"])


async def test_ask_for_cancellation_of_what_is_not_in_progress(certificate: Certificate) -> None:
    await certificate.outcome("fail", delay=0.0)
    started = await certificate.start("DigiCert")
    await certificate.ended("failed")
    status, answer, _ = await certificate.call("PATCH", "/pending", json={"cancellation_requested": True})
    message = "The request is failed; only one that is inProgress can be cancelled."
    assert (status, answer) == (
        400,
        {
            "error": {"code": "BadParameter", "message": message},
            "reason": "not-in-progress",
            "request_id": started["request_id"],
        },
    )


async def test_delete_the_pending_object(certificate: Certificate) -> None:
    await certificate.outcome("hang")
    started = await certificate.start("DigiCert")
    status, answer, _ = await certificate.call("DELETE", "/pending")
    assert (status, answer["request_id"], answer["csr"]) == (200, started["request_id"], started["csr"])
    assert answer["note"] == "DigiCert may or may not go on with this request."
    status, answer, _ = await certificate.call("DELETE", "/pending")
    assert (status, answer) == (404, missing(certificate.name, "Its pending object was deleted.", "deleted"))


@pytest.mark.parametrize(
    ("method", "path", "more"),
    [
        ("PATCH", "/pending", {"json": {"cancellation_requested": True}}),
        ("DELETE", "/pending", {}),
        ("POST", "/pending/merge", {"json": {"x5c": ["MAA="]}}),
        ("GET", "/pending/csr", {}),
    ],
)
async def test_an_old_link_does_nothing_to_a_newer_request(
    certificate: Certificate, method: str, path: str, more: dict[str, Any]
) -> None:
    await certificate.outcome("hang")
    old = await certificate.start("DigiCert")
    new = await certificate.start("DigiCert", if_pending="replace")
    if path == "/pending/merge":  # a real certificate, so that it is not the body that is refused
        more = {"json": {"x5c": x5c(Ca.root("Root", at=real_now).certificate)}}
    query = {"request_id": old["request_id"]}
    status, answer, _ = await certificate.call(method, path, params=query, **more)
    sentence = f"It was overwritten: the request {new['request_id']} stands in its place."
    assert (status, answer) == (404, missing(certificate.name, sentence, "overwritten", new["request_id"]))
    pending = await certificate.client.certificates["main"].get_certificate_operation(certificate.name)
    assert (pending.request_id, pending.cancellation_requested) == (new["request_id"], False)


async def test_the_csr_as_pem(certificate: Certificate) -> None:
    started = await certificate.start()
    response = await certificate.client.call("GET", started["links"]["csr"])
    assert response.headers["Content-Disposition"] == f'attachment; filename="{certificate.name}.csr"'
    csr = x509.load_pem_x509_csr((await response.text()).encode())
    assert csr == csr_of(started)


async def test_history_tells_each_act_once_and_who_asked(certificate: Certificate) -> None:
    await certificate.outcome("hang")
    await certificate.start("DigiCert", requested_by="ann")
    cancelled = {"cancellation_requested": True, "requested_by": "bob"}
    await certificate.call("PATCH", "/pending", json=cancelled)
    forged = base64.b64encode(json.dumps({"claims": [{"typ": "name", "val": "the boss"}]}).encode()).decode()
    await certificate.call(
        "DELETE", "/pending", params={"requested_by": "cy"}, headers={"x-ms-client-principal": forged}
    )
    _, answer, _ = await certificate.call("GET", "/history")
    told = [(act["act"], act["by"], act["verified"], act["on_behalf_of"]) for act in answer["value"]]
    assert told == [
        ("created", OPERATOR, True, "ann"),
        ("cancelled", OPERATOR, True, "bob"),
        ("deleted", OPERATOR, True, "cy"),
    ]


async def test_two_clients_that_create_the_same_name_at_once_make_one_request(certificate: Certificate) -> None:
    answers = await asyncio.gather(*(certificate.call("POST", "/create", json=certificate.order()) for _ in range(4)))
    assert sorted(status for status, _, _ in answers) == [202, 409, 409, 409]


async def test_a_call_repeated_with_its_idempotency_key_gets_the_first_answer(certificate: Certificate) -> None:
    more: dict[str, Any] = {"json": certificate.order(), "headers": {"Idempotency-Key": certificate.name}}
    answers = await asyncio.gather(*(certificate.call("POST", "/create", **more) for _ in range(3)))
    answers.append(await certificate.call("POST", "/create", **more))
    assert {status for status, _, _ in answers} == {202}
    assert len({answer["request_id"] for _, answer, _ in answers}) == 1
    more["json"] = certificate.order(owner="somebody else")
    status, answer, _ = await certificate.call("POST", "/create", **more)
    message = "This Idempotency-Key was used with another request before. Use a new key for a new request."
    assert (status, answer) == (422, {"error": {"code": "IdempotencyKeyReused", "message": message}})
