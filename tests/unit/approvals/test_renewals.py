"""A renewal inherits the last approval of its certificate while it is for the same, and else waits for one."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from functions.approvals.settle import settle_approvals
from functions.model.errors import Unavailable
from functions.monitoring.expiry import renew_or_tell
from functions.ports.vault import CertificateItem
from functions.x509.public_keys import sha1_of
from tests.certificates import Ca
from tests.clock import fixed_now
from tests.unit.approvals.asking import ANN, CHANGES, ONE_OF_PKI, POLICY, Asking, outcome
from tests.unit.fakes import signed, version_of
from tests.unit.signed_in import error_of

CA = Ca.root("Root", at=fixed_now)
STORED = {**POLICY, "x509_props": {**POLICY["x509_props"], "validity_months": 6}}
OTHER = {"subject": "CN=web.pay.example.com", "sans": {"dns_names": ["*.other.pay.example.com"]}}
TAGS = {"certflow-renew": "auto", "certflow-owner": "pay@example.com"}


@dataclass
class Renewing(Asking):
    """A certificate of the team near its end, tagged to be renewed, with this stored policy."""

    def certificate(self, policy: dict[str, Any]) -> None:
        """The certificate has a new current version."""
        self.vault.policies["pay-web"] = policy
        self.vault.tagged["pay-web"] = TAGS
        self.vault.certificates["pay-web"] = version_of(signed(CA, self.vault.start("pay-web.pay")))
        self.vault.operations.clear()

    async def scanned(self, times: int = 1) -> None:
        """The inventory scan comes by."""
        for _ in range(times):
            now = self.api.world.now
            thumbprint = sha1_of(self.vault.certificates["pay-web"].der)
            entry = CertificateItem("pay-web", thumbprint, now - timedelta(days=75), now + timedelta(days=15))
            await renew_or_tell(self.api.certflow(), "prod-pay", replace(entry, tags=TAGS))
            self.api.world.later(hours=1)

    @property
    def created(self) -> int:
        """How often Key Vault was asked to start something."""
        return self.vault.calls.count("create")

    @property
    def stopped(self) -> list[Any]:
        """Why renewals were stopped."""
        events = self.api.world.ledger.events
        return [event.data for event in events if event.type.endswith("RenewalStopped")]


@pytest.fixture(autouse=True)
def names_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The CSRs of the fake have names of their own."""
    monkeypatch.setattr("functions.approvals.renewing.renewal_guards._lost", lambda *_: ())


async def approved(policy: dict[str, Any] = STORED) -> Renewing:
    """The first version was asked for and approved, and its next one is due."""
    asking = Renewing()
    assert outcome(await asking.ask({"policy": policy, "owner": "pay@example.com"})) == (202, "awaiting-approval")
    assert outcome(await asking.decide("approve")) == (200, "started")
    asking.certificate(policy)
    asking.vault.calls.clear()
    return asking


async def test_a_renewal_of_what_was_approved_asks_nobody() -> None:
    asking = await approved()
    await asking.scanned(2)
    assert (asking.created, asking.told) == (1, ["Asked", "Approved"])
    assert asking.stopped == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"x509_props": {**OTHER, "validity_months": 6}}, "names"),
        ({"x509_props": {**STORED["x509_props"], "subject": "CN=*.pay.example.com"}}, "subject"),
        ({"x509_props": {**STORED["x509_props"], "validity_months": 12}}, "months"),
        ({"x509_props": {**STORED["x509_props"], "ekus": ["1.3.6.1.5.5.7.3.2"]}}, "ekus"),
        ({"x509_props": {**STORED["x509_props"], "basic_constraints": {"ca": True}}}, "ca"),
        ({"key_props": {"kty": "EC", "crv": "P-384"}}, "key"),
        ({"key_props": {"kty": "EC", "exportable": False}}, "exportable"),
        ({"issuer": {"name": "GlobalSign"}}, "issuer"),
    ],
)
async def test_a_field_that_has_changed_since_asks_again_and_shows_the_difference(
    change: dict[str, Any], field: str
) -> None:
    asking = await approved()
    asking.certificate({**STORED, **change})
    await asking.scanned(3)
    assert (asking.created, asking.told) == (0, ["Asked", "Approved", "Asked"])  # once, however often it is scanned
    (waiting,) = [one for one in asking.api.world.approvals.kept.values() if one.renews]
    assert waiting.difference is not None
    assert set(waiting.difference) == {field}
    (told,) = [event for event in asking.api.world.ledger.events if event.id == f"approval:{waiting.id}:asked"]
    assert [one["field"] for one in told.data["difference"]] == [field]
    answer = error_of(await asking.decide("approve", id_=waiting.id, body={"digest": waiting.digest}))
    assert (answer["state"], answer["of"], answer["asked_by"]) == ("started", "renewal", "system:renewal")
    assert list(answer["difference"]) == [field]
    assert asking.vault.created[-1] == {"tags": TAGS}
    (request,) = [one for one in asking.api.world.ledger.tracked.values() if one.renews]
    assert (request.owner, request.approval, request.requested_by and request.requested_by.shown) == (
        "pay@example.com",
        waiting.id,
        "system:renewal",
    )
    await asking.scanned(2)
    assert asking.created == 1


@pytest.mark.parametrize("gone", [False, True], ids=["there", "gone"])
async def test_a_row_for_some_callers_counts_for_the_renewal_of_what_it_had_approved(*, gone: bool) -> None:
    denied = {"who": ["role:left"], "deny": True, "say": "left the team"}
    asking = Renewing(conditions=[{**ONE_OF_PKI, "who": ["role:team-pay"]}, denied])
    assert outcome(await asking.ask({"policy": STORED, "owner": "pay@example.com"})) == (202, "awaiting-approval")
    assert outcome(await asking.decide("approve")) == (200, "started")
    changed = {**STORED, "key_props": {"kty": "EC", "crv": "P-384"}}
    asking.certificate(changed)
    asking.vault.calls.clear()
    if gone:
        asking.conditions = []
        asking.write()
    await asking.scanned(2)
    waiting = [one for one in asking.api.world.approvals.kept.values() if one.renews]
    assert ([one.needs[0].by for one in waiting], asking.created) == (([], 1) if gone else ([("role:pki",)], 0))


async def test_a_row_for_some_callers_counts_for_no_renewal_of_what_nobody_approved() -> None:
    asking = Renewing(conditions=[{**ONE_OF_PKI, "who": ["role:team-pay"]}])
    asking.certificate(STORED)
    await asking.scanned()
    assert asking.created == 1


async def test_the_order_and_the_case_of_names_are_no_difference() -> None:
    names = ["*.a.pay.example.com", "*.b.pay.example.com"]
    policy = copy.deepcopy(STORED)
    policy["x509_props"]["sans"]["dns_names"] = names
    asking = await approved(policy)
    policy = copy.deepcopy(policy)
    policy["x509_props"]["sans"]["dns_names"] = [name.upper() for name in reversed(names)]
    asking.certificate(policy)
    await asking.scanned()
    assert (asking.created, asking.told) == (1, ["Asked", "Approved"])


async def test_what_nobody_ever_approved_waits_and_who_asked_is_certflow() -> None:
    asking = Renewing()
    asking.certificate(STORED)
    await asking.scanned(2)
    assert (asking.created, asking.told, asking.approval.difference) == (0, ["Asked"], None)
    assert not CHANGES & set(asking.vault.calls)
    assert asking.api.world.published.count("Certificate.NearExpiry") == 1  # the owner hears that it ends


@pytest.mark.parametrize("what", ["refuse", "withdraw"])
async def test_after_a_no_it_is_stopped_for_this_version_and_told_once(what: str) -> None:
    asking = Renewing()
    asking.certificate(STORED)
    await asking.scanned()
    assert (await asking.decide(what)).status_code == 200
    await asking.scanned(3)
    assert [one["reason"] for one in asking.stopped] == ["approval-needed"]
    assert "the approval that the access file asks for was" in asking.stopped[0]["sentence"]
    asking.certificate(STORED)  # somebody has renewed it by hand, and the next version is due
    await asking.scanned()
    assert [word for word in asking.told if word == "Asked"] == ["Asked", "Asked"]


async def test_what_nobody_decides_in_time_is_stopped() -> None:
    asking = Renewing()
    asking.certificate(STORED)
    await asking.scanned()
    asking.api.world.later(days=8)
    await asking.scanned()
    assert (asking.told, [one["reason"] for one in asking.stopped]) == (["Asked", "Expired"], ["approval-needed"])


async def test_nobody_is_asked_while_a_create_for_the_name_waits() -> None:
    asking = Renewing()
    asking.certificate(STORED)
    assert outcome(await asking.ask()) == (202, "awaiting-approval")
    await asking.scanned(2)
    assert (asking.created, asking.told, asking.stopped) == (0, ["Asked"], [])


async def test_a_version_that_somebody_else_has_replaced_is_not_renewed_by_a_late_yes() -> None:
    asking = Renewing()
    asking.certificate(STORED)
    await asking.scanned()
    asking.certificate(STORED)
    answer = error_of(await asking.decide("approve"))
    assert (answer["state"], answer["error"]) == ("failed", "The certificate has another version by now.")
    assert asking.created == 0


async def test_a_renewal_that_needs_no_approval_any_more_is_started_once_whoever_says_yes_later() -> None:
    asking = Renewing()
    asking.certificate(STORED)
    await asking.scanned()
    asking.conditions = []
    asking.write()
    await asking.scanned()
    assert asking.created == 1
    (request,) = asking.api.world.ledger.tracked.values()
    asking.api.world.ledger.intents.clear()  # days later
    answer = error_of(await asking.decide("approve"))
    assert (answer["state"], answer["request_id"]) == ("started", request.request_id)
    note = await asking.api.world.monitoring_store.note("prod-pay", "pay-web")
    assert note is not None
    assert len(note.renewals) == 1
    await settle_approvals(asking.api.certflow())
    assert asking.created == 1


async def test_the_asker_of_a_renewal_is_nobody_so_any_approver_decides() -> None:
    asking = Renewing(more_rows=[{"who": ["role:lead"], "may": ["read", "approve"]}])
    asking.conditions = [{"wildcard": True, "approvals": 1}]
    asking.write()
    asking.certificate(STORED)
    await asking.scanned()
    assert outcome(await asking.decide("approve", asking.header(ANN, "lead"))) == (200, "started")


async def waiting(**more: Any) -> Renewing:
    """A renewal that nobody has approved yet."""
    asking = Renewing(**more)
    asking.certificate(STORED)
    await asking.scanned()
    assert asking.told == ["Asked"]
    return asking


async def failure_of(asking: Renewing) -> str:
    """Why the renewal is not started at the last yes."""
    answer = error_of(await asking.decide("approve"))
    assert (answer["state"], asking.created) == ("failed", 0)
    return str(answer["error"])


async def test_an_issuer_that_is_not_allowed_any_more_issues_no_renewal_at_a_late_yes() -> None:
    asking = await waiting()
    asking.api.world.options = replace(asking.api.world.options, issuers=("GlobalSign",))
    assert "CERTFLOW_ISSUERS does not allow" in await failure_of(asking)


async def test_a_renewal_that_key_vault_makes_itself_by_now_is_not_started() -> None:
    asking = await waiting()
    action = {"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "AutoRenew"}}
    asking.vault.policies["pay-web"] = {**STORED, "lifetime_actions": [action]}
    assert "AutoRenew" in await failure_of(asking)


async def test_names_that_would_be_lost_stop_a_renewal_at_a_late_yes(monkeypatch: pytest.MonkeyPatch) -> None:
    asking = await waiting()
    monkeypatch.setattr("functions.approvals.renewing.renewal_guards._lost", lambda *_: ("old.pay.example.com",))
    assert "lacks names" in await failure_of(asking)


@pytest.mark.parametrize("other_version", [False, True])
async def test_a_third_version_within_a_day_is_not_started_at_a_late_yes(other_version: bool) -> None:
    asking = await waiting()
    notes, now = asking.api.world.monitoring_store, asking.api.world.now
    note = await notes.note("prod-pay", "pay-web")
    assert note is not None
    thumbprint = "0" * 40 if other_version else note.thumbprint
    await notes.save_note(replace(note, thumbprint=thumbprint, renewals=(now, now)))
    assert "within a day" in await failure_of(asking)


async def test_a_renewal_whose_tag_is_gone_is_not_started_at_a_late_yes() -> None:
    asking = await waiting()
    asking.vault.tagged["pay-web"] = {"certflow-owner": "pay@example.com"}
    assert "Neither a tag nor a setting" in await failure_of(asking)


async def test_a_vault_in_which_nothing_is_renewed_any_more_gets_no_renewal_at_a_late_yes() -> None:
    asking = await waiting()
    asking.api.world.options = replace(asking.api.world.options, renews=False)
    assert "Neither a tag nor a setting" in await failure_of(asking)


async def test_a_renewal_at_the_last_yes_counts_once_and_is_noted_for_the_scans() -> None:
    asking = await waiting()
    day = asking.api.world.now.date()
    assert outcome(await asking.decide("approve")) == (200, "started")
    notes = asking.api.world.monitoring_store
    note = await notes.note("prod-pay", "pay-web")
    assert note is not None
    assert (note.renewed, len(note.renewals)) == (note.thumbprint, 1)
    await asking.scanned(2)
    assert (await notes.renewals("prod-pay", day), asking.created) == (1, 1)


async def test_a_renewal_that_key_vault_refuses_is_taken_out_of_the_count() -> None:
    asking = await waiting()
    day = asking.api.world.now.date()
    asking.vault.start("pay-web", "DigiCert")  # meanwhile, in the portal
    assert error_of(await asking.decide("approve"))["state"] == "failed"
    assert await asking.api.world.monitoring_store.renewals("prod-pay", day) == 0


async def test_what_has_no_room_today_waits_for_tomorrow_and_no_longer() -> None:
    asking = await waiting()
    usual = asking.api.world.options
    asking.api.world.options = replace(usual, max_renewals=0)
    assert outcome(await asking.decide("approve")) == (200, "approved")
    await settle_approvals(asking.api.certflow())
    assert (asking.approval.state, asking.created) == ("approved", 0)
    asking.api.world.later(days=1)
    asking.api.world.options = usual
    await settle_approvals(asking.api.certflow())
    assert (asking.approval.state, asking.created) == ("started", 1)


async def test_what_has_no_room_on_the_next_day_either_has_failed() -> None:
    asking = await waiting()
    asking.api.world.options = replace(asking.api.world.options, max_renewals=0)
    await asking.decide("approve")
    asking.api.world.later(days=1)
    await settle_approvals(asking.api.certflow())
    assert asking.approval.state == "failed"
    assert asking.approval.error == "0 renewals were started in this vault today, as many as are allowed."


async def test_a_note_that_cannot_be_written_changes_nothing_of_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    asking = await waiting()

    async def down(*_: Any) -> None:
        raise Unavailable("The table storage", "down")

    monkeypatch.setattr(asking.api.world.monitoring_store, "save_note", down)
    assert outcome(await asking.decide("approve")) == (200, "started")


REFUSABLE = [(STORED, 0), ({**STORED, "key_props": {"kty": "RSA"}}, 1)]


@pytest.mark.parametrize(("policy", "created"), REFUSABLE, ids=["the same", "another policy"])
async def test_what_was_refused_after_its_approval_is_not_inherited(policy: dict[str, Any], created: int) -> None:
    asking = await approved()
    assert outcome(await asking.ask({"policy": policy, "owner": "pay@example.com"})) == (202, "awaiting-approval")
    assert outcome(await asking.decide("refuse")) == (200, "refused")
    await asking.scanned()
    assert asking.created == created


async def test_what_was_approved_after_a_refusal_is_inherited() -> None:
    asking = Renewing()
    body = {"policy": STORED, "owner": "pay@example.com"}
    await asking.ask(body)
    assert outcome(await asking.decide("refuse")) == (200, "refused")
    asking.api.world.later(hours=1)
    await asking.ask(body)
    assert outcome(await asking.decide("approve")) == (200, "started")
    asking.certificate(STORED)
    asking.vault.calls.clear()
    await asking.scanned()
    assert asking.created == 1


async def test_what_was_withdrawn_after_its_approval_is_inherited_all_the_same() -> None:
    asking = await approved()
    await asking.ask({"policy": STORED, "owner": "pay@example.com"})
    assert outcome(await asking.decide("withdraw", asking.header(ANN, "team-pay"))) == (200, "withdrawn")
    await asking.scanned()
    assert asking.created == 1
