"""Whether a vault trusts the CA of a certificate: said where both are known, and only there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import certifi
import msgspec
import pytest
from cryptography import x509

from functions.chains.trust_changes import watch_trust
from functions.chains.validation.trust import trust_of
from functions.chains.vault_trust import MAX_NOTED_ANCHORS, anchor_ids
from functions.inventory.audits import audits_of
from functions.inventory.known_cas import KnownCas
from functions.model.inventory.record import AskedFor, CertificateRecord, IssuedCertificate, VaultSnapshot
from functions.model.options import Options, Takes
from functions.ports.issuing_cas import IssuingCa
from functions.ports.monitoring_store import TrustNote, TrustState
from tests.certificates import DAY, Ca, Wish, as_read, ec_key, pem
from tests.clock import NOW, fixed_now
from tests.unit.fakes import World

ROOT, OTHER = Ca.root("Corp Root", at=fixed_now), Ca.root("Other Root", at=fixed_now)
ISSUING, OTHERS = ROOT.ca("Corp Issuing"), OTHER.ca("Other Issuing")
BELOW = OTHERS.ca("Below Other Issuing")
CROSSED = ROOT.ca("Other Root", key=OTHER.key)  # a certificate of the other root by this one
MUTE = OTHER.ca("Mute", Wish(key_ids=False))  # says neither its key identifier nor that of the CA above
BARE = Ca.root("Bare", Wish(key_ids=False), at=fixed_now)
FOUND = ["untrusted-ca"]


def key_id(ca: Ca) -> str:
    return x509.SubjectKeyIdentifier.from_public_key(ca.key.public_key()).digest.hex()


async def world_with(known: Sequence[Ca], trusted: Sequence[Ca], takes: Takes = Takes.FILES) -> World:
    """A vault that has merged chains with the known CAs, and trusts others."""
    world = World(options=Options(trusted={"main": takes}))
    if trusted:
        world.trusted.given["main"] = {"cas.pem": pem(*(one.certificate for one in trusted))}
    for one in as_read(*(ca.certificate for ca in known)):
        await world.issuing_cas.put("main", IssuingCa(one.sha256, one.der, NOW))
    return world


async def found(world: World, ca: Ca) -> list[str]:
    """What the audit finds about the CA of a certificate that this one has signed."""
    leaf = IssuedCertificate("v1", "ab", ca="CN=CA", ca_key=key_id(ca), not_before=NOW - DAY, not_after=NOW + 364 * DAY)
    record = CertificateRecord("web", current=leaf, policy=AskedFor(issuer="Corp", months=12))
    await world.inventory_files.save_snapshot(VaultSnapshot("main", NOW, NOW, (record,)))
    await watch_trust(world.certflow)
    audits = await audits_of(world.certflow)
    return [one.code for each in audits.found for one in each.findings if one.code.endswith("-ca")]


@pytest.mark.parametrize(
    ("signer", "known", "trusted", "expected"),
    [
        (OTHERS, [OTHERS], [ROOT], FOUND),
        (OTHERS, [OTHERS, OTHER], [ROOT], FOUND),
        (OTHER, [OTHER], [ROOT], FOUND),
        (BELOW, [BELOW, OTHERS], [ROOT], FOUND),
        (BARE, [BARE], [ROOT], FOUND),
        (OTHERS, [], [ROOT], []),  # a CA that is not known
        (ROOT, [], [ROOT], []),
        (ISSUING, [ISSUING], [ROOT], []),
        (ISSUING, [ISSUING], [ISSUING], []),
        (BARE, [BARE], [BARE], []),
        (BELOW, [BELOW, OTHERS], [OTHER], []),
        (OTHERS, [OTHERS, OTHER, CROSSED], [ROOT], []),
        (MUTE, [MUTE], [ROOT], []),  # nobody knows what is above it
        (BELOW, [BELOW], [ROOT, OTHERS], []),
    ],
)
async def test_a_ca_that_is_known_and_not_below_a_trusted_one_is_found(
    signer: Ca, known: list[Ca], trusted: list[Ca], expected: list[str]
) -> None:
    assert await found(await world_with(known, trusted), signer) == expected


@pytest.mark.parametrize("takes", [Takes.ANY, Takes.FILES])
async def test_where_nothing_says_whom_a_vault_trusts_nothing_is_said(takes: Takes) -> None:
    assert await found(await world_with([OTHERS, OTHER], [], takes), OTHERS) == []


async def test_files_that_cannot_be_read_say_nothing() -> None:
    world = await world_with([OTHERS], [ROOT])
    world.trusted.given["main"]["notes.txt"] = b"ask Bob"
    assert await found(world, OTHERS) == []


async def test_public_cas_are_trusted_where_the_public_ones_are() -> None:
    world = await world_with([OTHERS, ISSUING], [], Takes.PUBLIC)
    world.trusted.public_cas = pem(ROOT.certificate)
    assert await found(world, ISSUING) == []
    assert await found(world, OTHERS) == FOUND
    world.trusted.given["main"] = {"other.pem": pem(OTHER.certificate)}
    assert await found(world, OTHERS) == [], "its files count as well"


async def test_a_note_of_an_older_version_is_read_again_and_nobody_is_told() -> None:
    world = await world_with([OTHERS], [ROOT])
    await watch_trust(world.certflow)
    told = len(world.topic.published)
    world.monitoring_store.trusts["main"] = replace(world.monitoring_store.trusts["main"], anchors=None)
    assert await found(world, OTHERS) == FOUND
    assert len(world.topic.published) == told
    assert world.monitoring_store.trusts["main"].anchors == (key_id(ROOT),)
    reads = len(world.trusted.reads)
    await watch_trust(world.certflow)
    assert len(world.trusted.reads) == reads


def test_more_trusted_cas_than_a_note_holds_are_not_noted() -> None:
    key = ec_key()
    kinds = [
        Wish(more=[(x509.SubjectKeyIdentifier(bytes([n >> 8, n & 255])), False)]) for n in range(MAX_NOTED_ANCHORS)
    ]
    cas = [Ca.root(f"CA {n}", wish, key, at=fixed_now) for n, wish in enumerate(kinds)]
    own = len(anchor_ids(trust_of({"cas.pem": pem(cas[0].certificate)}, "")))
    assert own == 2, "what it states, and that of its key"
    fits = trust_of({"cas.pem": pem(*(one.certificate for one in cas[: MAX_NOTED_ANCHORS - 1]))}, "")
    assert len(anchor_ids(fits)) == MAX_NOTED_ANCHORS
    assert anchor_ids(trust_of({"cas.pem": pem(*(one.certificate for one in cas))}, "")) == ()


def test_a_row_of_an_older_version_can_be_read() -> None:
    row = msgspec.json.encode({"vault": "main", "state": "set", "changes": 1})
    assert msgspec.json.decode(row, type=TrustNote) == TrustNote("main", state=TrustState.SET, changes=1)


def test_the_public_cas_fit_into_a_note() -> None:
    ids = anchor_ids(trust_of({"the public CAs": Path(certifi.where()).read_bytes()}, ""))
    assert 100 < len(ids) <= MAX_NOTED_ANCHORS


def test_cas_that_name_each_other_end_the_walk() -> None:
    assert KnownCas({"a": frozenset({"b"}), "b": frozenset({"a"})}).trusted(["c"]) == {"a": False, "b": False}
