"""Requests in progress by the thousand, in tables and in a vault, without the minutes that making them would take."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import batched
from unittest import mock

from functions.adapters.azure_tables.rows import Entity, due_mark, request_row
from functions.adapters.azure_tables.service import CERTFLOW, Tables
from functions.model.request.actor import UNNAMED
from functions.model.request.history import Action
from functions.model.request.new_request import track
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import TrackedRequest
from keyvault_emulator import server
from keyvault_emulator.ordering import make_material
from keyvault_emulator.vault import Vault

ALIAS = "main"
AGE = timedelta(hours=2)
TRANSACTION = 100  # entities, the service's limit
AT_ONCE = 8
EC = {"key_props": {"kty": "EC", "crv": "P-256"}}
BODY = {"policy": {"x509_props": {"subject": "CN=web.example.com"}, "issuer": {"name": "Unknown"}}}


def tracked(number: int, now: datetime, due: datetime) -> TrackedRequest:
    """A request that has been in progress for two hours; the same out of the same number in any process."""
    operation = Operation(_request_id(number), Status.IN_PROGRESS, "DigiCert", b"")
    subject, key = "CN=web.example.com", hashlib.sha256(_name(number).encode()).hexdigest()
    doing = Action("created", UNNAMED)
    made = track(ALIAS, _name(number), operation, subject, key, "web-team@example.com", now - AGE, doing)
    return replace(made.request, next_check=due)


async def put(tables: Tables, requests: Iterable[TrackedRequest]) -> None:
    """Writes what a sweep reads of each: its row and its due mark."""
    table, gate = await tables.table(CERTFLOW), asyncio.Semaphore(AT_ONCE)
    partitions: dict[str, list[Entity]] = {}
    for request in requests:
        row = request_row(request)
        partitions.setdefault(row["PartitionKey"], []).extend((row, due_mark(request)))

    async def transaction(rows: tuple[Entity, ...]) -> None:
        async with gate:
            await table.submit_transaction([("create", row) for row in rows])

    some = (rows for partition in partitions.values() for rows in batched(partition, TRANSACTION, strict=False))
    await asyncio.gather(*(transaction(rows) for rows in some))


@contextmanager
def full_vaults(count: int, *, own_keys: bool = False) -> Iterator[None]:
    """Each vault of a stand-in that is started in the block has so many requests in progress. They share one key, or
    each has an EC key of its own.
    """

    class Full(server.Vaults):
        def called(self, host: str) -> Vault:
            is_new = host not in self.by_host
            vault = super().called(host)
            if is_new:
                _fill(vault, f"https://{host}", count, self.now(), own_keys=own_keys)
            return vault

    with mock.patch.object(server, "Vaults", Full):
        yield


def _fill(vault: Vault, url: str, count: int, now: float, *, own_keys: bool) -> None:
    order = vault.order(_name(0), {"policy": {**BODY["policy"], **EC}} if own_keys else BODY, now)
    material = make_material(order)
    for number in range(count):
        if own_keys:
            material = make_material(order)
        _certificate, operation = vault.begin(replace(order, name=_name(number)), material, url, now)
        operation.request_id = _request_id(number)


def _name(number: int) -> str:
    return f"web-{number}"


def _request_id(number: int) -> str:
    return hashlib.sha256(_name(number).encode()).hexdigest()[:32]
