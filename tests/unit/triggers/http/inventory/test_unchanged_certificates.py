"""`GET certificates` answers 304 without making the table, and never when the table would be another."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import azure.functions as func
import pytest

from functions.model.inventory.lifetimes import LIMITS
from functions.model.inventory.record import (
    AskedFor,
    CertificateRecord,
    IssuedCertificate,
    PendingRequest,
    VaultSnapshot,
)
from functions.model.live.state import EndpointCheck, EndpointState, ExpectedVersion, LiveState
from functions.ports.issuing_cas import IssuingCa
from functions.ports.monitoring_store import IssuerFailures, TrustNote, TrustState
from functions.triggers.http.inventory import certificates
from tests.certificates import DAY, Ca, as_read
from tests.clock import NOW, fixed_now
from tests.unit.fakes import FakeVault
from tests.unit.inventory.test_known_cas import key_id
from tests.unit.live.live_world import LiveWorld
from tests.unit.signed_in import ROUTE, TEAMS, Api, five_teams, team_file

LIST = ROUTE["list_certificates"]
HOUR, A_LITTLE = timedelta(hours=1), timedelta(microseconds=1)
ISSUING = Ca.root("Corp Issuing", at=fixed_now)
GOOD = IssuedCertificate(
    "v1", "ab", "cd" * 32, ("CN=a"), ("a.example.com",), "CN=CA", "", NOW - DAY, NOW + 180 * DAY, key_type="RSA"
)
AUTO = AskedFor("Corp", months=6, action="AutoRenew", percentage=80)
RECORDS = (
    CertificateRecord("ends", tags={"certflow-owner": "ann"}, current=replace(GOOD, not_after=NOW + 2 * DAY)),
    CertificateRecord("live", current=GOOD, policy=AUTO),
    CertificateRecord("public", current=replace(GOOD, public=True), policy=replace(AUTO, issuer="Unknown")),
    CertificateRecord("signed", current=replace(GOOD, ca_key=key_id(ISSUING))),
    CertificateRecord("waits", pending=PendingRequest("r", "inProgress", since=NOW - 13 * DAY), enabled=False),
)
SNAPSHOT = VaultSnapshot("main", NOW - HOUR, NOW, RECORDS, ("Corp",))
CHECK = EndpointCheck(
    *("main", "live", ExpectedVersion("ab", "cd" * 32, NOW - HOUR), NOW),
    grace=6 * 3600,
    states=(EndpointState("www.example.com:443", LiveState.OTHER, NOW),),
)
type Change = Callable[[Api], Awaitable[None]]


async def watched() -> Api:
    world = LiveWorld()
    await world.checks.save(CHECK, None)
    await world.inventory_files.save_snapshot(SNAPSHOT)
    return Api(world)


async def listed(api: Api, query: str = "", etag: str = "", role: str = "Certflow.Reader") -> func.HttpResponse:
    return await api.call(LIST, [role], query=query, **({"if-none-match": etag} if etag else {}))


async def snapshot_of(api: Api, **fields: object) -> None:
    await api.world.inventory_files.save_snapshot(replace(SNAPSHOT, **fields))  # type: ignore[arg-type]


async def put(api: Api, record: CertificateRecord) -> None:
    await api.world.fresh_records.put("main", record, api.world.now)


async def checked(api: Api, state: LiveState) -> None:
    states = (EndpointState("www.example.com:443", state, NOW),)
    checks = api.world.live.checks  # type: ignore[union-attr]  # a LiveWorld
    known = await checks.get("main", "live")
    await checks.save(replace(CHECK, states=states), known)


async def a_new_certificate(api: Api) -> None:
    await put(api, CertificateRecord("new", current=GOOD, read=api.world.now))


async def another_owner(api: Api) -> None:
    await put(api, replace(RECORDS[1], tags={"certflow-owner": "bob"}, read=api.world.now))


async def a_deleted_certificate(api: Api) -> None:
    await snapshot_of(api, certificates=RECORDS[1:])


async def another_scan(api: Api) -> None:
    await snapshot_of(api, ended=NOW + HOUR)


async def no_issuer(api: Api) -> None:
    await snapshot_of(api, issuers=())


async def another_provider(api: Api) -> None:
    await snapshot_of(api, providers={"Corp": "DigiCert"}, certificates=(CertificateRecord("a", policy=AUTO),))


async def a_failing_issuer(api: Api) -> None:
    told = IssuerFailures("main", "corp", told={"credentials": api.world.now})
    api.world.monitoring_store.troubles["main", "corp"] = told


async def an_untrusted_ca(api: Api) -> None:
    (ca,) = as_read(ISSUING.certificate)
    await api.world.issuing_cas.put("main", IssuingCa(ca.sha256, ca.der, NOW))
    api.world.monitoring_store.trusts["main"] = TrustNote("main", state=TrustState.SET, anchors=("ab" * 20,))


async def a_strangers_certificate(api: Api) -> None:
    await checked(api, LiveState.NOT_LIVE)


async def the_end_of_the_grace(api: Api) -> None:
    api.world.later(hours=5)


async def the_end_of_a_certificate(api: Api) -> None:
    api.world.now = NOW + 2 * DAY


async def the_fourteenth_day_of_a_request(api: Api) -> None:
    api.world.now = NOW + DAY + A_LITTLE


async def the_limit_of_100_days(api: Api) -> None:
    await snapshot_of(api, certificates=RECORDS[2:3])
    (limit,) = (since for since, days in LIMITS if days == 100)
    api.world.now = limit - A_LITTLE
    before = await listed(api)
    api.world.now = limit
    assert found(before) != found(await listed(api)), "no more than the limit has changed"


async def another_vault(api: Api) -> None:
    api.vaults = {"main": api.world.vault, "other": FakeVault()}


ACTS: tuple[Change, ...] = (
    *(a_new_certificate, another_owner, a_deleted_certificate, another_scan, another_vault),
    *(no_issuer, another_provider, a_failing_issuer, an_untrusted_ca, a_strangers_certificate),
)
CHANGES: tuple[Change, ...] = (
    *ACTS,
    *(the_end_of_the_grace, the_end_of_a_certificate, the_fourteenth_day_of_a_request, the_limit_of_100_days),
)


def found(answer: func.HttpResponse) -> object:
    return json.loads(answer.get_body())


@pytest.mark.parametrize("change", CHANGES, ids=lambda one: one.__name__)
async def test_after_a_change_the_whole_table_comes(change: Change) -> None:
    api = await watched()
    before = await listed(api)
    assert (await listed(api, etag=before.headers["ETag"])).status_code == 304
    await change(api)
    after, again = await listed(api), await listed(api, etag=before.headers["ETag"])
    assert found(after) != found(before), "so that it is a change"
    assert (again.status_code, again.get_body()) == (200, after.get_body())
    assert (await listed(api, etag=after.headers["ETag"])).status_code == 304


@pytest.mark.parametrize(
    ("moment", "comes"),
    [
        (NOW + 2 * DAY - A_LITTLE, 304),
        (NOW + 2 * DAY, 200),  # a certificate has ended
        (NOW + DAY, 304),
        (NOW + DAY + A_LITTLE, 200),  # a request is forgotten after fourteen days
    ],
)
async def test_a_threshold_counts_from_its_moment_on(moment: datetime, comes: int) -> None:
    api = await watched()
    api.world.now = moment - 2 * A_LITTLE
    before = await listed(api)
    api.world.now = moment
    assert (found(await listed(api)) == found(before)) is (comes == 304)
    assert (await listed(api, etag=before.headers["ETag"])).status_code == comes


async def test_without_a_change_the_time_and_another_process_change_nothing() -> None:
    api = await watched()
    await another_owner(api)
    etag = (await listed(api)).headers["ETag"]
    api.world.later(hours=4)
    assert (await listed(api, etag=etag)).status_code == 304
    other = Api(api.world)
    assert (await listed(other, etag=etag)).status_code == 304


async def test_an_unchanged_table_is_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    api = await watched()
    etag = (await listed(api)).headers["ETag"]
    made: list[object] = []

    def making(*given: object) -> tuple[()]:
        made.append(given)
        return ()

    monkeypatch.setattr(certificates, "certificates_in", making)
    assert (await listed(api, etag=etag)).status_code == 304
    assert made == []
    assert (await listed(api)).status_code == 200
    assert len(made) == 1


QUERIES = ("", "name=live", "owner=ann", "ends_before=2027-01-01", "renewed_by=key-vault", "finding=not-live")


async def test_each_table_has_an_etag_of_its_own_whatever_happens() -> None:
    """Over some months of changes by chance: no ETag stands for two tables."""
    tables: dict[str, bytes] = {}
    for seed in range(3):
        chance, api = random.Random(seed), await watched()  # noqa: S311  the same in each run
        api.entra = False  # signing tokens would take most of the time
        last = dict.fromkeys(QUERIES, "none")
        for _ in range(20):
            if chance.random() < 0.5:
                api.world.later(hours=chance.choice((1, 5, 24, 24 * 20)))
            else:
                await chance.choice(ACTS)(api)
            for query, known in last.items():
                answer = await api.send(LIST, None, query=query)
                last[query], table = answer.headers["ETag"], answer.get_body()
                assert tables.setdefault(last[query], table) == table, query
                again = await api.send(LIST, None, query=query, **{"if-none-match": known})
                assert again.status_code == (304 if last[query] == known else 200)
    assert len(set(tables.values())) > 30


def with_rows(*rows: object) -> bytes:
    file = json.loads(team_file())
    return json.dumps(file | {"grants": [*file["grants"], *rows]}).encode()


async def teams() -> Api:
    api = five_teams()
    for team in TEAMS:
        names = (f"{team}-web", f"{team}-x", "shared")
        records = tuple(CertificateRecord(name, current=GOOD) for name in names)
        await api.world.inventory_files.save_snapshot(VaultSnapshot(f"prod-{team}", NOW, NOW, records))
    return api


async def test_no_caller_has_the_etag_of_another_table() -> None:
    api, tables = await teams(), dict[str, bytes]()
    for role in ("pki", *(f"team-{team}" for team in TEAMS)):
        for query in ("", "name=*web", "name=shared"):
            answer = await listed(api, query, role=role)
            assert tables.setdefault(answer.headers["ETag"], answer.get_body()) == answer.get_body()
    everything = (await listed(api, role="pki")).headers["ETag"]
    for team in TEAMS:
        mine = await listed(api, etag=everything, role=f"team-{team}")
        assert (mine.status_code, b"shared" in mine.get_body()) == (200, False)


async def reader_of_one() -> Api:
    api = await watched()
    rows = [{"who": ["role:team"], "may": ["read"], "vaults": ["main"], "names": ["live"]}]
    api.world.access_files.write(json.dumps({"grants": rows}).encode())  # type: ignore[union-attr]  # an Api has one
    return api


@pytest.mark.parametrize(
    ("record", "comes"),
    [
        (CertificateRecord("others-new", current=GOOD), 304),
        (replace(RECORDS[2], tags={"certflow-owner": "bob"}), 304),
        (RECORDS[1], 304),  # somebody has looked at it, and it is as before
        (replace(RECORDS[1], tags={"certflow-owner": "bob"}), 200),
    ],
    ids=["new-of-others", "changed-of-others", "looked-at", "changed"],
)
async def test_what_happens_to_certificates_of_others_does_not_show(record: CertificateRecord, comes: int) -> None:
    api = await reader_of_one()
    before = await listed(api, role="team")
    for _ in range(2):  # the second time with other times alone
        api.world.later(minutes=1)
        await put(api, replace(record, read=api.world.now, seen=api.world.now))
        after = await listed(api, etag=before.headers["ETag"], role="team")
        assert after.status_code == comes
    assert (found(await listed(api, role="team")) == found(before)) is (comes == 304)


async def test_with_another_grant_the_whole_table_comes() -> None:
    api = await teams()
    before = await listed(api, role="team-pay")
    more = {"who": ["role:team-pay"], "may": ["read"], "vaults": ["prod-pay"], "names": ["shared"]}
    for rows, names in (((more,), 3), ((), 2)):
        api.world.access_files.write(with_rows(*rows))  # type: ignore[union-attr]  # an Api has one
        api.world.later(minutes=10)
        after = await listed(api, etag=before.headers["ETag"], role="team-pay")
        assert (after.status_code, after.get_body().count(b"CN=CA")) == (200, names)
        before = after


async def test_compressed_and_plain_tables_have_the_same_etag() -> None:
    api = await watched()
    many = tuple(CertificateRecord(f"c{number}") for number in range(100))
    await snapshot_of(api, certificates=many)
    plain, zipped = await listed(api), await api.call(LIST, ["Certflow.Reader"], **{"accept-encoding": "gzip"})
    assert gzip.decompress(zipped.get_body()) == plain.get_body()
    assert zipped.headers["ETag"] == plain.headers["ETag"]
