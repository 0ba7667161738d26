"""Links: to pages that whoever reads a message opens by signing in, and never anything secret in one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from functions.model.events.event import Scene
from functions.model.events.registry import TOLD
from functions.model.links import MAX_URL, Links, links_of
from functions.notifications.notice import notice_of
from tests.clock import NOW

STORAGE = "/subscriptions/0000/resourceGroups/pki/providers/Microsoft.Storage/storageAccounts/chains"
LINKS = Links(
    vaults={"main": "https://kv.vault.azure.net"},
    chain_storage=STORAGE,
    runbook="https://wiki.example.com/certificates",
)
CSR_URL = "https://chains.blob.core.windows.net/csr/main/web/1.csr"
DATA = {"vault": "main", "name": "web", "csr_url": CSR_URL}


def test_the_certificate_the_csr_and_the_runbook_are_linked() -> None:
    assert dict(links_of(LINKS, "main", "web", CSR_URL)) == {
        "Certificate in the Azure portal": "https://portal.azure.com/#@/asset/Microsoft_Azure_KeyVault/Certificate/"
        "https://kv.vault.azure.net/certificates/web",
        "CSR in the Azure portal": "https://portal.azure.com/#view/Microsoft_Azure_Storage/BlobPropertiesBladeV2/storageAccountId/"
        "%2Fsubscriptions%2F0000%2FresourceGroups%2Fpki%2Fproviders%2FMicrosoft.Storage%2FstorageAccounts%2Fchains"
        "/path/csr%2Fmain%2Fweb%2F1.csr",
        "Runbook": "https://wiki.example.com/certificates",
    }


def test_what_is_not_known_has_no_link() -> None:
    assert links_of(Links(), "main", "web", CSR_URL) == ()
    assert links_of(LINKS, "another", "web") == (("Runbook", LINKS.runbook),)
    assert [title for title, _ in links_of(LINKS, "main", None)] == ["Runbook"]


@pytest.mark.parametrize(
    ("about", "title", "page"),
    [
        (("main", "web", None, "0f" * 16), "Request in Certflow", f"request/main/web/{'0f' * 16}"),
        (("main", "a/b?c", None, "0f" * 16), "Request in Certflow", f"request/main/a%2Fb%3Fc/{'0f' * 16}"),
        (("main", "a/b?c"), "Requests in Certflow", "requests?q=a%2Fb%3Fc"),
        (("main", None), "Certflow", "requests"),
        ((None, None), "Certflow", "requests"),
    ],
)
def test_the_console_comes_first_where_people_can_sign_in_to_it(about: Any, title: str, page: str) -> None:
    links = replace(LINKS, api="https://certflow.example.com/api", console=True)
    assert links_of(links, *about)[0] == (title, f"https://certflow.example.com/api/console/#/{page}")
    assert not any("console" in url for _, url in links_of(replace(links, console=False), *about))


def test_another_clouds_portal_is_a_choice() -> None:
    china = Links(portal="https://portal.azure.cn", vaults=LINKS.vaults)
    ((_, url),) = links_of(china, "main", "web")
    assert url.startswith("https://portal.azure.cn/#")


def test_what_signs_a_url_never_gets_into_a_link() -> None:
    signed = f"{CSR_URL}?sv=2025-01-05&sig=SECRET#SECRET"
    assert links_of(LINKS, "main", "web", signed) == links_of(LINKS, "main", "web", CSR_URL)


def test_a_name_is_quoted_and_a_link_that_would_be_cut_is_left_out() -> None:
    found = dict(links_of(LINKS, "main", "a/b?c#d", f"https://x.example/csr/{'y' * MAX_URL}"))
    assert found["Certificate in the Azure portal"].endswith("/certificates/a/b%3Fc%23d")
    assert "CSR in the Azure portal" not in found


def test_the_request_of_a_dropped_chain_is_linked() -> None:
    drop = {"request": {"vault": "main", "name": "web"}, "file": {"name": "x.pem"}, "sentence": "No.", "next_step": "."}
    notice = notice_of("e1", "Certflow.Chain.Rejected", drop, LINKS)
    assert notice is not None
    assert notice.links[0][0] == "Certificate in the Azure portal"


def test_a_message_has_them() -> None:
    data = DATA | {"issuer": "Unknown", "request_id": "a" * 32}
    notice = notice_of("e1", "Certflow.Issuance.Started", data, LINKS)
    assert notice is not None
    titles = ["Certificate in the Azure portal", "CSR in the Azure portal", "Runbook"]
    assert [title for title, _ in notice.links] == titles


@pytest.mark.parametrize(("sign_in", "header"), [(True, "Authorization"), (False, "x-functions-key")])
def test_a_message_names_the_header_that_opens_the_routes_and_no_other(sign_in: bool, header: str) -> None:
    links = replace(LINKS, sign_in=sign_in)
    scene = Scene(NOW, "main", CSR_URL)
    words = [type_.sample(scene).words(links) for type_ in TOLD.values()]
    steps = [one.next_step for one in words if one]
    named = {one for step in steps for one in re.findall(r"in the header ([\w-]+)", step)}
    assert named == {header}
