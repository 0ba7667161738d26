"""The audit of 5,000 certificates in five vaults of the emulator, by the product's own scan over TLS, its snapshots in
Azurite and `GET audit`: precision and recall.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from pathlib import Path

from keyvault_emulator.tls import LocalCa
from local.functions_host import ROOT
from tests.audit_seeds import Seed, SeededVault, seeded_vaults
from tests.thorough.inventory.audited_vaults import AuditedVaults, running_vaults
from tests.unit.inventory.audited_seeds import quality

A_VAULT = 1000
# What says of the seeds' modules, in a process of their own, what of the product they have imported.
IMPORTED = """
import sys, tests.audit_seeds, tests.thorough.inventory.seeds_put
print([name for name in sys.modules if name.partition(".")[0] == "functions"])
"""


async def test_in_5000_each_is_found_exactly_once_and_nothing_else_is(trusted_ca: LocalCa, tmp_path: Path) -> None:
    vaults, found = list(seeded_vaults(A_VAULT)), Counter[str]()
    places = ((f"{vault.name}/{seed.name}", seed) for vault in vaults for seed in vault.seeds)
    expected = Counter(f"{place}: {code}" for place, seed in places for code in seed.expected)
    steps = sorted((step for vault in vaults for step in steps_of(vault)), key=lambda step: step[0])
    async with running_vaults(trusted_ca, tmp_path, steps[0][0], *(vault.name for vault in vaults)) as audited:
        for now, vault, seeds in steps:
            await audited.emulator.put(vault.name, seeds)
            if now < vault.now:
                await audited.scan(vault.name, now)
            else:
                found += await findings_of(audited, vault)
    sys.stdout.write(f"{sum(len(vault.seeds) for vault in vaults):,} certificates, {quality(found, expected)}\n")
    assert sorted((found - expected).elements()) == []
    assert sorted((expected - found).elements()) == []


def test_the_seeds_and_what_is_expected_of_them_know_nothing_of_the_product() -> None:
    run = subprocess.run([sys.executable, "-c", IMPORTED], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def steps_of(vault: SeededVault) -> Iterator[tuple[datetime, SeededVault, list[Seed]]]:
    """When which certificates come into a vault: those with a request in progress when that is started, for only a
    scan says since when it is pending; all others at the moment of the audit.
    """

    def since(seed: Seed) -> datetime:
        return seed.pending[1] if seed.pending and seed.pending[0] == "inProgress" else vault.now

    for at, seeds in groupby(sorted(vault.seeds, key=since), key=since):
        yield at, vault, list(seeds)


async def findings_of(audited: AuditedVaults, vault: SeededVault) -> Counter[str]:
    """What is found in a vault at its moment, from its last scan."""
    await audited.emulator.set_issuers(vault)
    await audited.note_surroundings(vault)
    await audited.scan(vault.name, vault.now)
    answer = await audited.audit(vault.name)
    assert answer.status_code == 200, answer.get_body()
    rows = csv.DictReader(io.StringIO(answer.get_body().decode("utf-8-sig")))
    return Counter(f"{row['vault']}/{row['name']}: {row['code']}" for row in rows)
