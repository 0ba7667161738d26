"""Random interleavings of everybody who may touch a certificate name, product and emulator together.

At the end our tracked status is Key Vault's, and the history has one line for each act. `make interleavings` runs a
thousand.
"""

from __future__ import annotations

import asyncio
import base64
import os
import secrets
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.keyvault.certificates import CertificatePolicy
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from local.api import Client
from tests.certificates import Ca
from tests.clock import real_now
from tests.e2e.stack import described_client

SAMPLE = 40  # of make test-all, the same ones each time
EXAMPLES = int(os.environ.get("CERTFLOW_SOAK_EXAMPLES", f"{SAMPLE}"))
ROOT = Ca.root("Interleaving Root", at=real_now)
ENDED = {"completed", "failed", "cancelled"}
# Each cancellation has its request checked three times, so after some of them a slow machine has more checks at once
# than a save is tried. Whoever cancels is to come again, which is safe to repeat.
CHANGING = "keeps changing"
Answer = tuple[int, dict[str, Any]]


class Interleaving(RuleBasedStateMachine):
    """One certificate name, and what is known of it: `may_be` says how each request may have ended."""

    def __init__(self, stack: dict[str, Any]) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.running = AsyncExitStack()
        self.client: Client = self.wait(self.running.enter_async_context(described_client(stack)))
        self.vault = self.client.certificates["main"]
        self.name = f"x-{secrets.token_hex(8)}"
        self.acts: Counter[str] = Counter()
        self.may_be: dict[str, set[str]] = {}
        self.ours: set[str] = set()
        self.others = 0  # requests that somebody else started
        self.leaves: dict[str, bytes] = {}
        self.merged: set[str] = set()

    def wait(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    async def call(self, method: str, path: str, **more: Any) -> Answer:
        response = await self.client.call(method, f"vaults/main/certificates/{self.name}{path}", **more)
        answer = await response.json()
        if method == "PATCH" and response.status == 503 and CHANGING in answer["error"]["message"]:
            await asyncio.sleep(float(response.headers["Retry-After"]))
            return await self.call(method, path, **more)
        assert response.status < 500, answer
        return response.status, answer

    async def standing(self) -> Any:
        try:
            return await self.vault.get_certificate_operation(self.name)
        except ResourceNotFoundError:
            return None

    # --- what our callers do ---

    @initialize(issuer=st.sampled_from(["Unknown", "DigiCert"]))
    def begin(self, issuer: str) -> None:
        self.wait(self.create(issuer, "reject"))

    @rule(issuer=st.sampled_from(["Unknown", "DigiCert"]), if_pending=st.sampled_from(["reject", "adopt", "replace"]))
    def create_again(self, issuer: str, if_pending: str) -> None:
        self.wait(self.create(issuer, if_pending))

    async def create(self, issuer: str, if_pending: str) -> None:
        before = await self.standing()
        body = {"policy": self.policy(issuer), "if_pending": if_pending}
        status, answer = await self.call("POST", "/create", json=body)
        assert status in {202, 409}, answer
        if status == 202:
            if answer["how"] != "adopted" and before is not None:
                self.displaced(before, "overwritten")
            if answer["how"] == "replaced" and before.request_id in self.ours:
                self.acts["replaced"] += 1
            self.acts["adopted" if answer["how"] == "adopted" else "created"] += 1
            self.begun(answer["request_id"])

    @rule()
    def cancel(self) -> None:
        self.wait(self.act("PATCH", "cancelled", json={"cancellation_requested": True}))

    @rule()
    def delete(self) -> None:
        before = self.wait(self.standing())
        if self.wait(self.act("DELETE", "deleted")):
            self.displaced(before, "deleted")

    @rule()
    def cancel_and_look_at_once(self) -> None:
        async def both() -> None:
            patch = self.act("PATCH", "cancelled", json={"cancellation_requested": True})
            await asyncio.gather(patch, self.call("GET", "/pending"), self.call("GET", "/pending"))

        self.wait(both())

    async def act(self, method: str, what: str, **more: Any) -> bool:
        status, answer = await self.call(method, "/pending", **more)
        assert status in {200, 400, 404}, answer
        if status != 200:
            return False
        self.acted_on(answer["request_id"])
        self.acts[what] += 1
        return True

    @rule(twice=st.booleans())
    def merge(self, twice: bool) -> None:
        async def merges() -> None:
            operation = await self.standing()
            if operation is None:
                return
            request_id = operation.request_id
            if request_id not in self.leaves:
                self.leaves[request_id] = ROOT.signs(bytes(operation.csr)).public_bytes(Encoding.DER)
            chain = (self.leaves[request_id], ROOT.certificate.public_bytes(Encoding.DER))
            body = {"x5c": [base64.b64encode(one).decode() for one in chain]}
            answers = await asyncio.gather(
                *(self.call("POST", "/pending/merge", json=body) for _ in range(2 if twice else 1))
            )
            assert {status for status, _ in answers} <= {201, 403, 409}, answers
            self.acted_on(request_id)  # it is adopted before it is merged, and stays so if the merge is refused
            if 201 in {status for status, _ in answers} and request_id not in self.merged:
                self.merged.add(request_id)
                self.acts["merged"] += 1

        self.wait(merges())

    @rule()
    def look(self) -> None:
        self.wait(self.call("GET", "/pending"))

    # --- what others do ---

    @rule(outcome=st.sampled_from(["issue", "fail", "hang"]))
    def issuer_decides(self, outcome: str) -> None:
        self.wait(self.client.set_outcome("main", self.name, outcome, delay=0.0))

    @precondition(lambda self: self.may_be)
    @rule(create=st.booleans())
    def somebody_else_deletes_it(self, create: bool) -> None:
        async def past_us() -> None:
            before = await self.standing()
            if before is None:
                return
            await self.vault.delete_certificate_operation(self.name)
            self.displaced(before, "deleted", "overwritten")
            if create:
                policy = CertificatePolicy(
                    issuer_name="Unknown", subject="CN=somebody-else", key_type="EC", key_curve_name="P-256"
                )
                try:
                    self.others += 1
                    await self.vault.create_certificate(self.name, policy)
                except HttpResponseError as error:
                    raise AssertionError(error) from error

        self.wait(past_us())

    # --- what must hold ---

    def policy(self, issuer: str) -> dict[str, Any]:
        subject = {"subject": f"CN={self.name}"}
        return {"key_props": {"kty": "EC", "crv": "P-256"}, "x509_props": subject, "issuer": {"name": issuer}}

    def begun(self, request_id: str) -> None:
        self.ours.add(request_id)
        self.may_be.setdefault(request_id, set())

    def acted_on(self, request_id: str) -> None:
        """A request that somebody else started is adopted by the first act on it."""
        if request_id not in self.ours:
            self.acts["adopted"] += 1
            self.begun(request_id)

    def displaced(self, operation: Any, *ends: str) -> None:
        """Gone from Key Vault: it ended as it stood, if we saw that, and otherwise by being deleted or overwritten.

        An issuer may have decided after we looked.
        """
        status = {operation.status} & ENDED
        decided = ENDED if operation.issuer_name != "Unknown" else status
        self.may_be.setdefault(operation.request_id, set()).update(
            decided, ends, {"deleted", "overwritten"} if status else ()
        )

    async def judge(self) -> None:
        before, tracked = None, dict[str, str]()
        while before is None or before != await self.stood():  # an issuer may decide while we look
            before = await self.stood()
            for request_id in self.ours:
                await self.call("GET", "/pending", params={"request_id": request_id})
            tracked = {one["request_id"]: one["status"] for one in await self.requests()}
        assert set(tracked) >= self.ours
        for request_id, status in tracked.items():
            if request_id == before[0]:
                assert status.lower() == before[1].lower()
            else:
                assert status in self.may_be[request_id], (request_id, status, self.may_be)
        completed = [request_id for request_id, status in tracked.items() if status == "completed"]
        listed = self.vault.list_properties_of_certificate_versions(self.name)
        versions = [one async for one in listed if one.enabled]
        assert len(completed) <= len(versions)
        _, answer = await self.call("GET", "/history")
        history = Counter(act["act"] for act in answer["value"] if act["act"] != "observed")
        # A survey of the vault may have adopted a request of somebody else's before one of us did, or where none did.
        assert history - self.acts <= Counter(adopted=self.others)
        assert not self.acts - history
        observed = Counter(act["request_id"] for act in answer["value"] if act["act"] == "observed")
        assert all(count == 1 for count in observed.values()), answer

    async def stood(self) -> tuple[str, str]:
        """The request that stands in Key Vault, and its status."""
        operation = await self.standing()
        return (operation.request_id, operation.status) if operation else ("none", "")

    async def requests(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        address: str | None = "requests?vault=main&limit=100"
        while address:
            page = await (await self.client.call("GET", address)).json()
            found += [one for one in page["value"] if one["name"] == self.name]
            address = page["nextLink"]
        return found

    def teardown(self) -> None:
        try:
            self.wait(self.judge())
        finally:
            self.wait(self.running.aclose())
            self.loop.close()


@pytest.mark.timeout(3600)
def test_whatever_happens_in_whatever_order_our_status_is_key_vaults(stack: dict[str, Any]) -> None:
    class OnThisStack(Interleaving):
        def __init__(self) -> None:
            super().__init__(stack)

    run_state_machine_as_test(
        OnThisStack,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=EXAMPLES == SAMPLE,
            database=None,
        ),
    )
