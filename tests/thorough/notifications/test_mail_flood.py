"""What floods people with mail, over HTTP and by files, the creates on a clock that runs ten times as fast."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.api import Client, client_of, until
from local.stack import running_stack
from tests.certificates import ec_key
from tests.clock import HANG
from tests.e2e.outbox import reject
from tests.e2e.stack import HURRIED
from tests.e2e.telling import NO_SERVERS, nothing_waits, tellings

ANN, BOX = "ann@example.com", "pki-team@example.com"
# Of an hour: ten mails and one every ten minutes, twice, for what is critical has limits of its own; another hour may
# have begun until all is told.
FEW_MAILS = 2 * (10 + 6) + 6
# Creates and deletes, which are twice as many mails if each is one. The plan alone is tried with more
# (tests/unit/notifications/test_mail_plan.py).
MANY = 24


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[Client]:
    async with (
        running_stack(tmp_path, app=HURRIED, issuing_delay=3600, settings={"TESTS_SPEED": "10", **NO_SERVERS}) as stack,
        client_of(stack.describe()) as client,
    ):
        yield client


async def mails(client: Client, to: str) -> list[dict[str, Any]]:
    """Those to an address, in the order in which they came."""
    found = [one for one in await client.messages("") if one["channel"] == "email" and one["to"] == to]
    return sorted(found, key=lambda one: int(one["id"]))


def events(found: list[dict[str, Any]]) -> Counter[str]:
    return Counter(one["event"] for one in tellings(found))


async def test_many_creates_and_deletes_that_name_one_owner_are_few_mails_and_each_is_told_once(client: Client) -> None:
    ends, starts = set[str](), set[str]()
    for number in range(MANY):
        name = f"flood-{number:02}"
        # Key Vault makes such a key at once, and the flood is of mails.
        key = {"kty": "EC", "crv": "P-256"}
        policy = {"key_props": key, "x509_props": {"subject": f"CN={name}.example.com"}}
        created = await client.create(
            "main", name, {"policy": policy, "owner": ANN, "signer": ANN, "requested_by": f"caller {number}"}
        )
        assert created.status == 202, await created.text()
        request_id = (await created.json())["request_id"]
        assert (await client.call("DELETE", f"vaults/main/certificates/{name}/pending")).status == 200
        ends.add(f"main:{name}:{request_id}:deleted")
        starts.add(f"main:{name}:{request_id}:started")  # overtaken by its end, if that comes before it is told

    async def all_told() -> bool:
        return set(events(await mails(client, ANN))) >= ends

    await until("every event to be told", all_told, 4 * HANG)
    await nothing_waits(client)
    found = await mails(client, ANN)
    told = events(found)
    assert ends <= set(told) <= ends | starts
    assert set(told.values()) == {1}
    assert len(found) <= FEW_MAILS


async def test_worthless_files_are_few_mails_and_what_is_critical_comes_before_what_still_waits(tmp_path: Path) -> None:
    settings = {"CERTFLOW_MAIL_LIMITS": "2/address", **NO_SERVERS}
    async with running_stack(tmp_path, settings=settings) as stack, client_of(stack.describe()) as client:
        # More than fit into two mails; the third comes after ten minutes.
        await reject(client, (f"junk-{number:03}.pem" for number in range(120)))

        async def two_mails() -> bool:
            return len(await mails(client, BOX)) >= 2  # one of them may be of the vaults' first survey

        await until("two mails", two_mails)
        secret = ec_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        await client.drop("key.pem", secret)

        async def told_of_the_key() -> bool:
            return any("Private key dropped: key.pem" in one["text"] for one in await mails(client, BOX))

        await until("the critical mail", told_of_the_key)
        found = await mails(client, BOX)
        assert len(found) == 3
        assert set(events(found).values()) == {1}
        assert "key.pem" in found[-1]["text"]
        waits = (await (await client.call("GET", "status")).json())["channels"]
        assert "email" in [one["channel"] for one in waits if one["waiting"]]
