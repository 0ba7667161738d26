"""The next step of each message about a certificate or a vault, carried out by its words alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from azure.keyvault.certificates import CertificatePolicy
from cryptography import x509

from functions.model.events.certificates import RenewalStopped
from functions.model.events.expiry import NearExpiry
from functions.model.events.requests import Unsettled
from functions.notifications.provenance import source_of
from local.api import Client
from local.stack import Stack
from tests.certificates import pem
from tests.clock import real_now
from tests.e2e import outbox
from tests.e2e.next_steps import (
    PLACE,
    call,
    csr_of,
    is_started_again,
    policy,
    signed,
    step_told,
    trust_where_it_says,
)
from tests.e2e.subscriber import MADE_UP
from tests.e2e.telling import told
from tests.e2e.watched import CA, Watched, import_certificate, running_watch

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = 86400  # seconds
GONE, ENDS = (10.0, -1.0), (9.0, 1.0)  # days gone and left


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def watched(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Watched]:
    def settings(stack: Stack) -> dict[str, str]:
        return {
            "CERTFLOW_VAULTS": f"main={stack.vaults['main']},staging={stack.vaults['staging']}",
            "CERTFLOW_EXPIRY_LADDER": "0.99",
            "CERTFLOW_DIGEST": "off",  # what it says of a vault that takes any CA's is told by itself then
        }

    async with running_watch(tmp_path_factory.mktemp("steps"), settings) as running:
        await running.baseline()
        yield running


@pytest.fixture
def client(watched: Watched) -> Client:
    return watched.client


@pytest.mark.parametrize(
    ("title", "days"), [("Certificate near its end", ENDS), ("Certificate expired", GONE)], ids=["near", "expired"]
)
async def test_the_next_version_of_what_ends_is_started_by_the_call_or_by_the_tag_that_is_named(
    watched: Watched, client: Client, name: str, title: str, days: tuple[float, float]
) -> None:
    called, tagged = f"{name}-called", f"{name}-tagged"
    for one in (called, tagged):
        await import_certificate(client, "main", one, days)
        await watched.survey()
        step = await step_told(client, f"{title}: {one}")
        if one == called:
            await is_started_again(client, step, one)
        else:
            assert "certflow-renew = auto" in step
            await client.certificates["main"].update_certificate_properties(one, tags={"certflow-renew": "auto"})
            await watched.survey()
            await told(client, f"CSR ready to be signed: {one}")


async def test_an_expired_certificate_that_is_not_used_is_disabled_and_not_counted_any_more(
    watched: Watched, client: Client, name: str
) -> None:
    await import_certificate(client, "staging", name, GONE)
    await watched.survey()
    step = await step_told(client, f"Certificate expired: {name}")
    assert step.endswith("If it is not used any more: disable it.")
    assert await expired(client) == 1
    await client.certificates["staging"].update_certificate_properties(name, enabled=False)
    await watched.survey()
    assert await expired(client) == 0


async def expired(client: Client) -> int:
    """How many of the vault `staging` have expired, as the digest says it."""
    status = await (await client.call("GET", "status")).json()
    (staging,) = (one for one in status["vaults"] if one["vault"] == "staging")
    return int(staging["last_survey"]["counts"].get("expired", 0))


async def test_a_renewal_that_would_lose_names_starts_once_they_are_in_the_policy(
    watched: Watched, client: Client, name: str
) -> None:
    await import_certificate(client, "main", name, ENDS, certflow_renew="auto")
    vault = client.certificates["main"]
    host = f"{name}.example.com"
    await vault.update_certificate_policy(name, CertificatePolicy("Unknown", subject=f"CN={host}"))
    await watched.survey()
    step = await step_told(client, f"Renewal stopped: {name}")
    both = CertificatePolicy("Unknown", subject=f"CN={host}", san_dns_names=[host, f"www.{host}"])
    await vault.update_certificate_policy(name, both)
    await is_started_again(client, step, name)
    asked = x509.load_der_x509_csr(await csr_of(client, name)).extensions
    assert f"www.{host}" in asked.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    )


async def test_a_renewal_by_an_issuer_that_is_not_allowed_starts_with_another_one(
    watched: Watched, client: Client, name: str
) -> None:
    await import_certificate(client, "main", name, ENDS, certflow_renew="auto")
    vault = client.certificates["main"]
    host = f"{name}.example.com"
    names = [host, f"www.{host}"]
    await vault.update_certificate_policy(name, CertificatePolicy("Self", subject=f"CN={host}", san_dns_names=names))
    await watched.survey()
    step = await step_told(client, f"Renewal stopped: {name}")
    await vault.update_certificate_policy(name, CertificatePolicy("Unknown", subject=f"CN={host}", san_dns_names=names))
    await is_started_again(client, step, name)


async def test_what_became_of_a_start_that_could_not_be_followed_up_is_seen_and_taken_under_watch(
    watched: Watched, client: Client, name: str
) -> None:
    host = f"{name}.example.com"
    asked = CertificatePolicy("Unknown", subject=f"CN={host}", san_dns_names=[host])
    await client.certificates["main"].create_certificate(name, asked)
    await publish(client, Unsettled.type, {"name": name, "reason": "Key Vault 'main' is not available (HTTP 503)."})
    step = await step_told(client, f"A start could not be followed up: {name}")
    status, answer = await call(client, step, "GET", "/pending")
    assert (status, answer["status"]) == (200, "inProgress")
    await watched.survey()
    requests = await (await client.call("GET", "requests", params={"name": name})).json()
    assert [one["request_id"] for one in requests["value"]] == [answer["request_id"]]


async def test_of_a_renewal_that_has_not_happened_it_is_seen_that_nothing_is_pending_and_it_is_started(
    client: Client, name: str
) -> None:
    await import_certificate(client, "main", name, ENDS)
    ends = (real_now() + timedelta(days=1)).isoformat()
    near = {"name": name, "not_after": ends, "left": DAY, "rung": 2, "rungs": 3, "renewal": "auto"}
    await publish(client, NearExpiry.type, near)
    step = await step_told(client, f"Certificate near its end: {name}")
    assert (await call(client, step, "GET", "/pending"))[0] == 404
    await is_started_again(client, step, name)


@pytest.mark.parametrize("reason", ["too-many-versions", "refused"])
async def test_a_renewal_that_was_stopped_is_started_by_the_call_that_is_named(
    client: Client, name: str, reason: str
) -> None:
    await import_certificate(client, "main", name, ENDS)
    await publish(client, RenewalStopped.type, {"name": name, "reason": reason, "sentence": "it was not to be"})
    await is_started_again(client, await step_told(client, f"Renewal stopped: {name}"), name)


async def publish(client: Client, type_: str, data: dict[str, Any]) -> None:
    """An event as the app's own, where what causes it takes a day."""
    event = {
        "specversion": "1.0",
        "id": f"{MADE_UP}{type_}:{data['name']}",
        "source": source_of(client.stack["event_topic"]["endpoint"]),
        "type": type_,
        "subject": f"vaults/main/certificates/{data['name']}",
        "time": real_now().isoformat(),
        "data": {"vault": "main", **data},
    }
    await outbox.keep(client, [event])
    await outbox.publish(client, [event])


async def test_the_cas_of_a_vault_are_set_where_each_message_says(watched: Watched, client: Client, name: str) -> None:
    await watched.run("daily")
    step = await step_told(client, "Any CA's certificates are taken: vault staging")
    await trust_where_it_says(client, step, "ca.pem", pem(CA.certificate))
    await step_told(client, "Trusted CAs changed: vault staging")
    await client.blobs.get_blob_client("trusted-cas", "staging/ca.pem").delete_blob()
    step = await step_told(client, "Nothing is merged any more: vault staging")
    response = await client.create("staging", name, {"policy": policy(name)})
    csr = bytes((await client.certificates["staging"].get_certificate_operation(name)).csr or b"")
    assert response.status == 202
    await client.drop(f"{name}.pem", pem(*signed(csr)))
    await told(client, f"Chain waits: {name}.pem")
    await trust_where_it_says(client, step, "ca.pem", pem(CA.certificate))
    # By itself that comes after ten minutes (tests/unit/model/test_finding_steps.py).
    report = await (await client.call("POST", "chains/retry", json={"name": f"{name}.pem"})).json()
    assert report["outcome"] == "merged"


async def test_files_of_no_vault_are_put_under_an_alias_where_the_message_says(client: Client, name: str) -> None:
    await client.put("trusted-cas", f"{name}/ca.pem", pem(CA.certificate))
    step = await step_told(client, "Trusted CAs where no vault looks")
    await client.blobs.get_blob_client("trusted-cas", f"{name}/ca.pem").delete_blob()
    (place,) = set(PLACE.findall(step))
    aliases = re.findall(r"a vault's alias \(([^)]+)\)", step)[0].split(", ")
    assert "main" in aliases
    await trust_where_it_says(client, f"{place}/main/", "ca.pem", pem(CA.certificate))
    await told(client, "Trusted CAs changed: vault main")
