"""Where what a message names is to be found: pages that its reader opens by signing in, and addresses of calls.

Never a key, a token or a SAS in one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

PORTAL = "https://portal.azure.com"
# Whoever calls one of our routes needs a key (Learn, "Work with access keys in Azure Functions").
WITH_KEY = "with a function key in the header x-functions-key"
MOST_URL = 2000  # characters; Outlook and Teams cut or drop longer ones


@dataclass(frozen=True, slots=True)
class Links:
    """Where the pages are: the portal, the vaults' addresses by alias, the storage account of the chains (its resource
    id), and the team's own runbook. What is not known has no link. `api` is where our own routes are, `chains` the
    address of the container that what a CA sends is dropped into.
    """

    portal: str = PORTAL
    vaults: Mapping[str, str] = field(default_factory=dict)
    chain_storage: str | None = None
    runbook: str | None = None
    api: str = "/api"
    chains: str | None = None

    def address_of(self, vault: str, name: str) -> str:
        """Where a certificate's routes are."""
        return f"{self.api}/vaults/{vault}/certificates/{quote(name)}"

    def place(self, path: str) -> str:
        """A container of the account that what a CA sends is dropped into, or a folder in it."""
        return f"{self.chains.rpartition('/')[0]}/{path}" if self.chains else path

    @property
    def container(self) -> str:
        """The container for what a CA sends, in a sentence."""
        return f"the container chains ({self.chains})" if self.chains else "the container chains"


def links_of(links: Links, data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Title and address for what an event is about."""
    request = data.get("request") or data
    found = (
        ("Certificate in the Azure portal", _certificate(links, request.get("vault"), request.get("name"))),
        ("CSR in the Azure portal", _blob(links, urlsplit(str(data.get("csr_url") or "")).path)),
        ("Runbook", links.runbook),
    )
    return tuple((title, url) for title, url in found if url and len(url) <= MOST_URL)


def _certificate(links: Links, vault: str | None, name: str | None) -> str | None:
    """The portal's page of a certificate, by its identifier."""
    url = links.vaults.get(vault or "")
    if url is None or name is None:
        return None
    return f"{links.portal}/#@/asset/Microsoft_Azure_KeyVault/Certificate/{url}/certificates/{quote(name)}"


def _blob(links: Links, path: str) -> str | None:
    """The portal's page of a blob, by its account's resource id and its path in there."""
    if links.chain_storage is None or not path.strip("/"):
        return None
    account, blob = quote(links.chain_storage, safe=""), quote(path.lstrip("/"), safe="")
    return f"{links.portal}/#view/Microsoft_Azure_Storage/BlobPropertiesBladeV2/storageAccountId/{account}/path/{blob}"
