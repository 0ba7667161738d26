"""What callers start is judged: for each owner and each policy that it is about, and by the number of the day."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import azure.functions as func
import pytest

from functions.model.tags import OWNER_TAG
from tests.unit.signed_in import BODIES, ROUTE, Api, error_of, five_teams, team_file

CREATE, PLACE = ROUTE["create_certificate"], {"vault": "prod-pay", "name": "pay-new"}
BODY = BODIES["create_certificate"]
DRY = "dry_run=true"


async def start(api: Api, roles: tuple[str, ...] = ("team-pay",), **more: Any) -> func.HttpResponse:
    return await api.call(CREATE, roles, **{**PLACE, **more})


async def dry_run(api: Api, **more: Any) -> dict[str, Any]:
    return error_of(await start(api, query=DRY, **more))


def counted(api: Api) -> list[int]:
    return [one.count for one in api.world.start_counts.counts.values()]


async def test_who_may_request_for_the_old_owner_alone_gives_the_certificate_to_nobody_else() -> None:
    api = five_teams()
    api.vaults["prod-pay"].policies["pay-new"] = BODY["policy"]
    api.vaults["prod-pay"].tagged["pay-new"] = {OWNER_TAG: "pay@example.com"}
    answer = await start(api, body={**BODY, "owner": "hr@example.com"})
    missing = {"what": "owners", "asked": "hr@example.com", "granted": ["pay@example.com"]}
    assert (answer.status_code, error_of(answer)["missing"]) == (403, [missing])
    assert "create" not in api.vaults["prod-pay"].calls


async def test_a_caller_without_a_limit_is_not_counted_and_needs_no_count() -> None:
    api = five_teams()
    api.world.start_counts.down = True
    assert (await dry_run(api))["allowed"] is True
    assert (await start(api)).status_code == 202
    api.world.start_counts.down = False
    assert (await start(api, name="pay-more")).status_code == 202
    assert counted(api) == []


async def test_a_caller_is_counted_who_has_a_limit_in_one_of_several_rows() -> None:
    more = {"who": ["role:team-pay"], "may": ["request"], "vaults": ["prod-hr"]}
    file = json.loads(team_file(a_day=1))
    api = five_teams(json.dumps({"grants": [*file["grants"], more]}).encode())
    assert (await start(api)).status_code == 202
    assert counted(api) == [1]
    assert (await start(api, name="pay-more")).status_code == 403


async def test_what_key_vault_does_not_start_is_not_counted() -> None:
    api = five_teams(team_file(a_day=2))
    assert (await start(api)).status_code == 202
    assert (await start(api)).status_code == 409  # it is pending
    assert counted(api) == [1]


async def test_a_dry_run_of_what_may_be_started_names_nothing_that_is_in_the_way() -> None:
    found = await dry_run(five_teams())
    assert found["allowed"] is True
    assert not {"forbidden", "refusal", "approvals"} & set(found)


async def test_a_dry_run_says_what_else_than_access_is_in_the_way() -> None:
    api = five_teams()
    await start(api)
    found = await dry_run(api)
    assert (found["allowed"], found["refusal"]["reason"]) == (False, "pending")
    assert "is in progress for this name" in found["refusal"]["message"]
    assert "forbidden" not in found


async def test_a_dry_run_says_in_key_vaults_own_word_what_only_key_vault_finds_in_the_way() -> None:
    api = five_teams()
    await start(api)
    api.vaults["prod-pay"].policies.clear()
    found = await dry_run(api, roles=("pki",), body={"if_pending": "adopt"})
    assert (found["allowed"], found["refusal"]["reason"]) == (False, "CertificateNotFound")


async def test_a_dry_run_shows_each_part_of_the_subject() -> None:
    policy = {**BODY["policy"], "x509_props": {"subject": "CN=web.pay.example.com, O=Example"}}
    found = await dry_run(five_teams(), roles=("pki",), body={**BODY, "policy": policy})
    assert found["policy"]["subject"] == "CN=web.pay.example.com, O=Example"


@pytest.mark.parametrize(("by", "whom"), [({"by": ["role:pki"]}, "role:pki"), ({}, "those who may approve it")])
async def test_a_dry_run_says_who_has_to_approve(by: dict[str, Any], whom: str) -> None:
    conditions = [{"vaults": ["prod-*"], "verbs": ["request"], "approvals": 1, **by}]
    api = five_teams(json.dumps({**json.loads(team_file()), "conditions": conditions}).encode())
    found = (await dry_run(api))["forbidden"]
    message = f"This needs approval by 1 of {whom}. A create waits until then."
    assert found == {"message": message, "reason": "approval-needed"}


async def test_a_refusal_says_all_that_is_missing_a_sentence_for_each() -> None:
    policy = {"issuer": {"name": "Other"}, "x509_props": {"subject": "CN=web.hr.example.com"}}
    answer = error_of(await start(five_teams(), body={"policy": policy, "owner": "pay@example.com"}))
    assert [one["what"] for one in answer["missing"]] == ["issuers", "subject"]
    assert answer["error"]["message"] == (
        "issuers: Other is not granted to you. Granted: DigiCert, Unknown. subject: CN=web.hr.example.com is not "
        "granted to you. Granted: nothing. Whoever may write access/access.json can grant it."
    )


WANTS_APPROVAL = [{"vaults": ["prod-*"], "verbs": ["request"], "approvals": 1, "by": ["role:pki"]}]


def with_condition(**limits: Any) -> bytes:
    return json.dumps({**json.loads(team_file(**limits)), "conditions": WANTS_APPROVAL}).encode()


@pytest.mark.parametrize("limits", [{}, {"a_day": 1}], ids=["without a limit", "one a day"])
async def test_what_has_to_be_approved_waits_and_is_counted_when_it_is_asked_for(limits: dict[str, Any]) -> None:
    file = with_condition(**limits)
    api = five_teams(file)
    answer = await start(api)
    waits = json.loads(answer.get_body())
    assert (answer.status_code, waits["state"]) == (202, "awaiting-approval")
    assert waits["needs"] == [{"approvals": 1, "by": ["role:pki"], "tell": [], "given": []}]
    assert waits["access_file"] == hashlib.sha256(file).hexdigest()
    assert "create" not in api.vaults["prod-pay"].calls
    assert counted(api) == ([1] if limits else [])
    again = await start(api, name="pay-more")
    assert again.status_code == (403 if limits else 202)


async def test_what_waits_already_is_not_counted_again() -> None:
    api = five_teams(with_condition(a_day=2))
    first, again = [json.loads((await start(api)).get_body()) for _ in range(2)]
    assert first["id"] == again["id"]
    assert counted(api) == [1]


async def test_a_dry_run_of_what_waits_says_who_may_approve() -> None:
    found = await dry_run(five_teams(with_condition()))
    assert found["allowed"] is False
    (asked,) = found["approvals"]
    assert (asked["count"], asked["by"]) == (1, ["role:pki"])


async def test_a_dry_run_of_what_is_not_granted_says_nothing_of_approvals() -> None:
    api = five_teams(with_condition())
    found = error_of(await start(api, query=DRY, body={**BODY, "owner": "hr@example.com"}))
    assert found["forbidden"]["reason"] != "approval-needed"
    assert "approval" not in found["forbidden"]["message"]
    assert "approvals" not in found
