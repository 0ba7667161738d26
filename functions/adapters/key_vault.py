"""One Key Vault, through the SDK's own pipeline (challenge authentication, retries) and with its bodies as they are.

`CertificateClient.send_request` is used rather than its models, because callers of our API get Key Vault's fields just
as it sent them, and because `begin_create_certificate` would poll inside the call. Lists are the exception: nobody is
passed their fields, and the SDK turns the pages.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import AsyncIterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.keyvault.certificates.aio import CertificateClient
from cryptography import x509

from functions.adapters.faults import faults_of, later, passing
from functions.issuance.errors import Refused, Unavailable
from functions.issuance.keys import key_sha256
from functions.issuance.ports import Answer, Bundle, Listed
from functions.issuance.requests import CertificateVersion, Operation, Status

# Seconds. An HTTP caller waits for these (the platform's front end gives up at 230 s), so they are short.
CONNECT, READ, ALL_TRIES = 5, 20, 45


class KeyVault:
    """The port `Vault` over the certificates data plane (protocol §4)."""

    def __init__(
        self, alias: str, url: str, credential: AsyncTokenCredential, *, verify_challenge: bool = True
    ) -> None:
        self._service = f"Key Vault '{alias}'"
        self._client = CertificateClient(
            url,
            credential,
            verify_challenge_resource=verify_challenge,
            connection_timeout=CONNECT,
            read_timeout=READ,
            retry_total=2,
            retry_backoff_factor=0.3,
            timeout=ALL_TRIES,
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    async def create(self, name: str, body: Mapping[str, Any]) -> Answer:
        """Starts a request (protocol §4.1). Never retried: a lost answer and a second try would meet its own 409."""
        return _answer(await self._call("POST", name, "/create", json=body, once=True))

    async def pending(self, name: str, request_id: str | None = None) -> Answer:
        """The pending operation (protocol §4.2)."""
        return _answer(await self._call("GET", name, "/pending", params=_filter(request_id)))

    async def cancel(self, name: str, request_id: str | None = None) -> Answer:
        """Asks the issuer to cancel (protocol §4.4)."""
        asked = {"cancellation_requested": True}
        return _answer(await self._call("PATCH", name, "/pending", json=asked, params=_filter(request_id)))

    async def delete_pending(self, name: str, request_id: str | None = None) -> Answer:
        """Deletes the pending operation (protocol §4.5). Not retried: a second time would be 404."""
        return _answer(await self._call("DELETE", name, "/pending", params=_filter(request_id), once=True))

    async def merge(self, name: str, chain: Sequence[bytes], more: Mapping[str, Any] | None = None) -> Bundle:
        """Merges DER certificates, leaf first (protocol §4.6)."""
        body = {**(more or {}), "x5c": [base64.b64encode(der).decode() for der in chain]}
        return _bundle(await self._call("POST", name, "/pending/merge", json=body, once=True))

    async def certificate(self, name: str) -> Bundle | None:
        """The current version, or None: no such certificate, or a half-made one without `cer` (protocol §4.3)."""
        try:
            bundle = await self._call("GET", name, "/")
        except Refused as error:
            if error.code == "CertificateNotFound":
                return None
            raise
        return _bundle(bundle) if "cer" in bundle else None

    async def versions(self, name: str) -> Mapping[str, str]:
        """The versions by the SHA-1 of their leaf (protocol §4.10); a half-made one has none."""
        listed = await self._all(self._client.list_properties_of_certificate_versions(name))
        return {one.x509_thumbprint.hex(): one.version for one in listed if one.x509_thumbprint and one.version}

    async def listed(self) -> list[Listed]:
        """All certificates, half-made ones too, which have no `x5t` (protocol §4.3, §4.10)."""
        listed = await self._all(self._client.list_properties_of_certificates(include_pending=True))
        return [Listed(one.name, bool(one.x509_thumbprint)) for one in listed]

    async def policy(self, name: str) -> Mapping[str, Any]:
        """The stored policy (protocol §4.11)."""
        return await self._call("GET", name, "/policy")

    async def issuers(self) -> list[str]:
        """The issuers' names (protocol §4.14)."""
        return [issuer.name or "" for issuer in await self._all(self._client.list_properties_of_issuers())]

    async def _all[Item](self, pages: AsyncIterable[Item]) -> list[Item]:
        """A whole list, page after page."""
        try:
            with faults_of(self._service, forbidden_passes=False):
                return [item async for item in pages]
        except HttpResponseError as error:  # not a passing one
            if isinstance(error.response, AsyncHttpResponse) and error.response.status_code >= 400:
                raise _refused(error.response) from error
            raise Unavailable(self._service, "an answer that cannot be read") from error

    async def _call(
        self,
        method: str,
        name: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
        once: bool = False,
    ) -> dict[str, Any]:
        request = HttpRequest(
            method, f"/certificates/{quote(name, safe='')}{path}", json=json, params=dict(params or {})
        )
        options: dict[str, Any] = {"retry_total": 0} if once else {}
        with faults_of(self._service):
            response = await self._client.send_request(request, **options)
        status = response.status_code
        if passing(status):
            raise later(self._service, status, response.headers)
        if status >= 400:
            raise _refused(response)
        body: dict[str, Any] = response.json()
        return body


def _refused(response: AsyncHttpResponse) -> Refused:
    try:
        error = response.json()["error"]
        code, message = str(error["code"]), str(error["message"])
        inner = (error.get("innererror") or {}).get("code")
    except (ValueError, KeyError, TypeError):
        code, inner = "UnexpectedAnswer", None
        message = f"Key Vault answered HTTP {response.status_code} without an error that can be read."
    return Refused(response.status_code, code, message, inner=inner)


def _answer(body: dict[str, Any]) -> Answer:
    error = body.get("error") or {}
    operation = Operation(
        request_id=body["request_id"],
        status=_status(body["status"]),
        issuer=body["issuer"]["name"],
        csr=_decode(body["csr"]),
        error_code=error.get("code"),
        error_message=error.get("message"),
        cancellation_requested=bool(body.get("cancellation_requested")),
    )
    return Answer(operation, body)


def _status(text: str) -> Status:
    """Key Vault's spelling has varied in case, and documents have said "complete" and "canceled" (protocol §1)."""
    known = {status.value.lower(): status for status in Status} | {
        "complete": Status.COMPLETED,
        "canceled": Status.CANCELLED,
    }
    return known[text.lower()]


def _filter(request_id: str | None) -> dict[str, str]:
    return {"request_id": request_id} if request_id else {}


def _bundle(fields: dict[str, Any]) -> Bundle:
    return Bundle(_version(fields), fields)


def _version(bundle: dict[str, Any]) -> CertificateVersion:
    der = _decode(bundle["cer"])
    return CertificateVersion(
        version=bundle["id"].rstrip("/").rsplit("/", 1)[1],
        der=der,
        key_sha256=key_sha256(x509.load_der_x509_certificate(der)),
        not_after=datetime.fromtimestamp(bundle["attributes"]["exp"], UTC),
    )


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error as error:
        raise Unavailable("Key Vault", "a field that is no base64") from error
