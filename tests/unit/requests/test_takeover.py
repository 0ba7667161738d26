"""A start on a certificate that is somebody's: that owner hears of it, whatever the next one is called."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_type_hints

import pytest

from functions.adapters.azure_tables.rows import event_row
from functions.chains.merge_by_call import merge
from functions.model.errors import InvalidRequest, Refused, Unavailable
from functions.model.links import Links
from functions.model.options import Options
from functions.model.request.actor import UNNAMED, Actor
from functions.model.request.operation import Status
from functions.notifications.notice import notice_of
from functions.ports.key_vault_objects import CreateFields, MergeFields, Policy
from functions.ports.vault import Bundle, PendingOperation
from functions.requests.create import CreateCommand, IfPending, create_request
from functions.requests.manage import Address, cancel, delete
from functions.requests.takeover import takeover_of
from functions.triggers.http import bodies
from functions.x509.certificate import Certificate
from tests.actors import app, person, saying
from tests.certificates import Ca, as_read
from tests.clock import fixed_now
from tests.unit.fakes import FakeChannel, World

POLICY: Policy = {"issuer": {"name": "DigiCert"}, "x509_props": {"subject": "CN=web.example.com"}}
ANN, BOB = "ann@example.com", "bob@example.com"


def owned() -> World:
    """A vault with a certificate of ann's."""
    world = World()
    world.vault.policies["web"] = POLICY
    world.vault.tagged["web"] = {"certflow-owner": ANN, "certflow-renew": "auto"}
    return world


async def started(world: World, body: CreateFields, owner: str | None = None, **more: Any) -> None:
    await create_request(world.certflow, CreateCommand("main", "web", body, owner, **more))


def told(world: World) -> list[tuple[str | None, list[tuple[str, str | None, str | None]]]]:
    """Who heard of others, and of which changes."""
    found = [event for event in world.topic.published if event.type.endswith("ChangedByOthers")]
    return [
        (event.data.get("owner"), [(one["what"], one["before"], one["after"]) for one in event.data["changes"]])
        for event in found
    ]


async def test_a_start_by_another_team_is_told_to_the_owner_before_with_what_it_changes() -> None:
    world = owned()
    policy: Policy = {"issuer": {"name": "Unknown"}, "x509_props": {"subject": "CN=lure.example.com"}}
    await started(world, {"policy": policy}, BOB)
    ((owner, changes),) = told(world)
    assert owner == ANN
    assert ("owner", ANN, BOB) in changes
    assert ("policy.issuer.name", "DigiCert", "Unknown") in changes
    assert ("policy.x509_props.subject", "CN=web.example.com", "CN=lure.example.com") in changes


@pytest.mark.parametrize(
    ("body", "owner", "change"),
    [
        ({}, BOB, ("owner", ANN, BOB)),
        ({"tags": {"certflow-owner": BOB, "certflow-renew": "auto"}}, None, ("owner", ANN, BOB)),
        ({"tags": {"certflow-renew": "auto"}}, None, ("owner", ANN, None)),
        ({"tags": {"certflow-owner": ANN, "certflow-renew": "off"}}, None, ("tags.certflow-renew", "auto", "off")),
        ({"tags": {"certflow-owner": ANN, "certflow-renew": "auto", "to": "x"}}, None, ("tags", "", "to = x")),
    ],
)
async def test_each_way_to_change_the_owner_or_who_hears_is_named(
    body: CreateFields, owner: str | None, change: tuple[str, str | None, str | None]
) -> None:
    world = owned()
    await started(world, body, owner)
    assert told(world) == [(ANN, [change])]


async def test_of_so_many_new_names_that_not_all_are_shown_the_number_is() -> None:
    world = owned()
    names = [f"a-{number:02}.payments.example.com" for number in range(20)]
    more = POLICY["x509_props"] | {"sans": {"dns_names": [*names, "zz.lure.example.com"]}}
    await started(world, {"policy": POLICY | {"x509_props": more}, "tags": world.vault.tagged["web"]})
    ((_, ((_, _, after),)),) = told(world)
    assert after is not None
    assert after.startswith("21 in all: a-00.payments.example.com, a-01")


async def test_of_a_long_list_of_names_the_change_is_told_wherever_it_stands() -> None:
    world, names = owned(), [f"host-{number:02}.payments.example.com" for number in range(20)]
    x509 = POLICY["x509_props"] | {"sans": {"dns_names": names}}
    world.vault.policies["web"] = POLICY | {"x509_props": x509}
    more = x509 | {"sans": {"dns_names": [*names, "zz.lure.example.com"]}}
    await started(world, {"policy": POLICY | {"x509_props": more}, "tags": world.vault.tagged["web"]})
    assert told(world) == [(ANN, [("policy.x509_props.sans.dns_names", "", "zz.lure.example.com")])]


@pytest.mark.parametrize("body", [{"attributes": {"enabled": False}}, {"policy": {"attributes": {"enabled": False}}}])
async def test_a_version_that_is_to_be_disabled_is_a_change(body: CreateFields) -> None:
    world = owned()
    if "policy" in body:
        body = {"policy": POLICY | body["policy"]}
    await started(world, body | {"tags": world.vault.tagged["web"]})
    assert told(world) == [(ANN, [("attributes.enabled", None, "False")])]


@pytest.mark.parametrize(
    ("by", "hears"),
    [
        (UNNAMED, True),
        (saying(ANN), True),  # typed, and so anybody's
        (person(BOB), True),
        (app(ANN), True),  # a machine is nobody's owner, whatever its name
        (person("Ann@Example.com"), False),
    ],
)
async def test_only_a_signed_in_owner_is_not_told_of_a_start_that_changes_nothing(by: Actor, *, hears: bool) -> None:
    world = owned()
    await started(world, {}, by=by)
    assert told(world) == ([(ANN, [])] if hears else [])


async def test_a_change_is_told_to_the_owner_whoever_makes_it() -> None:
    world = owned()
    await started(world, {"policy": POLICY | {"issuer": {"name": "GlobalSign"}}}, by=person(ANN))
    assert told(world) == [(ANN, [("policy.issuer.name", "DigiCert", "GlobalSign")])]


async def test_the_owner_before_reads_who_took_the_certificate_over_also_if_it_is_somebody_with_their_name() -> None:
    world, namesake = owned(), replace(person(BOB), name=ANN)
    await started(world, {}, BOB, by=namesake)
    assert [owner for owner, _ in told(world)] == [ANN]
    (event,) = [one for one in world.topic.published if one.type.endswith("ChangedByOthers")]
    assert event.data["requester"] == {
        "kind": "person", "name": ANN, "tid": namesake.tid, "oid": person(BOB).oid, "azp": namesake.azp
    }  # fmt: skip


async def test_a_first_start_has_nobody_to_tell() -> None:
    world = World()
    await started(world, {"policy": POLICY}, BOB)
    assert world.published == ["Issuance.Started"]


async def test_the_owner_of_the_last_request_counts_where_no_tag_says_who_it_is() -> None:
    world = World()
    world.vault.policies["web"] = POLICY
    pending = world.vault.start("web", "DigiCert")
    await started(world, {"policy": POLICY | {"key_props": {"kty": "EC"}}}, ANN, if_pending="adopt")
    world.vault.operations["web"] = replace(pending, status=Status.FAILED)
    await started(world, {})
    assert told(world) == [(None, [("owner", None, ANN)]), (ANN, [])]
    assert world.vault.created[-1]["tags"] == {"certflow-owner": ANN}
    world.later(minutes=1)
    await started(world, {}, BOB, if_pending="replace")
    assert told(world)[2:] == [(ANN, [("owner", ANN, BOB)])]
    world.vault.tagged.clear()  # a portal's next version has none
    world.vault.operations.clear()
    await started(world, {}, ANN)
    assert told(world)[3:] == [(BOB, [("owner", BOB, ANN)])]


@pytest.mark.parametrize("if_pending", ["adopt", "replace"])
async def test_what_is_pending_is_taken_over_no_more_quietly(if_pending: IfPending) -> None:
    world = owned()
    world.vault.start("web", "DigiCert")
    body: CreateFields = {"policy": POLICY | {"key_props": {"kty": "EC"}}}
    await started(world, body, BOB, if_pending=if_pending)
    ((owner, changes),) = told(world)
    assert (owner, changes[0]) == (ANN, ("owner", ANN, BOB))
    assert [what for what, *_ in changes if what.startswith("policy")] == (
        [] if if_pending == "adopt" else ["policy.key_props.crv", "policy.key_props.key_size", "policy.key_props.kty"]
    )


async def test_a_start_that_is_cut_off_after_key_vaults_answer_is_told_by_who_finds_it() -> None:
    world = owned()
    world.vault.policies["web"] = POLICY | {"key_props": {"kty": "EC"}}  # as the CSR of the fake
    create = world.vault.create

    async def lost(name: str, body: Any) -> PendingOperation:
        await create(name, body)
        raise Unavailable("Key Vault", "no answer", maybe_done=True)

    world.vault.create = lost  # type: ignore[method-assign]  # the fault
    with pytest.raises(Unavailable):
        await started(world, {}, BOB)
    world.later(minutes=3)
    await world.sweep()
    assert told(world) == [(ANN, [("owner", ANN, BOB)])]


@pytest.mark.parametrize("then", ["deleted", "replaced"])
async def test_a_start_that_is_cut_off_and_whose_request_is_gone_when_it_is_looked_for_is_told(then: str) -> None:
    """The policy that it has written stays, and the next renewal goes by that."""
    teams = FakeChannel("teams", max_notices=10)
    world = owned()
    world.channels = (teams,)
    create = world.vault.create

    async def lost(name: str, body: Any) -> PendingOperation:
        await create(name, body)
        world.vault.policies[name] = body["policy"]
        raise Unavailable("Key Vault", "no answer", maybe_done=True)

    world.vault.create = lost  # type: ignore[method-assign]  # the fault
    with pytest.raises(Unavailable):
        await started(world, {"policy": POLICY | {"issuer": {"name": "Globe"}}}, by=saying("eve"))
    world.vault.create = create  # type: ignore[method-assign]  # over
    if then == "deleted":
        await delete(world.certflow, Address("main", "web"), saying("eve"))
    else:
        await started(world, {}, by=saying("eve"), if_pending="replace")
    world.later(minutes=3)
    await world.sweep()
    assert (ANN, [("policy.issuer.name", "DigiCert", "Globe")]) in told(world)
    for event in world.topic.published:
        await world.tell(event.id, event.type, event.data)
    assert "Changed by somebody else: web in main" in [notice.title for notice in teams.sent]


async def test_a_request_that_a_third_brought_under_watch_meanwhile_is_told_all_the_same() -> None:
    world = owned()
    create = world.vault.create

    async def overtaken(name: str, body: Any) -> PendingOperation:
        answer = await create(name, body)
        await cancel(world.certflow, Address("main", "web"), saying("somebody"))
        return answer

    world.vault.create = overtaken  # type: ignore[method-assign]  # an act between the create and our record of it
    await started(world, {}, BOB)
    assert told(world) == [(ANN, [("owner", ANN, BOB)])]


async def test_a_start_and_an_adoption_of_it_at_the_same_time_are_both_told() -> None:
    teams = FakeChannel("teams", max_notices=10)
    world = owned()
    world.channels = (teams,)
    policy, create = POLICY | {"issuer": {"name": "Globe"}}, world.vault.create

    async def overtaken(name: str, body: Any) -> PendingOperation:
        answer = await create(name, body)
        await started(world, {"policy": policy | {"key_props": {"kty": "EC"}}}, BOB, if_pending="adopt")
        return answer

    world.vault.create = overtaken  # type: ignore[method-assign]  # an act between the create and our record of it
    await started(world, {"policy": policy}, BOB)
    for event in world.topic.published:
        await world.tell(event.id, event.type, event.data)
    heard = [notice.sentence for notice in teams.sent if "by somebody else" in notice.title]
    assert len(heard) == 2
    assert "policy.issuer.name" in heard[1]


async def test_what_is_refused_is_told_to_nobody() -> None:
    world = owned()
    world.vault.start("web", "DigiCert")
    with pytest.raises(Refused):
        await started(world, {}, BOB)
    world.later(hours=1)
    await world.sweep()
    assert world.ledger.events == []


@pytest.mark.parametrize(
    ("asked", "paths"),
    [
        ({}, []),
        ({"key_props": {"kty": "RSA", "key_size": 2048, "exportable": True, "reuse_key": False}}, []),
        ({"key_props": {"key_size": 4096}}, ["policy.key_props.key_size"]),
        ({"x509_props": {"subject": "CN=web", "sans": {"dns_names": []}}}, []),
        (
            {"x509_props": {"subject": "CN=web", "sans": {"dns_names": ["a.example.com"]}}},
            ["policy.x509_props.sans.dns_names"],
        ),
        ({"x509_props": {"subject": "CN=web", "ekus": []}}, ["policy.x509_props.ekus"]),
        ({"x509_props": {"subject": "CN=web", "key_usage": ["keyEncipherment", "digitalSignature"]}}, []),
        ({"lifetime_actions": []}, ["policy.lifetime_actions"]),
        ({"secret_props": {"contentType": "application/x-pem-file"}}, ["policy.secret_props.contentType"]),
    ],
)
def test_a_policy_is_compared_with_what_key_vault_fills_in(asked: dict[str, Any], paths: list[str]) -> None:
    stored: Policy = {
        "id": "x",
        "attributes": {"created": 1},
        "x509_props": {"subject": "CN=web"},
        "issuer": {"name": "Unknown"},
    }
    new: Any = {"x509_props": {"subject": "CN=web"}, **asked}
    takeover = takeover_of(ANN, {}, stored, {"policy": new, "tags": {"certflow-owner": ANN}})
    assert takeover is not None
    assert [change.what for change in takeover.changes] == paths


async def test_the_message_says_what_changed_from_what_to_what() -> None:
    world = owned()
    await started(world, {}, BOB)
    event = next(one for one in world.topic.published if one.type.endswith("ChangedByOthers"))
    notice = notice_of(event.id, event.type, event.data, Links())
    assert notice is not None
    assert notice.owner == ANN
    assert "changes owner" in notice.sentence
    assert ("Changed: owner", f"{ANN} → {BOB}") in notice.facts


@pytest.mark.parametrize(
    ("issuers", "issuer", "allowed"),
    [
        (("*",), "DigiCert", True),
        (("*",), "Unknown", True),
        (("*",), "Self", False),
        (("*",), "SELF", False),
        (("*",), " self ", False),
        (("*", "Self"), "Self", True),
        (("digicert",), "DigiCert", True),
        (("DigiCert",), "Unknown", False),
    ],
)
async def test_only_the_issuers_that_are_listed_can_be_used(
    issuers: tuple[str, ...], issuer: str, *, allowed: bool
) -> None:
    assert Options(issuers=issuers).may_issue(issuer) is allowed
    world = World(options=Options(issuers=issuers))
    world.vault.policies["web"] = {"issuer": {"name": issuer}}
    asked: tuple[CreateFields, ...] = ({"policy": {"issuer": {"name": issuer}}}, {})
    for body in asked:  # asked for, and by the stored policy
        world.vault.operations.clear()
        if allowed:
            await started(world, body)
            continue
        with pytest.raises(Refused, match="CERTFLOW_ISSUERS") as caught:
            await started(world, body)
        assert (caught.value.status, caught.value.reason) == (403, "issuer-not-allowed")
    assert world.vault.calls.count("create") == (2 if allowed else 0)


async def test_no_issuer_means_unknown_and_that_can_be_forbidden_too() -> None:
    world = World(options=Options(issuers=("DigiCert",)))
    with pytest.raises(Refused, match="Unknown"):
        await started(world, {"policy": {"x509_props": {"subject": "CN=web"}}})


async def test_of_everything_that_a_body_can_change_nothing_is_left_out_and_what_matters_comes_first() -> None:
    x509 = {
        "subject": "CN=" + "'" * 300,
        "sans": {kind: ['"' * 300] for kind in ("dns_names", "emails", "upns", "uris", "ipAddresses")},
        "ekus": ['"' * 300],
        "key_usage": ['"' * 300],
        "validity_months": 10**300,
        "basic_constraints": {"ca": True, "path_len_constraint": 10**300},
    }
    policy: Any = {
        "key_props": {"kty": '"' * 300, "key_size": 1, "crv": '"' * 300, "exportable": False, "reuse_key": True},
        "secret_props": {"contentType": '"' * 300},
        "x509_props": x509,
        "lifetime_actions": [{"trigger": {"lifetime_percentage": 1}, "action": {"action_type": "AutoRenew"}}] * 100,
        "issuer": {"name": '"' * 300, "cty": '"' * 300, "cert_transparency": False},
        "attributes": {"enabled": False, "nbf": 1, "exp": 2},
    }
    assert list(fields_of(bodies.Policy)) == list(fields_of(policy))  # whatever a body has, it is here
    world = owned()
    world.vault.policies["web"] = {"issuer": {"name": "\\" * 300}, "x509_props": {"subject": "\\" * 300}}
    tags = {"certflow-owner": BOB, "certflow-renew": "off", "certflow-mute": "true", "a": '"' * 300}
    await started(world, {"policy": policy, "attributes": {"enabled": False}, "tags": tags})
    ((owner, changes),) = told(world)
    paths = [what for what, *_ in changes]
    assert (owner, len(paths)) == (ANN, len(list(fields_of(bodies.Policy))) + 4)
    assert paths[:5] == ["owner", "tags.certflow-renew", "tags.certflow-mute", "tags", "attributes.enabled"]
    event = next(one for one in world.topic.published if one.type.endswith("ChangedByOthers"))
    assert len(event_row(event)["event"]) <= 32_768  # characters of a property
    notice = notice_of(event.id, event.type, event.data, Links())
    assert notice is not None
    assert all(path in notice.sentence for path in paths)


def fields_of(given: Any, path: str = "") -> Iterator[str]:
    """The paths of a policy's values, of the type or of one."""
    if isinstance(given, dict):
        for name in sorted(given):
            yield from fields_of(given[name], f"{path}.{name}")
        return
    structs = [one for one in (given, *getattr(given, "__args__", ())) if hasattr(one, "__struct_fields__")]
    if not structs or isinstance(given, list):
        yield path
        return
    hints = get_type_hints(structs[0])
    names = dict(zip(structs[0].__struct_encode_fields__, structs[0].__struct_fields__, strict=True))
    for name in sorted(names):
        yield from fields_of(hints[names[name]], f"{path}.{name}")


@pytest.mark.parametrize(
    ("body", "owner", "changes"),
    [
        ({}, None, None),
        ({"policy": POLICY}, None, None),
        ({"attributes": {"enabled": True}}, None, None),
        ({}, BOB, [("owner", None, BOB)]),
        ({"policy": POLICY | {"issuer": {"name": "Globe"}}}, None, [("policy.issuer.name", "DigiCert", "Globe")]),
        ({"attributes": {"enabled": False}}, None, [("attributes.enabled", None, "False")]),
    ],
)
async def test_what_changes_a_certificate_that_is_nobodys_is_told_to_whoever_gets_what_is_nobodys(
    body: CreateFields, owner: str | None, changes: list[tuple[str, str | None, str | None]] | None
) -> None:
    email = FakeChannel("email")
    world = World(channels=(email,))
    world.vault.policies["web"] = POLICY
    await started(world, body, owner)
    assert told(world) == ([(None, changes)] if changes else [])
    for event in world.topic.published:
        await world.tell(event.id, event.type, event.data)
    heard = [(to, notice.sentence) for (notice,), to in email.messages if "by somebody else" in notice.title]
    assert [to for to, _ in heard] == ([["pki-team@example.com"]] if changes else [])
    assert all("It had no owner before." in sentence for _, sentence in heard)


async def test_an_adoption_of_what_is_nobodys_and_stays_so_is_told_to_nobody() -> None:
    world = World()
    world.vault.policies["web"] = POLICY
    world.vault.start("web", "DigiCert")
    await started(world, {"policy": POLICY | {"key_props": {"kty": "EC"}}}, if_pending="adopt")
    assert told(world) == []


async def test_a_renewal_of_ours_changes_nothing_that_anybody_has_to_hear_of() -> None:
    world = owned()
    await started(world, {"tags": world.vault.tagged["web"]}, renews="t1")
    assert told(world) == []


async def test_a_merge_refuses_another_owner() -> None:
    world = World()
    await started(world, {"policy": {"x509_props": {"subject": "CN=web.example.com"}}}, ANN)
    with pytest.raises(InvalidRequest, match="does not change the owner") as caught:
        await merge(world.certflow, Address("main", "web"), [], {"tags": {"certflow-owner": BOB}}, UNNAMED)
    assert caught.value.field == "tags.certflow-owner"


def chain_for(world: World) -> tuple[Certificate, ...]:
    root = Ca.root("Root", at=fixed_now)
    return as_read(root.signs(world.vault.operations["web"].csr), root.certificate)


async def waiting_for_a_chain() -> World:
    """The next version of a certificate of ann's waits to be merged."""
    world = owned()
    await started(world, {"policy": POLICY | {"issuer": {"name": "Unknown"}}}, by=person(ANN))
    world.topic.published.clear()
    return world


@pytest.mark.parametrize(
    ("more", "changes"),
    [
        ({}, None),
        ({"tags": {"certflow-owner": ANN, "certflow-renew": "auto"}}, None),
        ({"tags": {"certflow-renew": "auto", "team": "web"}}, [("tags", "", "team = web")]),
        ({"attributes": {"enabled": True}}, None),
        ({"tags": {}}, [("tags.certflow-renew", "auto", None)]),
        ({"tags": {"certflow-renew": "OFF"}}, [("tags.certflow-renew", "auto", "OFF")]),
        (
            {"tags": {"certflow-renew": "auto", "certflow-mute": "true"}, "attributes": {"enabled": False}},
            [("tags.certflow-mute", None, "true"), ("attributes.enabled", None, "False")],
        ),
        ({"attributes": {"nbf": 1}}, [("attributes.nbf", None, "1")]),
    ],
)
@pytest.mark.parametrize("tracked", [True, False])
async def test_what_a_merge_changes_is_told_to_the_owner(
    more: MergeFields, changes: list[tuple[str, str | None, str | None]] | None, *, tracked: bool
) -> None:
    world = await waiting_for_a_chain()
    if not tracked:
        world.ledger.tracked.clear()
    await merge(world.certflow, Address("main", "web"), chain_for(world), more, saying("bob"))
    assert told(world) == ([(ANN, changes)] if changes else [])
    event = next((one for one in world.topic.published if one.type.endswith("ChangedByOthers")), None)
    assert (event.data["how"] if event else None) == ("merged" if changes else None)
    assert world.ledger.outbox == {}


async def test_a_merge_gives_what_is_nobodys_to_somebody_and_says_so() -> None:
    world = World()
    await started(world, {"policy": {"x509_props": {"subject": "CN=web.example.com"}}})
    more: MergeFields = {"tags": {"certflow-owner": BOB}}
    await merge(world.certflow, Address("main", "web"), chain_for(world), more, UNNAMED)
    assert told(world) == [(None, [("owner", None, BOB)])]


async def test_whom_the_tag_names_is_told_of_a_merge_although_the_request_was_taken_over() -> None:
    world = await waiting_for_a_chain()
    await started(world, {"tags": {"certflow-owner": BOB}}, if_pending="replace")
    world.topic.published.clear()
    await merge(world.certflow, Address("main", "web"), chain_for(world), {"tags": {"a": "b"}}, saying("bob"))
    assert told(world) == [(ANN, [("owner", ANN, BOB), ("tags.certflow-renew", "auto", None), ("tags", "", "a = b")])]


async def test_who_the_tag_names_keeps_the_certificate_where_the_request_has_no_owner() -> None:
    world = await waiting_for_a_chain()
    await started(world, {"tags": {"team": "web"}}, if_pending="replace")
    more: MergeFields = {"tags": {"certflow-owner": BOB}}
    with pytest.raises(InvalidRequest, match="does not change the owner"):
        await merge(world.certflow, Address("main", "web"), chain_for(world), more, UNNAMED)


async def test_a_merge_that_is_refused_tells_nobody_and_another_that_comes_after_it_does() -> None:
    world = await waiting_for_a_chain()
    normal = world.vault.merge
    lure: MergeFields = {"tags": {"certflow-mute": "true"}}

    async def refuse(*_: object) -> None:
        raise Refused(400, "BadParameter", "no")

    world.vault.merge = refuse  # type: ignore[assignment,method-assign]  # the fault
    with pytest.raises(Refused):
        await merge(world.certflow, Address("main", "web"), chain_for(world), {"tags": {}}, UNNAMED)
    assert (told(world), world.ledger.outbox) == ([], {})
    world.vault.merge = normal  # type: ignore[method-assign]  # over
    chain = chain_for(world)
    await merge(world.certflow, Address("main", "web"), chain, lure, UNNAMED)
    await merge(
        world.certflow, Address("main", "web"), chain, {"attributes": {"enabled": False}}, UNNAMED
    )  # is not done
    changes = [("tags.certflow-renew", "auto", None), ("tags.certflow-mute", None, "true")]
    assert (told(world), world.ledger.outbox) == ([(ANN, changes)], {})


async def test_two_merges_that_no_answer_came_to_are_told_both() -> None:
    world = await waiting_for_a_chain()

    async def lost(*_given: Any) -> None:
        raise Unavailable("Key Vault", "no answer", maybe_done=True)

    world.vault.merge = lost  # type: ignore[assignment,method-assign]  # the fault
    for tags in ({"certflow-renew": "AUTO"}, {"certflow-mute": "true", "certflow-renew": "auto"}):
        with pytest.raises(Unavailable):
            await merge(world.certflow, Address("main", "web"), chain_for(world), {"tags": tags}, UNNAMED)
    assert len(world.ledger.outbox) == 2


async def test_an_owner_whom_no_tag_names_is_not_told_that_there_was_none() -> None:
    world = await waiting_for_a_chain()
    world.vault.tagged.clear()
    more: MergeFields = {"attributes": {"enabled": False}}
    await merge(world.certflow, Address("main", "web"), chain_for(world), more, UNNAMED)
    assert told(world) == [(ANN, [("attributes.enabled", None, "False")])]


async def test_a_merge_that_is_cut_off_is_told_all_the_same() -> None:
    world = await waiting_for_a_chain()
    normal = world.vault.merge

    async def lost(*given: Any) -> None:
        await normal(*given)
        raise Unavailable("Key Vault", "no answer", maybe_done=True)

    world.vault.merge = lost  # type: ignore[assignment,method-assign]  # the fault
    with pytest.raises(Unavailable):
        await merge(world.certflow, Address("main", "web"), chain_for(world), {"tags": {}}, UNNAMED)
    world.later(minutes=1)
    await world.shift()
    assert told(world) == [(ANN, [("tags.certflow-renew", "auto", None)])]


async def test_a_merge_that_is_cut_off_and_sent_again_is_told_once() -> None:
    """The second call finds it merged already: by the first, whose event still stands in the outbox."""
    world = await waiting_for_a_chain()
    normal, chain = world.vault.merge, chain_for(world)
    more: MergeFields = {"attributes": {"enabled": False}}

    async def lost(*given: Any) -> None:
        await normal(*given)
        raise Unavailable("Key Vault", "no answer", maybe_done=True)

    world.vault.merge = lost  # type: ignore[assignment,method-assign]  # the fault
    with pytest.raises(Unavailable):
        await merge(world.certflow, Address("main", "web"), chain, more, saying("bob"))
    world.vault.merge = normal  # type: ignore[method-assign]  # over
    await merge(world.certflow, Address("main", "web"), chain, more, saying("bob"))
    world.later(minutes=1)
    await world.shift()
    assert told(world) == [(ANN, [("attributes.enabled", None, "False")])]


async def test_what_a_merge_changed_is_told_although_the_app_is_let_in_no_more_after_it() -> None:
    world = await waiting_for_a_chain()
    normal, look = world.vault.merge, world.vault.certificate

    async def locked(*_given: Any) -> None:
        raise Refused(403, "Forbidden", "Client address is not authorized.", inner="ForbiddenByFirewall")

    async def last(*given: Any) -> Bundle:
        world.vault.certificate = locked  # type: ignore[assignment,method-assign]  # the fault
        return await normal(*given)

    world.vault.merge = last  # type: ignore[assignment,method-assign]
    with pytest.raises(Unavailable):
        await merge(world.certflow, Address("main", "web"), chain_for(world), {"tags": {}}, UNNAMED)
    world.vault.certificate = look  # type: ignore[method-assign]  # mended
    world.later(minutes=1)
    await world.shift()
    assert told(world) == [(ANN, [("tags.certflow-renew", "auto", None)])]


async def test_a_merge_with_other_tags_keeps_the_owner() -> None:
    world = World()
    await started(world, {"policy": {"x509_props": {"subject": "CN=web.example.com"}}}, ANN)
    more: MergeFields = {"tags": {"team": "web"}}
    bundle, _findings = await merge(world.certflow, Address("main", "web"), chain_for(world), more, UNNAMED)
    assert bundle.fields["tags"] == {"team": "web", "certflow-owner": ANN}
