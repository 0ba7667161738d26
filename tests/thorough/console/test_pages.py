"""Every page in both themes and two widths, for every role, with a vault that is down, and without a network."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import pytest_asyncio

from local.openssl_ca import OpensslCa
from testkit.browser import chromium
from tests.console import Desk, Office, fill_new, running_office
from tests.e2e.request_and_chain import chain_for, csr_of, started
from tests.e2e.stack import unkind
from tests.thorough.console.probing import EVERYTHING, PERSONS, probed, shown
from tests.thorough.console.scenes import all_states, board_of, requests_of_all_kinds, running_scenes

pytestmark = pytest.mark.asyncio(loop_scope="module")
__all__ = ["chromium"]

ONE_VAULT = {"who": ["role:team-pay"], "may": ["read", "request", "cancel"], "vaults": ["main"]}
PKI = {"who": ["role:pki", "role:Certflow.Operator"], "may": EVERYTHING}

WRONG = (
    ("name", "Name in the vault", "no_good"),
    ("signer", "Signer", "x" * 300),
    ("owner", "Owner", "a\u200bnn@example.com"),
)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with running_scenes(tmp_path_factory.mktemp("scenes")) as described:
        yield described


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(chromium: str, stack: dict[str, Any]) -> AsyncIterator[Office]:
    async with running_office(chromium, stack) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scenes(office: Office, ca: OpensslCa) -> dict[str, str]:
    return await requests_of_all_kinds(office.client, ca)


async def looked_at(desk: Desk) -> None:
    """In both themes, on a screen and on a telephone."""
    for scheme, width in (("light", 1280), ("dark", 1280), ("dark", 400), ("light", 400)):
        await desk.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await desk.page.set_viewport_size({"width": width, "height": 800})
        await desk.assert_accessible()
    await desk.page.set_viewport_size({"width": 1280, "height": 800})


async def test_the_lists_and_every_next_step_of_a_request_are_legible_everywhere(
    office: Office, scenes: dict[str, str]
) -> None:
    await all_states(office.client)
    async with office.desk("pki") as desk:
        await desk.page.get_by_role("link", name="signing").wait_for()
        await looked_at(desk)
        for step, at in scenes.items():
            await desk.go(at)
            await desk.heading(at.split("/")[3])
            await desk.page.get_by_role("heading", name="History").wait_for()
            answer = await office.client.call("GET", path_of(at))
            assert (await answer.json())["what_now"]["code"] == step
            await looked_at(desk)
        for at in ("#/sign", "#/sign?whose=everybody"):
            await desk.go(at)
            await desk.heading("To sign")
            await looked_at(desk)


def path_of(at: str) -> str:
    _, _, vault, name, id_ = at.split("/")
    return f"vaults/{vault}/certificates/{name}/pending/view?request_id={id_}"


async def test_new_shows_each_kind_of_refusal_where_it_belongs(office: Office, scenes: dict[str, str]) -> None:
    async with office.desk("pki", "#/new") as desk:
        desk.expect("status of 4")
        page = desk.page
        await page.get_by_role("option", name="main").wait_for(state="attached")
        await looked_at(desk)
        for wrong, label, value in WRONG:
            await fill_new(desk, "main", "fresh", Signer="", Owner="")
            await page.get_by_label(label).fill(value)
            await page.locator(f"#new-{wrong}[aria-invalid=true]").wait_for()
            assert wrong in await page.get_by_role("alert").inner_text()
            await page.get_by_text("It would be refused").wait_for()
            await looked_at(desk)
        await page.get_by_role("button", name="Clear").click()
        await fill_new(desk, "main", "fresh", Subject="nonsense")
        await page.get_by_text("It can be started").wait_for()
        await page.get_by_role("button", name="Ask for the certificate").click()
        await page.get_by_role("alert").wait_for()  # what Key Vault alone refuses
        await looked_at(desk)
        await page.get_by_role("button", name="Clear").click()
        await fill_new(desk, "main", "signing")
        await page.get_by_text("It would be refused").wait_for()
        await looked_at(desk)
        await page.get_by_role("button", name="Ask for the certificate").click()
        await page.get_by_role("link", name="See the request that is pending").wait_for()
        await looked_at(desk)


async def test_a_file_of_each_outcome_is_legible_everywhere(office: Office, ca: OpensslCa) -> None:
    operation = await started(office.client, "fits")
    chain = await chain_for(ca, operation, "fits")
    merged = await chain_for(ca, await started(office.client, "merged-before"), "merged-before")
    assert (await office.client.call("POST", "chains", data=merged)).status == 200
    async with office.desk("pki") as desk:
        await desk.drop(
            ("fits.pem", chain),
            ("leaf alone.pem", ca.sign(csr_of(operation), "fits", "fits.example.com")),
            ("merged before.pem", merged),
            ("foreign.pem", ca.sign_another_key("foreign", "foreign.example.com")),
            ("key.pem", chain + ca.key("foreign")),
            ("nothing.txt", b"nothing"),
        )
        await desk.page.get_by_text("6 files", exact=True).wait_for()
        await looked_at(desk)


@pytest.mark.parametrize("who", PERSONS)
async def test_what_a_person_is_shown_is_what_the_api_grants(who: str, office: Office, scenes: dict[str, str]) -> None:
    async with office.desk(who) as desk:
        for step in ("sign-csr", "ask-issuer", "nothing-to-do", "start-again"):
            await desk.go(scenes[step])
            await desk.heading(re.compile(f"^{scenes[step].split('/')[3]} "))
            assert await shown(desk) == await probed(office.client.signed_in_as(who), scenes[step])


async def test_whoever_may_read_one_vault_sees_neither_name_nor_count_of_another(
    office: Office, scenes: dict[str, str]
) -> None:
    client = office.client.signed_in_as("requester")
    await client.decide_by({"grants": [ONE_VAULT, PKI]})
    names = [*(await board_of(client))["columns"]["vault"]]
    assert set(names) == {"main"}
    async with office.desk("requester") as desk:
        await desk.page.get_by_role("button", name=f"All {len(names)}").wait_for()
        texts = [await desk.text()]
        titles = {"#/sign?whose=everybody": "To sign", "#/drop": "Drop a file", "#/new": "New request"}
        for at, title in (titles | {at: at.split("/")[3] for at in scenes.values()}).items():
            await desk.go(at)
            await desk.heading(re.compile(f"^{title}"))
            await desk.page.get_by_text("Loading …").wait_for(state="detached")
            if at == "#/new":
                await desk.page.get_by_role("option", name="main").wait_for(state="attached")
            texts.append(await desk.text())
        assert [one for one in texts if "staging" in one] == []
        answers = await desk.answers()
        assert [url for url, answer in answers if b"staging" in answer] == []
        assert {"board", "vaults", "view"} <= {url.rpartition("/")[2] for url, _ in answers}
        for step in ("sign-csr", "ask-issuer"):
            await desk.go(scenes[step])
            await desk.heading(scenes[step].split("/")[3])
            assert await shown(desk) == await probed(client, scenes[step])
    async with office.desk("reader") as desk:
        desk.expect("status of 403")
        await desk.page.get_by_role("heading", name="Requests").wait_for()
        await looked_at(desk)


async def test_a_network_that_is_gone_is_said_and_comes_back(office: Office, scenes: dict[str, str]) -> None:
    async with office.desk("operator") as desk:
        desk.expect("INTERNET_DISCONNECTED")
        await desk.page.get_by_role("link", name="signing").wait_for()
        await desk.page.context.set_offline(True)
        await desk.page.get_by_text("The list cannot be refreshed. The server cannot be reached.").wait_for()
        await desk.page.get_by_role("link", name="signing").wait_for()
        await looked_at(desk)
        await desk.page.context.set_offline(False)
        await desk.page.get_by_role("button", name="Try again").click()
        await desk.page.get_by_text("The list cannot be refreshed.").wait_for(state="detached")


async def test_a_vault_that_is_down_is_said_with_since_when_and_what_was_known_stays(
    office: Office, scenes: dict[str, str]
) -> None:
    await unkind(office.client, error_rate=1.0, strike="before")
    async with office.desk("operator") as desk:
        await desk.page.get_by_text("The vault main has not answered since").wait_for()
        await desk.page.get_by_role("link", name="signing").wait_for()
        await looked_at(desk)
        await desk.go(scenes["sign-csr"])
        await desk.page.get_by_text("Key Vault does not answer; this is what Certflow knew last").wait_for()
        await looked_at(desk)
        await unkind(office.client, error_rate=0.0)
        await desk.page.get_by_text("The vault main has not answered since").wait_for(state="detached")
