"""A vault of 5,000 certificates: the size of its snapshot and of `GET certificates`, and what it takes to answer that,
to audit and to plan, as CPU time on the unit tests' fakes in one process.

The certificates are made by chance, always the same ones, as a company has them: a quarter internal, half of all with
owners, most with one name or `www.` beside it, policies of four issuers, thumbprints and identifiers that cannot be
compressed, and times that no two of them share, but for those of the CAs that begin at midnight. The baseline is gzip
of the very bytes that are answered, which a list that is sent compressed cannot do without; of a 304 the whole answer.
"""

from __future__ import annotations

import asyncio
import gzip
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta

from benchmarks.table import Row, print_rows
from functions.adapters.inventory_json import packed, snapshot_in
from functions.inventory.audits import audits_of
from functions.inventory.plan import plans_of
from functions.model.inventory.record import AskedFor, CertificateRecord, IssuedCertificate, VaultSnapshot
from functions.triggers.http.inventory.compressed import SENT_LEVEL
from tests.clock import NOW
from tests.unit.fakes import World
from tests.unit.signed_in import ROUTE, Api

SEED, CERTIFICATES, ROUNDS = 20261130, 5_000, 7
LIMIT = 47  # days, of the plan
WORDS = [
    "api",
    "app",
    "auth",
    "billing",
    "cdn",
    "data",
    "edge",
    "files",
    "gateway",
    "hr",
    "id",
    "jobs",
    "legacy",
    "mail",
    "ops",
    "pay",
    "portal",
    "search",
    "shop",
    "web",
]
PLACES = ["eu", "us", "asia", "test", "stage", "prod", "blue", "green"]
OWNERS = [f"{word}-team@example.com" for word in WORDS]
# Issuer in the vault, name of the CA, share of the certificates, whether it is public, months.
ISSUERS = (
    ("DigiCert", "CN=DigiCert Global G2 TLS RSA SHA256 2020 CA1,O=DigiCert Inc,C=US", 0.35, True, 6),
    ("GlobalSign", "CN=GlobalSign RSA OV SSL CA 2018,O=GlobalSign nv-sa,C=BE", 0.15, True, 6),
    ("Unknown", "CN=Sectigo RSA Domain Validation Secure Server CA,O=Sectigo Limited,C=GB", 0.2, True, 6),
    ("Unknown", "CN=Example Issuing CA 3,OU=PKI,O=Example AG,C=CH", 0.25, False, 24),
    ("Self", "", 0.05, False, 12),
)
SERVER, CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"


def snapshot() -> VaultSnapshot:
    """The snapshot of the vault."""
    chance = random.Random(SEED)  # noqa: S311  no secret
    keys = [chance.randbytes(20).hex() for _ in ISSUERS]
    made = sorted((_certificate(chance, number, keys) for number in range(CERTIFICATES)), key=lambda one: one.name)
    issuers = ("DigiCert", "GlobalSign")
    return VaultSnapshot(
        "main", NOW - timedelta(minutes=9), NOW, tuple(made), issuers, providers={"DigiCert": "DigiCert"}
    )


def _certificate(chance: random.Random, number: int, keys: list[str]) -> CertificateRecord:
    (which,) = chance.choices(range(len(ISSUERS)), [one[2] for one in ISSUERS])
    issuer, ca, _share, public, months = ISSUERS[which]
    word, place = chance.choice(WORDS), chance.choice(PLACES)
    name, host = f"{word}-{place}-{number:04}", f"{word}{number:04}.{place}.example.com"
    more = chance.choice((0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 7))
    names = (host, f"www.{host}", *(f"{other}.{host}" for other in chance.sample(WORDS, more)))
    names = names if chance.random() < 0.5 else (host, *names[2:])
    began = NOW - timedelta(seconds=chance.randrange(months * 30 * 24 * 3600))
    if issuer == "DigiCert" or "Sectigo" in ca:
        began = began.replace(hour=0, minute=0, second=0)
    ends = began + timedelta(days=months * 30.5, seconds=-1)
    ec = chance.random() < 0.2
    key = ("EC", 256) if ec else ("RSA", chance.choice((2048, 2048, 2048, 4096)))
    ekus = (SERVER, CLIENT) if chance.random() < 0.5 else (SERVER,)
    seen = NOW - timedelta(microseconds=chance.randrange(10**9))
    read = NOW - timedelta(microseconds=chance.randrange(86_400 * 10**6))
    sha1, sha256, version = (chance.randbytes(count).hex() for count in (20, 32, 16))
    current = IssuedCertificate(
        version,
        sha1,
        sha256,
        subject=f"CN={host},O=Example AG,C=CH",
        names=names,
        ca=ca or f"CN={host},O=Example AG,C=CH",
        ca_key=keys[which],
        not_before=began,
        not_after=ends,
        created=began + timedelta(seconds=chance.randrange(600)),
        ekus=ekus,
        key_type=key[0],
        key_size=key[1],
        self_signed=not ca,
        imported=chance.random() < 0.2,
        public=public,
    )
    renews = issuer not in {"Unknown", "Self"}
    policy = AskedFor(
        issuer,
        months=months,
        action="AutoRenew" if renews else "EmailContacts",
        percentage=chance.choice((None, 80, 80, 90)),
        subject=f"CN={host},O=Example AG,C=CH",
        names=names,
        ekus=ekus,
        key_type=key[0],
        key_size=key[1],
        curve="P-256" if ec else "",
        exportable=chance.random() < 0.6,
        reuse_key=chance.random() < 0.1,
        content_type="application/x-pkcs12",
    )
    tags = {"certflow-owner": chance.choice(OWNERS)} if chance.random() < 0.5 else {}
    return CertificateRecord(
        name,
        tags={**tags, "cost-center": str(4000 + chance.randrange(60))},
        updated=began + timedelta(seconds=chance.randrange(600)),
        current=current,
        policy=policy,
        read=read,
        asked=read,
        seen=seen,
    )


async def _seconds(what: Callable[[], Awaitable[object]]) -> float:
    """CPU seconds, the median of some rounds."""
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        await what()
        found.append(time.process_time() - began)
    return statistics.median(found)


async def _rows() -> list[Row]:
    vault, world = snapshot(), World()
    stored = packed(vault)
    await world.inventory_files.save_snapshot(snapshot_in(stored))
    api, route = Api(world, entra=False), ROUTE["list_certificates"]
    first = await api.send(route, None, **{"accept-encoding": "gzip"})
    sent, plain = first.get_body(), gzip.decompress(first.get_body())
    etag = first.headers["ETag"]
    same = await api.send(route, None, **{"if-none-match": etag})
    if (first.status_code, same.status_code) != (200, 304):
        raise AssertionError(f"{first.status_code} and {same.status_code} in place of 200 and 304")

    async def zipped() -> bytes:
        return gzip.compress(plain, SENT_LEVEL, mtime=0)

    baseline = await _seconds(zipped)
    whole = await _seconds(lambda: api.send(route, None, **{"accept-encoding": "gzip"}))
    unchanged = await _seconds(lambda: api.send(route, None, **{"if-none-match": etag}))
    audit = await _seconds(lambda: audits_of(world.certflow))
    plan = await _seconds(lambda: plans_of(world.certflow, LIMIT))
    return [
        Row("snapshot of 5,000 certificates, KB", len(stored) / 1000, "≤ 800"),
        Row("  GET certificates of them, compressed, KB", len(sent) / 1000, "≤ 100"),
        Row("  the same, not compressed, KB", len(plain) / 1000),
        # The audit of all 5,000 is three quarters of it; a caller who asks again gets a 304.
        Row("  CPU of GET certificates ÷ of gzip of its bytes", whole / baseline),
        Row("  CPU where the caller has it (304) ÷ of the whole answer", unchanged / whole, "≤ 0.1"),
        Row("  CPU of GET certificates, ms", whole * 1000),
        Row("  of a 304, ms", unchanged * 1000),
        Row("  of an audit, ms", audit * 1000),
        Row("  of a plan, ms", plan * 1000),
    ]


def measure() -> list[Row]:
    """Measures in this process."""
    return asyncio.run(_rows())


def main() -> int:
    """Prints the rows."""
    print_rows(measure())
    return 0


if __name__ == "__main__":
    sys.exit(main())
