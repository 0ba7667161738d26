"""Five teams and a PKI team in one app: each sees and touches its own, and nothing tells of the others."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterable
from typing import Any

import azure.functions as func
import pytest

from functions.model.request.actor import SCAN
from functions.model.tags import OWNER_TAG
from functions.requests.adoption import adopt
from functions.triggers.http.routes import ROUTES
from tests.certificates import Ca, as_read, pem
from tests.clock import fixed_now
from tests.unit.fakes import World
from tests.unit.signed_in import BODIES, FORGE, ROUTE, TEAMS, Api, error_of, five_teams, team_file

OTHERS = [team for team in TEAMS if team != "pay"]
ROOT = Ca.root("Test Root", at=fixed_now)
BOB = "bbbbbbbb-0000-4000-8000-00000000000b"
CHANGES = {"create", "cancel", "delete", "merge"}


async def working(file: bytes | None = None, teams: Iterable[str] = TEAMS, **policy: Any) -> Api:
    """Each of these teams has a manual request in progress, which is tracked and has a history."""
    api = five_teams(file)
    for team in teams:
        vault = api.vaults[f"prod-{team}"]
        operation = vault.start(f"{team}-web")
        vault.tagged[f"{team}-web"] = {OWNER_TAG: f"{team}@example.com"}
        await adopt(api.certflow(), f"prod-{team}", f"{team}-web", operation, SCAN)
    return api


def text_of(answer: func.HttpResponse) -> str:
    """All that an answer says, headers and the files of a zip included."""
    content = answer.get_body()
    if answer.mimetype == "application/zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = b"\n".join(archive.read(name) for name in archive.namelist())
            content += "\n".join(archive.namelist()).encode()
    return f"{dict(answer.headers)} {content.decode('utf-8-sig')}"


def names_of_others(text: str) -> list[str]:
    return [
        team for team in OTHERS if any(name in text for name in (f"prod-{team}", f"{team}-", f"{team}@", f".{team}."))
    ]


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: one.name)
async def test_no_answer_tells_a_team_of_another(route: Any) -> None:
    api = await working()
    for vault, name in (("prod-pay", "pay-web"), ("prod-pay", "pay-none"), ("prod-none", "pay-web")):
        text = text_of(await api.call(route, ["team-pay"], vault=vault, name=name))
        assert names_of_others(text) == []


@pytest.mark.parametrize("route", [one for one in ROUTES if "{vault}" in one.template], ids=lambda one: one.name)
@pytest.mark.parametrize("query", ["", "request_id=00000000000000000000000000000000", "dry_run=true"])
async def test_what_exists_and_what_does_not_is_answered_to_a_stranger_by_the_same_bytes(
    route: Any, query: str
) -> None:
    full, empty = await working(), five_teams()
    bare = five_teams()
    bare.vaults = {"prod-pay": bare.vaults["prod-pay"]}  # not even the vault is there
    answers = [
        await api.call(route, ["team-pay"], vault="prod-hr", name="hr-web", query=query) for api in (full, empty, bare)
    ]
    assert {one.status_code for one in answers} == {403}
    assert len({(one.get_body(), str(sorted(dict(one.headers).items()))) for one in answers}) == 1
    assert error_of(answers[0])["missing"] == [{"what": "vault", "asked": "prod-hr", "granted": ["prod-pay"]}]
    assert not any(vault.calls for vault in empty.vaults.values())
    in_own_vault = await full.call(route, ["team-pay"], vault="PROD-PAY", name="hr-web")
    assert error_of(in_own_vault)["missing"] == [{"what": "name", "asked": "hr-web", "granted": ["pay-*"]}]


@pytest.mark.parametrize("route", ["list_requests", "get_csrs"])
async def test_a_list_shows_a_team_its_own_and_the_pki_team_all(route: str) -> None:
    api, alone = await working(), await working(teams=["pay"])
    mine, theirs = await api.call(ROUTE[route], ["team-pay"]), await alone.call(ROUTE[route], ["team-pay"])
    assert mine.status_code == 200
    assert "pay-web" in text_of(mine)
    if route == "list_requests":
        assert [one["name"] for one in json.loads(mine.get_body())["value"]] == ["pay-web"]
        assert len(json.loads(theirs.get_body())["value"]) == 1
    everything = text_of(await api.call(ROUTE[route], ["pki"]))
    assert all(f"{team}-web" in everything for team in TEAMS)


@pytest.mark.parametrize("route", ["list_requests", "get_csrs"])
async def test_a_vault_of_others_in_a_filter_is_refused_whether_or_not_it_exists(route: str) -> None:
    api = await working()
    there, absent = [
        await api.call(ROUTE[route], ["team-pay"], query=f"vault=prod-pay,{vault}") for vault in ("prod-hr", "prod-xx")
    ]
    assert there.status_code == absent.status_code == 403
    assert there.get_body().replace(b"prod-hr", b"prod-xx") == absent.get_body()
    assert (await api.call(ROUTE[route], ["pki"], query="vault=prod-xx")).status_code == 404


async def test_an_unknown_vault_names_those_alone_that_the_caller_may_know() -> None:
    rows = [
        {"who": ["role:team-pay"], "may": ["read"], "vaults": ["prod-pay", "prod-new"]},
        {"who": ["role:pki"], "may": ["read"]},
    ]
    api = await working(json.dumps({"grants": rows}).encode())
    mine = await api.call(ROUTE["get_pending"], ["team-pay"], vault="prod-new", name="web")
    assert mine.status_code == 404
    assert error_of(mine)["error"]["message"].endswith("Configured: prod-pay.")
    theirs = await api.call(ROUTE["get_pending"], ["pki"], vault="prod-new", name="web")
    assert "prod-hr" in error_of(theirs)["error"]["message"]


@pytest.mark.parametrize("route", ["inspect_chain", "return_chain"])
async def test_a_file_for_the_request_of_others_is_answered_as_one_for_nobodys(route: str) -> None:
    api, empty = await working(), five_teams()
    csr = api.vaults["prod-hr"].operations["hr-web"].csr
    content = pem(ROOT.signs(csr), ROOT.certificate)
    here, there = [await one.call(ROUTE[route], ["team-pay"], body=content) for one in (api, empty)]
    assert here.status_code == 200
    assert here.get_body() == there.get_body()
    assert not api.vaults["prod-hr"].merges
    assert [one["code"] for one in error_of(here)["findings"]] == ["no-request-for-this-key"]


@pytest.mark.parametrize("route", ["inspect_chain", "return_chain"])
async def test_who_may_read_a_request_and_return_to_others_does_not_return_to_that_one(route: str) -> None:
    rows = [
        {"who": ["role:x"], "may": [may], "vaults": [f"prod-{team}"]}
        for may, team in (("read", "hr"), ("return", "pay"))
    ]
    api = await working(json.dumps({"grants": rows}).encode())
    content = pem(ROOT.signs(api.vaults["prod-hr"].operations["hr-web"].csr), ROOT.certificate)
    answer = await api.call(ROUTE[route], ["x"], body=content)
    assert [one["code"] for one in error_of(answer)["findings"]] == ["no-request-for-this-key"]
    assert not api.vaults["prod-hr"].merges


async def test_a_file_for_the_own_request_is_merged_and_the_history_names_the_person() -> None:
    api = await working()
    csr = api.vaults["prod-pay"].operations["pay-web"].csr
    content = pem(ROOT.signs(csr), ROOT.certificate)
    answer = await api.call(ROUTE["return_chain"], ["team-pay"], body=content, query="file=from-ca.pem")
    report = error_of(answer)
    assert [leaf["request"]["name"] for leaf in report["leaves"]] == ["pay-web"]
    merged = [act for act in api.world.ledger.acts if act.what == "merged"]
    assert [(act.by and act.by.name, act.file and act.file["name"]) for act in merged] == [
        ("ann@example.com", "from-ca.pem")
    ]


async def test_a_certificate_of_somebody_else_is_not_taken_over_without_the_grant() -> None:
    api = await working()
    vault = api.vaults["prod-pay"]
    vault.operations.clear()
    vault.policies["pay-shared"] = BODIES["create_certificate"]["policy"]
    vault.tagged["pay-shared"] = {OWNER_TAG: "hr@example.com"}
    answer = await api.call(ROUTE["create_certificate"], ["team-pay"], vault="prod-pay", name="pay-shared")
    refused = error_of(answer)
    assert (answer.status_code, refused["reason"]) == (403, "not-granted")
    assert refused["missing"] == [{"what": "owners", "asked": "hr@example.com", "granted": ["pay@example.com"]}]
    assert not CHANGES & set(vault.calls)
    granted = await working(team_file(owners=["*@example.com"]))
    other = granted.vaults["prod-pay"]
    other.tagged["pay-shared"] = {OWNER_TAG: "hr@example.com"}
    answer = await granted.call(ROUTE["create_certificate"], ["team-pay"], vault="prod-pay", name="pay-shared")
    assert answer.status_code == 202
    assert any(event.type.endswith("ChangedByOthers") for event in granted.world.ledger.events)


@pytest.mark.parametrize("if_pending", ["reject", "adopt", "replace"])
async def test_what_no_row_grants_is_not_started_adopted_or_replaced(if_pending: str) -> None:
    api = await working()
    policy = {"issuer": {"name": "DigiCert"}, "x509_props": {"subject": "CN=web.hr.example.com"}}
    body = {"policy": policy, "owner": "pay@example.com", "if_pending": if_pending}
    api.vaults["prod-pay"].policies["pay-web"] = policy
    for asked in (body, {**body, "policy": None}):
        sent = {key: value for key, value in asked.items() if value is not None}
        answer = await api.call(ROUTE["create_certificate"], ["team-pay"], vault="prod-pay", name="pay-web", body=sent)
        assert answer.status_code == 403
        missing = error_of(answer)["missing"]
        assert {"what": "subject", "asked": "CN=web.hr.example.com"}.items() <= missing[0].items() or missing
    assert not CHANGES & set(api.vaults["prod-pay"].calls)


async def test_a_dry_run_says_what_would_happen_and_why_it_may_not() -> None:
    api = await working()
    create, place = ROUTE["create_certificate"], {"vault": "prod-pay", "name": "pay-new", "query": "dry_run=true"}
    good = error_of(await api.call(create, ["team-pay"], **place))
    assert (good["allowed"], good["how"], good["owner"]) == (True, "created", "pay@example.com")
    assert (good["policy"]["key"], good["policy"]["names"]) == ("EC:P-256", {"dns": ["web.pay.example.com"]})
    bad = {"policy": {"issuer": {"name": "Other"}, "x509_props": {"subject": "CN=web.pay.example.com"}}}
    refused = error_of(await api.call(create, ["team-pay"], body=bad, **place))
    assert refused["allowed"] is False
    assert [one["what"] for one in refused["forbidden"]["missing"]] == ["issuers"]
    with_key = Api(World(), entra=False)
    assert error_of(await with_key.send(create, None, query="dry_run=true"))["allowed"] is True
    assert not CHANGES & {*api.vaults["prod-pay"].calls, *with_key.world.vault.calls}
    assert not api.world.ledger.intents


@pytest.mark.parametrize("where", [{"vaults": ["prod-pay"]}, {"names": ["pay-w*"]}], ids=["vault", "name"])
async def test_a_dry_run_tells_nothing_of_a_name_to_whom_a_row_denies_it(where: dict[str, Any]) -> None:
    denied = {"who": ["role:team-pay"], **where, "deny": True, "say": "left the team"}
    api = await working(json.dumps({**json.loads(team_file()), "conditions": [denied]}).encode())
    api.vaults["prod-pay"].policies["pay-web"] = BODIES["create_certificate"]["policy"]
    create, place = ROUTE["create_certificate"], {"vault": "prod-pay", "name": "pay-web"}
    asked = list(api.vaults["prod-pay"].calls)
    for query in ("", "dry_run=true"):
        answer = await api.call(create, ["team-pay"], **place, query=query, body={})
        assert (answer.status_code, error_of(answer)["reason"]) == (403, "denied")
        assert "pay@example.com" not in text_of(answer)
    assert api.vaults["prod-pay"].calls == asked


async def test_no_more_are_started_in_a_day_than_a_row_has() -> None:
    api = await working(team_file(a_day=2))
    create = ROUTE["create_certificate"]
    answers = [await api.call(create, ["team-pay"], vault="prod-pay", name=f"pay-{number}") for number in range(3)]
    assert [one.status_code for one in answers] == [202, 202, 403]
    assert [one["what"] for one in error_of(answers[-1])["missing"]] == ["a_day"]
    again = await api.call(create, ["team-pay"], vault="prod-pay", name="pay-0")
    assert again.status_code == 403
    dry = await api.call(create, ["team-pay"], vault="prod-pay", name="pay-9", query="dry_run=true")
    assert [one["what"] for one in error_of(dry)["forbidden"]["missing"]] == ["a_day"]


async def test_a_merge_with_tags_needs_the_right_to_request() -> None:
    row = {"who": ["role:ca"], "may": ["return"], "vaults": ["prod-pay"]}
    api = await working(json.dumps({"grants": [row]}).encode())
    merge, place = ROUTE["merge_pending"], {"vault": "prod-pay", "name": "pay-web"}
    body = {"x5c": ["MAA="], "tags": {"certflow-mute": "2030-01-01"}}
    answer = await api.call(merge, ["ca"], body=body, **place)
    assert (answer.status_code, error_of(answer)["missing"][0]["asked"]) == (403, "request")
    without = await api.call(merge, ["ca"], body={"x5c": ["MAA="]}, **place)
    assert without.status_code == 400


async def test_a_merge_gives_a_certificate_no_owner_that_a_create_could_not() -> None:
    api = five_teams()
    vault = api.vaults["prod-pay"]
    csr = vault.start("pay-web").csr
    vault.policies["pay-web"] = {"x509_props": {"subject": "CN=web.pay.example.com"}}
    chain = [base64.b64encode(one.der).decode() for one in as_read(ROOT.signs(csr), ROOT.certificate)]
    merge, place = ROUTE["merge_pending"], {"vault": "prod-pay", "name": "pay-web"}

    async def with_owner(owner: str) -> func.HttpResponse:
        return await api.call(merge, ["team-pay"], body={"x5c": chain, "tags": {OWNER_TAG: owner}}, **place)

    refused = await with_owner("hr@example.com")
    missing = {"what": "owners", "asked": "hr@example.com", "granted": ["pay@example.com"]}
    assert (refused.status_code, error_of(refused)["missing"]) == (403, [missing])
    assert not vault.merges
    vault.tagged["pay-web"] = {OWNER_TAG: "hr@example.com"}
    of_others = await api.call(merge, ["team-pay"], body={"x5c": chain, "tags": {"certflow-mute": "x"}}, **place)
    assert (of_others.status_code, error_of(of_others)["missing"]) == (403, [missing])
    vault.tagged.clear()
    assert (await with_owner("pay@example.com")).status_code == 201


async def test_an_idempotency_key_is_its_callers_own() -> None:
    api = await working(teams=[])
    ann, bob = (FORGE.bearer(FORGE.person(roles=["team-pay"], **more)) for more in ({}, {"oid": BOB}))
    create, place = ROUTE["create_certificate"], {"vault": "prod-pay", "name": "pay-new", "idempotency-key": "order-1"}
    first = await api.send(create, ann, **place)
    again = await api.send(create, ann, **place)
    assert (first.status_code, again.get_body()) == (202, first.get_body())
    other = await api.send(create, bob, **place)
    assert (other.status_code, error_of(other)["reason"]) == (409, "pending")
    changed = await api.send(create, bob, **place, body={**BODIES["create_certificate"], "signer": "x@example.com"})
    assert (changed.status_code, error_of(changed)["reason"]) == (409, "pending")


async def test_who_adopts_is_granted_what_stands_there_by_both_policies() -> None:
    api = five_teams()
    vault = api.vaults["prod-pay"]
    theirs = {"issuer": {"name": "DigiCert"}, "x509_props": {"subject": "CN=pay-web.example.com"}}
    vault.start("pay-web", "DigiCert")
    vault.policies["pay-web"] = BODIES["create_certificate"]["policy"]  # changed since that start
    create, place = ROUTE["create_certificate"], {"vault": "prod-pay", "name": "pay-web"}
    body = {"policy": {**theirs, "key_props": {"kty": "EC"}}, "if_pending": "adopt", "owner": "pay@example.com"}
    refused = await api.call(create, ["team-pay"], body=body, **place)
    assert (refused.status_code, error_of(refused).get("reason")) == (403, "not-granted")
    assert error_of(refused)["missing"][0]["asked"] == "CN=pay-web.example.com"
    dry = await api.call(create, ["team-pay"], body=body, **place, query="dry_run=true")
    assert error_of(dry)["allowed"] is False
    assert not api.world.ledger.tracked


async def test_an_empty_policy_is_none_so_the_stored_one_is_judged() -> None:
    row = {"who": ["role:team-pay"], "may": ["request"], "issuers": ["Unknown"]}
    api = five_teams(json.dumps({"grants": [row]}).encode())
    api.vaults["prod-pay"].policies["pay-web"] = BODIES["create_certificate"]["policy"]
    answer = await api.call(
        ROUTE["create_certificate"], ["team-pay"], vault="prod-pay", name="pay-web", body={"policy": {}}
    )
    assert (answer.status_code, [one["asked"] for one in error_of(answer)["missing"]]) == (403, ["DigiCert"])


async def test_who_operates_one_vault_is_told_of_that_vault_alone() -> None:
    row = {"who": ["role:ops"], "may": ["operate"], "vaults": ["prod-pay"]}
    some = {"who": ["role:some"], "may": ["operate"], "vaults": ["prod-pay"], "names": ["pay-*"]}
    api = await working(json.dumps({"grants": [row, some]}).encode())
    status = error_of(await api.call(ROUTE["status"], ["ops"]))
    assert ([one["vault"] for one in status["vaults"]], set(status)) == (["prod-pay"], {"version", "vaults"})
    assert error_of(await api.call(ROUTE["status"], ["some"]))["vaults"] == []
    rebuild = ROUTE["rebuild"]
    assert (await api.call(rebuild, ["ops"], body={"vaults": ["prod-pay"]})).status_code == 202
    for body in ({"vaults": ["prod-pay", "prod-hr"]}, {}, {"vaults": ["prod-none"]}):
        assert (await api.call(rebuild, ["ops"], body=body)).status_code == 403
    assert (await api.call(rebuild, ["some"], body={"vaults": ["prod-pay"]})).status_code == 403
    for route in ("retry_chain", "test_notifications"):
        assert (await api.call(ROUTE[route], ["ops"])).status_code == 403


async def test_a_person_finds_out_in_one_call_what_is_granted_and_by_what() -> None:
    api = await working()
    answer = error_of(await api.call(ROUTE["access"], ["team-pay"]))
    assert answer["caller"]["name"] == "ann@example.com"
    assert answer["caller"]["roles"] == ["team-pay"]
    assert [row["names"] for row in answer["grants"]] == [["pay-*"]]
    assert (answer["decided_by"]["state"], len(answer["decided_by"]["sha256"])) == ("file", 64)
    nobody = error_of(await api.call(ROUTE["access"], []))
    assert nobody["grants"] == []
    assert "access/access.json" in nobody["who_grants"]
    with_key = error_of(await Api(World(), entra=False).send(ROUTE["access"], None))
    assert with_key["caller"] == {"kind": "key"}
    assert "decided_by" not in with_key


async def test_the_document_names_the_vaults_that_the_reader_may_know() -> None:
    api = await working()
    mine = text_of(await api.call(ROUTE["openapi"], ["team-pay"]))
    assert "prod-pay" in mine
    assert names_of_others(mine) == []
    assert '"enum":["prod-pay"]' in mine
    assert "prod-hr" in text_of(await api.call(ROUTE["openapi"], ["pki"]))


async def test_anybody_hears_of_a_wrong_setting_its_name_alone() -> None:
    api = await working()
    api.world.setting_faults = ("CERTFLOW_SIGNERS: prod-hr is no vault.",)
    health = text_of(await api.send(ROUTE["health"], None))
    assert "CERTFLOW_SIGNERS: it cannot work" in health
    assert names_of_others(health) == []
