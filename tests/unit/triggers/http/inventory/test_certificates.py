"""The routes of the inventory: the table of certificates, one certificate, its tags, the vaults."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import azure.functions as func
import pytest

from functions.model.inventory.record import CertificateRecord, IssuedCertificate, VaultSnapshot
from functions.monitoring.inventory_scan import request_scans, scan_inventory
from functions.ports.inventory import StoredSnapshot
from functions.triggers.http.inventory.certificates import CERTIFICATE_COLUMNS
from tests.clock import NOW
from tests.unit.fakes import World, signed, version_of
from tests.unit.listing_vault import CA, Listing, issue
from tests.unit.signed_in import BODIES, ROUTE, TEAMS, Api, five_teams

LIST, VAULTS = ROUTE["list_certificates"], ROUTE["list_vaults"]
ONE, TAG = ROUTE["get_certificate"], ROUTE["tag_certificate"]
AUTO = {
    "issuer": {"name": "DigiCert"},
    "x509_props": {"validity_months": 6},
    "lifetime_actions": [{"trigger": {"days_before_expiry": 30}, "action": {"action_type": "AutoRenew"}}],
}


async def scanned(world: World) -> None:
    world.later(hours=1)
    await request_scans(world.certflow)
    await scan_inventory(world.certflow, "main", world.now + timedelta(seconds=50))


async def filled() -> Api:
    """A vault with three certificates, one of them of ours, and a request for a new one."""
    world = World(vault=Listing())
    for name in ("api", "shop", "web"):
        issue(world, name)
    world.vault.policies["api"] = AUTO
    world.vault.tagged |= {
        "shop": {"certflow-owner": "ann@example.com", "certflow-renew": "auto"},
        "web": {"certflow-owner": "=cmd|calc", "other": "stays"},
    }
    for name in ("shop", "web"):
        listed = world.vault.listed[name]  # type: ignore[attr-defined]  # a Listing
        world.vault.listed[name] = replace(listed, tags=world.vault.tagged[name])  # type: ignore[attr-defined]
    world.vault.start("new", "DigiCert")
    await scanned(world)
    return Api(world)


def body_of(answer: func.HttpResponse) -> dict[str, Any]:
    content = answer.get_body()
    if answer.headers.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    found: dict[str, Any] = json.loads(content)
    return found


def table(answer: func.HttpResponse) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.get_body()
    body = body_of(answer)
    columns = body["columns"]
    assert tuple(columns) == CERTIFICATE_COLUMNS
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def names(answer: func.HttpResponse) -> list[str]:
    return [one["name"] for one in table(answer)]


async def listed(api: Api, query: str = "", **headers: str) -> func.HttpResponse:
    return await api.call(LIST, ["Certflow.Reader"], query=query, **headers)


async def test_the_table_has_a_row_for_each_certificate() -> None:
    api = await filled()
    answer = await listed(api)
    rows = {one["name"]: one for one in table(answer)}
    assert list(rows) == ["api", "new", "shop", "web"]
    ends = api.world.vault.certificates["api"].not_after
    assert rows["api"] | {"ca": ""} == {
        "vault": "main",
        "name": "api",
        "enabled": True,
        "names": ["api.example.com"],
        "ends_on": ends.date().isoformat(),
        "ca": "",
        "key": "EC 256",
        "issuer": "DigiCert",
        "months": 6,
        "renewed_by": "key-vault",
        "owner": None,
        "signer": None,
        "pending": None,
        "findings": ["no-owner", "shorter-than-asked", "fixed-days"],
    }
    assert "Root" in rows["api"]["ca"]
    assert (rows["new"]["pending"], rows["new"]["ends_on"]) == ("inProgress", None)
    assert [rows[name]["renewed_by"] for name in ("new", "shop", "web")] == ["nobody", "certflow", "person"]
    assert body_of(answer)["scanned"] == api.world.now.isoformat()
    assert body_of(answer)["unscanned"] == []


async def test_a_certificate_that_its_own_key_signed_has_no_ca() -> None:
    api = await filled()
    ends = NOW.replace(hour=23, minute=59, second=59)
    mine = IssuedCertificate("v", "aa", ca="CN=web", not_after=ends, self_signed=True)
    theirs = replace(mine, ca="CN=CA", self_signed=False)
    records = (CertificateRecord("a", current=mine), CertificateRecord("b", current=theirs))
    await api.world.inventory_files.save_snapshot(VaultSnapshot("main", NOW, NOW, records))
    api.world.fresh_records.kept.clear()
    day = f"{NOW:%Y-%m-%d}"
    assert [(one["ca"], one["ends_on"]) for one in table(await listed(api))] == [(None, day), ("CN=CA", day)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("owner=ANN@example.com", ["shop"]),
        ("issuer=digicert", ["api"]),
        ("name=S*", ["shop"]),
        ("name=s", []),
        (f"name=s{126 * '*'}", ["shop"]),
        ("renewed_by=key-vault,certflow", ["api", "shop"]),
        ("renewed_by=nobody", ["new"]),
        ("finding=NO-OWNER", ["api"]),
        ("finding=no-owner,wildcard&name=web", []),
        ("finding=wildcard", []),
        ("vault=MAIN", ["api", "new", "shop", "web"]),
        ("ends_before=2000-01-01", []),
        ("ends_before=9000-01-01", ["api", "shop", "web"]),
        ("owner=ann@example.com&issuer=DigiCert", []),
    ],
)
async def test_filters(query: str, found: list[str]) -> None:
    assert names(await listed(await filled(), query)) == found


@pytest.mark.parametrize(
    "query",
    ["renewed_by=me", "finding=nonsense", "ends_before=soon", "order=age", "owner=", f"name=*{127 * 'a'}"],
)
async def test_a_filter_that_cannot_be_read_is_named(query: str) -> None:
    answer = await listed(await filled(), query)
    assert answer.status_code == 400
    assert f"{query.split('=')[0]}" in body_of(answer)["error"]["message"]


async def test_csv_has_the_same_rows_and_no_formula() -> None:
    answer = await listed(await filled(), accept="text/csv")
    assert answer.mimetype.startswith("text/csv")
    header, *rows = csv.reader(io.StringIO(answer.get_body().decode()))
    assert tuple(header) == CERTIFICATE_COLUMNS
    by_name = {row[1]: dict(zip(header, row, strict=True)) for row in rows}
    assert by_name["web"]["owner"] == "'=cmd|calc"
    assert (by_name["api"]["enabled"], by_name["api"]["names"], by_name["new"]["ends_on"]) == (
        "true",
        "api.example.com",
        "",
    )


@pytest.mark.parametrize("owner", ["x;=cmd|calc", "x;  +1", "\t=1", "\r-1", "\n@A1", "＝1"])
async def test_no_formula_hides_behind_white_space_or_a_separator(owner: str) -> None:
    api = await filled()
    records = (CertificateRecord("a", tags={"certflow-owner": owner}),)
    await api.world.inventory_files.save_snapshot(VaultSnapshot("main", NOW, NOW, records))
    api.world.fresh_records.kept.clear()
    text = (await listed(api, accept="text/csv")).get_body().decode()
    for delimiter in ",;":
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
        assert len(rows) == 2
        assert not [cell for row in rows for cell in row if cell.strip()[:1] in set("=+-@＝")]


async def test_who_has_the_table_already_gets_no_second_one() -> None:
    api = await filled()
    first = await listed(api)
    etag = first.headers["ETag"]
    assert first.headers["Cache-Control"] == "private, no-cache"
    for given in (etag, f'"other", {etag}', "*"):
        again = await listed(api, **{"if-none-match": given})
        assert (again.status_code, again.get_body(), again.headers["ETag"]) == (304, b"", etag)
    assert (await listed(api, **{"if-none-match": 'W/"other"'})).status_code == 200
    await api.call(TAG, ["Certflow.Requester"], name="api", body={"owner": "bob@example.com"})
    changed = await listed(api, **{"if-none-match": etag})
    assert changed.status_code == 200
    assert {one["name"]: one["owner"] for one in table(changed)}["api"] == "bob@example.com"


async def test_a_large_table_is_compressed_for_whoever_takes_that() -> None:
    api = await filled()
    records = tuple(CertificateRecord(f"c{number:04}", tags={"certflow-owner": "ann"}) for number in range(5000))
    snapshot = VaultSnapshot("main", NOW, NOW, records)
    api.world.inventory_files.kept["main"] = StoredSnapshot(snapshot, "large")
    api.world.fresh_records.kept.clear()
    plain, zipped = await listed(api), await listed(api, **{"accept-encoding": "br, gzip"})
    assert "Content-Encoding" not in plain.headers
    assert (zipped.headers["Content-Encoding"], zipped.headers["Vary"]) == ("gzip", "Accept-Encoding")
    assert len(zipped.get_body()) < len(plain.get_body()) / 5
    assert body_of(zipped) == body_of(plain)
    assert zipped.headers["ETag"] == plain.headers["ETag"]


async def test_before_the_first_scan_has_ended_a_vault_is_named_as_such() -> None:
    api = Api()
    answer = await listed(api)
    assert (table(answer), body_of(answer)["unscanned"], body_of(answer)["scanned"]) == ([], ["main"], None)
    (vault,) = body_of(await api.call(VAULTS, ["Certflow.Reader"]))["value"]
    assert (vault["scanned"], vault["issuers"], "counts" in vault) == (None, [], False)


async def test_a_snapshot_that_cannot_be_read_is_an_error_and_not_a_short_list() -> None:
    api = await filled()
    api.world.inventory_files.broken.add("main")
    for route in (LIST, VAULTS):
        answer = await api.call(route, ["Certflow.Reader"])
        assert answer.status_code == 503
        assert "cannot be read" in body_of(answer)["error"]["message"]


async def test_one_certificate_is_as_key_vault_has_it_now() -> None:
    api = await filled()
    api.world.vault.start("api", "DigiCert")
    seen = body_of(await api.call(ONE, ["Certflow.Reader"], name="api"))
    assert (seen["vault"], seen["name"], seen["renewed_by"]) == ("main", "api", "key-vault")
    assert seen["current"]["names"] == ["api.example.com"]
    assert seen["policy"]["near_its_end"] == "Key Vault renews it 30 days before its end, at DigiCert."
    assert seen["versions"] == [{"version": "v1", "thumbprint": seen["current"]["thumbprint"]}]
    assert seen["pending"]["status"] == "inProgress"
    assert seen["pending"]["link"].endswith(f"/pending?request_id={seen['pending']['request_id']}")
    assert seen["links"]["history"].endswith("/vaults/main/certificates/api/history")


async def test_one_certificate_has_its_findings_with_what_to_do() -> None:
    api = await filled()
    seen = body_of(await api.call(ONE, ["Certflow.Reader"], name="api"))
    assert [(one["code"], one["severity"]) for one in seen["findings"]] == [
        ("no-owner", "note"),
        ("shorter-than-asked", "note"),
        ("fixed-days", "note"),
    ]
    assert seen["findings"][0]["next_step"] == "Tag it with certflow-owner."
    changed = await api.call(TAG, ["Certflow.Requester"], name="api", body={"owner": "bob@example.com"})
    assert "no-owner" not in [one["code"] for one in body_of(changed)["findings"]]


async def test_a_request_that_waits_is_found_on_the_page_as_long_as_it_is_the_same() -> None:
    api = await filled()
    api.world.later(days=15)
    seen = body_of(await api.call(ONE, ["Certflow.Reader"], name="new"))
    assert [one["code"] for one in seen["findings"]] == ["pending-and-forgotten"]
    api.world.vault.start("new", "DigiCert")
    assert body_of(await api.call(ONE, ["Certflow.Reader"], name="new"))["findings"] == []


async def test_a_page_without_a_snapshot_has_findings_and_one_with_an_unreadable_one_has_none() -> None:
    api = await filled()
    api.world.inventory_files.broken.add("main")
    seen = await api.call(ONE, ["Certflow.Reader"], name="api")
    assert (seen.status_code, "findings" in body_of(seen)) == (200, False)
    api.world.inventory_files.broken.clear()
    api.world.inventory_files.kept.clear()
    assert "no-owner" in [
        one["code"] for one in body_of(await api.call(ONE, ["Certflow.Reader"], name="api"))["findings"]
    ]


async def test_one_that_is_only_asked_for_has_no_version_yet() -> None:
    api = await filled()
    seen = body_of(await api.call(ONE, ["Certflow.Reader"], name="new"))
    assert ("current" in seen, seen["versions"], seen["pending"]["issuer"]) == (False, [], "DigiCert")
    assert (await api.call(ONE, ["Certflow.Reader"], name="none")).status_code == 404


async def test_the_policy_of_one_that_is_only_asked_for_counts_on_its_page_and_in_the_list() -> None:
    """Key Vault shows it as not enabled (protocol §4.3), which nobody has done to it."""
    api = await filled()
    api.world.vault.policies["new"] = AUTO
    api.world.later(days=2)
    await scanned(api.world)
    seen = body_of(await api.call(ONE, ["Certflow.Reader"], name="new"))
    assert (seen["enabled"], seen["renewed_by"], seen["policy"]["issuer"]) == (False, "key-vault", "DigiCert")
    (row,) = (one for one in table(await listed(api)) if one["name"] == "new")
    assert (row["enabled"], row["renewed_by"], row["issuer"]) == (False, "key-vault", "DigiCert")


async def test_tags_are_changed_and_the_others_stay() -> None:
    api = await filled()
    change = {"owner": "bob@example.com", "renew": "off", "mute": "2027-03-15", "signer": None}
    answer = await api.call(TAG, ["Certflow.Requester"], name="web", body=change)
    assert answer.status_code == 200
    expected = {
        "other": "stays",
        "certflow-owner": "bob@example.com",
        "certflow-renew": "off",
        "certflow-mute": "2027-03-15",
    }
    assert api.world.vault.tagged["web"] == expected
    assert body_of(answer)["tags"] == expected
    await api.call(TAG, ["Certflow.Requester"], name="web", body={"owner": None, "mute": None})
    assert api.world.vault.tagged["web"] == {"other": "stays", "certflow-renew": "off"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Name what is to change"),
        ({"requested_by": "ann"}, "Name what is to change"),
        ({"renew": "later"}, "auto, notify, off"),
        ({"mute": "for a while"}, "A date, such as 2027-03-15, or true."),
        ({"owner": " "}, "This is blank"),
        ({"endpoint": "x"}, "not known here"),
        ({"owner": "a\u202eb"}, "owner"),
        ({"endpoints": "www.example.com, https://api.example.com/"}, "certflow-endpoints: entry 2"),
        ({"endpoints": "www.example.com:99999"}, "between 1 and 65535"),
        ({"endpoints": ", ,"}, "This names no server"),
        ({"endpoints": ["www.example.com"]}, "endpoints"),
        ({"grace": "soon"}, "Write one of appgw, appservice, frontdoor, vm, or a period"),
        ({"grace": " "}, "Write one of appgw"),
        ({"endpoints": ", ".join(f"www.example.com:{port}" for port in range(1, 22))}, "of more than 20 endpoints"),
    ],
)
async def test_tags_that_cannot_be_are_refused_before_key_vault_is_asked(change: dict[str, Any], said: str) -> None:
    api = await filled()
    calls = len(api.world.vault.calls)
    answer = await api.call(TAG, ["Certflow.Requester"], name="web", body=change)
    assert answer.status_code == 400
    assert said in answer.get_body().decode()
    assert len(api.world.vault.calls) == calls


async def test_tags_of_a_first_request_are_refused_because_they_would_be_lost() -> None:
    api = await filled()
    api.world.vault.policies["new"] = AUTO
    for name, status in (("new", 409), ("nowhere", 404)):
        answer = await api.call(TAG, ["Certflow.Requester"], name=name, body={"owner": "ann@example.com"})
        assert answer.status_code == status
        assert ("not complete" in body_of(answer)["error"]["message"]) is (status == 409)
    assert "new" not in api.world.vault.tagged


async def test_a_sixteenth_tag_is_refused() -> None:
    api = await filled()
    api.world.vault.tagged["web"] = {f"t{number}": "x" for number in range(15)}
    answer = await api.call(TAG, ["Certflow.Requester"], name="web", body={"owner": "ann@example.com"})
    assert answer.status_code == 400
    assert "15 tags at most" in body_of(answer)["error"]["message"]
    assert "set_tags" not in api.world.vault.calls


async def test_in_a_vault_that_is_only_observed_no_tag_is_changed() -> None:
    from functions.app.read_only_vault import read_only

    api = await filled()
    api.vaults = {"main": read_only("main", api.world.vault)}  # type: ignore[dict-item]  # it stands in for one
    answer = await api.call(TAG, ["Certflow.Requester"], name="web", body={"owner": "ann@example.com"})
    assert answer.status_code == 403
    assert "only observes" in body_of(answer)["error"]["message"]
    assert "set_tags" not in api.world.vault.calls


async def teams() -> Api:
    """A vault for each team, each with two certificates: one of its own, and one that only the PKI team may read."""
    api = five_teams()
    for team in TEAMS:
        vault = api.vaults[f"prod-{team}"]
        for name in (f"{team}-web", f"x-{team}"):
            vault.certificates[name] = version_of(signed(CA, vault.start(name)))
            vault.tagged[name] = {"certflow-owner": f"{team}@example.com"}
            vault.policies[name] = BODIES["create_certificate"]["policy"]
            del vault.operations[name]
    app = api.certflow()
    await request_scans(app)
    for alias in app.vaults:
        await scan_inventory(app, alias, app.now() + timedelta(seconds=50))
    return api


async def test_a_team_sees_its_own_and_counts_its_own() -> None:
    api = await teams()
    assert names(await api.call(LIST, ["team-pay"])) == ["pay-web"]
    assert len(names(await api.call(LIST, ["pki"]))) == 2 * len(TEAMS)
    (mine,) = body_of(await api.call(VAULTS, ["team-pay"]))["value"]
    assert (mine["vault"], mine["counts"]["certificates"]) == ("prod-pay", 1)
    assert "backlog" not in mine
    everything = body_of(await api.call(VAULTS, ["pki"]))["value"]
    assert [one["counts"]["certificates"] for one in everything] == [2] * len(TEAMS)
    assert all("backlog" in one for one in everything)


async def test_the_same_table_is_another_for_somebody_else() -> None:
    api = await teams()
    mine = await api.call(LIST, ["team-pay"])
    other = await api.call(LIST, ["team-hr"], **{"if-none-match": mine.headers["ETag"]})
    assert names(other) == ["hr-web"]


async def test_nobody_takes_a_certificate_over_by_its_tags() -> None:
    api = await teams()
    own = await api.call(TAG, ["team-pay"], vault="prod-pay", name="pay-web", body={"renew": "off"})
    assert own.status_code == 200
    api.vaults["prod-pay"].tagged["pay-web"] = {"certflow-owner": "hr@example.com"}
    for change in ({"renew": "off"}, {"owner": "pay@example.com"}, {"owner": None}):
        refused = await api.call(TAG, ["team-pay"], vault="prod-pay", name="pay-web", body=change)
        assert refused.status_code == 403
    api.vaults["prod-pay"].tagged["pay-web"] = {"certflow-owner": "pay@example.com"}
    given_away = await api.call(TAG, ["team-pay"], vault="prod-pay", name="pay-web", body={"owner": "hr@example.com"})
    assert given_away.status_code == 403
    assert api.vaults["prod-pay"].tagged["pay-web"] == {"certflow-owner": "pay@example.com"}


async def test_counts_of_a_vault() -> None:
    api = await filled()
    (vault,) = body_of(await api.call(VAULTS, ["Certflow.Operator"]))["value"]
    assert vault["counts"] == {
        "certificates": 4,
        "unowned": 2,
        "ends_within_30_days": 0,
        "expired": 0,
        "pending": 1,
        "renewed_by": {"key-vault": 1, "certflow": 1, "person": 1, "nobody": 1},
    }
    assert (vault["issuers"], vault["observed"], vault["trusted_cas"]) == (["DigiCert"], False, "any")
