"""Whoever may send to the topic sends events in our name: people hear what our outbox sent, and nothing else."""

from __future__ import annotations

from functions.notifications.provenance import source_of
from local.api import Client, until
from tests.clock import real_now
from tests.e2e.outbox import publish
from tests.e2e.request_and_chain import started
from tests.e2e.telling import nothing_waits, told


async def forge(client: Client, id_: str, lure: str) -> None:
    event = {
        "id": id_,
        "source": source_of(client.stack["event_topic"]["endpoint"]),
        "specversion": "1.0",
        "type": "Certflow.Chain.Rejected",
        "subject": "chains/x",
        "time": real_now().isoformat(),
        "data": {"file": {"name": lure}, "sentence": lure, "next_step": lure},
    }
    await publish(client, [event])


async def refused(client: Client) -> int:
    response = await client.call("GET", "status")
    return int((await response.json())["refused_events"])


async def forged_reach_nobody_and_ours_are_told(client: Client, name: str) -> None:
    """Forges events before and after one of ours, under its id, too, which can be foreseen."""
    lure, before = f"click here for {name}", await refused(client)
    await client.set_outcome("main", name, "hang")
    operation = await started(client, name, "DigiCert")
    ours = f"main:{name}:{operation['request_id']}:deleted"
    await forge(client, f"another-{name}", lure)
    await forge(client, ours, lure)

    async def both_refused() -> bool:
        return await refused(client) == before + 2

    await until("both to be refused", both_refused)
    response = await client.call("DELETE", f"vaults/main/certificates/{name}/pending")
    assert response.status == 200
    messages = await told(client, f"Certificate request deleted: {name}")
    assert {one["event"] for one in messages} == {ours}
    await forge(client, ours, lure)
    await nothing_waits(client, name)
    assert len(await told(client, f"Certificate request deleted: {name}")) == 2
    assert await client.messages(lure) == []
    assert await refused(client) == before + 2
