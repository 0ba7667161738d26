"""Seeded certificates as the inventory has them, and what the audit finds about them."""

from __future__ import annotations

import json
from collections import Counter

from functions.adapters.key_vault.bodies import current_of
from functions.inventory.from_key_vault import asked_of, issued_of
from functions.model.inventory.audit import audit
from functions.model.inventory.audited import Surroundings
from functions.model.inventory.record import CertificateRecord, PendingRequest
from tests.audit_seeds import Seed, SeededVault, seeded_vaults


def found_and_expected(count: int) -> tuple[Counter[str], Counter[str]]:
    """What the audit finds in the five vaults with `count` certificates each, and what is to be found, as
    `vault/name: code`.
    """
    found, expected = Counter[str](), Counter[str]()
    for vault in seeded_vaults(count):
        beside = around(vault)
        for seed in vault.seeds:
            place = f"{vault.name}/{seed.name}"
            found.update(f"{place}: {one.code}" for one in audit(record_of(seed), beside))
            expected.update(f"{place}: {code}" for code in seed.expected)
    return found, expected


def quality(found: Counter[str], expected: Counter[str]) -> str:
    """Precision and recall, in words."""
    right = (found & expected).total()
    shares = f"precision {right / found.total():.2%}, recall {right / expected.total():.2%}"
    return f"{expected.total()} findings to be found: {shares}"


def record_of(seed: Seed) -> CertificateRecord:
    fields, bundle = json.loads(seed.body), current_of(seed.body)
    pending = PendingRequest("abc", seed.pending[0], since=seed.pending[1]) if seed.pending else None
    return CertificateRecord(
        seed.name,
        enabled=fields["attributes"]["enabled"],
        tags=fields.get("tags", {}),
        current=issued_of(bundle) if bundle else None,
        policy=asked_of(fields["policy"]),
        pending=pending,
    )


def around(vault: SeededVault) -> Surroundings:
    return Surroundings(
        vault.now,
        issuers=frozenset(map(str.lower, vault.providers)),
        providers={name.lower(): provider for name, provider in vault.providers.items()},
        broken=frozenset(map(str.lower, vault.broken)),
        not_live={seed.name: seed.not_live for seed in vault.seeds if seed.not_live},
        trusted=vault.trusted,
        parents=vault.parents,
    )
