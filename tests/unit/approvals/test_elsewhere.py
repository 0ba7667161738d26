"""A request that was started in the portal and meets a condition is not merged before its yes."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import azure.functions as func
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from functions.access.policy import effective_policy
from functions.approvals.elsewhere import approval_finding, is_from_elsewhere, policy_of_request
from functions.approvals.settle import settle_approvals
from functions.chains.handle_upload import handle_upload, sweep_files
from functions.model.approval.record import Approval
from functions.model.errors import Unavailable
from functions.model.request.actor import SCAN, Origin
from functions.model.request.operation import Operation, Status
from functions.ports.approvals.store import ApprovalChange
from functions.ports.vault import PendingOperation
from functions.requests.adoption import adopt
from functions.requests.intents import settle_intent
from tests.actors import person
from tests.certificates import Ca, as_read, make_csr, pem, rsa_key
from tests.clock import fixed_now
from tests.unit.approvals.asking import ANN, BOB, CAT, PLACE, WILDCARD, Asking, outcome
from tests.unit.signed_in import ROUTE, error_of

ROOT = Ca.root("Test Root", at=fixed_now)
PLAIN = {
    "issuer": {"name": "Unknown"},
    "key_props": {"kty": "EC"},
    "x509_props": {"subject": "CN=web.pay.example.com"},
}
WANTED = {"names": ["pay-*"], "approvals": 1, "by": ["role:pki"]}


BOARD = {"names": ["pay-*"], "approvals": 1, "by": ["role:board"]}
DENIED = {"names": ["pay-*"], "verbs": ["request"], "deny": True, "say": "freeze."}


@dataclass
class Elsewhere(Asking):
    """A manual request that somebody has started in the portal."""

    def started(self, csr: bytes | None = None) -> Any:
        """Key Vault has it, and nobody else knows of it."""
        operation = self.vault.start("pay-web")
        self.vault.tagged["pay-web"] = {"certflow-owner": "pay@example.com"}
        if csr:
            self.vault.operations["pay-web"] = operation = replace(operation, csr=csr)
        return operation

    @property
    def chain(self) -> bytes:
        """What the CA sends."""
        return pem(ROOT.signs(self.vault.operations["pay-web"].csr), ROOT.certificate)

    async def dropped(self) -> dict[str, Any]:
        """Somebody drops it; the report."""
        self.api.world.chain_files.put("web.pem", self.chain)
        report = await handle_upload(self.api.certflow(), "web.pem")
        assert report is not None
        return dict(report)

    def now_wants(self, *conditions: dict[str, Any]) -> None:
        """The access file has other conditions from now on."""
        self.conditions = list(conditions)
        self.write()

    async def losing(self, doing: Awaitable[func.HttpResponse]) -> func.HttpResponse:
        """What is answered while the answers of creates are lost, and Key Vault starts nothing."""
        create = self.vault.create
        self.vault.create = _lost  # type: ignore[method-assign]  # the fault
        try:
            return await doing
        finally:
            self.vault.create = create  # type: ignore[method-assign]  # it is up again

    async def settled(self) -> None:
        """The timers look what became of starts that were cut off."""
        self.api.world.later(minutes=3)
        for intent in list(self.api.world.ledger.intents.values()):
            await settle_intent(self.api.certflow(), intent.vault, intent.name, intent.id)
        await settle_approvals(self.api.certflow())

    async def sent(self, route: str, body: Any = None) -> func.HttpResponse:
        """Somebody of the team sends it."""
        header = self.header(ANN, "team-pay")
        return await self.api.send(ROUTE[route], header, body=body or self.chain, **PLACE)


async def _lost(name: str, body: Mapping[str, Any]) -> PendingOperation:
    raise Unavailable("Key Vault", "time-out", maybe_done=True)


def codes(report: dict[str, Any]) -> list[str]:
    """The codes of a report's findings."""
    return [one["code"] for one in report["findings"] if one["severity"] == "error"]


async def test_a_dropped_chain_waits_and_is_merged_by_itself_after_the_yes() -> None:
    asking = Elsewhere(conditions=[WANTED])
    operation = asking.started()
    report = await asking.dropped()
    assert (report["outcome"], codes(report)) == ("waiting", ["awaiting-approval"])
    approval = asking.approval
    assert (approval.of, approval.request_id, approval.asked_by) == ("elsewhere", operation.request_id, SCAN)
    assert (approval.names, approval.owner) == (("pay-web.example.com",), "pay@example.com")
    asking.api.world.later(minutes=20)
    await sweep_files(asking.api.certflow())
    assert asking.told == ["Asked"]  # nobody is asked twice
    assert not asking.vault.merges
    assert outcome(await asking.decide("approve")) == (200, "started")
    await sweep_files(asking.api.certflow())
    assert len(asking.vault.merges) == 1
    assert asking.told == ["Asked", "Approved"]


@pytest.mark.parametrize("route", ["return_chain", "merge_pending"])
async def test_a_chain_that_is_sent_is_refused_until_then_and_taken_afterwards(route: str) -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    for _ in range(2):
        answer = await asking.sent(route)
        if route == "merge_pending":
            assert outcome(answer) == (409, "awaiting-approval")
        else:
            assert (error_of(answer)["outcome"], codes(error_of(answer))) == ("rejected", ["awaiting-approval"])
    assert (asking.told, asking.vault.merges) == (["Asked"], [])
    await asking.decide("approve")
    assert (await asking.sent(route)).status_code in {200, 201}
    assert len(asking.vault.merges) == 1


async def test_a_merge_of_the_bare_certificates_is_held_back_too() -> None:
    asking = Elsewhere(conditions=[WANTED])
    csr = asking.started().csr
    body = {"x5c": [base64.b64encode(one.der).decode() for one in as_read(ROOT.signs(csr), ROOT.certificate)]}
    assert outcome(await asking.sent("merge_pending", body)) == (409, "awaiting-approval")
    assert not asking.vault.merges


async def test_an_inspection_says_so_and_asks_nobody() -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    report = error_of(await asking.sent("inspect_chain"))
    assert (report["outcome"], codes(report)) == ("would-wait", ["awaiting-approval"])
    assert asking.api.world.approvals.kept == {}


@pytest.mark.parametrize("what", ["refuse", "withdraw", None])
async def test_without_a_yes_its_chain_is_rejected_and_nobody_is_asked_again(what: str | None) -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    await asking.dropped()
    if what:
        assert (await asking.decide(what)).status_code == 200
    asking.api.world.later(days=7)
    report = await asking.dropped()
    assert (report["outcome"], codes(report)) == ("rejected", ["not-approved"])
    assert outcome(await asking.sent("merge_pending")) == (409, "not-approved")
    assert asking.told.count("Asked") == 1
    assert not asking.vault.merges


@pytest.mark.parametrize("approved", [False, True])
async def test_a_row_that_denies_keeps_its_chain_away_whatever_was_approved(approved: bool) -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    await asking.dropped()
    if approved:
        assert outcome(await asking.decide("approve")) == (200, "started")
    asking.now_wants(WANTED, DENIED)
    report = await asking.dropped()
    assert (report["outcome"], codes(report)) == ("rejected", ["not-approved"])
    assert "the access file denies it: freeze." in report["sentence"]
    assert "Ask whoever may write the access file." in report["next_step"]
    assert outcome(await asking.sent("merge_pending")) == (409, "not-approved")
    assert not asking.vault.merges


async def test_what_is_denied_without_any_condition_for_approvals_is_not_merged_either() -> None:
    asking = Elsewhere(conditions=[{"names": ["pay-*"], "verbs": ["request"], "deny": True}])
    asking.started()
    report = await asking.dropped()
    assert (report["outcome"], codes(report)) == ("rejected", ["not-approved"])
    asking.now_wants(WANTED, DENIED)
    assert outcome(await asking.sent("merge_pending")) == (409, "not-approved")
    assert (asking.told, asking.vault.merges) == ([], [])


async def test_what_the_csr_asks_for_counts_and_not_what_the_policy_has_become_since() -> None:
    asking = Elsewhere()  # wildcards are to be approved
    asking.started(make_csr("*.pay.example.com")[1])
    asking.vault.policies["pay-web"] = {"x509_props": {"subject": "CN=web.pay.example.com"}}
    assert (await asking.dropped())["outcome"] == "waiting"
    assert asking.approval.names == ("*.pay.example.com",)


@pytest.mark.parametrize("exportable", [False, True])
async def test_whether_the_key_may_be_exported_is_not_known_so_both_conditions_match(exportable: bool) -> None:
    asking = Elsewhere(conditions=[{"exportable": exportable, "approvals": 1, "by": ["role:pki"]}])
    asking.started()
    asking.vault.policies["pay-web"] = {"key_props": {"exportable": not exportable}}
    assert (await asking.dropped())["outcome"] == "waiting"
    assert asking.approval.policy["unread"] == ["key_props.exportable", "x509_props.validity_months"]
    assert asking.approval.policy["exportable"] is not exportable


async def test_what_is_denied_of_exportable_keys_is_denied_of_those_of_which_that_is_not_known() -> None:
    asking = Elsewhere(conditions=[{"exportable": True, "deny": True, "say": "no exports"}, WANTED])
    asking.started()
    assert codes(await asking.dropped()) == ["not-approved"]
    assert outcome(await asking.sent("merge_pending")) == (409, "not-approved")
    assert asking.told == []


USES = [
    x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    ),
    x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]),
    x509.BasicConstraints(ca=True, path_length=None),
]


@pytest.mark.parametrize(
    ("key", "shown"), [(ec.generate_private_key(ec.SECP384R1()), "EC:P-384"), (rsa_key(), "RSA:2048")]
)
def test_an_approver_is_shown_what_the_csr_asks_for(key: Any, shown: str) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca.example.com")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(name)
    for extension in USES:
        builder = builder.add_extension(extension, critical=False)
    csr = builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    stored = effective_policy(None, {"issuer": {"name": "Unknown"}, "key_props": {"kty": "RSA", "key_size": 4096}})
    policy = policy_of_request(stored, Operation("1" * 32, Status.IN_PROGRESS, "DigiCert", csr))
    assert (policy.key, policy.issuer, policy.ca) == (shown, "DigiCert", True)
    assert policy.ekus == {"codeSigning"}
    assert policy.key_usage == {"digitalSignature", "keyCertSign"}
    assert (policy.months, policy.unread) == (stored.months, frozenset())
    bare = policy_of_request(stored, Operation("1" * 32, Status.IN_PROGRESS, "DigiCert", make_csr("a.example.com")[1]))
    assert (bare.ca, bare.ekus, bare.key_usage) == (stored.ca, stored.ekus, stored.key_usage)


async def test_a_csr_that_cannot_be_read_meets_each_condition() -> None:
    unread = policy_of_request(
        effective_policy(None, None), Operation("1" * 32, Status.IN_PROGRESS, "DigiCert", b"no CSR")
    )
    assert (unread.unread, unread.issuer) == (frozenset({"csr"}), "DigiCert")
    asking = Elsewhere()  # wildcards are to be approved
    operation = replace(asking.started(), csr=b"no CSR")
    request = await adopt(asking.api.certflow(), "prod-pay", "pay-web", asking.started(), SCAN)
    assert await approval_finding(asking.api.certflow(), request, operation)


@pytest.mark.parametrize(("issuer", "waits"), [("DigiCert", True), ("Unknown", False)])
async def test_the_issuer_of_the_request_counts_and_not_that_of_the_policy(issuer: str, waits: bool) -> None:
    asking = Elsewhere(conditions=[{"issuers": ["DigiCert"], "approvals": 1}])
    operation = replace(asking.started(), issuer=issuer)
    other = "Unknown" if issuer == "DigiCert" else "DigiCert"
    asking.vault.policies["pay-web"] = {"issuer": {"name": other}}
    request = await adopt(asking.api.certflow(), "prod-pay", "pay-web", operation, SCAN)
    assert bool(await approval_finding(asking.api.certflow(), request, operation)) is waits


async def test_what_meets_no_condition_is_merged_as_before() -> None:
    asking = Elsewhere()
    asking.started()
    assert (await asking.dropped())["outcome"] == "merged"
    assert asking.api.world.approvals.kept == {}


async def test_a_chain_that_is_wrong_anyway_asks_nobody() -> None:
    asking = Elsewhere(conditions=[WANTED])
    operation = asking.started()
    asking.api.world.later(days=4000)  # it has expired
    report = await asking.dropped()
    assert report["outcome"] == "rejected"
    assert asking.api.world.approvals.kept == {}
    assert operation.request_id


async def test_a_request_that_was_approved_at_its_start_is_not_asked_about_again() -> None:
    asking = Elsewhere()
    policy = {**WILDCARD["policy"], "issuer": {"name": "Unknown"}}  # type: ignore[dict-item]
    await asking.ask({"policy": policy, "owner": "pay@example.com"})
    await asking.decide("approve")
    assert (await asking.dropped())["outcome"] == "merged"
    assert asking.told == ["Asked", "Approved"]


async def test_a_pending_request_that_was_adopted_with_an_approval_is_merged() -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started(make_csr("web.pay.example.com")[1])
    subject = {"x509_props": {"subject": "CN=web.pay.example.com"}}
    asking.vault.policies["pay-web"] = {"key_props": {"kty": "EC"}, **subject}
    answer = await asking.ask({"if_pending": "adopt", "owner": "pay@example.com"})
    assert outcome(answer) == (202, "awaiting-approval")
    assert outcome(await asking.decide("approve", asking.header(BOB, "pki"))) == (200, "started")
    assert (await asking.dropped())["outcome"] == "merged"
    assert asking.told == ["Asked", "Approved"]


async def test_a_request_of_the_scan_waits_as_well() -> None:
    asking = Elsewhere(conditions=[WANTED])
    request = await adopt(asking.api.certflow(), "prod-pay", "pay-web", asking.started(), SCAN)
    assert request.origin is Origin.FOUND
    assert (await asking.dropped())["outcome"] == "waiting"
    old = replace(request, origin=None)
    assert is_from_elsewhere(old)
    assert not is_from_elsewhere(replace(old, requested_by=person("ann@example.com")))
    assert not is_from_elsewhere(replace(request, origin=Origin.CALLER))


async def test_a_request_that_was_not_approved_is_started_anew_and_merged_then() -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    await asking.dropped()
    await asking.decide("refuse")
    policy = {"issuer": {"name": "Unknown"}, "x509_props": {"subject": "CN=web.pay.example.com"}}
    answer = await asking.ask({"policy": policy, "owner": "pay@example.com", "if_pending": "replace"})
    assert outcome(answer) == (202, "awaiting-approval")
    assert outcome(await asking.decide("approve")) == (200, "started")
    assert (await asking.dropped())["outcome"] == "merged"


@pytest.mark.parametrize(("issuer", "host"), [("Unknown", "*.bank.example.com"), ("DigiCert", "web.pay.example.com")])
async def test_what_the_portal_started_after_a_lost_answer_is_not_what_was_approved(issuer: str, host: str) -> None:
    asking = Elsewhere(conditions=[WANTED])
    await asking.ask({"policy": PLAIN, "owner": "pay@example.com"})
    await asking.losing(asking.decide("approve"))
    operation = asking.started(make_csr(host)[1])
    asking.vault.operations["pay-web"] = replace(operation, issuer=issuer)
    await asking.settled()
    (request,) = asking.api.world.ledger.tracked.values()
    assert (request.request_id, request.origin, request.approval) == (operation.request_id, Origin.FOUND, None)
    assert request.requested_by is None
    assert asking.approval.request_id is None


async def test_its_chain_then_waits_for_an_approval_of_its_own() -> None:
    asking = Elsewhere(conditions=[WANTED])
    await asking.ask({"policy": PLAIN, "owner": "pay@example.com"})
    await asking.losing(asking.decide("approve"))
    asking.started(make_csr("*.bank.example.com")[1])
    await asking.settled()
    assert (await asking.dropped())["outcome"] == "waiting"
    assert (asking.approval.of, asking.approval.names) == ("elsewhere", ("*.bank.example.com",))
    assert not asking.vault.merges


async def test_what_a_start_has_made_whose_answer_was_lost_is_what_was_approved() -> None:
    asking = Elsewhere(conditions=[WANTED])
    await asking.ask({"policy": PLAIN, "owner": "pay@example.com"})
    await asking.losing(asking.decide("approve"))
    operation = asking.started(make_csr("web.pay.example.com")[1])  # as Key Vault does it
    await asking.settled()
    assert (asking.approval.state, asking.approval.request_id) == ("started", operation.request_id)
    assert (await asking.dropped())["outcome"] == "merged"


async def test_a_start_by_the_stored_policy_takes_over_nothing_that_the_portal_started() -> None:
    asking = Elsewhere()  # wildcards are to be approved
    asking.vault.policies["pay-web"] = PLAIN
    body, key = {"owner": "pay@example.com"}, {"idempotency-key": "k"}
    assert (await asking.losing(asking.ask(body, **key))).status_code == 503
    asking.started(make_csr("*.pay.example.com")[1])
    assert outcome(await asking.ask(body, **key)) == (409, "pending")
    assert (await asking.dropped())["outcome"] == "waiting"
    assert not asking.vault.merges


MORE: list[list[dict[str, Any]]] = [[{**WANTED, "approvals": 2}], [BOARD], [WANTED, BOARD]]
ENOUGH: list[list[dict[str, Any]]] = [[WANTED], [], [{**WANTED, "tell": ["others@example.com"]}]]


@pytest.mark.parametrize("wanted", MORE)
async def test_a_yes_for_what_was_wanted_before_fails_and_the_next_chain_asks_again(
    wanted: list[dict[str, Any]],
) -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    await asking.dropped()
    asking.now_wants(*wanted)
    first = asking.approval
    assert outcome(await asking.decide("approve")) == (200, "failed")
    assert "asks for other approvals now" in (asking.api.world.approvals.kept[first.id].error or "")
    asking.api.world.later(minutes=20)
    await sweep_files(asking.api.certflow())
    assert (asking.approval.id != first.id, asking.approval.state) == (True, "awaiting-approval")
    assert not asking.vault.merges
    header = asking.header(CAT, "pki", "board")
    await asking.decide("approve", header)
    if not asking.approval.is_met:
        await asking.decide("approve")
    assert asking.approval.state == "started"
    assert (await asking.dropped())["outcome"] == "merged"


@pytest.mark.parametrize("wanted", MORE)
async def test_an_old_yes_does_not_count_for_new_conditions(wanted: list[dict[str, Any]]) -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    await asking.dropped()
    await asking.decide("approve")
    asking.now_wants(*wanted)
    for _ in range(2):
        report = await asking.dropped()
        assert (report["outcome"], codes(report)) == ("waiting", ["awaiting-approval"])
    assert (asking.approval.is_open, asking.told.count("Asked"), asking.vault.merges) == (True, 2, [])
    await asking.decide("refuse", asking.header(CAT, "pki", "board"))
    assert codes(await asking.dropped()) == ["not-approved"]


@pytest.mark.parametrize("wanted", ENOUGH)
async def test_a_yes_counts_where_the_file_wants_no_more_than_that(wanted: list[dict[str, Any]]) -> None:
    asking = Elsewhere(conditions=[{**WANTED, "approvals": 2}])
    asking.started()
    await asking.dropped()
    await asking.decide("approve", asking.header(CAT, "pki"))
    asking.now_wants(*wanted)
    assert outcome(await asking.decide("approve")) == (200, "started")
    assert (await asking.dropped())["outcome"] == "merged"


async def test_a_yes_fails_while_a_row_denies_it_and_is_asked_for_again_afterwards() -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    await asking.dropped()
    asking.now_wants(WANTED, DENIED)
    assert outcome(await asking.decide("approve")) == (200, "failed")
    assert asking.approval.error == "This is denied now: freeze."
    assert codes(await asking.dropped()) == ["not-approved"]
    asking.now_wants(WANTED)
    assert (await asking.dropped())["outcome"] == "waiting"
    assert outcome(await asking.decide("approve")) == (200, "started")


async def test_the_file_is_read_again_at_the_yes() -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    await asking.dropped()
    asking.conditions = [WANTED, DENIED]
    assert asking.api.world.access_files is not None
    asking.api.world.access_files.write(asking.file())  # a moment ago
    assert outcome(await asking.decide("approve")) == (200, "failed")


async def test_a_yes_waits_for_key_vault_and_the_timer_completes_it() -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    await asking.dropped()
    asking.vault.faults = [Unavailable("Key Vault", "down")]
    assert outcome(await asking.decide("approve")) == (200, "approved")
    assert (await asking.dropped())["outcome"] == "merged"  # all have said yes
    asking.api.world.later(minutes=3)
    await settle_approvals(asking.api.certflow())
    assert asking.approval.state == "started"


async def test_a_yes_for_what_was_deleted_meanwhile_is_none_for_what_came_after_it() -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    await asking.dropped()
    asking.started(make_csr("*.pay.example.com")[1])  # another one has its place
    assert outcome(await asking.decide("approve")) == (200, "failed")
    assert asking.approval.error == "The request is not pending in Key Vault any more."
    assert (await asking.dropped())["outcome"] == "waiting"
    assert asking.told == ["Asked", "Approved", "Failed", "Asked"]


async def test_a_yes_for_what_is_gone_or_in_a_vault_that_is_not_configured_any_more_fails() -> None:
    for gone in ("operations", "vault"):
        asking = Elsewhere(conditions=[WANTED])
        asking.started()
        await asking.dropped()
        if gone == "vault":
            asking.api.vaults = {}
        else:
            asking.vault.operations.clear()
        assert outcome(await asking.decide("approve")) == (200, "failed")


@pytest.mark.parametrize("route", ["return_chain", "merge_pending"])
async def test_who_sent_the_chain_that_asked_does_not_approve(route: str) -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    await asking.sent(route)
    own = asking.header(ANN, "pki")
    assert asking.approval.asked_by == SCAN
    for what in ("approve", "refuse"):
        assert outcome(await asking.decide(what, own)) == (403, "own-request")
    assert (await asking.shown(own))["may"] == ["withdraw"]
    assert outcome(await asking.decide("approve")) == (200, "started")


async def test_who_took_the_request_over_before_the_condition_does_not_approve() -> None:
    asking = Elsewhere(conditions=[])
    asking.started(make_csr("web.pay.example.com")[1])
    asking.vault.policies["pay-web"] = PLAIN
    assert (await asking.ask({"if_pending": "adopt", "owner": "pay@example.com"})).status_code == 202
    asking.now_wants(WANTED)
    assert (await asking.dropped())["outcome"] == "waiting"
    assert [one.oid for one in asking.approval.caused_by] == [ANN]
    assert outcome(await asking.decide("approve", asking.header(ANN, "pki"))) == (403, "own-request")
    assert outcome(await asking.decide("approve")) == (200, "started")


async def test_a_yes_under_way_that_is_not_enough_any_more_keeps_the_chain_waiting() -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    await asking.dropped()
    asking.vault.faults = [Unavailable("Key Vault", "down")]
    assert outcome(await asking.decide("approve")) == (200, "approved")
    asking.now_wants(BOARD)
    report = await asking.dropped()
    assert (report["outcome"], codes(report)) == ("waiting", ["awaiting-approval"])
    assert len(asking.api.world.approvals.kept) == 1
    asking.api.world.later(minutes=3)
    await settle_approvals(asking.api.certflow())
    assert (asking.approval.state, asking.vault.merges) == ("failed", [])


async def test_of_two_chains_at_once_one_asks_and_the_other_waits_as_well() -> None:
    asking = Elsewhere(conditions=[WANTED])
    asking.started()
    approvals = asking.api.world.approvals
    add = approvals.add

    async def second(change: ApprovalChange) -> Approval:
        approvals.add = add  # type: ignore[method-assign]  # as it was
        assert (await asking.sent("merge_pending")).status_code == 409
        return await add(change)

    approvals.add = second  # type: ignore[method-assign]  # another run asks just before
    assert (await asking.dropped())["outcome"] == "waiting"
    assert (len(approvals.kept), asking.told) == (1, ["Asked"])
