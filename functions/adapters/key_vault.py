"""One Key Vault, through the SDK's own pipeline (challenge authentication, retries) and with its bodies as they are.

`CertificateClient.send_request` is used rather than its models, because callers of our API get Key Vault's fields just
as it sent them, and because `begin_create_certificate` would poll inside the call. Lists are the exception: nobody is
passed their fields, and the SDK turns the pages. How the client is set up, and why: key_vault_pipeline.py.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.rest import AsyncHttpResponse, HttpRequest

from functions.adapters.faults import faults_of, later, passing, passing_refusal
from functions.adapters.key_vault_bodies import (
    answer_of,
    bundle_of,
    current_of,
    fields_of,
    listed_of,
    refusal_of,
    tags_of,
)
from functions.adapters.key_vault_pipeline import certificate_client
from functions.issuance.errors import Refused, Unavailable
from functions.issuance.pace import KEY_VAULT
from functions.issuance.ports import Answer, Bundle, ListedPage


class KeyVault:
    """The port `Vault` over the certificates data plane (protocol §4). A 429 is Unavailable at once, never retried."""

    def __init__(
        self, alias: str, url: str, credential: AsyncTokenCredential, *, verify_challenge: bool = True
    ) -> None:
        self._service, self._origin = f"{KEY_VAULT} '{alias}'", _origin(url)
        self._client = certificate_client(url, credential, verify_challenge=verify_challenge)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def create(self, name: str, body: Mapping[str, Any]) -> Answer:
        """Starts a request (protocol §4.1). Never retried: a lost answer and a second try would meet its own 409."""
        return await self._call(answer_of, "POST", name, "/create", json=body, once=True)

    async def pending(self, name: str, request_id: str | None = None) -> Answer:
        """The pending operation (protocol §4.2)."""
        return await self._call(answer_of, "GET", name, "/pending", request_id)

    async def cancel(self, name: str, request_id: str | None = None) -> Answer:
        """Asks the issuer to cancel (protocol §4.4)."""
        return await self._call(answer_of, "PATCH", name, "/pending", request_id, json={"cancellation_requested": True})

    async def delete_pending(self, name: str, request_id: str | None = None) -> Answer:
        """Deletes the pending operation (protocol §4.5). Not retried: a second time would be 404."""
        return await self._call(answer_of, "DELETE", name, "/pending", request_id, once=True)

    async def merge(self, name: str, chain: Sequence[bytes], more: Mapping[str, Any] | None = None) -> Bundle:
        """Merges DER certificates, leaf first (protocol §4.6)."""
        body = {**(more or {}), "x5c": [base64.b64encode(der).decode() for der in chain]}
        return await self._call(bundle_of, "POST", name, "/pending/merge", json=body, once=True)

    async def certificate(self, name: str) -> Bundle | None:
        """The current version, or None: no such certificate, or a half-made one (protocol §4.8)."""
        return await self._certificate(current_of, name)

    async def tags(self, name: str) -> Mapping[str, str]:
        """The tags of a certificate or of a half-made one (protocol §4.8); none if there is no such certificate."""
        return await self._certificate(tags_of, name) or {}

    async def versions(self, name: str) -> Mapping[str, str]:
        """The versions by the SHA-1 of their leaf (protocol §4.10); a half-made one has none."""
        listed = await self._all(self._client.list_properties_of_certificate_versions(name))
        return {one.x509_thumbprint.hex(): one.version for one in listed if one.x509_thumbprint and one.version}

    async def page(self, token: str | None = None) -> ListedPage:
        """25 certificates, half-made ones too (protocol §4.10). The token is Key Vault's own link to the next page."""
        if token is not None and _origin(token) != self._origin:
            # The SDK would follow the link, with its access token, wherever it leads.
            raise Refused(400, "BadParameter", "The token of the next page is not one of this vault.")
        pages = self._client.list_properties_of_certificates(include_pending=True).by_page(token)
        with self._sdk_errors():
            listed = [listed_of(item) async for item in await anext(pages)]
        return ListedPage(tuple(listed), pages.continuation_token)  # type: ignore[attr-defined]  # SDK's page iterator

    async def policy(self, name: str) -> Mapping[str, Any]:
        """The stored policy (protocol §4.11)."""
        return await self._call(fields_of, "GET", name, "/policy")

    async def issuers(self) -> list[str]:
        """The issuers' names (protocol §4.14)."""
        return [issuer.name or "" for issuer in await self._all(self._client.list_properties_of_issuers())]

    async def _all[Item](self, pages: AsyncIterable[Item]) -> list[Item]:
        """A whole list, page after page."""
        with self._sdk_errors():
            return [item async for item in pages]

    @contextmanager
    def _sdk_errors(self) -> Iterator[None]:
        """What the SDK raises, as our errors. It reads lists itself, and JSON of everything else too."""
        try:
            with faults_of(self._service, forbidden_passes=False):
                yield
        except HttpResponseError as error:  # not a passing one
            if isinstance(error.response, AsyncHttpResponse) and error.response.status_code >= 400:
                raise refusal_of(error.response) from error
            raise self._unreadable() from error
        except UnicodeDecodeError as error:
            raise self._unreadable() from error

    async def _certificate[Body](self, read: Callable[[bytes], Body], name: str) -> Body | None:
        try:
            return await self._call(read, "GET", name, "/")
        except Refused as error:
            if error.code == "CertificateNotFound":
                return None
            raise

    async def _call[Body](
        self,
        read: Callable[[bytes], Body],
        method: str,
        name: str,
        path: str,
        request_id: str | None = None,
        *,
        json: Mapping[str, Any] | None = None,
        once: bool = False,
    ) -> Body:
        params = {"request_id": request_id} if request_id else None
        request = HttpRequest(method, f"/certificates/{quote(name, safe='')}{path}", json=json, params=params)
        options: dict[str, Any] = {"retry_total": 0} if once else {}
        with self._sdk_errors():
            response = await self._client.send_request(request, **options)
        status = response.status_code
        if passing(status):
            raise later(self._service, status, response.headers)
        if status >= 400:
            refused = refusal_of(response)
            if passing_refusal(refused, starts=path == "/create"):
                raise later(self._service, status, response.headers)
            raise refused
        try:
            return read(response.content)
        except ValueError as error:
            raise self._unreadable() from error

    def _unreadable(self) -> Unavailable:
        return Unavailable(self._service, "an answer that cannot be read", maybe_done=True)


def _origin(url: str) -> tuple[str, str | None, int] | None:
    """Scheme, host and port; None if this is no URL. Key Vault's links name port 443 where ours do not."""
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port
