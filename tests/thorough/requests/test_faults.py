"""Key Vault or the storage down: 503 with Retry-After, and what was refused so is never started later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from local.api import Client, until
from tests.e2e.described import check
from tests.e2e.request_and_chain import body
from tests.e2e.second_host import another_host

DEAD = "https://127.0.0.1:9"


async def refused(response: Any, service: str) -> None:
    answer = await response.json()
    assert response.status == 503, answer
    assert int(response.headers["Retry-After"]) > 0
    assert answer["error"]["code"] == "ServiceUnavailable"
    assert service in answer["error"]["message"]
    assert answer["error"]["message"].endswith(" Nothing will be started later; please try again.")


async def test_with_key_vault_down_the_answer_is_503_and_other_vaults_work(
    client: Client, name: str, tmp_path: Path
) -> None:
    vaults = f"main={DEAD},staging={client.stack['vaults']['staging']}"
    async with another_host(client, tmp_path, CERTFLOW_VAULTS=vaults) as other:
        await refused(await other.create("main", name, body(name)), "Key Vault 'main'")
        await refused(await other.pending("main", name), "Key Vault 'main'")
        assert (await other.create("staging", name, body(name))).status == 202
        view = f"vaults/main/certificates/{name}/pending/view"
        await refused(await other.call("GET", view), "Key Vault 'main'")
        operation = await (await client.create("main", name, body(name))).json()
        seen = await (await other.call("GET", view)).json()
        assert (seen["request_id"], seen["state"]) == (operation["request_id"], "your-turn")
        assert "Key Vault" in seen["key_vault"]["why"]
        assert (await (await other.call("GET", "board")).json())["vaults"]["main"]["observed"] is False


async def test_with_the_storage_down_the_answer_is_503_and_nothing_is_started(
    client: Client, name: str, tmp_path: Path
) -> None:
    setting = {"AzureWebJobsStorage__tableServiceUri": f"{DEAD}/devstoreaccount1"}
    async with another_host(client, tmp_path, **setting) as other:
        await refused(await other.create("main", name, body(name)), "the access file")
        response = await client.pending("main", name)
        assert response.status == 404


async def test_health_says_ok_or_not_and_nothing_else(client: Client, tmp_path: Path) -> None:
    async with client.session.get(f"{client.stack['api']}/health") as response:
        assert (response.status, await response.json()) == (200, {"status": "ok"})
        check(response, await response.read())
    setting = {"AzureWebJobsStorage__tableServiceUri": f"{DEAD}/devstoreaccount1"}
    async with (
        another_host(client, tmp_path, **setting) as other,
        other.session.get(f"{other.stack['api']}/health") as response,
    ):
        assert (response.status, await response.json()) == (503, {"status": "not ok"})
        check(response, await response.read())


async def test_status_tells_the_last_good_sweep_of_each_vault(client: Client) -> None:
    async def swept() -> list[dict[str, Any]] | None:
        vaults = (await (await client.call("GET", "status")).json())["vaults"]
        return vaults if all(vault["last_good_sweep"] for vault in vaults) else None

    vaults = await until("a sweep of every vault", swept)
    assert [vault["vault"] for vault in vaults] == ["main", "staging"]
    assert all(vault["backlog"] >= 0 for vault in vaults)


async def test_no_key_password_or_token_is_in_any_log(client: Client, name: str) -> None:
    key = (await client.credentials())["Authorization"].removeprefix("Bearer ")
    url = f"{client.stack['api']}/vaults/main/certificates/{name}"
    async with client.session.get(f"{url}/pending?code={key}") as response:
        assert response.status == 401, "a token counts in its header alone"
        check(response, await response.read())
    assert (await client.create("main", name, body(name))).status == 202
    logs = b"".join(file.read_bytes() for file in Path(client.stack["logs"]).rglob("*.log"))
    assert b"request-tracked" in logs
    settings = client.stack["settings"]
    secrets = (key, client.stack["master_key"], settings["IDENTITY_HEADER"], settings["CERTFLOW_SMTP_PASSWORD"])
    for secret in (*secrets, settings["CERTFLOW_TEAMS_WEBHOOK_URL"].split("sig=")[1], "eyJ", "BEGIN"):
        assert secret.encode() not in logs


@pytest.mark.parametrize(
    ("setting", "value"), [("CERTFLOW_VAULTS", "main=http://nowhere"), ("CERTFLOW_TOPIC_ENDPOINT", "")]
)
async def test_a_wrong_setting_is_named_in_the_log_and_to_nobody_who_calls(
    client: Client, name: str, tmp_path: Path, setting: str, value: str
) -> None:
    async with another_host(client, tmp_path, **{setting: value}) as other:
        response = await other.create("main", name, body(name))
        answer = await response.json()
        assert (response.status, answer["error"]["code"]) == (503, "ServiceUnavailable")
        assert "a setting is wrong" in answer["error"]["message"]
        assert setting not in answer["error"]["message"], "it is not known yet what this caller may hear"
    log = (tmp_path / "host.log").read_text().splitlines()
    assert any('"wrong-setting"' in line and setting in line for line in log)
