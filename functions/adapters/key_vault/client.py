"""Calls one Key Vault: creates, reads, cancels, deletes and merges certificates, and lists them.

Calls go through the SDK's pipeline (challenge authentication, retries; pipeline.py sets it up) by
`CertificateClient.send_request`, not by its models: callers of our API get Key Vault's fields as
Key Vault sent them, and `begin_create_certificate` would poll inside the call. Lists use the SDK's
models, because no caller gets their fields, and the SDK follows the links to further pages.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast
from urllib.parse import quote, urlsplit

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.rest import AsyncHttpResponse, HttpRequest

from functions.adapters.faults import faults_of, later, passing, passing_refusal
from functions.adapters.key_vault.bodies import (
    bundle_of,
    current_of,
    fields_of,
    item_of,
    operation_of,
    refusal_of,
    tags_of,
)
from functions.adapters.key_vault.pipeline import certificate_client
from functions.app.rate_limiter import KEY_VAULT
from functions.model.errors import Refused, UnreadAnswer
from functions.ports.key_vault_objects import Policy
from functions.ports.vault import Bundle, CertificatePage, PendingOperation


class KeyVault:
    """Implements the port `Vault` with the certificates data plane (protocol §4). A 429 becomes
    Unavailable at once and is never retried.

    Every method raises Unavailable for a fault that passes, and Refused for any other error that
    Key Vault answers.
    """

    def __init__(
        self,
        alias: str,
        url: str,
        credential: AsyncTokenCredential,
        *,
        verify_challenge: bool = True,
    ) -> None:
        self._service, self._origin = f"{KEY_VAULT} '{alias}'", _origin(url)
        self._client = certificate_client(url, credential, verify_challenge=verify_challenge)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def create(self, name: str, body: Mapping[str, Any]) -> PendingOperation:
        """Starts a request (protocol §4.1). Never retried: if the answer to the first try was lost,
        a second one would get a 409 for it.
        """
        return await self._call(operation_of, "POST", name, "/create", json=body, once=True)

    async def pending(self, name: str, request_id: str | None = None) -> PendingOperation:
        """Returns the pending operation (protocol §4.2)."""
        return await self._call(operation_of, "GET", name, "/pending", request_id)

    async def cancel(self, name: str, request_id: str | None = None) -> PendingOperation:
        """Asks the issuer to cancel (protocol §4.4)."""
        return await self._call(
            operation_of,
            "PATCH",
            name,
            "/pending",
            request_id,
            json={"cancellation_requested": True},
        )

    async def delete_pending(self, name: str, request_id: str | None = None) -> PendingOperation:
        """Deletes the pending operation (protocol §4.5). Never retried: a second try would get a
        404 for the first one.
        """
        return await self._call(operation_of, "DELETE", name, "/pending", request_id, once=True)

    async def merge(
        self, name: str, chain: Sequence[bytes], more: Mapping[str, Any] | None = None
    ) -> Bundle:
        """Merges DER certificates, leaf first (protocol §4.6)."""
        body = {**(more or {}), "x5c": [base64.b64encode(der).decode() for der in chain]}
        return await self._call(bundle_of, "POST", name, "/pending/merge", json=body, once=True)

    async def certificate(self, name: str) -> Bundle | None:
        """Returns the current version; None if there is no such certificate, or it has no complete
        version yet (protocol §4.8).
        """
        return await self._certificate(current_of, name)

    async def tags(self, name: str) -> Mapping[str, str]:
        """Returns the tags of a certificate, also of one without a complete version (protocol
        §4.8); empty if there is no such certificate.
        """
        return await self._certificate(tags_of, name) or {}

    async def set_tags(self, name: str, tags: Mapping[str, str]) -> Bundle:
        """Replaces the tags of the current version (protocol §4.9). Never retried: an alert counts
        these calls against those that the app has logged (infra/modules/alerts.bicep).
        """
        body = {"tags": dict(tags)}
        return await self._call(bundle_of, "PATCH", name, "/", json=body, once=True)

    async def versions(self, name: str) -> Mapping[str, str]:
        """Returns the ids of the versions by the SHA-1 (hex) of their leaf (protocol §4.10).
        Versions that are not complete have none and are left out.
        """
        listed = await self._all(self._client.list_properties_of_certificate_versions(name))
        return {
            one.x509_thumbprint.hex(): one.version
            for one in listed
            if one.x509_thumbprint and one.version
        }

    async def page(self, token: str | None = None) -> CertificatePage:
        """Returns a page of 25 certificates, those without a complete version too (protocol §4.10).
        The token is Key Vault's own link to the next page. Raises Refused for a token of another
        vault.
        """
        if token is not None and _origin(token) != self._origin:
            # The SDK would follow the link to any host, and send its access token there.
            raise Refused(
                400, "BadParameter", "The token of the next page is not one of this vault."
            )
        pages = self._client.list_properties_of_certificates(include_pending=True).by_page(token)
        with self._sdk_errors():
            listed = [item_of(item) async for item in await anext(pages)]
        return CertificatePage(tuple(listed), pages.continuation_token)  # type: ignore[attr-defined]  # SDK's page iterator

    async def policy(self, name: str) -> Policy:
        """Returns the stored policy (protocol §4.11)."""
        return cast(Policy, await self._call(fields_of, "GET", name, "/policy"))

    async def issuers(self) -> list[str]:
        """Returns the names of the issuers (protocol §4.14)."""
        return list(await self.providers())

    async def providers(self) -> Mapping[str, str]:
        """Returns the provider of each issuer by the issuer's name (protocol §4.14)."""
        listed = await self._all(self._client.list_properties_of_issuers())
        return {issuer.name or "": issuer.provider or "" for issuer in listed}

    async def _all[Item](self, pages: AsyncIterable[Item]) -> list[Item]:
        """Returns a whole list, from all its pages."""
        with self._sdk_errors():
            return [item async for item in pages]

    @contextmanager
    def _sdk_errors(self) -> Iterator[None]:
        """Turns exceptions of the SDK into Unavailable and Refused. The SDK parses lists, and the
        JSON of every answer, so an answer that cannot be read is an exception of the SDK, too.
        """
        try:
            with faults_of(self._service, forbidden_passes=False):
                yield
        except HttpResponseError as error:  # faults_of has turned those that pass into Unavailable
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
        """Sends one call and returns what `read` makes of the body. `once`: no retries."""
        params = {"request_id": request_id} if request_id else None
        request = HttpRequest(
            method, f"/certificates/{quote(name, safe='')}{path}", json=json, params=params
        )
        options: dict[str, Any] = {"retry_total": 0} if once else {}
        with self._sdk_errors():
            response = await self._client.send_request(request, **options)
        self._raise_error_of(response, starts=path == "/create")
        try:
            return read(response.content)
        except ValueError as error:
            raise self._unreadable() from error

    def _raise_error_of(self, response: AsyncHttpResponse, *, starts: bool) -> None:
        """Raises Unavailable or Refused for an answer of 4xx or 5xx."""
        status = response.status_code
        if passing(status):
            raise later(self._service, status, response.headers)
        if status >= 400:
            refused = refusal_of(response)
            if passing_refusal(refused, starts=starts):
                raise later(self._service, status, response.headers)
            raise refused

    def _unreadable(self) -> UnreadAnswer:
        return UnreadAnswer(self._service, "an answer that cannot be read", maybe_done=True)


def _origin(url: str) -> tuple[str, str | None, int] | None:
    """Returns scheme, host and port of a URL; None if it cannot be read. Without a port it is 443,
    because Key Vault's links name that port and settings do not.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port
