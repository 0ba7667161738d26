"""`GET audit`: findings of all vaults that the caller may read, as JSON and as CSV."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from functions.model.inventory.record import AskedFor, CertificateRecord, IssuedCertificate, VaultSnapshot
from functions.model.tags import OWNER_TAG
from functions.ports.issuing_cas import IssuingCa
from functions.ports.monitoring_store import IssuerFailures
from functions.triggers.http.inventory.audit import AUDIT_COLUMNS
from tests.certificates import DAY, Ca, Wish, as_read
from tests.clock import NOW, fixed_now
from tests.unit.signed_in import ROUTE, TEAMS, Api, error_of, five_teams
from tests.unit.triggers.http.grants.test_five_teams import names_of_others, text_of

ISSUED_ENDS = (NOW + 364 * DAY).isoformat()
AUDIT = ROUTE["get_audit"]
ISSUED = IssuedCertificate("v1", "ab", names=("a.example.com",), not_before=NOW - DAY, not_after=NOW + 364 * DAY)
ASKED = AskedFor(issuer="Corp", months=12, action="AutoRenew", percentage=80, names=("a.example.com",))


def records(team: str) -> tuple[CertificateRecord, ...]:
    """One that has ended, one that nobody owns and that can be exported, and a good one."""
    tags = {OWNER_TAG: f"{team}@example.com"}
    ended = IssuedCertificate("v1", "ab", not_before=NOW - 90 * DAY, not_after=NOW - DAY)
    exported = AskedFor(issuer="Corp", months=12, action="AutoRenew", percentage=80, exportable=True)
    return (
        CertificateRecord(f"{team}-ended", tags=tags, current=ended, policy=ASKED),
        CertificateRecord(f"{team}-loose", current=ISSUED, policy=exported),
        CertificateRecord(f"{team}-web", tags=tags, current=ISSUED, policy=ASKED),
    )


async def scanned(teams: tuple[str, ...] = TEAMS) -> Api:
    api = five_teams()
    for number, team in enumerate(teams):
        vault = f"prod-{team}"
        ended = NOW - number * timedelta(hours=1)
        snapshot = VaultSnapshot(vault, ended, ended, records(team), issuers=("corp",))
        await api.world.inventory_files.save_snapshot(snapshot)
    return api


def found_in(answer: dict[str, Any]) -> dict[str, list[str]]:
    return {
        group["code"]: [f"{one['vault']}/{one['name']}" for one in group["certificates"]] for group in answer["groups"]
    }


async def test_findings_are_grouped_by_code_with_what_to_do() -> None:
    answer = error_of(await (await scanned()).call(AUDIT, ["pki"], query="vault=prod-pay,prod-hr"))
    assert found_in(answer) == {
        "expired-in-use": ["prod-hr/hr-ended", "prod-pay/pay-ended"],
        "no-owner": ["prod-hr/hr-loose", "prod-pay/pay-loose"],
        "exportable": ["prod-hr/hr-loose", "prod-pay/pay-loose"],
    }
    first = answer["groups"][0]
    assert (first["severity"], first["count"]) == ("critical", 2)
    assert first["next_step"].startswith("Renew the certificate")
    assert first["certificates"][1] == {
        "vault": "prod-pay",
        "name": "pay-ended",
        "sentence": "It ended on 2026-11-23, and is enabled.",
        "owner": "pay@example.com",
        "not_after": (NOW - DAY).isoformat(),
    }
    assert answer["counts"] == {"critical": 2, "warning": 0, "note": 4}
    assert (answer["certificates"], answer["unscanned"]) == (6, [])
    assert answer["scanned"] == (NOW - timedelta(hours=1)).isoformat(), "the older of the two scans"


@pytest.mark.parametrize(
    ("query", "codes", "looked_at"),
    [
        ("code=NO-OWNER,wildcard", {"no-owner"}, 15),
        ("severity=critical,warning", {"expired-in-use"}, 15),
        ("severity=note&code=exportable", {"exportable"}, 15),
        ("owner=PAY@example.com", {"expired-in-use"}, 2),
        ("owner=nobody@example.com", set(), 0),
    ],
)
async def test_filters_narrow_what_is_shown(query: str, codes: set[str], looked_at: int) -> None:
    answer = error_of(await (await scanned()).call(AUDIT, ["pki"], query=query))
    assert set(found_in(answer)) == codes
    assert answer["certificates"] == looked_at


@pytest.mark.parametrize("query", ["code=nonsense", "severity=error", "name=web", "code="])
async def test_a_word_that_is_not_known_is_refused(query: str) -> None:
    assert (await (await scanned()).call(AUDIT, ["pki"], query=query)).status_code == 400


async def test_a_team_gets_what_it_may_read_and_nothing_of_others_is_in_a_count() -> None:
    everyone, alone = await scanned(), await scanned(("pay",))
    mine = await everyone.call(AUDIT, ["team-pay"])
    assert names_of_others(text_of(mine)) == []
    assert mine.get_body() == (await alone.call(AUDIT, ["team-pay"])).get_body()
    assert error_of(mine)["certificates"] == 3
    refused = await everyone.call(AUDIT, ["team-pay"], query="vault=prod-hr")
    assert refused.status_code == 403


async def test_a_name_that_is_not_granted_is_in_no_count() -> None:
    api = await scanned(("pay",))
    theirs = CertificateRecord("hr-loose", current=ISSUED, policy=ASKED)
    snapshot = VaultSnapshot("prod-pay", NOW, NOW, (theirs, *records("pay")), issuers=("corp",))
    await api.world.inventory_files.save_snapshot(snapshot)
    answer = error_of(await api.call(AUDIT, ["team-pay"]))
    assert (answer["certificates"], found_in(answer)["no-owner"]) == (3, ["prod-pay/pay-loose"])
    assert error_of(await api.call(AUDIT, ["pki"]))["certificates"] == 4


async def test_a_table_has_a_row_for_each_finding_and_no_formula() -> None:
    api = await scanned(("pay",))
    odd = CertificateRecord("pay-odd", tags={OWNER_TAG: "=HYPERLINK(1)"}, current=ISSUED, policy=AskedFor(months=24))
    await api.world.inventory_files.save_snapshot(VaultSnapshot("prod-pay", NOW, NOW, (odd,)))
    answer = await api.call(AUDIT, ["pki"], accept="text/csv; q=1, */*")
    header, *rows = csv.reader(io.StringIO(answer.get_body().decode()))
    assert answer.mimetype == "text/csv; charset=utf-8"
    assert tuple(header) == AUDIT_COLUMNS
    assert [row[:6] for row in rows] == [
        ["prod-pay", "pay-odd", "'=HYPERLINK(1)", ISSUED_ENDS, "shorter-than-asked", "note"]
    ]


async def test_before_the_first_scan_a_vault_is_named_as_not_scanned() -> None:
    answer = error_of(await (await scanned(("pay",))).call(AUDIT, ["pki"]))
    assert answer["unscanned"] == ["prod-hr", "prod-lab", "prod-ops", "prod-web"]
    empty = error_of(await five_teams().call(AUDIT, ["team-pay"]))
    assert empty == {
        "certificates": 0,
        "scanned": None,
        "unscanned": ["prod-pay"],
        "counts": {"critical": 0, "warning": 0, "note": 0},
        "groups": [],
    }


@pytest.mark.parametrize(("hours", "broken"), [(23, True), (24, False)])
async def test_an_issuer_of_which_people_heard_within_a_day_is_broken(hours: int, broken: bool) -> None:
    api = await scanned(("pay",))
    told = {"account": NOW - timedelta(hours=hours)}
    await api.world.monitoring_store.save_issuer_failures(IssuerFailures("prod-pay", "corp", told=told))
    answer = error_of(await api.call(AUDIT, ["team-pay"], query="code=issuer-broken"))
    assert (answer["counts"]["critical"] == 3) is broken


async def test_a_ca_below_one_that_browsers_do_not_trust_is_found_by_its_certificate() -> None:
    entrust = Ca.root("G2", at=fixed_now)
    g2 = x509.AuthorityKeyIdentifier(bytes.fromhex("6a72267ad01eef7de73b6951d46c8d9f901266ab"), None, None)
    (below,) = as_read(entrust.ca("Below G2", Wish(more=[(g2, False)])).certificate)
    own = below.extension(x509.SubjectKeyIdentifier)
    assert own is not None
    api = await scanned(("pay",))
    leaf = IssuedCertificate("v1", "ab", ca_key=own.digest.hex(), not_before=NOW - DAY, not_after=NOW + 364 * DAY)
    signed = CertificateRecord("pay-web", current=leaf, policy=ASKED)
    await api.world.inventory_files.save_snapshot(VaultSnapshot("prod-pay", NOW, NOW, (signed,)))
    assert "distrusted-ca" not in found_in(error_of(await api.call(AUDIT, ["pki"])))
    await api.world.issuing_cas.put("prod-pay", IssuingCa(below.sha256, below.der, NOW))
    await api.world.issuing_cas.put("prod-pay", IssuingCa("cd", b"no certificate", NOW))
    assert found_in(error_of(await api.call(AUDIT, ["pki"])))["distrusted-ca"] == ["prod-pay/pay-web"]


async def test_a_snapshot_that_cannot_be_read_is_an_outage_and_not_half_an_answer() -> None:
    api = await scanned()
    api.world.inventory_files.broken.add("prod-hr")
    assert (await api.call(AUDIT, ["pki"])).status_code == 503
    assert json.loads((await api.call(AUDIT, ["team-pay"])).get_body())["certificates"] == 3
