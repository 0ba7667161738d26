"""What others have said yes to is what starts: nothing that a start builds on may be swapped between both."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from functions.approvals.digest import digest_of
from functions.approvals.judge import proposed_policy
from functions.model.approval.record import Approval, Basis
from functions.model.request.actor import Actor, ActorKind
from functions.ports.judge import Proposal
from tests.certificates import make_csr
from tests.unit.approvals.asking import CHANGES, POLICY, Asking, outcome
from tests.unit.approvals.test_renewals import STORED, TAGS, Renewing, approved, names_are_not_compared
from tests.unit.signed_in import error_of

__all__ = ["names_are_not_compared"]  # a fixture

PLAIN = {**POLICY, "x509_props": {"subject": "CN=web.pay.example.com"}}
NEXT = {"owner": "pay@example.com"}  # with the stored policy
EVERY_NAME = {"names": ["pay-*"], "approvals": 1, "by": ["role:pki"]}
FREE = {"who": ["role:team-pay"], "may": ["read", "request"]}  # without limits
OWNED = {"certflow-owner": "pay@example.com", "certflow-signer": "good@example.com"}


async def asked(body: dict[str, Any], stored: dict[str, Any] = PLAIN, tags: dict[str, str] = OWNED) -> Asking:
    """The next version of a certificate waits."""
    asking = Asking(conditions=[EVERY_NAME], more_rows=[FREE])
    asking.vault.policies["pay-web"] = stored
    asking.vault.tagged["pay-web"] = tags
    assert outcome(await asking.ask(body)) == (202, "awaiting-approval")
    return asking


async def failure_of(asking: Asking) -> str:
    """Why nothing is started at the last yes."""
    answer = error_of(await asking.decide("approve"))
    assert answer["state"] == "failed"
    assert not CHANGES & set(asking.vault.calls)
    return str(answer["error"])


@pytest.mark.parametrize(
    ("body", "tags", "what"),
    [
        ({"policy": PLAIN}, {**OWNED, "certflow-signer": "evil@example.com"}, "its signer and its tags changed"),
        ({"policy": PLAIN}, {**OWNED, "certflow-renew": "auto"}, "for, its tags changed"),
        ({"policy": PLAIN}, {**OWNED, "certflow-owner": "evil@example.com"}, "the owner of the certificate and"),
        # The owner is in the body, so only the owner before is another.
        (
            {"policy": PLAIN, "owner": "pay@example.com", "tags": {}},
            {**OWNED, "certflow-owner": "treasury@example.com"},
            "for, the owner of the certificate changed",
        ),
    ],
)
async def test_tags_that_have_changed_since_are_not_what_was_approved(
    body: dict[str, Any], tags: dict[str, str], what: str
) -> None:
    asking = await asked(body)
    asking.vault.tagged["pay-web"] = tags
    assert what in await failure_of(asking)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            {"x509_props": {"subject": "CN=web.pay.example.com+OU=x"}},
            {"x509_props": {"subject": "CN=*.a.ex+OU=x"}},
        ),
        ({"issuer": {"name": "DigiCert", "cty": "OV-SSL"}}, {"issuer": {"name": "DigiCert", "cty": "EV-SSL"}}),
        ({}, {"lifetime_actions": [{"trigger": {"days_before_expiry": 9}, "action": {"action_type": "AutoRenew"}}]}),
    ],
    ids=["unread", "other", "the end of its life"],
)
async def test_what_certflow_does_not_read_in_a_stored_policy_is_approved_too(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    asking = await asked(NEXT, {**PLAIN, **before})
    asking.vault.policies["pay-web"] = {**PLAIN, **after}
    assert "the policy changed" in await failure_of(asking)


async def test_what_key_vault_alone_writes_into_a_stored_policy_is_no_change() -> None:
    asking = await asked(NEXT, {**PLAIN, "id": "https://a/policy", "attributes": {"updated": 1}})
    asking.vault.policies["pay-web"] = {**PLAIN, "id": "https://b/policy", "attributes": {"updated": 2}}
    assert outcome(await asking.decide("approve")) == (200, "started")


async def test_nothing_is_replaced_that_nobody_was_shown() -> None:
    asking = await asked({"policy": PLAIN, "if_pending": "replace"})
    asking.vault.start("pay-web", "DigiCert")
    assert "the pending request changed" in await failure_of(asking)


async def test_a_request_that_is_gone_has_not_to_be_replaced() -> None:
    asking = Asking(conditions=[EVERY_NAME])
    asking.vault.start("pay-web", "DigiCert")
    body = {"policy": PLAIN, "owner": "pay@example.com", "if_pending": "replace"}
    assert outcome(await asking.ask(body)) == (202, "awaiting-approval")
    assert (asking.approval.basis or Basis("")).how == "replaced"
    asking.vault.operations.clear()
    assert outcome(await asking.decide("approve")) == (200, "started")


@pytest.mark.parametrize("then", ["another", "none"])
async def test_what_is_adopted_is_what_stood_there(then: str) -> None:
    asking = Asking(conditions=[EVERY_NAME])
    asking.vault.policies["pay-web"] = PLAIN
    one = replace(asking.vault.start("pay-web", "DigiCert"), csr=make_csr("web.pay.example.com")[1])
    asking.vault.operations["pay-web"] = one
    answer = await asking.ask({"if_pending": "adopt", "owner": "pay@example.com"})
    assert outcome(answer) == (202, "awaiting-approval")
    assert asking.approval.basis is not None
    assert (asking.approval.basis.how, asking.approval.basis.stands) == ("adopted", one.request_id)
    asking.vault.operations.clear()
    if then == "another":
        asking.vault.operations["pay-web"] = replace(one, request_id="f" * 32)
    assert "the pending request changed" in await failure_of(asking)


@pytest.mark.parametrize(
    ("tags", "state"),
    [
        ({**TAGS, "certflow-owner": "evil@example.com"}, "failed"),
        ({**TAGS, "certflow-signer": "evil@example.com"}, "failed"),
        ({**TAGS, "cost": "4711"}, "started"),
    ],
)
async def test_a_renewal_takes_over_the_tags_of_its_start_but_no_other_people(tags: dict[str, str], state: str) -> None:
    asking = Renewing()
    asking.certificate(STORED)
    await asking.scanned()
    asking.vault.tagged["pay-web"] = tags
    assert outcome(await asking.decide("approve")) == (200, state)


async def test_a_renewal_whose_stored_policy_has_changed_since_is_not_what_was_approved() -> None:
    asking = Renewing()
    asking.certificate(STORED)
    await asking.scanned()
    asking.vault.policies["pay-web"] = {**STORED, "issuer": {"name": "DigiCert", "cty": "EV-SSL"}}
    answer = error_of(await asking.decide("approve"))
    assert (answer["state"], asking.created) == ("failed", 0)
    assert "the policy changed" in answer["error"]


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": {"name": "DigiCert", "cty": "EV-SSL"}},
        {"issuer": {"name": "DigiCert", "cert_transparency": False}},
        {"x509_props": {**STORED["x509_props"], "basic_constraints": {"ca": False, "path_len_constraint": 1}}},
        {"secret_props": {"contentType": "application/x-pem-file"}},
    ],
)
async def test_a_field_without_a_place_of_its_own_asks_again_and_is_shown(change: dict[str, Any]) -> None:
    asking = await approved()
    asking.certificate({**copy.deepcopy(STORED), **change})
    await asking.scanned()
    assert asking.created == 0
    assert set(asking.approval.difference or ()) == {"other_fields"}


async def test_the_defaults_that_key_vault_fills_in_are_no_difference() -> None:
    asking = await approved()
    asking.certificate({**copy.deepcopy(STORED), "secret_props": {"contentType": "application/x-pkcs12"}})
    await asking.scanned()
    assert asking.created == 1


async def test_nothing_is_inherited_of_what_certflow_cannot_read() -> None:
    policy = {**STORED, "x509_props": {"subject": "CN=web.pay.example.com+OU=x"}}
    asking = Renewing(conditions=[EVERY_NAME], more_rows=[FREE])
    assert outcome(await asking.ask({"policy": policy, "owner": "pay@example.com"})) == (202, "awaiting-approval")
    assert outcome(await asking.decide("approve")) == (200, "started")
    asking.certificate(policy)
    asking.vault.calls.clear()
    await asking.scanned()
    assert (asking.created, asking.told) == (0, ["Asked", "Approved", "Asked"])


def test_what_cannot_be_read_is_shown_with_its_value() -> None:
    stored: Any = {"x509_props": {"subject": "CN=a+OU=x", "odd": {"b": [1]}}, "issuer": {"cty": "OV"}}
    found = proposed_policy(Proposal("v", "n", None, stored, None, None, {}))
    assert found["other_fields"] == [
        "issuer.cty: OV",
        "secret_props.contentType: application/x-pkcs12",
        "x509_props.odd.b: [1]",
        "x509_props.subject: CN=a+OU=x",
    ]


ANN = Actor(ActorKind.PERSON, "ann", "t", "o")
WHOLE: dict[str, Any] = {
    "vault": "v",
    "name": "n",
    "body": {"a": 1},
    "policy": {"b": 2},
    "asked_by": ANN,
    "about": None,
    "basis": Basis("00", "o", "s", "f", {"t": "u"}),
}


@pytest.mark.parametrize(
    "change",
    [
        {"vault": "w"},
        {"name": "m"},
        {"body": {"a": 2}},
        {"policy": {"b": 3}},
        {"about": "00"},
        {"asked_by": replace(ANN, kind=ActorKind.APP)},
        {"asked_by": replace(ANN, tid="u")},
        {"asked_by": replace(ANN, oid="p")},
        {"asked_by": Actor(ActorKind.SYSTEM, "renewal")},
        {"asked_by": Actor(ActorKind.SYSTEM, "scan")},
        {"basis": None},
        *({"basis": replace(WHOLE["basis"], **{field: "x"})} for field in ("policy_sha256", "owner", "signer")),
        *({"basis": replace(WHOLE["basis"], **{field: "x"})} for field in ("former_owner", "how", "stands")),
        {"basis": replace(WHOLE["basis"], tags={})},
    ],
    ids=str,
)
def test_the_digest_is_of_each_of_them(change: dict[str, Any]) -> None:
    others = {digest_of(**WHOLE), digest_of(**{**WHOLE, "asked_by": Actor(ActorKind.SYSTEM, "check")})}
    assert digest_of(**{**WHOLE, **change}) not in others


def test_the_digest_says_nothing_of_case_and_of_the_name_of_a_person() -> None:
    assert digest_of(**{**WHOLE, "vault": "V", "name": "N", "asked_by": replace(ANN, name="Ann")}) == digest_of(**WHOLE)


@pytest.mark.parametrize("older", [False, True])
async def test_a_row_of_the_store_is_compared_as_what_was_asked_for(older: bool) -> None:
    asking = await asked(NEXT, {**PLAIN, "issuer": {"name": "DigiCert", "cty": "OV-SSL"}})
    known, kept = asking.approval, asking.api.world.approvals.kept
    row = json.loads(msgspec.json.encode(known))
    if older:
        del row["basis"]
    read = msgspec.json.decode(json.dumps(row), type=Approval)
    assert read == replace(known, basis=None if older else known.basis)
    kept[known.id] = replace(read, etag=known.etag)
    assert outcome(await asking.decide("approve")) == (200, "started")
