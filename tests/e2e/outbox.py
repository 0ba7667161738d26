"""Events as the app's own outbox sends them: kept in the table first, or nobody would believe them."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from azure.core.exceptions import ResourceExistsError
from azure.data.tables.aio import TableServiceClient

from functions.adapters.azure_tables.rows import vouched_row
from functions.adapters.azure_tables.service import CERTFLOW
from functions.model.events.chains import Rejected
from functions.model.events.event import Event, Scene
from functions.model.events.wire import as_json
from functions.notifications.provenance import source_of
from local.api import Client
from tests.clock import real_now


async def keep(client: Client, events: Iterable[dict[str, Any]]) -> None:
    """Writes what the outbox keeps of these CloudEvents; makes the table if there is none."""
    connection, ca_file = client.stack["storage"]["connection_string"], client.stack["ca_file"]
    async with TableServiceClient.from_connection_string(connection, connection_verify=ca_file) as service:
        with suppress(ResourceExistsError):
            await service.create_table(CERTFLOW)
        table = service.get_table_client(CERTFLOW)
        for one in events:
            at = datetime.fromisoformat(one["time"])
            await table.upsert_entity(vouched_row(Event(one["id"], one["type"], "", at, data=one["data"]), at))


async def publish(client: Client, events: Sequence[dict[str, Any]]) -> None:
    """Sends CloudEvents to the topic, as anybody may who has its key."""
    topic = client.stack["event_topic"]
    trusted = ssl.create_default_context(cafile=client.stack["ca_file"])
    headers = {"aeg-sas-key": topic["key"], "content-type": "application/cloudevents-batch+json"}
    url = f"{topic['endpoint']}?api-version=2018-01-01"
    async with client.session.post(url, data=json.dumps(events), headers=headers, ssl=trusted) as response:
        assert response.status == 200, await response.text()


async def reject(client: Client, names: Iterable[str]) -> None:
    """Has the app tell of files with these names what it tells of one that it has rejected."""
    now = real_now()
    data = as_json(Rejected.sample(Scene(now, "main", "")))
    rejected = [
        {
            "specversion": "1.0",
            "id": f"drop:{hashlib.sha256(name.encode()).hexdigest()[:16]}-1:rejected",
            "source": source_of(client.stack["event_topic"]["endpoint"]),
            "type": Rejected.type,
            "subject": f"chains/{name}",
            "time": now.isoformat(),
            "data": {**data, "file": {**data["file"], "name": name}},
        }
        for name in names
    ]
    await keep(client, rejected)
    await publish(client, rejected)
