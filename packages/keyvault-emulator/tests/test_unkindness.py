"""Each switch of the emulator's unkindness, seen from outside; the control door that sets them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.keyvault.certificates.aio import CertificateClient

from keyvault_emulator.outcomes import OutcomeBody
from keyvault_emulator.unkindness import KIND, Unkindness, changed, described
from testkit.clock import HANG, real_now
from testkit.tokens import AnyToken
from vault_client import NEVER, Reply, VaultClient, policy, vault_client

CONFLICT = "There was a conflict while updating pending certificate '"


@asynccontextmanager
async def vault_with(tmp_path: Path, *, issuing_delay: float = NEVER, **switches: Any) -> AsyncIterator[VaultClient]:
    """An emulator that was started with these switches."""
    unkindness = Unkindness(**switches)
    async with vault_client(tmp_path, issuing_delay=issuing_delay, unkindness=unkindness) as client:
        yield client


@asynccontextmanager
async def sdk_of(vault: VaultClient, **options: Any) -> AsyncIterator[CertificateClient]:
    async with CertificateClient(
        vault.url, AnyToken(), verify_challenge_resource=False, connection_verify=str(vault.ca_file), **options
    ) as client:
        yield client


async def switch(vault: VaultClient, **switches: Any) -> None:
    status, body = await vault.control("POST", "unkindness", switches)
    assert status == 200, body


@pytest.fixture
async def vault(tmp_path: Path) -> AsyncIterator[VaultClient]:
    """All kind, and issuers take an hour."""
    async with vault_with(tmp_path) as client:
        yield client


# --- issuers ---


async def test_issuing_delay_at_start_and_later(tmp_path: Path) -> None:
    async with vault_with(tmp_path, issuing_delay=0.3) as vault:
        began = time.monotonic()
        await vault.create("web-1", "Self")
        await vault.ended("web-1")
        assert time.monotonic() - began > 0.3
        await switch(vault, issuing_delay=0)
        await vault.create("web-2", "Self")
        assert (await vault.pending("web-2")).body["status"] == "completed"


async def test_an_outcome_by_subject(vault: VaultClient) -> None:
    await vault.outcome(subject="CN=Bad.example.com,O=a", outcome="fail", message="No.", delay=0)
    await vault.create("web-1", policy=policy("Self", "cn=bad.example.com, o=A"))
    await vault.create("web-2", policy=policy("Self", "CN=bad.example.com"))
    failed = await vault.ended("web-1")
    assert (failed["status"], failed["error"]["message"]) == ("failed", "No.")
    assert (await vault.pending("web-2")).body["status"] == "inProgress"


async def test_a_name_counts_before_a_subject_and_that_before_all(vault: VaultClient) -> None:
    await vault.outcome(name="*", outcome="fail", message="all", delay=0)
    await vault.outcome(subject="CN=web.example.com", outcome="fail", message="subject", delay=0)
    await vault.outcome(name="web-1", outcome="fail", message="name", delay=0)
    for name, subject in (("web-1", "web"), ("web-2", "web"), ("web-3", "other")):
        await vault.create(name, policy=policy("Self", f"CN={subject}.example.com"))
    messages = [(await vault.ended(f"web-{number}"))["error"]["message"] for number in (1, 2, 3)]
    assert messages == ["name", "subject", "all"]


async def test_outcomes_at_start_hold_in_every_vault_and_come_back(tmp_path: Path) -> None:
    wish = OutcomeBody(name="web-1", outcome="fail", delay=0)
    async with vault_client(tmp_path, issuing_delay=0, outcomes=[wish]) as vault:
        await vault.outcome(vault="*", name="web-1", outcome="issue", delay=0)
        await vault.create("web-1", "Self")
        assert (await vault.ended("web-1"))["status"] == "completed"
        assert (await vault.control("DELETE", "outcomes"))[0] == 200
        other = vault.at("v1.localhost")
        await other.create("web-1", "Self")
        assert (await other.ended("web-1"))["status"] == "failed"


@pytest.mark.parametrize("body", [{"outcome": "fail"}, {"name": "a", "subject": "CN=a", "outcome": "fail"}])
async def test_an_outcome_is_for_a_name_or_for_a_subject(vault: VaultClient, body: Any) -> None:
    status, answer = await vault.outcome(**body)
    assert status == 400
    assert "one of the two" in answer["error"]["message"]


@pytest.mark.parametrize(("cancellation", "end"), [("honoured", "cancelled"), ("ignored", "completed")])
async def test_cancellation_honoured_or_ignored(tmp_path: Path, cancellation: str, end: str) -> None:
    async with vault_with(tmp_path, issuing_delay=0.3, cancellation=cancellation) as vault:
        await vault.create("web-1", "Self")
        asked = await vault.call("PATCH", "/certificates/web-1/pending", {"cancellation_requested": True})
        assert (asked.body["status"], asked.body["cancellation_requested"]) == ("inProgress", True)
        ended = await vault.ended("web-1")
        assert (ended["status"], ended["cancellation_requested"]) == (end, True)


# --- time ---


async def test_a_deletion_takes_its_time(tmp_path: Path) -> None:
    async with vault_with(tmp_path, deletion_delay=60) as vault:
        await vault.create("web-1")
        await vault.call("DELETE", "/certificates/web-1")
        assert (await vault.call("GET", "/deletedcertificates/web-1")).status == 404
        purge = await vault.call("DELETE", "/deletedcertificates/web-1")
        assert (purge.status, purge.body["error"]["innererror"]) == (409, {"code": "ObjectIsBeingDeleted"})
        await vault.control("POST", "clock", {"advance": 60})
        assert (await vault.call("GET", "/deletedcertificates/web-1")).status == 200
        assert (await vault.call("DELETE", "/deletedcertificates/web-1")).status == 204


async def test_the_clock_moves_issuers_and_dates(vault: VaultClient) -> None:
    began = real_now().timestamp()
    await vault.create("web-1", "Self")
    assert (await vault.control("POST", "clock", {"advance": NEVER}))[0] == 200
    assert (await vault.pending("web-1")).body["status"] == "completed"
    created = (await vault.call("GET", "/certificates/web-1")).body["attributes"]["created"]
    assert created >= int(began) + NEVER
    assert (await vault.control("POST", "clock", {"advance": -1}))[0] == 400


async def test_latency_fixed_and_with_jitter(vault: VaultClient) -> None:
    async def took() -> float:
        began = time.monotonic()
        await vault.call("GET", "/certificates")
        return time.monotonic() - began

    await switch(vault, latency=0.2)
    assert await took() >= 0.2
    await switch(vault, latency=0, latency_jitter=0.2, seed=1)
    assert max([await took() for _ in range(5)]) > 0.05
    await switch(vault, latency=NEVER, latency_jitter=0)
    async with asyncio.timeout(HANG):  # control and identity are never slow
        await vault.control("GET", "unkindness")
        await vault.token_of()


# --- throttling ---


async def test_key_vaults_own_limits(vault: VaultClient) -> None:
    await switch(vault, throttle=True)
    creates = [(await vault.create(f"web-{number}")).status for number in range(22)]
    assert creates == [202] * 20 + [429] * 2
    assert (await vault.call("GET", "/certificates")).status == 200, "other calls have their own limit"
    assert (await vault.at("v1.localhost").create("web-1")).status == 202, "and every vault its own"


async def test_other_limits_without_and_with_retry_after(vault: VaultClient) -> None:
    await switch(vault, throttle=True, other_calls=2, throttle_window=0.5)
    replies = [await vault.call("GET", "/certificates") for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 429]
    status, code, message = replies[2].error
    assert (status, code) == (429, "Throttled")
    assert "too many requests" in message
    assert "Retry-After" not in replies[2].headers
    await switch(vault, retry_after=7)
    assert (await vault.call("GET", "/certificates")).headers["Retry-After"] == "7"
    await asyncio.sleep(0.5)
    assert (await vault.call("GET", "/certificates")).status == 200, "what was refused does not count"


async def test_the_client_waits_as_retry_after_says(vault: VaultClient) -> None:
    await switch(vault, throttle=True, other_calls=1, throttle_window=0.5, retry_after=1)
    async with sdk_of(vault) as client:
        for _ in range(2):
            assert [item async for item in client.list_properties_of_certificates()] == []
    async with sdk_of(vault, retry_total=0) as client:
        with pytest.raises(HttpResponseError, match="Throttled"):
            [item async for item in client.list_properties_of_certificates()]


# --- answers that fail, and none at all ---


@pytest.mark.parametrize(("error_status", "code"), [(503, "ServiceUnavailable"), (500, "InternalServerError")])
async def test_errors(vault: VaultClient, error_status: int, code: str) -> None:
    await switch(vault, error_rate=1, error_status=error_status)
    assert (await vault.call("GET", "/certificates")).error[:2] == (error_status, code)


@pytest.mark.parametrize(("strike", "status"), [("before", 404), ("after", 200)])
async def test_an_error_comes_before_or_after_the_operation_took_effect(
    vault: VaultClient, strike: str, status: int
) -> None:
    await switch(vault, error_rate=1, strike=strike)
    assert (await vault.create("web-1")).status == 503
    await switch(vault, error_rate=0)
    assert (await vault.pending("web-1")).status == status


@pytest.mark.parametrize(("strike", "status"), [("before", 404), ("after", 200)])
@pytest.mark.parametrize(
    ("kind", "error"),
    [("cut_rate", aiohttp.ServerDisconnectedError), ("reset_rate", (ConnectionResetError, aiohttp.ClientOSError))],
)
async def test_connections_cut_and_reset(vault: VaultClient, kind: str, error: Any, strike: str, status: int) -> None:
    await switch(vault, **{kind: 1}, strike=strike)
    with pytest.raises(error):
        await vault.create("web-1")
    await vault.control("DELETE", "unkindness")
    assert (await vault.pending("web-1")).status == status


async def test_silence(vault: VaultClient) -> None:
    await switch(vault, silence_rate=1, strike="after")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await vault.create("web-1")
    await vault.control("DELETE", "unkindness")
    assert (await vault.pending("web-1")).status == 200


async def test_the_client_calls_it_a_lost_answer(vault: VaultClient) -> None:
    async with sdk_of(vault, retry_total=0) as client:
        assert [item async for item in client.list_properties_of_certificates()] == []  # the challenge is learned
        await switch(vault, cut_rate=1)
        with pytest.raises((ServiceResponseError, ServiceRequestError)):
            await client.get_certificate("web-1")


async def test_the_same_seed_the_same_faults(vault: VaultClient) -> None:
    async def statuses() -> list[int]:
        return [(await vault.call("GET", "/certificates")).status for _ in range(20)]

    await switch(vault, error_rate=0.5, seed=7)
    first = await statuses()
    assert set(first) == {200, 503}
    assert await statuses() != first
    await switch(vault, seed=7)
    assert await statuses() == first


async def test_either_is_both(vault: VaultClient) -> None:
    await switch(vault, error_rate=1, seed=3)
    for number in range(10):
        await vault.create(f"web-{number}")
    await switch(vault, error_rate=0)
    made = {(await vault.pending(f"web-{number}")).status for number in range(10)}
    assert made == {200, 404}


# --- changes of a pending certificate at once ---


async def cancel(vault: VaultClient) -> Reply:
    return await vault.call("PATCH", "/certificates/web-1/pending", {"cancellation_requested": True})


async def test_parallel_changes_conflict(vault: VaultClient) -> None:
    await vault.create("web-1", "Self")
    await switch(vault, latency=0.2)
    first, second = await asyncio.gather(cancel(vault), vault.call("DELETE", "/certificates/web-1/pending"))
    loser = first if first.status == 409 else second
    assert {first.status, second.status} == {200, 409}
    _, code, message = loser.error
    assert code == "Conflict"
    assert message.startswith(f"{CONFLICT}{vault.url}/certificates/web-1/")
    assert message.endswith("against the pending certificate in a sequential manner.")


async def test_without_the_switch_or_one_after_the_other_they_do_not(vault: VaultClient) -> None:
    await vault.create("web-1", "Self")
    await switch(vault, parallel_conflicts=False, latency=0.2)
    replies = await asyncio.gather(cancel(vault), cancel(vault))
    assert [reply.status for reply in replies] == [200, 200]
    await switch(vault, parallel_conflicts=True)
    assert [(await cancel(vault)).status for _ in range(2)] == [200, 200]


async def test_the_service_itself_may_be_the_other(vault: VaultClient) -> None:
    await vault.create("web-1", "Self")
    await switch(vault, conflict_rate=1)
    assert (await cancel(vault)).error[1] == "Conflict"
    assert (await vault.pending("web-1")).status == 200, "reading is no change"
    assert (await vault.call("DELETE", "/certificates/other/pending")).status == 404


# --- the switches themselves ---


async def test_the_control_door_reads_sets_and_resets_them(tmp_path: Path) -> None:
    async with vault_with(tmp_path, latency=0.01) as vault:
        _, at_start = await vault.control("GET", "unkindness")
        assert at_start == msgspec.structs.asdict(Unkindness(latency=0.01, issuing_delay=NEVER))
        _, later = await vault.control("POST", "unkindness", {"error_rate": 0.5})
        assert later == at_start | {"error_rate": 0.5}
        assert await vault.control("DELETE", "unkindness") == (200, at_start)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"error_rate": 2}, "Expected `float` <= 1.0 - at `$.error_rate`"),
        ({"latency": -1}, "Expected `float` >= 0.0 - at `$.latency`"),
        ({"cancellation": "no"}, "Invalid enum value 'no' - at `$.cancellation`"),
        ({"latencyy": 1}, "Object contains unknown field `latencyy`"),
        ([], "Expected `object`, got `array`"),
    ],
)
async def test_what_makes_no_sense_is_refused_and_changes_nothing(vault: VaultClient, body: Any, says: str) -> None:
    _, before = await vault.control("GET", "unkindness")
    status, answer = await vault.control("POST", "unkindness", body)
    assert (status, answer["error"]["message"]) == (400, says)
    assert (await vault.control("GET", "unkindness"))[1] == before


def test_every_switch_is_described_and_off_by_default() -> None:
    assert described().keys() == set(Unkindness.__struct_fields__)
    assert all(described().values())
    assert not KIND.throttle
    assert {getattr(KIND, name) for name in described() if name.endswith("_rate")} == {0.0}


def test_a_command_line_gives_text() -> None:
    given = {"error_rate": "0.5", "seed": "7", "throttle": True, "retry_after": "3", "strike": "after"}
    assert changed(KIND, given, lax=True) == Unkindness(
        error_rate=0.5, seed=7, throttle=True, retry_after=3, strike="after"
    )


async def test_a_short_lived_token(tmp_path: Path) -> None:
    async with vault_with(tmp_path, token_lifetime=5) as vault:
        query = {"resource": "https://vault.azure.net", "api-version": "2019-08-01"}
        headers = {"X-IDENTITY-HEADER": vault.emulator.identity_header}
        async with vault.session.get(vault.emulator.identity_endpoint, params=query, headers=headers) as response:
            token = AccessToken("", int(json.loads(await response.text())["expires_on"]))
        assert token.expires_on - real_now().timestamp() <= 5
