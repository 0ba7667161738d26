"""Starting a request: nothing is started that we could lose, and what was refused is never started later."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from functions.access.roles import only_operator
from functions.app.context import InForce
from functions.model.errors import InvalidRequest, KeyReused, Refused, Unavailable, UnknownVault
from functions.model.request.act_facts import policy_sha256
from functions.model.request.operation import Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.ports.access_files import AccessState
from functions.ports.key_vault_objects import CreateFields, Policy
from functions.ports.ledger import Intent
from functions.ports.vault import PendingOperation
from functions.requests.create import CreateCommand, CreateResult, create_request
from functions.x509.usages import CLIENT, SERVER
from tests.actors import person
from tests.unit.fakes import World

ME = person("me")
# What the fake vault makes: EC keys for the name alone.
POLICY: Policy = {
    "issuer": {"name": "DigiCert"},
    "key_props": {"kty": "EC"},
    "x509_props": {"subject": "CN=web.example.com"},
}
ORDER = CreateCommand("main", "web", {"policy": POLICY}, "me@example.com", by=ME)


async def tracked(world: World, started: CreateResult) -> TrackedRequest:
    request = await world.ledger.get("main", "web", started.request_id)
    assert request is not None
    return request


def lost_answer(world: World) -> None:
    """Key Vault takes the next create, and its answer never comes."""
    create = world.vault.create

    async def create_and_lose(name: str, body: Any) -> PendingOperation:
        world.vault.create = create  # type: ignore[method-assign]  # once
        await create(name, body)
        raise Unavailable("Key Vault", "no answer", maybe_done=True)

    world.vault.create = create_and_lose  # type: ignore[method-assign]  # the fault


def refused(world: World, error: Refused) -> None:
    """Key Vault takes no create."""

    async def refuse(name: str, body: Any) -> PendingOperation:
        raise error

    world.vault.create = refuse  # type: ignore[method-assign]  # the fault


async def test_a_start_is_tracked_and_told() -> None:
    world = World()
    request = await tracked(world, await create_request(world.certflow, ORDER))
    assert (request.issuer, request.owner, request.status) == ("DigiCert", "me@example.com", Status.IN_PROGRESS)
    assert request.requested_by == ME
    assert request.subject == "CN=web.example.com"
    assert world.published == ["Issuance.Started"]
    assert [(act.what, act.by) for act in world.ledger.acts] == [("created", ME)]
    assert world.ledger.intents == {}


async def test_the_history_has_who_owned_a_certificate_its_policies_and_the_access_file() -> None:
    world = World()
    stored: Policy = {"issuer": {"name": "Unknown"}, "x509_props": {"subject": "CN=web.example.com"}}
    world.vault.policies["web"], world.vault.tagged["web"] = stored, {"certflow-owner": "ann@example.com"}
    world.access.in_force = InForce(only_operator(None), AccessState.FILE, "5" * 64)
    await create_request(world.certflow, ORDER)
    (act,) = world.ledger.acts
    assert act.before == {"owner": "ann@example.com", "policy_sha256": policy_sha256(stored)}
    assert act.after is not None
    assert (act.after["owner"], act.after["policy_sha256"]) == ("me@example.com", policy_sha256(POLICY))
    assert act.access == "5" * 64


async def test_a_start_by_the_stored_policy_names_that_before_and_after() -> None:
    world = World()
    world.vault.policies["web"] = POLICY
    await create_request(world.certflow, replace(ORDER, body={}))
    (act,) = world.ledger.acts
    assert act.before == {"policy_sha256": policy_sha256(POLICY)}
    assert act.after is not None
    assert act.after["policy_sha256"] == policy_sha256(POLICY)
    assert act.access is None


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, ["alternative name", "client authentication"]),
        ({"sans": {"dns_names": []}, "ekus": [CLIENT]}, ["alternative name", "client authentication"]),
        ({"sans": {"upns": ["me@example.com"]}}, ["client authentication"]),
        ({"sans": {"dns_names": ["web.example.com"]}, "ekus": [SERVER]}, []),
        ({"sans": {"dns_names": ["web.example.com"]}, "ekus": []}, []),
    ],
)
async def test_what_will_be_wrong_with_a_certificate_is_said_at_its_start(
    asked: dict[str, Any], says: list[str]
) -> None:
    world = World()
    body: Any = {"policy": {"issuer": {"name": "Unknown"}, "x509_props": {"subject": "CN=web.example.com", **asked}}}
    for _ in range(2):  # a repetition of the call hears the same
        note = (await create_request(world.certflow, replace(ORDER, body=body, key="k"))).note or ""
        assert [what for what in ("alternative name", "client authentication") if what in note] == says


async def test_of_a_next_version_only_the_names_are_said() -> None:
    world = World()
    world.vault.policies["web"] = {"issuer": {"name": "Unknown"}, "x509_props": {"subject": "CN=web.example.com"}}
    note = (await create_request(world.certflow, replace(ORDER, body={}))).note or ""
    assert "alternative name" in note
    assert "client authentication" not in note


async def test_an_unknown_vault_is_named_with_those_that_are_known() -> None:
    with pytest.raises(UnknownVault, match=r"'nowhere'.*main"):
        await create_request(World().certflow, CreateCommand("nowhere", "web", {}))


async def test_with_the_storage_down_nothing_is_started() -> None:
    world = World()
    world.ledger.down = True
    with pytest.raises(Unavailable):
        await create_request(world.certflow, ORDER)
    assert "create" not in world.vault.calls


async def test_what_key_vault_refuses_leaves_nothing_behind() -> None:
    world = World()
    world.vault.start("web", "DigiCert")
    with pytest.raises(Refused):
        await create_request(world.certflow, ORDER)
    assert world.ledger.intents == {}
    world.later(hours=1)
    await world.sweep()
    assert world.ledger.tracked == {}


@pytest.mark.parametrize(
    ("issuer", "ways"), [("Unknown", ["merge", "delete"]), ("DigiCert", ["wait", "cancel", "delete"])]
)
async def test_a_pending_request_is_a_conflict_with_the_ways_out_that_apply(issuer: str, ways: list[str]) -> None:
    world = World()
    standing = world.vault.start("web", issuer)
    with pytest.raises(Refused) as caught:
        await create_request(world.certflow, ORDER)
    assert (caught.value.status, caught.value.reason) == (409, "pending")
    assert [way.do for way in caught.value.ways_out] == ways
    assert caught.value.request_id == standing.request_id


@pytest.mark.parametrize(("inner", "reason"), [("ObjectIsDeletedButRecoverable", "soft-deleted"), (None, "name-taken")])
async def test_other_conflicts_are_told_apart(inner: str | None, reason: str) -> None:
    world = World()
    refused(world, Refused(409, "Conflict", "in the way", inner=inner))
    with pytest.raises(Refused) as caught:
        await create_request(world.certflow, ORDER)
    assert caught.value.reason == reason
    assert "rename" in [way.do for way in caught.value.ways_out]


async def test_an_issuer_that_the_vault_does_not_have_is_told_with_those_it_has() -> None:
    world = World()
    refused(world, Refused(400, "BadParameter", "no such issuer"))
    with pytest.raises(Refused) as caught:
        await create_request(
            world.certflow, replace(ORDER, body={"policy": {"issuer": {"name": "Nobody"}}, "tags": {}})
        )
    assert caught.value.issuers == ("DigiCert",)


async def test_a_pending_request_for_the_same_is_adopted() -> None:
    world = World()
    standing = world.vault.start("web", "DigiCert")
    started = await create_request(world.certflow, replace(ORDER, if_pending="adopt"))
    assert (started.request_id, started.how) == (standing.request_id, "adopted")
    assert (await tracked(world, started)).owner == "me@example.com"
    assert world.history == ["adopted"]
    assert "create" not in world.vault.calls


async def test_a_request_that_is_watched_already_can_be_adopted_and_each_time_is_a_line_of_history() -> None:
    world = World()
    await create_request(world.certflow, ORDER)
    await create_request(world.certflow, replace(ORDER, if_pending="adopt"))
    assert world.history == ["created", "adopted"]
    assert world.published == ["Issuance.Started"]


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        ({"key_props": {"kty": "RSA"}}, "key type: asked RSA 2048, pending EC secp256r1"),
        ({"key_props": {"kty": "EC", "crv": "P-384"}}, "key type: asked EC secp384r1"),
        ({"x509_props": {"subject": "CN=other.example.com"}}, "subject: asked CN=other.example.com"),
        (
            {"x509_props": {"subject": "CN=web.example.com", "sans": {"dns_names": ["a.example.com"]}}},
            "names (dns_names): asked a.example.com, pending none",
        ),
        ({"issuer": {"name": "GlobalSign"}}, "issuer: asked GlobalSign, pending DigiCert"),
    ],
)
async def test_a_pending_request_for_something_else_is_never_adopted(policy: Policy, what: str) -> None:
    world = World()
    world.vault.start("web", "DigiCert")
    with pytest.raises(Refused, match="for something else") as caught:
        await create_request(world.certflow, replace(ORDER, body={"policy": POLICY | policy}, if_pending="adopt"))
    assert what in str(caught.value)
    assert world.ledger.tracked == {}


async def test_without_a_policy_the_stored_one_says_what_is_asked() -> None:
    world = World()
    world.vault.start("web", "DigiCert")
    world.vault.policies["web"] = POLICY
    assert (await create_request(world.certflow, replace(ORDER, body={}, if_pending="adopt"))).how == "adopted"
    world.vault.policies["web"] = POLICY | {"key_props": {"kty": "RSA"}}
    with pytest.raises(Refused, match="key type"):
        await create_request(world.certflow, replace(ORDER, body={}, if_pending="adopt"))


async def test_a_pending_request_is_replaced_and_its_owner_told() -> None:
    world = World()
    old = await create_request(world.certflow, ORDER)
    new = await create_request(world.certflow, replace(ORDER, if_pending="replace"))
    assert new.how == "replaced"
    assert (new.note or "").startswith("The request at DigiCert that was replaced may go on there. ")
    was = await tracked(world, old)
    assert (was.status, was.replaced_by) == (Status.OVERWRITTEN, new.request_id)
    ended_and_new = ["Issuance.Overwritten", "Issuance.Started", "Certificate.ChangedByOthers"]
    assert world.published == ["Issuance.Started", *ended_and_new]
    assert world.history == ["created", "replaced", "created"]


async def test_a_replacement_that_is_refused_says_that_the_old_one_is_gone() -> None:
    world = World()
    old = await create_request(world.certflow, ORDER)

    refused(world, Refused(400, "BadParameter", "no"))
    with pytest.raises(Refused):
        await create_request(world.certflow, replace(ORDER, if_pending="replace"))
    assert (await tracked(world, old)).status is Status.DELETED
    assert world.history == ["created", "deleted"]


async def test_a_replacement_that_the_vault_forbids_says_so_and_starts_nothing() -> None:
    world = World()
    old = await create_request(world.certflow, ORDER)
    standing = world.vault.operations["web"]

    async def forbid(name: str, request_id: str | None = None) -> PendingOperation:
        raise Refused(403, "Forbidden", "Caller is not authorized to perform action on resource.")

    world.vault.delete_pending = forbid  # type: ignore[method-assign]  # the fault
    with pytest.raises(Refused, match="not authorized") as caught:
        await create_request(world.certflow, replace(ORDER, if_pending="replace"))
    assert caught.value.status == 403
    assert world.vault.operations["web"] == standing
    assert (await tracked(world, old)).status is Status.IN_PROGRESS
    assert world.vault.calls.count("create") == 1


async def test_a_start_that_never_reached_key_vault_is_not_looked_for() -> None:
    world = World()
    world.vault.faults = [Refused(404, "PendingCertificateNotFound", ""), Unavailable("Key Vault", "no connection")]
    with pytest.raises(Unavailable):
        await create_request(world.certflow, ORDER)
    assert world.ledger.intents == {}


@pytest.mark.parametrize("ended", [Status.IN_PROGRESS, Status.COMPLETED])
async def test_a_start_whose_answer_was_lost_is_found_and_watched_later(ended: Status) -> None:
    world = World()
    lost_answer(world)
    with pytest.raises(Unavailable):
        await create_request(world.certflow, ORDER)
    world.vault.operations["web"] = replace(world.vault.operations["web"], status=ended)
    world.later(minutes=3)
    await world.sweep()
    (request,) = world.ledger.tracked.values()
    assert (request.owner, request.status) == ("me@example.com", ended)
    assert world.ledger.intents == {}


async def test_what_stood_there_before_a_lost_start_is_not_taken_for_it() -> None:
    world = World()
    old = world.vault.start("web", "DigiCert")
    world.vault.operations["web"] = replace(old, status=Status.COMPLETED)
    none_changed = PendingOperation(world.vault.operations["web"], {"request_id": old.request_id})
    world.vault.faults = []

    async def fail(name: str, body: Any) -> PendingOperation:
        raise Unavailable("Key Vault", "no answer", maybe_done=True)

    world.vault.create = fail  # type: ignore[method-assign]  # the fault
    with pytest.raises(Unavailable):
        await create_request(world.certflow, ORDER)
    assert none_changed.operation == world.vault.operations["web"]
    world.later(minutes=3)
    await world.sweep()
    assert world.ledger.tracked == {}
    assert world.ledger.intents == {}


async def test_the_storage_failing_after_key_vault_accepted_does_not_turn_a_start_into_an_error() -> None:
    world = World()
    create = world.vault.create

    async def create_and_lose_the_storage(name: str, body: Any) -> PendingOperation:
        answer = await create(name, body)
        world.ledger.down = True
        return answer

    world.vault.create = create_and_lose_the_storage  # type: ignore[method-assign]  # the fault
    started = await create_request(world.certflow, ORDER)
    world.ledger.down = False
    assert world.ledger.tracked == {}
    world.later(minutes=3)
    await world.sweep()
    assert (await tracked(world, started)).owner == "me@example.com"


async def test_a_call_repeated_with_its_key_gets_the_first_answer() -> None:
    world = World()
    order = replace(ORDER, key="k1")
    first = await create_request(world.certflow, order)
    assert await create_request(world.certflow, order) == first
    assert world.vault.calls.count("create") == 1
    world.later(hours=25)
    await world.sweep()
    assert world.ledger.intents == {}


async def test_repetitions_at_once_start_one_request_and_none_of_them_takes_the_intent_away() -> None:
    world = World()
    order, create = replace(ORDER, key="k1"), world.vault.create

    async def create_after_the_others(name: str, body: Any) -> PendingOperation:
        await asyncio.sleep(0)  # every call has looked by then, and found nothing
        return await create(name, body)

    async def forget(intent: Intent) -> None:
        raise AssertionError("an intent that others still need was forgotten")

    world.vault.create = create_after_the_others  # type: ignore[method-assign]  # a slow vault
    world.ledger.remove_intent = forget  # type: ignore[method-assign]  # nobody's to do here
    answers = await asyncio.gather(*(create_request(world.certflow, order) for _ in range(5)))
    assert world.vault.calls.count("create") == 5  # four of them refused
    assert len({answer.request_id for answer in answers}) == 1
    assert len(world.ledger.tracked) == 1


async def test_a_repetition_that_is_faster_than_the_first_call_answers_for_both() -> None:
    world = World()
    order, create = replace(ORDER, key="k1"), world.vault.create
    first, through = asyncio.Event(), asyncio.Event()

    async def create_late(name: str, body: Any) -> PendingOperation:
        if not first.is_set():
            first.set()
            await through.wait()
        return await create(name, body)

    world.vault.create = create_late  # type: ignore[method-assign]  # the first call to get there is the last
    slow = asyncio.create_task(create_request(world.certflow, order))
    await first.wait()
    fast = await create_request(world.certflow, order)
    through.set()
    assert await slow == fast
    assert len(world.ledger.tracked) == 1


@pytest.mark.parametrize("key", ["k1", None])
async def test_somebody_elses_start_in_between_is_no_repetition(key: str | None) -> None:
    world = World()
    create = world.vault.create

    async def create_after_another(name: str, body: Any) -> PendingOperation:
        if "web" not in world.vault.operations:
            await create(name, body)
        return await create(name, body)

    world.vault.create = create_after_another  # type: ignore[method-assign]  # somebody else is faster
    with pytest.raises(Refused):
        await create_request(world.certflow, replace(ORDER, key=key))
    assert world.ledger.intents == {}
    assert world.slept == ([1] * 5 if key else [])


@pytest.mark.parametrize("later", [{"seconds": 1}, {"minutes": 3}])
async def test_a_call_repeated_after_its_answer_was_lost_gets_the_request_that_it_made(later: dict[str, float]) -> None:
    world = World()
    lost_answer(world)
    with pytest.raises(Unavailable):
        await create_request(world.certflow, replace(ORDER, key="k1"))
    world.later(**later)
    await world.sweep()
    again = await create_request(world.certflow, replace(ORDER, key="k1"))
    assert again.request_id == world.vault.operations["web"].request_id
    assert world.vault.calls.count("create") == 1
    assert world.history == ["created"]


async def test_a_call_repeated_that_never_got_through_starts_the_request() -> None:
    world = World()
    world.vault.faults = [
        Refused(404, "PendingCertificateNotFound", ""),
        Unavailable("KV", "HTTP 503", maybe_done=True),
    ]
    with pytest.raises(Unavailable):
        await create_request(world.certflow, replace(ORDER, key="k1"))
    again = await create_request(world.certflow, replace(ORDER, key="k1"))
    assert (await tracked(world, again)).status is Status.IN_PROGRESS


async def test_a_key_used_for_something_else_is_refused() -> None:
    world = World()
    await create_request(world.certflow, replace(ORDER, key="k1"))
    with pytest.raises(KeyReused):
        await create_request(world.certflow, replace(ORDER, key="k1", owner="you@example.com"))


async def created_with(world: World, body: CreateFields, owner: str | None = None) -> tuple[Any, str | None]:
    """The tags of what is created, and who is told of it."""
    started = await create_request(world.certflow, CreateCommand("main", "web", body, owner))
    return world.vault.created[-1].get("tags"), (await tracked(world, started)).owner


async def test_the_owner_is_kept_as_a_tag_for_a_request_ends_and_its_certificate_goes_on() -> None:
    ann, bob = {"certflow-owner": "ann@example.com"}, {"certflow-owner": "bob@example.com"}
    assert await created_with(World(), {}, "ann@example.com") == (ann, "ann@example.com")
    assert await created_with(World(), {"tags": ann}) == (ann, "ann@example.com")
    assert await created_with(World(), {"tags": ann}, "bob@example.com") == (bob, "bob@example.com")
    assert await created_with(World(), {}) == (None, None)


async def test_a_next_version_has_the_tags_of_the_last_unless_others_are_asked_for() -> None:
    last = {"certflow-owner": "ann@example.com", "certflow-renew": "auto", "team": "pay"}
    cases: tuple[tuple[CreateFields, str | None, dict[str, str]], ...] = (
        ({}, None, last),
        ({}, "bob@example.com", last | {"certflow-owner": "bob@example.com"}),
        ({"tags": {"team": "web"}}, None, {"team": "web"}),
        ({"tags": {}}, None, {}),
    )
    for body, owner, tags in cases:
        world = World()
        world.vault.tagged["web"] = last
        assert await created_with(world, body, owner) == (tags or {}, tags.get("certflow-owner"))


async def test_an_owner_for_whom_there_is_no_tag_left_is_refused_and_nothing_started() -> None:
    world = World()
    with pytest.raises(InvalidRequest, match="tags: At most 14 beside the owner"):
        await create_request(
            world.certflow, CreateCommand("main", "web", {"tags": {str(n): "" for n in range(15)}}, "ann@example.com")
        )
    assert (world.vault.created, world.ledger.intents) == ([], {})


async def test_a_repeated_call_is_the_same_though_the_tags_have_changed_meanwhile() -> None:
    world = World()
    order = CreateCommand("main", "web", {}, key="once")
    first = await create_request(world.certflow, order)
    world.vault.tagged["web"] = {"team": "pay"}
    assert await create_request(world.certflow, order) == first


async def test_a_caller_hears_of_what_was_started_even_if_its_answer_cannot_be_kept() -> None:
    world = World()

    async def broken(intent: Intent) -> None:
        raise ValueError("this row is too large")

    world.ledger.save_intent = broken  # type: ignore[method-assign]  # as said
    started = await create_request(world.certflow, replace(ORDER, key="k1"))
    assert (await tracked(world, started)).status is Status.IN_PROGRESS


async def test_whoever_adopts_what_is_tracked_already_hears_whose_it_is() -> None:
    world = World()
    first = await create_request(world.certflow, CreateCommand("main", "web", {"policy": POLICY}, "ann@example.com"))
    adopted = await create_request(
        world.certflow, CreateCommand("main", "web", {"policy": POLICY}, "bob@example.com", "adopt")
    )
    assert (first.owner, adopted.owner, adopted.how) == ("ann@example.com", "ann@example.com", "adopted")
    assert [one.owner for one in world.ledger.tracked.values()] == ["ann@example.com"]


async def test_a_version_that_is_made_at_once_and_cannot_be_read_is_no_refusal_of_its_start() -> None:
    world = World()
    create = world.vault.create

    async def issued_at_once(name: str, body: Any) -> PendingOperation:
        answer = await create(name, body)
        world.vault.operations[name] = replace(answer.operation, status=Status.COMPLETED)
        world.vault.faults = [Refused(403, "Forbidden", "no access", inner="AccessDenied")]  # to the version
        return replace(answer, operation=world.vault.operations[name])

    world.vault.create = issued_at_once  # type: ignore[method-assign]  # as the issuer Self does
    started = await create_request(world.certflow, ORDER)
    assert (await tracked(world, started)).status is Status.IN_PROGRESS
    assert world.ledger.intents == {}
    world.later(minutes=2)
    await world.sweep()
    assert (await tracked(world, started)).status is Status.COMPLETED
    assert world.published == ["Issuance.Started", "Issuance.Completed"]


@pytest.mark.parametrize("answered", [True, False])
async def test_a_replacement_is_followed_although_the_end_of_the_old_request_cannot_be_stored(
    *, answered: bool
) -> None:
    world = World()
    old = world.vault.start("web", "DigiCert").request_id
    if not answered:
        lost_answer(world)
    save = world.ledger.save

    async def down(before: TrackedRequest, change: Change) -> TrackedRequest:
        world.ledger.save = save  # type: ignore[method-assign]  # once
        raise Unavailable("The table storage", "down")

    world.ledger.save = down  # type: ignore[method-assign]  # the fault
    start = create_request(world.certflow, replace(ORDER, if_pending="replace"))
    if answered:
        assert (await start).how == "replaced"
    else:
        with pytest.raises(Unavailable, match="no answer"):
            await start
    world.later(minutes=3)
    await world.sweep()
    ends = {one.request_id: (one.status, one.owner) for one in world.ledger.tracked.values()}
    new = world.vault.operations["web"].request_id
    assert ends == {old: (Status.OVERWRITTEN, None), new: (Status.IN_PROGRESS, "me@example.com")}
