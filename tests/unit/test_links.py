"""Links: to pages that whoever reads a message opens by signing in, and never anything secret in one."""

from __future__ import annotations

from functions.issuance.links import MOST_URL, Links, links_of
from functions.issuance.notices import notice_of

STORAGE = "/subscriptions/0000/resourceGroups/pki/providers/Microsoft.Storage/storageAccounts/chains"
LINKS = Links(
    vaults={"main": "https://kv.vault.azure.net"},
    chain_storage=STORAGE,
    runbook="https://wiki.example.com/certificates",
)
DATA = {"vault": "main", "name": "web", "csr_url": "https://chains.blob.core.windows.net/csr/main/web/1.csr"}


def test_the_certificate_the_csr_and_the_runbook_are_linked() -> None:
    assert dict(links_of(LINKS, DATA)) == {
        "Certificate in the Azure portal": "https://portal.azure.com/#@/asset/Microsoft_Azure_KeyVault/Certificate/"
        "https://kv.vault.azure.net/certificates/web",
        "CSR in the Azure portal": "https://portal.azure.com/#view/Microsoft_Azure_Storage/BlobPropertiesBladeV2/storageAccountId/"
        "%2Fsubscriptions%2F0000%2FresourceGroups%2Fpki%2Fproviders%2FMicrosoft.Storage%2FstorageAccounts%2Fchains"
        "/path/csr%2Fmain%2Fweb%2F1.csr",
        "Runbook": "https://wiki.example.com/certificates",
    }


def test_what_is_not_known_has_no_link() -> None:
    assert links_of(Links(), DATA) == ()
    assert links_of(LINKS, {"vault": "another", "name": "web"}) == (("Runbook", LINKS.runbook),)
    assert [title for title, _ in links_of(LINKS, {"vault": "main"})] == ["Runbook"]


def test_another_clouds_portal_is_a_choice() -> None:
    china = Links(portal="https://portal.azure.cn", vaults=LINKS.vaults)
    ((_, url),) = links_of(china, {"vault": "main", "name": "web"})
    assert url.startswith("https://portal.azure.cn/#")


def test_what_signs_a_url_never_gets_into_a_link() -> None:
    signed = DATA | {"csr_url": f"{DATA['csr_url']}?sv=2025-01-05&sig=SECRET#SECRET"}
    assert links_of(LINKS, signed) == links_of(LINKS, DATA)


def test_a_name_is_quoted_and_a_link_that_would_be_cut_is_left_out() -> None:
    data = {"vault": "main", "name": "a/b?c#d", "csr_url": f"https://x.example/csr/{'y' * MOST_URL}"}
    found = dict(links_of(LINKS, data))
    assert found["Certificate in the Azure portal"].endswith("/certificates/a/b%3Fc%23d")
    assert "CSR in the Azure portal" not in found


def test_the_request_of_a_dropped_chain_is_linked() -> None:
    drop = {"request": {"vault": "main", "name": "web"}, "file": {"name": "x.pem"}}
    assert links_of(LINKS, drop)[0][0] == "Certificate in the Azure portal"


def test_a_message_has_them() -> None:
    data = DATA | {"issuer": "Unknown", "request_id": "a" * 32}
    notice = notice_of("e1", "Certflow.Issuance.Started", data, LINKS)
    assert notice is not None
    titles = ["Certificate in the Azure portal", "CSR in the Azure portal", "Runbook"]
    assert [title for title, _ in notice.links] == titles
