"""Links for messages: pages of the portal that their reader opens by signing in, and addresses of
Certflow's own routes.

No link contains a key, a token or a SAS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

PORTAL = "https://portal.azure.com"
# What a call of our routes brings: a token where people sign in, otherwise a key (Learn, "Work with
# access keys in Azure Functions").
WITH_TOKEN = "with an access token in the header Authorization"  # noqa: S105  says it, and is none
WITH_KEY = "with a function key in the header x-functions-key"
MAX_URL = 2000  # characters; Outlook and Teams cut or drop longer ones


@dataclass(frozen=True, slots=True)
class Links:
    """The addresses that links are made of: of the portal, of the vaults by alias, and of the
    team's own runbook; `chain_storage` is the resource id of the storage account for chains. What
    is not known gets no link. `api` is the address of Certflow's routes, `chains` that of the
    container into which people drop what a CA sends. `sign_in` says that callers of the routes sign
    in, `console` that people can sign in to the console, too.
    """

    portal: str = PORTAL
    vaults: Mapping[str, str] = field(default_factory=dict)
    chain_storage: str | None = None
    runbook: str | None = None
    api: str = "/api"
    chains: str | None = None
    sign_in: bool = False
    console: bool = False

    @property
    def credentials(self) -> str:
        """What a caller of Certflow's routes has to bring, as sentences say it."""
        return WITH_TOKEN if self.sign_in else WITH_KEY

    def address_of(self, vault: str, name: str) -> str:
        """The address of a certificate's routes."""
        return f"{self.api}/vaults/{vault}/certificates/{quote(name)}"

    def place(self, path: str) -> str:
        """The address of a container in the storage account for chains, or of a folder in one; the
        path itself if the account is not known.
        """
        return f"{self.chains.rpartition('/')[0]}/{path}" if self.chains else path

    @property
    def container(self) -> str:
        """The container into which people drop what a CA sends, as sentences name it."""
        return f"the container chains ({self.chains})" if self.chains else "the container chains"


def links_of(
    links: Links,
    vault: str | None,
    name: str | None,
    csr_url: str | None = None,
    request_id: str | None = None,
    approval: str | None = None,
) -> tuple[tuple[str, str], ...]:
    """Title and address of each link for an event: the console's page, the certificate, the CSR
    that was published at `csr_url`, the runbook. Leaves out what is not known, and addresses of
    more than MAX_URL characters.
    """
    found = (
        _console(links, vault, name, request_id, approval),
        ("Certificate in the Azure portal", _certificate(links, vault, name)),
        ("CSR in the Azure portal", _blob(links, urlsplit(csr_url or "").path)),
        ("Runbook", links.runbook),
    )
    return tuple((title, url) for title, url in found if url and len(url) <= MAX_URL)


def _console(
    links: Links,
    vault: str | None,
    name: str | None,
    request_id: str | None,
    approval: str | None,
) -> tuple[str, str | None]:
    """The console's page of an approval, where somebody decides about it; else of a request, by its
    id, so that an old message never leads to a newer request; else that of all requests of the
    name, else that of all.
    """
    if not links.console:
        return "", None
    pages = f"{links.api}/console/#"
    if approval:
        return "Approval in Certflow", f"{pages}/approval/{approval}"
    if vault and name and request_id:
        path = "/".join(quote(one, safe="") for one in (vault, name, request_id))
        return "Request in Certflow", f"{pages}/request/{path}"
    if name:
        return "Requests in Certflow", f"{pages}/requests?q={quote(name, safe='')}"
    return "Certflow", f"{pages}/requests"


def _certificate(links: Links, vault: str | None, name: str | None) -> str | None:
    """The portal's page of a certificate, by its identifier."""
    url = links.vaults.get(vault or "")
    if url is None or name is None:
        return None
    return (
        f"{links.portal}/#@/asset/Microsoft_Azure_KeyVault/Certificate/{url}/certificates/"
        f"{quote(name)}"
    )


def _blob(links: Links, path: str) -> str | None:
    """The portal's page of a blob, by its account's resource id and its path in there."""
    if links.chain_storage is None or not path.strip("/"):
        return None
    account, blob = quote(links.chain_storage, safe=""), quote(path.lstrip("/"), safe="")
    return (
        f"{links.portal}/#view/Microsoft_Azure_Storage/BlobPropertiesBladeV2/storageAccountId/"
        f"{account}/path/{blob}"
    )
