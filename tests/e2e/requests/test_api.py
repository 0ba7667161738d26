"""Bad input and faults over HTTP: a clear error that says what to change, and nothing is started."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from local.api import Client
from tests.e2e.described import check
from tests.e2e.request_and_chain import body, started

IN_PROGRESS = (
    "A new key vault certificate can not be created or imported while a pending key vault certificate's status is "
    "inProgress."
)


async def error_of(response: Any) -> tuple[int, str, str]:
    answer = await response.json()
    assert set(answer) <= {"error", "reason", "request_id", "ways_out", "issuers"}
    assert set(answer["error"]) == {"code", "message"}
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    return response.status, answer["error"]["code"], answer["error"]["message"]


async def post(client: Client, path: str, **more: Any) -> Any:
    headers = await client.credentials() | more.pop("headers", {})
    async with client.session.post(f"{client.stack['api']}/{path}", headers=headers, **more) as response:
        check(response, await response.read())
        return response


async def test_an_unknown_vault_is_404_and_names_those_that_are_known(client: Client) -> None:
    status, code, message = await error_of(await client.create("nowhere", "web", body("web")))
    assert (status, code) == (404, "VaultNotFound")
    assert "'nowhere'" in message
    assert "main, staging" in message
    assert (await error_of(await client.pending("nowhere", "web")))[:2] == (404, "VaultNotFound")


@pytest.mark.parametrize("name", ["web.example.com", "a_b", "x" * 128])
async def test_a_name_that_cannot_be_is_400_and_says_what_is_allowed(client: Client, name: str) -> None:
    for response in (await client.create("main", name, body("web")), await client.pending("main", name)):
        status, code, message = await error_of(response)
        assert (status, code) == (400, "BadParameter")
        assert message.startswith("name: ")


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b"not json", "$: "),
        (b'{"policy": {"x509_props": {"subjekt": "CN=a"}}}', "policy.x509_props.subjekt: "),
        (b'{"policy": {"key_props": {"key_size": "2048"}}}', "policy.key_props.key_size: "),
        (b'{"tags": {"a": 1}}', "tags"),
    ],
)
async def test_a_body_that_cannot_be_meant_is_400_and_names_the_field(
    client: Client, name: str, content: bytes, field: str
) -> None:
    response = await post(client, f"vaults/main/certificates/{name}/create", data=content)
    status, code, message = await error_of(response)
    assert (status, code) == (400, "BadParameter")
    assert message.startswith(field)
    with pytest.raises(ResourceNotFoundError):
        await client.certificates["main"].get_certificate_operation(name)


async def test_a_chunked_body_is_411_and_says_why(client: Client, name: str) -> None:
    async def pieces() -> Any:
        yield b"{}"

    response = await post(client, f"vaults/main/certificates/{name}/create", data=pieces())
    assert (await error_of(response))[:2] == (411, "LengthRequired")


@pytest.mark.parametrize("given", [b"", b"{}"])
async def test_a_new_name_without_a_policy_is_told_what_one_looks_like(client: Client, name: str, given: bytes) -> None:
    answer = await post(client, f"vaults/main/certificates/{name}/create", data=given)
    status, code, message = await error_of(answer)
    assert (status, code) == (400, "BadParameter")
    assert message.startswith("A new certificate needs a policy")
    policy = json.loads(message.partition("Such as ")[2])
    assert (await client.create("main", name, {"policy": policy})).status == 202


async def test_key_vaults_own_refusals_are_passed_on(client: Client, name: str) -> None:
    bad_subject = {"policy": {"x509_props": {"subject": "Self"}, "issuer": {"name": "DigiCert"}}}
    assert await error_of(await client.create("main", name, bad_subject)) == (
        400,
        "BadParameter",
        "Property policy.x509_props has invalid value. Invalid X.500 distinguished name",
    )
    await started(client, name)
    assert await error_of(await client.create("main", name, body(name))) == (
        409,
        "Conflict",
        IN_PROGRESS,
    )
    assert (await error_of(await client.pending("main", name, "0" * 32)))[:2] == (404, "PendingCertificateNotFound")
    assert (await error_of(await client.pending("main", "nothing-here")))[:2] == (404, "PendingCertificateNotFound")


async def test_vaults_are_apart_and_aliases_in_any_case(client: Client, name: str) -> None:
    response = await client.create("STAGING", name, body(name))
    operation = await response.json()
    assert response.status == 202
    pending = await client.certificates["staging"].get_certificate_operation(name)
    assert pending.request_id == operation["request_id"]
    assert (await client.pending("main", name)).status == 404


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"x-functions-key": "wrong"}])
async def test_whoever_is_not_signed_in_hears_so_and_nothing_else(client: Client, header: dict[str, str]) -> None:
    url = f"{client.stack['api']}/vaults/main/certificates/web/pending"
    async with client.session.get(url, headers=header) as response:
        assert response.status == 401
        assert response.headers["WWW-Authenticate"].startswith("Bearer")
        check(response, await response.read())


async def test_pending_shows_key_vaults_fields_and_the_owner(client: Client, name: str) -> None:
    operation = await started(client, name)
    response = await client.pending("main", name, operation["request_id"])
    assert response.headers["Retry-After"] == "10"
    seen = await response.json()
    of_the_start = {"how", "note"}
    assert {k: v for k, v in seen.items() if k != "age"} == {
        k: v for k, v in operation.items() if k not in of_the_start
    }
    assert list(operation) == [
        "id",
        "issuer",
        "csr",
        "cancellation_requested",
        "status",
        "status_details",
        "request_id",
        "owner",
        "how",
        "note",
        "links",
    ]


async def test_the_open_csrs_are_one_zip_and_none_of_them_can_be_exchanged_in_storage(
    client: Client, name: str
) -> None:
    operations = [await started(client, f"{name}-{number}") for number in range(3)]
    await client.call("DELETE", f"vaults/main/certificates/{name}-1/pending")
    first, _, last = (f"main/{name}-{at}/{one['request_id']}.csr" for at, one in enumerate(operations))
    await client.put("csr", last, await client.content("csr", first))
    address = f"{client.stack['api']}/csrs?vault=main&name={name}*"
    async with client.session.get(address, headers=await client.credentials()) as response:
        assert (response.status, response.headers["Content-Type"]) == (200, "application/zip")
        assert re.search(r'filename="csrs-[0-9-]+\.zip"', response.headers["Content-Disposition"])
        content = await response.read()
        check(response, content)
    archive = zipfile.ZipFile(io.BytesIO(content))
    files = [f"main/{name}-0.csr", f"main/{name}-2.csr"]
    assert archive.namelist() == ["manifest.csv", "manifest.json", *files]
    told = json.loads(archive.read("manifest.json"))
    assert [one["file"] for one in told["csrs"]] == files
    assert told["returns_to"].endswith("/chains")
    for operation, file, entry in zip((operations[0], operations[2]), files, told["csrs"], strict=True):
        csr = x509.load_pem_x509_csr(archive.read(file))
        assert csr.public_bytes(Encoding.DER) == base64.b64decode(operation["csr"])
        assert entry["request_id"] == operation["request_id"]
    assert (await error_of(await client.call("GET", "csrs?status=failed")))[0] == 400
    assert (await error_of(await client.call("GET", "csrs?vault=nowhere")))[0] == 404
