"""Who renews a certificate whose tag asks Certflow to, by what the settings let Certflow start."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.model.inventory.record import AskedFor, CertificateRecord, IssuedCertificate, VaultSnapshot
from functions.model.options import Options
from tests.certificates import DAY
from tests.clock import NOW
from tests.unit.fakes import World
from tests.unit.listing_vault import Listing, issue
from tests.unit.signed_in import ROUTE, Api
from tests.unit.triggers.http.inventory.test_certificates import body_of, table

READER = ["Certflow.Reader"]
CURRENT = IssuedCertificate("v1", "ab", "cd" * 32, not_before=NOW - DAY, not_after=NOW + 89 * DAY, key_type="RSA")
ASKED = CertificateRecord(
    "web", tags={"certflow-renew": "auto"}, current=CURRENT, policy=AskedFor("Corp", months=3), read=NOW
)
BARRED = {
    "none starts by itself": Options(renews=False),
    "the vault is observed": Options(read_only_vaults=frozenset({"main"})),
    "the issuer is not allowed": Options(issuers=("Unknown",)),
}


async def asked(record: CertificateRecord = ASKED) -> Api:
    api = Api(World(vault=Listing()))
    issue(api.world, "web")
    api.world.vault.tagged["web"] = dict(record.tags)
    api.world.vault.policies["web"] = {"issuer": {"name": "Corp"}}
    await api.world.inventory_files.save_snapshot(VaultSnapshot("main", NOW, NOW, (record,), ("Corp",)))
    return api


async def renewers(api: Api) -> list[object]:
    """Who renews it: by the list, the plan, the counts of its vault, and its page."""
    (row,) = table(await api.call(ROUTE["list_certificates"], READER))
    (item,) = body_of(await api.call(ROUTE["get_plan"], READER))["value"]
    (vault,) = body_of(await api.call(ROUTE["list_vaults"], READER))["value"]
    page = body_of(await api.call(ROUTE["get_certificate"], READER, name="web"))
    counted = [who for who, count in vault["counts"]["renewed_by"].items() if count]
    return [row["renewed_by"], item["renewer"], *counted, page["renewed_by"]]


async def test_certflow_renews_what_a_tag_asks_it_to() -> None:
    assert await renewers(await asked()) == ["certflow"] * 4


@pytest.mark.parametrize("options", BARRED.values(), ids=BARRED)
async def test_nobody_renews_what_the_settings_keep_certflow_from(options: Options) -> None:
    api = await asked()
    api.world.options = options
    assert await renewers(api) == ["nobody"] * 4
    (row,) = table(await api.call(ROUTE["list_certificates"], READER, query="renewed_by=nobody"))
    assert row["findings"] == ["nobody-renews", "no-owner"]
    (item,) = body_of(await api.call(ROUTE["get_plan"], READER))["value"]
    assert item["by_hand"] is True


@pytest.mark.parametrize("options", BARRED.values(), ids=BARRED)
async def test_an_owner_hears_of_its_end_then(options: Options) -> None:
    api = await asked(replace(ASKED, tags={**ASKED.tags, "certflow-owner": "ann@example.com"}))
    api.world.options = options
    assert await renewers(api) == ["person"] * 4


@pytest.mark.parametrize("options", BARRED.values(), ids=BARRED)
async def test_with_another_setting_the_whole_list_comes(options: Options) -> None:
    api = await asked()
    before = await api.call(ROUTE["list_certificates"], READER)
    api.world.options = options
    again = await api.call(ROUTE["list_certificates"], READER, **{"if-none-match": before.headers["ETag"]})
    assert again.status_code == 200


async def test_what_nobody_asks_certflow_to_renew_is_as_it_was() -> None:
    api = await asked(replace(ASKED, tags={}, policy=AskedFor("Corp", months=3, action="AutoRenew", percentage=80)))
    api.world.options = Options(renews=False)
    (row,) = table(await api.call(ROUTE["list_certificates"], READER))
    assert row["renewed_by"] == "key-vault"
