"""A start on a certificate that is somebody's: that owner hears of it, whatever the next one is called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.issuance.choices import Choices
from functions.issuance.errors import InvalidRequest, Refused, Unavailable
from functions.issuance.links import Links
from functions.issuance.notices import notice_of
from functions.issuance.pending import Address, cancel, merge
from functions.issuance.ports import Answer
from functions.issuance.requests import Actor, Status
from functions.issuance.start import IfPending, Order, start
from functions.issuance.takeover import takeover_of
from tests.certificates import Ca, as_read
from tests.clock import fixed_now
from tests.unit.fakes import World

POLICY: dict[str, Any] = {"issuer": {"name": "DigiCert"}, "x509_props": {"subject": "CN=web.example.com"}}
ANN, BOB = "ann@example.com", "bob@example.com"


def owned() -> World:
    """A vault with a certificate of ann's."""
    world = World()
    world.vault.policies["web"] = POLICY
    world.vault.tagged["web"] = {"certflow-owner": ANN, "certflow-renew": "auto"}
    return world


async def started(world: World, body: dict[str, Any], owner: str | None = None, **more: Any) -> None:
    await start(world.certflow, Order("main", "web", body, owner, **more))


def told(world: World) -> list[tuple[str, list[tuple[str, str | None, str | None]]]]:
    """Who heard of others, and of which changes."""
    found = [event for event in world.topic.published if event.type.endswith("ChangedByOthers")]
    return [
        (event.data["owner"], [(one["what"], one["before"], one["after"]) for one in event.data["changes"]])
        for event in found
    ]


async def test_a_start_by_another_team_is_told_to_the_owner_before_with_what_it_changes() -> None:
    world = owned()
    policy = {"issuer": {"name": "Unknown"}, "x509_props": {"subject": "CN=lure.example.com"}}
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
    ],
)
async def test_each_way_to_change_the_owner_or_who_hears_is_named(
    body: dict[str, Any], owner: str | None, change: tuple[str, str | None, str | None]
) -> None:
    world = owned()
    await started(world, body, owner)
    assert told(world) == [(ANN, [change])]


async def test_of_a_long_list_of_names_the_change_is_told_wherever_it_stands() -> None:
    world, names = owned(), [f"host-{number:02}.payments.example.com" for number in range(20)]
    x509 = POLICY["x509_props"] | {"sans": {"dns_names": names}}
    world.vault.policies["web"] = POLICY | {"x509_props": x509}
    more = x509 | {"sans": {"dns_names": [*names, "zz.lure.example.com"]}}
    await started(world, {"policy": POLICY | {"x509_props": more}, "tags": world.vault.tagged["web"]})
    assert told(world) == [(ANN, [("policy.x509_props.sans.dns_names", "", "zz.lure.example.com")])]


@pytest.mark.parametrize("body", [{"attributes": {"enabled": False}}, {"policy": {"attributes": {"enabled": False}}}])
async def test_a_version_that_is_to_be_disabled_is_a_change(body: dict[str, Any]) -> None:
    world = owned()
    policy = {"policy": POLICY | body["policy"]} if "policy" in body else body
    await started(world, policy | {"tags": world.vault.tagged["web"]})
    assert told(world) == [(ANN, [("attributes.enabled", None, "False")])]


@pytest.mark.parametrize(
    ("by", "hears"),
    [
        (Actor(), True),
        (Actor(ANN), True),  # typed, and so anybody's
        (Actor(BOB, verified=True), True),
        (Actor("Ann@Example.com", verified=True), False),
    ],
)
async def test_only_a_signed_in_owner_is_not_told_of_a_start_that_changes_nothing(by: Actor, *, hears: bool) -> None:
    world = owned()
    await started(world, {}, by=by)
    assert told(world) == ([(ANN, [])] if hears else [])


async def test_a_change_is_told_to_the_owner_whoever_makes_it() -> None:
    world = owned()
    await started(world, {"policy": POLICY | {"issuer": {"name": "GlobalSign"}}}, by=Actor(ANN, verified=True))
    assert told(world) == [(ANN, [("policy.issuer.name", "DigiCert", "GlobalSign")])]


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
    assert told(world) == [(ANN, [])]
    assert world.vault.created[-1]["tags"] == {"certflow-owner": ANN}
    await started(world, {}, BOB, if_pending="replace")
    assert told(world)[1:] == [(ANN, [("owner", ANN, BOB)])]


@pytest.mark.parametrize("if_pending", ["adopt", "replace"])
async def test_what_is_pending_is_taken_over_no_more_quietly(if_pending: IfPending) -> None:
    world = owned()
    world.vault.start("web", "DigiCert")
    body = {"policy": POLICY | {"key_props": {"kty": "EC"}}}
    await started(world, body, BOB, if_pending=if_pending)
    ((owner, changes),) = told(world)
    assert (owner, changes[0]) == (ANN, ("owner", ANN, BOB))
    assert [what for what, *_ in changes if what.startswith("policy")] == (
        [] if if_pending == "adopt" else ["policy.key_props.crv", "policy.key_props.key_size", "policy.key_props.kty"]
    )


async def test_a_start_that_is_cut_off_after_key_vaults_answer_is_told_by_who_finds_it() -> None:
    world = owned()
    create = world.vault.create

    async def lost(name: str, body: Any) -> Answer:
        await create(name, body)
        raise Unavailable("Key Vault", "no answer", maybe_done=True)

    world.vault.create = lost  # type: ignore[method-assign]  # the fault
    with pytest.raises(Unavailable):
        await started(world, {}, BOB)
    world.later(minutes=3)
    await world.sweep()
    assert told(world) == [(ANN, [("owner", ANN, BOB)])]


async def test_a_request_that_a_third_brought_under_watch_meanwhile_is_told_all_the_same() -> None:
    world = owned()
    create = world.vault.create

    async def overtaken(name: str, body: Any) -> Answer:
        answer = await create(name, body)
        await cancel(world.certflow, Address("main", "web"), Actor("somebody"))
        return answer

    world.vault.create = overtaken  # type: ignore[method-assign]  # an act between the create and our record of it
    await started(world, {}, BOB)
    assert told(world) == [(ANN, [("owner", ANN, BOB)])]


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
    stored = {
        "id": "x",
        "attributes": {"created": 1},
        "x509_props": {"subject": "CN=web"},
        "issuer": {"name": "Unknown"},
    }
    new = {"x509_props": {"subject": "CN=web"}, **asked}
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
        (("*", "Self"), "Self", True),
        (("digicert",), "DigiCert", True),
        (("DigiCert",), "Unknown", False),
    ],
)
async def test_only_the_issuers_that_are_listed_can_be_used(
    issuers: tuple[str, ...], issuer: str, *, allowed: bool
) -> None:
    assert Choices(issuers=issuers).may_issue(issuer) is allowed
    world = World(choices=Choices(issuers=issuers))
    world.vault.policies["web"] = {"issuer": {"name": issuer}}
    for body in ({"policy": {"issuer": {"name": issuer}}}, {}):  # asked for, and by the stored policy
        world.vault.operations.clear()
        if allowed:
            await started(world, body)
            continue
        with pytest.raises(Refused, match="CERTFLOW_ISSUERS") as caught:
            await started(world, body)
        assert (caught.value.status, caught.value.reason) == (403, "issuer-not-allowed")
    assert world.vault.calls.count("create") == (2 if allowed else 0)


async def test_no_issuer_means_unknown_and_that_can_be_forbidden_too() -> None:
    world = World(choices=Choices(issuers=("DigiCert",)))
    with pytest.raises(Refused, match="Unknown"):
        await started(world, {"policy": {"x509_props": {"subject": "CN=web"}}})


async def test_a_merge_refuses_another_owner() -> None:
    world = World()
    await started(world, {"policy": {"x509_props": {"subject": "CN=web.example.com"}}}, ANN)
    with pytest.raises(InvalidRequest, match="does not change the owner") as caught:
        await merge(world.certflow, Address("main", "web"), [], {"tags": {"certflow-owner": BOB}}, Actor())
    assert caught.value.field == "tags.certflow-owner"


async def test_a_merge_with_other_tags_keeps_the_owner() -> None:
    world = World()
    await started(world, {"policy": {"x509_props": {"subject": "CN=web.example.com"}}}, ANN)
    root = Ca.root("Root", at=fixed_now)
    chain = as_read(root.signs(world.vault.operations["web"].csr), root.certificate)
    more = {"tags": {"team": "web"}}
    bundle, _findings = await merge(world.certflow, Address("main", "web"), chain, more, Actor())
    assert bundle.fields["tags"] == {"team": "web", "certflow-owner": ANN}
