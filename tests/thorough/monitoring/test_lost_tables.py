"""The tables are lost while much is under way: renewals, ends in all rungs, a chain that lies in the container, and a
vault that does not answer when the rebuild is asked for.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from azure.keyvault.certificates import CertificatePolicy

from local.api import Client, until
from local.openssl_ca import OpensslCa
from tests.e2e.dropped_files import merges, reports
from tests.e2e.lost_tables import CSRS, lose_the_tables, stack_and_host, status, survey_is_through
from tests.e2e.request_and_chain import OWNER, chain_for, started
from tests.e2e.stack import unkind
from tests.e2e.telling import nothing_waits, tellings, told
from tests.e2e.watched import Watched, import_certificate

OBSERVING = {"CERTFLOW_VAULTS": "main={main},staging:observe={staging}", "TESTS_SPEED": "5"}
RUNGS = {"first": (70.0, 30.0), "second": (85.0, 15.0), "third": (97.0, 3.0), "expired": (100.0, -1.0)}


async def ends_told(client: Client) -> Counter[tuple[str, str]]:
    """How often each channel has told of each end."""
    found = tellings(await client.messages(""))
    return Counter((one["channel"], one["event"]) for one in found if ":expiry:" in one["event"])


async def requests_of(client: Client) -> dict[str, dict[str, Any]]:
    answer = await (await client.call("GET", "requests")).json()
    return {f"{one['vault']}/{one['name']}": one for one in answer["value"]}


async def test_all_that_was_under_way_goes_on_and_nobody_is_told_twice(tmp_path: Path) -> None:
    async with stack_and_host(tmp_path, OBSERVING, issuing_delay=600) as (stack, client, host):
        await host.start()
        watched = Watched(client, stack.inbox, [])
        await watched.baseline()
        waiting, gone = await started(client, "waiting"), await started(client, "gone")
        await started(client, "at-issuer", "DigiCert")
        for name, days in RUNGS.items():
            await import_certificate(client, "main", name, days, certflow_owner=OWNER)
        await import_certificate(client, "main", "muted", RUNGS["third"], certflow_mute="2099-01-01")
        await client.certificates["staging"].create_certificate(
            "theirs", CertificatePolicy("Unknown", subject="CN=theirs.example.com")
        )
        await watched.survey()
        await told(client, "Certificate near its end: third")
        await told(client, "Certificate expired: expired")
        await nothing_waits(client)
        before = await ends_told(client)
        await host.stop()

        await lose_the_tables(stack)
        await client.certificates["main"].delete_certificate_operation("gone")
        await client.drop("lying.pem", await chain_for(OpensslCa(tmp_path / "ca"), waiting, "waiting"))
        await unkind(client, throttle=True)
        await host.start()

        no_such = await client.call("POST", "rebuild", json={"vaults": ["main", "nowhere"]})
        assert (no_such.status, "nowhere" in await no_such.text()) == (404, True)
        twice = await asyncio.gather(*(client.call("POST", "rebuild") for _ in range(2)))
        assert [one.status for one in twice] == [202, 202]
        assert (await status(client))["last_survey"] is None
        assert (await status(client, "staging"))["observed"] is True
        await unkind(client, throttle=False)
        for vault in ("main", "staging"):
            await survey_is_through(client, vault)
            await told(client, f"Rebuilt from Key Vault: vault {vault}")

        (report,) = await reports(client, "chains-merged", "main/waiting/", 1)
        assert (report["outcome"], await merges(client, "waiting")) == ("merged", 1)
        await watched.survey()
        await nothing_waits(client)
        assert await ends_told(client) == before
        found = await requests_of(client)
        assert found.keys() >= {"main/at-issuer", "staging/theirs"}
        assert "main/gone" not in found
        # The CSR that nobody waits for any more is in the container until the day's run.
        assert any(gone["request_id"] in one for one in await client.files(CSRS))
        await watched.run("daily")

        async def is_taken_away() -> bool:
            return not any(gone["request_id"] in one for one in await client.files(CSRS))

        await until("the CSR of an ended request to be deleted", is_taken_away)
        assert [one for one in await client.files(CSRS) if "/theirs/" in one]
