"""Events that come through storage queues, as in a private network: there are no webhooks on this stack."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from local.api import Client
from local.openssl_ca import OpensslCa
from tests.e2e.forged_events import forged_reach_nobody_and_ours_are_told
from tests.e2e.request_and_chain import chain_for, csr_of, started
from tests.e2e.stack import described_client, running_up
from tests.e2e.telling import told


@pytest.fixture(scope="module")
def queued_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with running_up(tmp_path_factory.mktemp("queued"), "--event-delivery", "queue") as (_, described):
        yield described


@pytest.fixture
async def queued(queued_stack: dict[str, Any]) -> AsyncIterator[Client]:
    async with described_client(queued_stack) as client:
        yield client


async def test_a_dropped_chain_is_merged(queued: Client, name: str, ca: OpensslCa) -> None:
    operation = await started(queued, name)
    await queued.drop(f"{name}.txt", await chain_for(ca, operation, name))
    await told(queued, f"Certificate issued: {name}")
    certificate = await queued.certificates["main"].get_certificate(name)
    assert certificate.properties is not None
    assert certificate.properties.enabled
    assert await queued.files("chains", name) == []


async def test_a_vaults_event_is_heard_an_hour_before_the_next_look(queued: Client, name: str, ca: OpensslCa) -> None:
    """No timer looks at a manual request in its first hour (timing.MANUAL_INTERVAL); it was merged elsewhere."""
    leaf = ca.sign(csr_of(await started(queued, name)), name, f"{name}.example.com")
    der = x509.load_pem_x509_certificate(leaf).public_bytes(Encoding.DER)
    await queued.certificates["main"].merge_certificate(name, [der])
    await told(queued, f"Certificate issued: {name}")


async def test_a_notification_is_a_card_and_a_mail(queued: Client, name: str) -> None:
    await started(queued, name)
    mail, card = await told(queued, f"CSR ready to be signed: {name}")
    assert (mail["channel"], mail["to"], card["channel"]) == ("email", "pki-team@example.com", "teams")


async def test_a_forged_event_reaches_nobody_and_keeps_none_of_ours_from_being_told(queued: Client, name: str) -> None:
    await forged_reach_nobody_and_ours_are_told(queued, name)
