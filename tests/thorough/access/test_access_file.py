"""An access file on a stack of its own: put into the container, mended, broken and deleted, as its writers do it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from local.api import Client, until
from local.entra import ACCESS_FILE
from tests.e2e.stack import HURRIED, described_client, running_up
from tests.e2e.telling import MUCH_MAIL, nothing_waits, tellings

CONTAINER, _, FILE = ACCESS_FILE.partition("/")
EVERYTHING = ["read", "request", "return", "cancel", "delete", "acknowledge", "operate"]
PKI = {"who": ["role:pki"], "may": EVERYTHING}
NOBODYS = {"who": ["role:team-without-a-grant"], "may": ["read"], "vaults": ["main"]}
GOOD = json.dumps({"grants": [PKI, NOBODYS]}).encode()
BETTER = json.dumps({"grants": [PKI]}).encode()
BROKEN = json.dumps({"grants": [PKI, {"whom": ["role:Certflow.Reader"], "may": ["read"]}]}).encode()
SET, CHANGED = "Who may do what is set", "Who may do what has changed"
FAULT = "The file that says who may do what has a fault"


@pytest.fixture
def own_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """In place of the usual one: on a clock on which the half minute of a file that was read is over at once."""
    state = tmp_path_factory.mktemp("access")
    (state / "given.json").write_text(json.dumps({**MUCH_MAIL, "TESTS_SPEED": "20"}))
    with running_up(state, "--app", str(HURRIED), "--settings", str(state / "given.json")) as (_, described):
        yield described


@pytest.fixture
async def own(own_stack: dict[str, Any]) -> AsyncIterator[Client]:
    async with described_client(own_stack) as client:
        yield client


async def decided(client: Client, state: str, content: bytes) -> None:
    """Waits until calls are decided in this way, by the file with this content."""
    wanted = {"state": state, "sha256": hashlib.sha256(content).hexdigest()}
    caller = client.signed_in_as("pki")

    async def look() -> bool:
        found: dict[str, str] = (await (await caller.call("GET", "access")).json())["decided_by"]
        return found == wanted

    await until(f"{state} to decide", look)


async def statuses(client: Client) -> dict[str, int]:
    """What each caller hears who lists the requests."""
    return {
        who: (await client.signed_in_as(who).call("GET", "requests")).status
        for who in ("idle", "reader", "operator", "pki")
    }


async def subjects(client: Client, channel: str) -> list[str]:
    """What the operators have been told of access on a channel, once nothing more is under way."""
    await nothing_waits(client, "access:")
    found = [one for one in tellings(await client.messages("")) if "access:" in str(one["event"])]
    return sorted(str(one["subject"]).removeprefix("Certflow: ") for one in found if one["channel"] == channel)


async def told(client: Client, *wanted: str) -> None:
    """Waits until the operators have heard of as many things, and holds that these are they, each told once."""
    for channel in ("teams", "email"):

        async def heard(channel: str = channel) -> bool:
            return len(await subjects(client, channel)) >= len(wanted)

        await until(f"{len(wanted)} messages in {channel}", heard)
        found = await subjects(client, channel)
        assert len(found) == len(wanted), found
        assert all(any(one in subject for subject in found) for one in wanted), found
        assert sum(FAULT in one for one in found) == sum(FAULT in one for one in wanted), found


async def test_a_file_counts_from_when_it_is_put_and_its_last_good_version_once_it_is_broken_or_gone(
    own: Client,
) -> None:
    assert await statuses(own) == {"idle": 403, "reader": 200, "operator": 200, "pki": 200}

    await own.put(CONTAINER, FILE, GOOD)
    await decided(own, "file", GOOD)
    by_file = {"idle": 200, "reader": 403, "operator": 403, "pki": 200}
    assert await statuses(own) == by_file
    refused = await (await own.signed_in_as("reader").call("GET", "requests")).json()
    assert ACCESS_FILE in refused["error"]["message"]
    await told(own, SET)

    await own.put(CONTAINER, FILE, BROKEN)
    await decided(own, "last-good", GOOD)
    assert await statuses(own) == by_file
    await told(own, SET, FAULT)
    (mail,) = [one for one in await own.messages(FAULT) if one["channel"] == "email"]
    assert "grants[1]" in mail["text"]
    assert "whom" in mail["text"]

    await own.put(CONTAINER, FILE, BETTER)
    await decided(own, "file", BETTER)
    without = by_file | {"idle": 403}
    assert await statuses(own) == without
    await told(own, SET, FAULT, CHANGED)

    await own.blobs.get_blob_client(CONTAINER, FILE).delete_blob()
    await decided(own, "last-good", BETTER)
    assert await statuses(own) == without
    await told(own, SET, FAULT, CHANGED, FAULT)
