"""What is tried against other people's renewals: taking their place, passing for one of them, hiding an end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from local.api import Client
from local.stack import Stack
from tests.e2e.next_steps import call, step_of
from tests.e2e.telling import told
from tests.e2e.watched import Watched, import_certificate, running_watch

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANN = "ann@example.com"
CAP = 2


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    def settings(stack: Stack) -> dict[str, str]:
        return {
            "CERTFLOW_VAULTS": f"main={stack.vaults['main']},staging={stack.vaults['staging']}",
            "CERTFLOW_EXPIRY_LADDER": "0.99",
            "CERTFLOW_RENEW_MOST": str(CAP),
            "CERTFLOW_OWNER_DOMAINS": "example.com, @example.org",
        }

    async with running_watch(tmp_path_factory.mktemp("renewals"), settings) as running:
        await running.baseline()
        yield running


@pytest.fixture
def client(watched: Watched) -> Client:
    return watched.client


async def requests(client: Client, **wanted: str) -> list[dict[str, Any]]:
    response = await client.call("GET", "requests", params={"limit": "100"})
    found = (await response.json())["value"]
    return [one for one in found if all(one.get(key) == value for key, value in wanted.items())]


async def test_junk_in_one_vault_takes_no_place_from_another_and_the_nearest_ends_come_first(
    watched: Watched, client: Client
) -> None:
    tags = {"certflow_renew": "auto", "certflow_owner": ANN}
    for number in range(6):
        await import_certificate(client, "staging", f"junk-{number}", (9.0, 9.0 - number), **tags)
    await import_certificate(client, "main", "pay", (9.0, 8.0), **tags)
    await watched.survey()
    assert {one["name"] for one in await requests(client, vault="staging")} == {"junk-4", "junk-5"}
    assert [one["origin"] for one in await requests(client, vault="main", name="pay")] == ["renewal"]
    assert "as many as are allowed" in (await told(client, "further certificates in vault staging"))[0]["text"]


async def test_who_calls_itself_certflow_renew_renews_nothing(watched: Watched, client: Client) -> None:
    await import_certificate(client, "main", "shop", (9.0, 1.0), certflow_renew="auto", certflow_owner=ANN)
    certificate = await client.certificates["main"].get_certificate("shop")
    thumbprint = (certificate.properties.x509_thumbprint or b"").hex() if certificate.properties else ""
    path, asked = "vaults/main/certificates/shop", {"requested_by": "certflow-renew"}
    for key in (f"certflow-renew main shop {thumbprint}", f"renewal-{thumbprint}"):
        started = await client.call("POST", f"{path}/create", headers={"Idempotency-Key": key}, json=asked)
        assert started.status == 202, await started.text()
        await watched.survey()
        assert (await client.call("DELETE", f"{path}/pending", params=asked)).status == 200
    await watched.survey()
    assert [one["name"] for one in await requests(client, vault="main", origin="renewal", status="inProgress")].count(
        "shop"
    ) == 1


async def test_an_end_that_is_muted_stands_in_the_digest(watched: Watched, client: Client) -> None:
    await import_certificate(client, "main", "hidden", (9.0, 3.2), certflow_mute="true", certflow_owner=ANN)
    await watched.survey()
    await watched.run("daily")
    mail, _card = await told(client, "Daily digest")
    assert "main/hidden: muted, ends in 3 days" in mail["text"]
    # The next step, as it is told.
    status, answer = await call(client, step_of(mail["text"]), "GET", "/status")
    assert status == 200
    assert "hidden" in json.dumps(answer)


async def test_a_domain_that_is_none_is_named_with_its_cure_and_stops_nothing(watched: Watched, client: Client) -> None:
    await watched.run("discover")
    await told(client, "A setting cannot work: CERTFLOW_OWNER_DOMAINS")
    health, status = await client.call("GET", "health"), await client.call("GET", "status")
    (fault,) = (await status.json())["setting_faults"]
    assert (health.status, status.status) == (200, 200)
    assert fault.startswith("CERTFLOW_OWNER_DOMAINS: entry 2 is no domain. Write example.com")
    assert (await health.json())["setting_faults"] == ["CERTFLOW_OWNER_DOMAINS: it cannot work; GET status says why."]
