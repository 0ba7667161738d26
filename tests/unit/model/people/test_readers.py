"""Three roles: whom a message is for, and that none is for nobody."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from functions.model.events.registry import TOLD
from functions.model.options import Options
from functions.model.people.readers import OPERATORS, OWNER, SIGNER, Readers
from functions.model.people.signers import SignerRow
from functions.model.request.actor import SCAN, UNNAMED
from functions.model.tags import OWNER_TAG as OWNERS_TAG
from functions.model.tags import SIGNER_TAG as SIGNERS_TAG
from functions.notifications.samples import send_samples
from functions.notifications.tell import queue_notice
from functions.ports.notifications import Notice
from functions.ports.rules import EVENT_PREFIX, Rule
from functions.requests.adoption import adopt
from functions.requests.create import CreateCommand, create_request
from tests.unit.fakes import FakeChannel, FakeRules, World
from tests.unit.role_mails import CSR, DELETED, STALLED, STARTED, WAITS, mails

BOX, ANN, PKI, OPS = "pki-team@example.com", "ann@example.com", "signers@example.com", "ops@example.com"
PAGE = (Path(__file__).parents[4] / "docs" / "notifications.md").read_text()
ROWS = dict(re.findall(r"^\| `(\w+\.\w+)` \| (.+?) \|$", PAGE, re.MULTILINE))
PKI_ROW = SignerRow((PKI,))


def words(readers: Readers) -> str:
    """A row of the page, without what stands there besides."""
    said = [", ".join(readers.usual)]
    said += [f"of a manual request: {', '.join(readers.manual)}"] if readers.manual else []
    said += [f"where it is about no single certificate: {', '.join(readers.general)}"] if readers.general else []
    return "; ".join(said)


def test_every_message_is_for_somebody_as_the_page_shows() -> None:
    assert ROWS.keys() == {type_.removeprefix(EVENT_PREFIX) for type_ in TOLD}
    for type_, told in TOLD.items():
        readers = told.readers
        assert readers is not None
        shown = ROWS[type_.removeprefix(EVENT_PREFIX)]
        assert f"{shown};".startswith(f"{words(readers)};"), type_
        assert {*readers.usual, *(readers.manual or ()), *(readers.general or ())} <= {OWNER, SIGNER, OPERATORS}
        assert readers.usual
        assert readers.manual != ()
        assert readers.general != ()


async def samples() -> list[Notice]:
    """One notice of each type, as messages are rehearsed."""
    channel = FakeChannel("teams")
    await send_samples(World(channels=(channel,)).certflow, [])
    assert {one.type for one in channel.sent} == TOLD.keys()
    return channel.sent


@pytest.mark.parametrize("channel", ["email", "teams", "teams:pki", "urls:1"])
@pytest.mark.parametrize("to", [(), (OWNER,), (SIGNER,), (OPERATORS,), ("teams",), ("email",), ("urls",)])
@pytest.mark.parametrize("row", [(), (ANN,), ("teams:pki",), ("email",)])
async def test_nothing_is_told_to_nobody(channel: str, to: tuple[str, ...], row: tuple[str, ...]) -> None:
    """Whatever rules and rows there are, and with one way alone to reach people."""
    only = FakeChannel(channel)
    rows = (SignerRow(row),) if row and (row != ("teams:pki",) or channel == "teams:pki") else ()
    choices = Options(signers=rows, operators=rows[0].to if rows else ())
    world = World(channels=(only,), rules=FakeRules((Rule(to),) if to else ()), options=choices)
    notices = await samples()
    for notice in notices:
        await queue_notice(world.certflow, notice)
    waiting = await world.deliveries.queued(channel, world.now, 1000)
    assert {one.notice.type for one in waiting} == TOLD.keys()
    if channel == "email":
        assert all(one.to for one in waiting)


ALL = Options(signers=(PKI_ROW,), operators=(OPS,))


@pytest.mark.parametrize(
    ("type_", "data", "to"),
    [
        (STARTED, CSR | {"owner": ANN}, [PKI]),
        ("Certflow.Issuance.Completed", WAITS | {"owner": ANN, "status": "completed", "took": 1}, [ANN]),
        (STALLED, WAITS | {"owner": ANN, "age": 99, "reminder": 1}, [PKI]),
        (STALLED, WAITS | {"owner": ANN, "age": 99, "reminder": 4, "escalated": True}, [PKI, ANN, OPS]),
        (DELETED, WAITS | {"owner": ANN}, [ANN, PKI]),
        (DELETED, WAITS | {"owner": ANN, "issuer": "DigiCert"}, [ANN]),
        ("Certflow.Certificate.RenewalStopped", {"vault": "main", "reason": "cap", "sentence": "many"}, [OPS]),
        ("Certflow.Setting.Wrong", {"setting": "X", "sentence": "y"}, [OPS]),
        (
            "Certflow.Chain.KeyReceived",
            {"route": "merge", "sha256": "0" * 64, "size": 1, "vault": "main", "name": "web", "owner": ANN},
            [PKI, OPS],
        ),
    ],
)
async def test_each_role_hears_what_it_can_do_something_about(type_: str, data: dict[str, Any], to: list[str]) -> None:
    (found,), _ = await mails(type_, data, ALL)
    assert found == to


async def test_without_settings_the_default_mailboxes_are_signers_and_operators() -> None:
    assert (await mails(STARTED, CSR | {"owner": ANN}))[0] == [[BOX]]
    assert (await mails(STALLED, WAITS | {"owner": ANN, "age": 9, "reminder": 4, "escalated": True}))[0] == [[BOX, ANN]]


async def test_who_is_several_roles_gets_one_mail() -> None:
    both = WAITS | {"owner": ANN, "signer": "Ann <Ann@Example.com>"}
    assert (await mails(DELETED, both))[0] == [[ANN]]


@pytest.mark.parametrize(
    ("signer", "to", "not_told"),
    [
        (ANN, [ANN], None),
        (f"A. Name <{ANN}>; bob@example.com", [ANN, "bob@example.com"], None),
        ("stranger@evil.example", [PKI], "the signer, whose address is in none of CERTFLOW_OWNER_DOMAINS"),
        (
            f"{ANN},x@evil.example",
            [ANN],
            "1 of the addresses of the signer, in none of CERTFLOW_OWNER_DOMAINS",
        ),
        ("ca-team", [PKI], None),
        ("ca@partner.example", ["ca@partner.example"], None),  # an address of the operator's own
    ],
)
async def test_a_named_signer_is_told_in_the_domains_and_otherwise_the_row(
    signer: str, to: list[str], not_told: str | None
) -> None:
    rows = (SignerRow(("ca@partner.example",), names=("other",)), PKI_ROW)
    found, notice = await mails(STARTED, CSR | {"signer": signer}, Options(signers=rows))
    assert found == [to]
    assert dict(notice.facts).get("Not told") == not_told


@pytest.mark.parametrize(
    ("row", "fits"),
    [
        ({}, True),
        ({"vaults": ("MAIN",)}, True),
        ({"vaults": ("prod",)}, False),
        ({"names": ("we?",)}, True),
        ({"names": ("*b",), "vaults": ("prod",)}, False),
        ({"dns": ("*.PAY.example.com",)}, True),
        ({"dns": ("*.shop.example.com",)}, False),
    ],
)
async def test_the_first_row_that_fits_has_the_csr(row: dict[str, Any], *, fits: bool) -> None:
    rows = (SignerRow((PKI,), **row), SignerRow((OPS,)))
    data = CSR | {"names": ["web.example.com", "a.pay.example.com"]}
    assert (await mails(STARTED, data, Options(signers=rows)))[0] == [[PKI if fits else OPS]]


async def test_a_file_that_no_request_is_known_for_goes_to_a_row_without_patterns_or_the_mailboxes() -> None:
    data = {"sentence": "No.", "next_step": "Drop another.", "file": {"name": "a.pem"}}
    for rows, to in ((), BOX), ((SignerRow((PKI,), vaults=("main",)),), BOX), ((PKI_ROW,), PKI):
        assert (await mails("Certflow.Chain.Rejected", data, Options(signers=rows)))[0] == [[to]]


async def test_a_channel_of_its_own_takes_the_place_of_the_general_one() -> None:
    row = SignerRow((PKI, "teams:pki"))
    for type_, data, told in (
        (STARTED, CSR, ["email", "teams:pki"]),
        (DELETED, WAITS, ["email", "teams", "teams:pki"]),  # the owner has no channel
        (STALLED, WAITS | {"age": 9, "reminder": 4, "escalated": True}, ["email", "teams", "teams:pki"]),
    ):
        channels = [FakeChannel(name) for name in ("email", "teams", "teams:pki", "teams:pay")]
        rules = FakeRules((Rule(("teams:pay",), names=("pay-*",)),))
        world = World(channels=tuple(channels), rules=rules, options=Options(signers=(row,)))
        await world.tell("e1", type_, data)
        assert [one.name for one in channels if one.sent] == told


async def test_rules_can_name_all_three_roles() -> None:
    data = CSR | {"owner": ANN}
    rule = Rule(("operators", "owner"), events=("Issuance.Started",))
    assert (await mails(STARTED, data, ALL, rule))[0] == [[OPS, ANN]]
    assert (await mails("Certflow.Setting.Wrong", {"setting": "X", "sentence": "y"}, ALL, Rule(("signer",))))[0] == [
        [PKI]
    ]


async def test_an_address_of_the_settings_is_the_operators_own_and_hears_callers_words() -> None:
    choices = Options(signers=(SignerRow(("ca@partner.example",)),))
    to, notice = await mails(STARTED, CSR | {"requested_by": "somebody"}, choices)
    assert to == [["ca@partner.example"]]
    assert ("Requested by", "somebody") in notice.facts


async def test_a_signer_is_kept_with_the_request_and_as_a_tag_which_the_next_versions_have() -> None:
    world = World()
    await create_request(world.certflow, CreateCommand("main", "web", {"policy": {}}, ANN, signer=PKI))
    assert world.vault.created[-1]["tags"] == {OWNERS_TAG: ANN, SIGNERS_TAG: PKI}
    world.vault.tagged["web"] = world.vault.created[-1]["tags"]
    await create_request(world.certflow, CreateCommand("main", "web", {}, if_pending="replace", by=UNNAMED))
    assert world.vault.created[-1]["tags"] == {OWNERS_TAG: ANN, SIGNERS_TAG: PKI}
    assert {one.signer for one in world.ledger.tracked.values()} == {PKI}
    started = [one for one in world.ledger.events if one.type == STARTED]
    assert [one.data["signer"] for one in started] == [PKI, PKI]


async def test_a_request_that_is_found_has_the_signer_of_its_tag() -> None:
    world = World()
    pending = world.vault.start("web")
    world.vault.tagged["web"] = {SIGNERS_TAG: PKI}
    found = await adopt(world.certflow, "main", "web", pending, SCAN)
    assert found.signer == PKI


async def test_whoever_changes_the_signer_of_somebodys_certificate_is_told_of_to_the_owner() -> None:
    world = World()
    world.vault.tagged["web"] = {OWNERS_TAG: ANN, SIGNERS_TAG: PKI}
    await create_request(world.certflow, CreateCommand("main", "web", {}, signer="mallory@example.com"))
    (changed,) = (one for one in world.ledger.events if one.type.endswith("ChangedByOthers"))
    change = {"what": f"tags.{SIGNERS_TAG}", "before": PKI, "after": "mallory@example.com"}
    assert (changed.data["owner"], changed.data["changes"]) == (ANN, [change])
