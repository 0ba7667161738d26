"""A create is judged on what it turns out to be, before anything is written, and a dry run changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from functions.model.errors import Forbidden, KeyReused, NotGranted, Refused, Unavailable
from functions.model.tags import OWNER_TAG
from functions.ports.judge import GiveBack, Proposal
from functions.ports.key_vault_objects import Policy
from functions.requests.create import CreateCommand, create_request
from functions.requests.dry_run import would_create
from tests.unit.fakes import World

POLICY: Policy = {
    "issuer": {"name": "DigiCert"},
    "key_props": {"kty": "EC"},
    "x509_props": {"subject": "CN=web.example.com"},
}
CHANGES = {"create", "cancel", "delete", "merge"}


@dataclass
class Counting:
    """Remembers what it was asked, and counts; `refuses` refuses."""

    refuses: bool = False
    missing: tuple[NotGranted, ...] = ()
    seen: list[Proposal] = field(default_factory=list)
    count: int = 0

    async def admit(self, proposal: Proposal) -> GiveBack:
        self.seen.append(proposal)
        if self.refuses:
            raise Forbidden("Not you.", "not-granted", self.missing)
        self.count += 1

        async def give_back() -> None:
            self.count -= 1

        return give_back


def order(judge: Counting, **more: object) -> CreateCommand:
    command = CreateCommand("MAIN", "web", {"policy": POLICY}, "me@example.com", judge=judge)
    return replace(command, **more)  # type: ignore[arg-type]  # of the test's own


async def test_the_stored_policy_and_both_owners_are_judged_where_none_is_sent() -> None:
    world, judge = World(), Counting()
    world.vault.policies["web"] = POLICY
    world.vault.tagged["web"] = {OWNER_TAG: "them@example.com", "team": "hr"}
    await create_request(world.certflow, order(judge, body={}, owner=None))
    await create_request(world.certflow, order(judge, body={"tags": {}}, if_pending="replace"))
    kept, taken = judge.seen
    assert (kept.vault, kept.sent, kept.stored) == ("main", None, POLICY)
    assert (kept.owner, kept.former_owner, kept.tags["team"]) == ("them@example.com", "them@example.com", "hr")
    assert (taken.owner, taken.former_owner) == ("me@example.com", "them@example.com")


@pytest.mark.parametrize("if_pending", ["reject", "adopt", "replace"])
async def test_what_is_refused_writes_and_changes_nothing(if_pending: str) -> None:
    world, judge = World(), Counting(refuses=True)
    world.vault.start("web", "DigiCert")
    with pytest.raises(Forbidden):
        await create_request(world.certflow, order(judge, if_pending=if_pending, key="a key"))
    assert not CHANGES & set(world.vault.calls)
    assert not world.ledger.intents
    assert not world.ledger.tracked


NUMBER_OF_TODAY = NotGranted("a_day", "number 2 of today", ("1",))


async def test_a_repetition_gets_its_answer_after_the_last_start_of_the_day() -> None:
    world, judge = World(), Counting()
    first = order(judge, key="once")
    started = await create_request(world.certflow, first)
    judge.refuses, judge.missing = True, (NUMBER_OF_TODAY,)
    assert await create_request(world.certflow, first) == started
    assert world.vault.calls.count("create") == 1


@pytest.mark.parametrize(
    ("more", "missing"),
    [
        ({"key": "another"}, (NUMBER_OF_TODAY,)),
        ({"key": None}, (NUMBER_OF_TODAY,)),
        ({"owner": "other@example.com"}, (NUMBER_OF_TODAY,)),
        ({}, ()),
        ({}, (NUMBER_OF_TODAY, NotGranted("name", "web", ("api",)))),
    ],
)
async def test_no_other_call_gets_that_answer(more: dict[str, str], missing: tuple[NotGranted, ...]) -> None:
    world, judge = World(), Counting()
    first = order(judge, key="once")
    await create_request(world.certflow, first)
    judge.refuses, judge.missing = True, missing
    with pytest.raises(Forbidden):
        await create_request(world.certflow, replace(first, **more))  # type: ignore[arg-type]  # of the test's own


async def test_only_what_key_vault_has_started_stays_counted() -> None:
    world, judge = World(), Counting()
    first = order(judge, key="once")
    await create_request(world.certflow, first)
    assert judge.count == 1
    await create_request(world.certflow, first)  # a repetition gets the first answer
    with pytest.raises(KeyReused):
        await create_request(world.certflow, replace(first, owner="other@example.com"))
    with pytest.raises(Refused, match="pending"):
        await create_request(world.certflow, order(judge))
    await create_request(world.certflow, order(judge, if_pending="adopt"))
    assert judge.count == 1
    world.vault.faults += [Unavailable("Key Vault", "down")] * 3
    with pytest.raises(Unavailable):
        await create_request(world.certflow, order(judge, if_pending="replace"))
    assert judge.count == 1


async def test_a_dry_run_says_how_it_would_come_about_and_changes_nothing() -> None:
    world, judge = World(), Counting()
    fresh = await would_create(world.certflow, order(judge))
    assert (fresh.how, fresh.refusal, fresh.proposal.sent) == ("created", None, POLICY)
    pending = world.vault.start("web", "DigiCert")
    hows = {
        if_pending: (await would_create(world.certflow, order(judge, if_pending=if_pending))).how
        for if_pending in ("adopt", "replace", "reject")
    }
    assert hows == {"adopt": "adopted", "replace": "replaced", "reject": None}
    refused = (await would_create(world.certflow, order(judge))).refusal
    assert refused is not None
    assert (refused.status, refused.reason, refused.request_id) == (409, "pending", pending.request_id)
    other = order(judge, body={"policy": {**POLICY, "issuer": {"name": "Other"}}}, if_pending="adopt")
    differs = (await would_create(world.certflow, other)).refusal
    assert differs is not None
    assert differs.reason == "pending-differs"
    assert not CHANGES & set(world.vault.calls)
    assert (judge.seen, world.ledger.intents) == ([], {})
