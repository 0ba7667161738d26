"""The tables are lost beside full vaults: `POST rebuild` brings back what Key Vault knows, although it is killed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from local.api import Client, until
from tests.certificates import pem
from tests.e2e.lost_tables import CSRS, lose_the_csrs, lose_the_tables, stack_and_host, status, survey_is_through
from tests.e2e.request_and_chain import OWNER, started
from tests.e2e.telling import nothing_waits, tellings, told
from tests.e2e.watched import CA, Watched, import_certificate, signed

OTHERS = 55  # certificates, so that a rebuild reads three pages
NEAR, FAR = (10.0, 0.5), (1.0, 300.0)  # days gone and left
# With the smallest budget, a page takes some seconds, and the rebuild is killed before it is through.
SETTINGS = {"CERTFLOW_VAULT_BUDGET": "50", "TESTS_SPEED": "5"}


async def pending_calls(client: Client) -> Counter[str]:
    """How often Key Vault was asked for the pending operation of each certificate."""
    async with client.session.get(f"{client.stack['keyvault_control']}/calls", params={"path": "/pending"}) as response:
        calls = await response.json()
    return Counter(one["path"].split("/")[2] for one in calls if one["method"] == "GET" and not one["request_id"])


async def subjects(client: Client, name: str) -> Counter[tuple[str, str]]:
    """What mail and Teams have told of a certificate, and how often."""
    found = tellings(await client.messages(name))
    return Counter((one["channel"], one["event"]) for one in found if name in one["subject"])


async def test_what_key_vault_knows_comes_back_once_although_the_rebuild_is_killed(tmp_path: Path) -> None:
    async with stack_and_host(tmp_path, SETTINGS) as (stack, client, host):
        await host.start()
        watched = Watched(client, stack.inbox, [])
        await watched.baseline()
        await started(client, "manual")
        await told(client, "CSR ready to be signed: manual")
        await import_certificate(client, "main", "near", NEAR, certflow_owner=OWNER)
        await watched.survey()
        await told(client, "Certificate near its end: near")
        for at in range(OTHERS):
            await import_certificate(client, "main", f"other-{at:02}", FAR)
        await nothing_waits(client)
        before = {name: await subjects(client, name) for name in ("manual", "near")}
        await host.stop()

        await lose_the_tables(stack)
        await lose_the_csrs(client)
        asked_before = await pending_calls(client)

        await host.start()
        first = await (await client.call("POST", "rebuild", json={"requested_by": "ops@example.com"})).json()
        assert "main" in first["asked"]
        assert any("history" in one for one in first["not_restored"])

        async def first_page_is_read() -> bool:
            return bool((await pending_calls(client) - asked_before).total() > 30)

        await until("the first page of the rebuild", first_page_is_read)
        await host.kill()
        await host.start()
        assert (await status(client))["last_survey"] is None
        again = await (await client.call("POST", "rebuild", json={"vaults": ["main"]})).json()
        assert (again["asked"], again["under_way"]) == ([], ["main"])
        await survey_is_through(client)

        found = await told(client, "Rebuilt from Key Vault: vault main")
        assert f"{OTHERS + 2} certificates: 1 pending, 1 near their end" in found[0]["text"]
        asked = await pending_calls(client) - asked_before
        # Once each; and once more a page of the baseline that the app begins by itself, and the page that was cut off.
        assert sum(asked[f"other-{at:02}"] for at in range(OTHERS)) <= OTHERS + 2 * 25
        await nothing_waits(client)
        assert {name: await subjects(client, name) for name in before} == before

        (request,) = (await (await client.call("GET", "requests", params={"name": "manual"})).json())["value"]
        assert (request["status"], request["owner"]) == ("inProgress", OWNER)
        (file,) = [one for one in await client.files(CSRS) if one.endswith(".csr")]
        csr = x509.load_pem_x509_csr(await client.content(CSRS, file)).public_bytes(Encoding.DER)
        await client.drop("manual.pem", pem(signed(csr, "manual"), CA.certificate))
        (issued, *_) = await told(client, "Certificate issued: manual")
        assert issued["to"] == OWNER
