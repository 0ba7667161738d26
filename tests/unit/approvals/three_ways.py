"""One order, decided in three ways: by a dry run, by a create, and by a renewal that is due. What stands in the vault
is made by the emulator's rules, so it is the policy that was sent with Key Vault's defaults filled in.

**What is the same.** A dry run says what a create of the same caller does: the outcome, the reasons, what is missing,
and who has to approve what. A renewal gets what a create of somebody gets whom a grant without limits means and no
condition by `who` (`EVERYTHING`): it needs no grant, because a tag asks for it, and `who` never means Certflow itself.

**What is not.** For a member of a team a create may be refused where a renewal is not: for want of a grant, after the
last request of the day, or by a condition that has `who`. Never the other way round: what a renewal is denied, or needs
approved, is no less for any caller.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import azure.functions as func
import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings

from functions.model.approval.record import Approval, ApprovalOf
from functions.model.options import Options, Takes
from functions.model.tags import OWNER_TAG, RENEW_TAG
from functions.monitoring.expiry import entry_of, renew_or_tell
from functions.ports.start_counts import StartCount
from keyvault_emulator.keys_and_csrs import requested_extensions
from keyvault_emulator.policy import Policy, parse_body
from keyvault_emulator.policy_rules import complete_policy
from tests.certificates import DAY, Ca, Wish, csr_of, ec_key
from tests.clock import NOW, fixed_now
from tests.entra_tokens import ANN, TENANT
from tests.unit.approvals.asking import CHANGES
from tests.unit.approvals.random_orders import VAULTS, Order, orders
from tests.unit.fakes import FakeVault, World, version_of
from tests.unit.signed_in import FORGE, ROUTE, Api, error_of

CA = Ca.root("Root", at=fixed_now)
CSR = csr_of(ec_key(), "web.pay.example.com")
COUNTED = f"{TENANT}|{ANN}"  # who asks, in the count of today's requests
EVERYTHING = {"who": ["role:everything"], "may": ["request"]}
DENIED_RENEWAL = "a condition of the access file denies it: "
FORBIDDEN = 403


class Outcome(StrEnum):
    """What became of an order."""

    ALLOWED = "allowed"
    DENIED = "denied"
    NOT_GRANTED = "not-granted"
    NEEDS_APPROVAL = "approval-needed"


type Needs = frozenset[tuple[int, tuple[str, ...]]]


@dataclass(frozen=True)
class Verdict:
    """The decision on an order: `reasons` are those of the rows that deny it, `needs` each condition that wants it
    approved, with how many people out of whom, and `policy` what they read that it is for; `told` is whom the approval
    names that was asked for, and `missing` what no grant covers. `at_once`: it was refused before Key Vault was asked
    anything.
    """

    outcome: Outcome
    reasons: frozenset[str] = frozenset()
    needs: Needs = frozenset()
    policy: str = ""
    told: frozenset[str] = frozenset()
    missing: tuple[str, ...] = ()
    at_once: bool = False


def reasons_of(text: str) -> frozenset[str]:
    """What each row says that denies something; a caller reads, too, who can change that."""
    said = text.removeprefix("This is denied: ").removeprefix(DENIED_RENEWAL).partition(" Whoever may write ")[0]
    return frozenset(one.rstrip(".") for one in said.split("; "))


def refusal_of(error: dict[str, Any], *, at_once: bool) -> Verdict:
    message = error["message"] if "message" in error else error["error"]["message"]
    outcome, missing = Outcome(error["reason"]), error.get("missing") or ()
    return Verdict(
        outcome,
        reasons_of(message) if outcome is Outcome.DENIED else frozenset(),
        missing=tuple(json.dumps(one, sort_keys=True) for one in missing),
        at_once=at_once,
    )


def approval_of(approval: Approval, of: ApprovalOf) -> Verdict:
    assert (approval.of, approval.is_open) == (of, True)
    return Verdict(
        Outcome.NEEDS_APPROVAL,
        needs=frozenset((one.approvals, one.by) for one in approval.needs),
        policy=json.dumps(approval.policy, sort_keys=True),
        told=frozenset(address for one in approval.needs for address in one.tell),
    )


def stored(policy: dict[str, Any]) -> dict[str, Any]:
    """The policy as Key Vault keeps it."""
    found: dict[str, Any] = msgspec.to_builtins(completed(policy))
    return found


def completed(policy: dict[str, Any]) -> Policy:
    return complete_policy(parse_body(policy, Policy), now=NOW.timestamp())


def certificate(policy: dict[str, Any]) -> bytes:
    """A certificate (DER) with the names that its policy asks for, near its end."""
    asked = [one for one, _ in requested_extensions(completed(policy)) if isinstance(one, x509.SubjectAlternativeName)]
    wish = Wish(names=[name for names in asked for name in names], start=-75 * DAY, end=15 * DAY)
    return CA.signs(CSR, wish).public_bytes(Encoding.DER)


def api_of(order: Order, policy: dict[str, Any] | None) -> Api:
    """The API over a world of its own, where a certificate with this policy stands; None: none does."""
    world = World(options=Options(trusted=dict.fromkeys(VAULTS, Takes.ANY)))
    world.start_counts.counts[NOW.date(), COUNTED] = StartCount(NOW.date(), COUNTED, order.today)
    vaults = {alias: FakeVault() for alias in VAULTS}
    if policy is not None:
        vault, owner = vaults[order.vault], {OWNER_TAG: order.owner} if order.owner else {}
        vault.policies[order.name] = stored(policy)
        vault.tagged[order.name] = {RENEW_TAG: "auto", **owner}
        vault.certificates[order.name] = version_of(certificate(policy))
    rows = {"grants": [*order.grants, EVERYTHING], "conditions": order.conditions}
    return Api(world, vaults, json.dumps(rows).encode())


async def asked(order: Order, roles: list[str], query: str = "") -> tuple[func.HttpResponse, Api]:
    """Asks for it over the API. A policy that is stored already is not sent."""
    api = api_of(order, order.before)
    body: dict[str, Any] = {"owner": order.owner} if order.owner else {}
    if order.policy != order.before:
        body["policy"] = order.policy
    header = FORGE.bearer(FORGE.person(roles=roles))
    route, place = ROUTE["create_certificate"], {"vault": order.vault.upper(), "name": order.name}
    return await api.send(route, header, query=query, body=body or b"", **place), api


async def dry_run(order: Order, roles: list[str]) -> Verdict:
    """What a dry run says, which touches nothing."""
    answer, api = await asked(order, roles, "dry_run=true")
    vault, said = api.vaults[order.vault], error_of(answer)
    assert not CHANGES & set(vault.calls)
    assert (api.world.ledger.intents, api.world.approvals.kept) == ({}, {})
    assert api.world.start_counts.counts[NOW.date(), COUNTED].count == order.today
    if answer.status_code == FORBIDDEN:
        return refusal_of(said, at_once=not vault.calls)
    assert (answer.status_code, said.get("refusal")) == (200, None), said
    assert said["allowed"] is not ("forbidden" in said), said
    if said["allowed"]:
        return Verdict(Outcome.ALLOWED)
    if said["forbidden"]["reason"] != Outcome.NEEDS_APPROVAL:
        return refusal_of(said["forbidden"], at_once=False)
    return Verdict(
        Outcome.NEEDS_APPROVAL,
        needs=frozenset((one["count"], tuple(one["by"])) for one in said["approvals"]),
        policy=json.dumps(said["policy"], sort_keys=True),
    )


async def create(order: Order, roles: list[str]) -> Verdict:
    """What a create does."""
    answer, api = await asked(order, roles)
    vault, approvals = api.vaults[order.vault], list(api.world.approvals.kept.values())
    if answer.status_code == FORBIDDEN:
        assert (vault.created, approvals) == ([], [])
        return refusal_of(error_of(answer), at_once=not vault.calls)
    assert answer.status_code == 202, answer.get_body()
    assert len(vault.created) + len(approvals) == 1
    return approval_of(approvals[0], ApprovalOf.CREATE) if approvals else Verdict(Outcome.ALLOWED)


async def renewal(order: Order) -> Verdict:
    """What becomes of the next version of a certificate with this policy, for which nothing was ever approved."""
    api = api_of(order, order.policy)
    app, vault, world = api.certflow(), api.vaults[order.vault], api.world
    entry = await entry_of(app, order.vault, order.name)
    assert entry is not None
    await renew_or_tell(app, order.vault, entry)
    stopped = [one.data for one in world.ledger.events if one.type.endswith("RenewalStopped")]
    approvals = list(world.approvals.kept.values())
    assert len(vault.created) + len(stopped) + len(approvals) == 1, (vault.created, stopped, approvals)
    if stopped:
        assert stopped[0]["reason"] == Outcome.DENIED, stopped
        return Verdict(Outcome.DENIED, reasons_of(stopped[0]["sentence"]))
    return approval_of(approvals[0], ApprovalOf.RENEWAL) if approvals else Verdict(Outcome.ALLOWED)


async def decided(order: Order) -> tuple[Verdict, Verdict, Verdict]:
    """How the order is decided for a member of the team, for somebody who may do everything, and as a renewal."""
    return await started(order, order.roles), await started(order, ["everything"]), await renewal(order)


async def started(order: Order, roles: list[str]) -> Verdict:
    """What a create does, after a dry run has said the same."""
    foreseen, verdict = await dry_run(order, roles), await create(order, roles)
    assert foreseen == replace(verdict, told=frozenset())  # a dry run tells nobody
    return verdict


def hold(order: Order) -> list[tuple[str, Outcome]]:
    """Holds what has to be the same for an order. Returns who got which outcome; `both`, if that had to be the same for
    the team and the renewal.
    """
    for_team, for_anybody, renewed = asyncio.run(decided(order))
    same_as_renewal(for_anybody, renewed)
    no_less_than_renewal(for_team, renewed)
    found = [("team", for_team.outcome), ("renewal", renewed.outcome)]
    if order.is_for_everybody and not for_team.missing:
        same_as_renewal(for_team, renewed)
        found.append(("both", renewed.outcome))
    return found


def same_as_renewal(created: Verdict, renewed: Verdict) -> None:
    """What is denied for a name, whatever is asked for, is denied at once: without the reasons that come later."""
    if created.at_once:
        assert created.outcome is Outcome.DENIED
        assert created.reasons
        created = replace(created, reasons=created.reasons | renewed.reasons, at_once=False)
    assert created == renewed


def no_less_than_renewal(created: Verdict, renewed: Verdict) -> None:
    """No caller is allowed what a renewal is denied, or without the approvals that it needs."""
    refused = {Outcome.DENIED, Outcome.NOT_GRANTED}
    if renewed.outcome is Outcome.DENIED:
        assert created.outcome in refused
    if renewed.outcome is Outcome.NEEDS_APPROVAL:
        assert created.outcome in {*refused, Outcome.NEEDS_APPROVAL}
    if created.outcome is Outcome.NEEDS_APPROVAL:
        assert created.needs >= renewed.needs


def check_orders(examples: int, *, least: int, the_same: bool) -> None:
    """Holds it for so many random orders, `the_same` ones each time or others; each outcome is that of `least` of them
    at least.
    """
    seen: Counter[tuple[str, Outcome]] = Counter()

    @settings(max_examples=examples, derandomize=the_same, database=None)
    @given(orders())
    def check(order: Order) -> None:
        seen.update(hold(order))

    check()
    by_conditions = [one for one in Outcome if one is not Outcome.NOT_GRANTED]
    wanted = [
        *(("team", one) for one in Outcome),
        *((who, one) for who in ("renewal", "both") for one in by_conditions),
    ]
    assert all(seen[one] >= least for one in wanted), seen
    assert sum(seen["renewal", one] for one in by_conditions) >= examples, seen
