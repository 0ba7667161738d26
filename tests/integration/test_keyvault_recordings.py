"""Recorded traffic of the real service against the stand-in: status, keys in order, header names, error texts."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.keyvault_helpers import NEVER, OutsideCa, Reply, VaultClient, b64, vault_client

RECORDINGS = Path(__file__).parents[3] / "shared" / "keyvault-recordings"
pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recorded traffic is not on this machine")


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    async with vault_client(tmp_path, issuing_delay=NEVER) as client:
        yield client


def pairs(name: str) -> list[dict[str, Any]]:
    (path,) = RECORDINGS.glob(f"*{name}*.json")
    return list(json.loads(path.read_text())["pairs"])


async def replay(vault: VaultClient, pair: dict[str, Any], body: Any = None) -> Reply:
    request = pair["request"]
    query = dict(part.split("=", 1) for part in request["query"].split(" ")[0].split("&"))
    query["api-version"] = query["api-version"].replace("7.x", "7.0")
    token = {} if pair["response"]["status"] == 401 else {"Authorization": "Bearer t"}
    body = body if body is not None else request["body"]
    return await vault.send(request["method"], request["path"], body, headers=token, query=query)


def assert_alike(reply: Reply, pair: dict[str, Any], *, newer: tuple[str, ...] = ()) -> None:
    """`newer`: keys that the service came to add after the recording."""
    recorded = pair["response"]
    assert reply.status == recorded["status"]
    assert set(recorded["headers"]) - {"content-length"} <= {name.lower() for name in reply.headers}
    assert shape(reply.body, newer) == shape(recorded["body"], ())
    if "error" in recorded["body"]:
        message = recorded["body"]["error"]["message"]
        assert reply.body["error"]["code"] == recorded["body"]["error"]["code"]
        assert reply.body["error"]["message"].removeprefix("AKV10000: ") == message.removeprefix("AKV10000: ")


def shape(value: Any, left_out: tuple[str, ...]) -> Any:
    """Keys in order, without values."""
    if isinstance(value, dict):
        return [(key, shape(item, left_out)) for key, item in value.items() if key not in left_out]
    return [shape(item, left_out) for item in value] if isinstance(value, list) else None


async def test_challenge_create_merge_and_completed(vault: VaultClient) -> None:
    challenge, create, merge, pending = pairs("ValidateMergeCertificate")
    assert_alike(await replay(vault, challenge), challenge)
    created = await replay(vault, create)
    assert_alike(created, create)
    assert (created.body["status_details"], created.body["issuer"]) == (
        create["response"]["body"]["status_details"],
        create["response"]["body"]["issuer"],
    )
    ca = OutsideCa()
    x5c = {"x5c": [b64(ca.sign_csr(created.body["csr"])), b64(ca.certificate)]}
    assert_alike(await replay(vault, merge, x5c), merge)
    assert_alike(await replay(vault, pending), pending)


async def test_a_manual_request_listed_wrongly_merged_and_deleted(vault: VaultClient) -> None:
    for pair in pairs("test_keyvault_pending_certificate"):
        wrong = {"x5c": [b64(OutsideCa().certificate)]} if "x5c" in (pair["request"]["body"] or {}) else None
        assert_alike(await replay(vault, pair, wrong), pair)


async def test_cancel_delete_and_the_half_made_rest(vault: VaultClient) -> None:
    exchange = pairs("can_read_cancel_and_delete")
    name = exchange[0]["request"]["path"].split("/")[2]
    await vault.create(name, policy={"x509_props": {"subject": "cn=MyCert", "sans": {}}, "issuer": {"name": "Self"}})
    for pair in exchange[:6]:  # the rest waits for a deletion to take its time
        assert_alike(await replay(vault, pair), pair, newer=("recoverableDays",))


async def test_an_issuer_that_refuses(vault: VaultClient) -> None:
    put, create, waiting, failed, delete = pairs("VerifyCertificateOperationError")
    assert_alike(await replay(vault, put), put)
    assert_alike(await replay(vault, create), create)
    assert_alike(await replay(vault, waiting), waiting)
    error = failed["response"]["body"]["error"]
    await vault.outcome(name="*", outcome="fail", code=error["code"], message=error["message"], delay=0)
    reply = await replay(vault, failed)
    assert_alike(reply, failed)
    assert reply.body["error"] == error
    assert_alike(await replay(vault, delete), delete)


@pytest.mark.parametrize("name", ["StartCreateCertificateError", "getCertificatePolicyNotFound"])
async def test_refusals(vault: VaultClient, name: str) -> None:
    (pair,) = pairs(name)
    assert_alike(await replay(vault, pair), pair)


async def test_create_while_in_progress(vault: VaultClient) -> None:
    (pair,) = pairs("create_409_while_inProgress")
    await replay(vault, pair)
    assert_alike(await replay(vault, pair), pair)
