"""The stack from outside, as its user sees it: our HTTP API, the drop container, the inbox. For demo and tests."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlsplit

import aiohttp
from azure.core.credentials import AccessToken
from azure.core.rest import HttpRequest
from azure.keyvault.certificates.aio import CertificateClient
from azure.storage.blob.aio import BlobServiceClient

from local.entra import ACCESS_FILE, USUAL_CALLER
from local.sign_in import Tokens


@dataclass(frozen=True)
class LocalIdentity:
    """A token credential from the stack's identity endpoint, for SDK clients outside the host.

    Without `client_id` it is the default identity, an administrator: it has every grant.
    """

    endpoint: str
    header: str
    session: aiohttp.ClientSession
    client_id: str | None = None

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        """A token for the resource of the first scope."""
        asked = {"resource": scopes[0].removesuffix("/.default"), "api-version": "2019-08-01"}
        if self.client_id:
            asked["client_id"] = self.client_id
        headers = {"X-IDENTITY-HEADER": self.header}
        async with self.session.get(self.endpoint, params=asked, headers=headers) as response:
            response.raise_for_status()
            token = await response.json()
        return AccessToken(token["access_token"], int(token["expires_on"]))

    async def close(self) -> None:
        """The session belongs to the client."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()


@dataclass(frozen=True)
class Client:
    """Speaks to a running stack; `stack` is what stack.json holds. `who` calls our API, where people sign in."""

    stack: Mapping[str, Any]
    session: aiohttp.ClientSession
    blobs: BlobServiceClient
    certificates: Mapping[str, CertificateClient]
    tokens: Tokens
    who: str = USUAL_CALLER
    observe: Callable[[aiohttp.ClientResponse, bytes], None] | None = None

    def signed_in_as(self, name: str) -> Client:
        """The same client for another person or machine of the stack."""
        return replace(self, who=name)

    async def credentials(self) -> dict[str, str]:
        """The header that opens our API: a token of whoever calls, or the function key. Raises SignInRefused."""
        if self.stack["auth"]["mode"] == "entra":
            return {"Authorization": f"Bearer {await self.tokens.of(self.who)}"}
        return {"x-functions-key": self.stack["function_key"]}

    async def create(self, vault: str, name: str, body: Any) -> aiohttp.ClientResponse:
        """`POST …/create`; the response is read."""
        return await self.call("POST", f"vaults/{vault}/certificates/{name}/create", json=body)

    async def pending(self, vault: str, name: str, request_id: str | None = None) -> aiohttp.ClientResponse:
        """`GET …/pending`; the response is read."""
        query = {"request_id": request_id} if request_id else {}
        return await self.call("GET", f"vaults/{vault}/certificates/{name}/pending", params=query)

    async def drop(self, name: str, content: bytes) -> None:
        """Puts a file into the container for chains."""
        await self.put(self.stack["storage"]["drop_container"], name, content)

    async def put(self, container: str, name: str, content: bytes) -> None:
        """Puts a file into a container, in place of an earlier one."""
        await self.blobs.get_blob_client(container, name).upload_blob(content, overwrite=True)

    async def decide_by(self, access: Mapping[str, Any]) -> None:
        """Puts an access file into the storage, and waits until it decides. Raises TimeoutError."""
        content = json.dumps(access).encode()
        container, _, name = ACCESS_FILE.partition("/")
        await self.put(container, name, content)

        async def decided() -> bool:
            answer = await (await self.call("GET", "access")).json()
            return bool(answer["decided_by"].get("sha256") == hashlib.sha256(content).hexdigest())

        await until("the access file to decide", decided)

    async def files(self, container: str, contains: str = "") -> list[str]:
        """The names of the blobs in a container."""
        names = self.blobs.get_container_client(container).list_blob_names()
        return [name async for name in names if contains in name]

    async def content(self, container: str, name: str) -> bytes:
        """A blob's content."""
        return await (await self.blobs.get_blob_client(container, name).download_blob()).readall()

    async def messages(self, contains: str) -> list[dict[str, Any]]:
        """The inbox's messages in whose subject or text this stands."""
        async with self.session.get(f"{self.stack['inbox']}/api/messages", params={"contains": contains}) as response:
            messages: list[dict[str, Any]] = await response.json()
            return messages

    async def secret(self, vault: str, name: str) -> bytes:
        """The secret beside a certificate, which holds its chain and key: what `az keyvault secret download` writes."""
        url = f"{self.stack['vaults'][vault]}/secrets/{name}?api-version=7.4"
        response = await self.certificates[vault].send_request(HttpRequest("GET", url))
        response.raise_for_status()
        return str(response.json()["value"]).encode()

    async def serve(self, server: str, content: bytes) -> None:
        """Gives a TLS server of the stack the certificate, chain and key that it is to show from now on."""
        url = f"{self.stack['tls_servers']['control']}/{server}"
        async with self.session.put(url, data=content) as response:
            response.raise_for_status()

    async def set_outcome(self, vault: str, name: str, outcome: str, **more: Any) -> None:
        """Makes the emulator's issuers issue, fail or hang for a certificate name."""
        body = {"vault": urlsplit(self.stack["vaults"][vault]).netloc, "name": name, "outcome": outcome, **more}
        async with self.session.post(f"{self.stack['keyvault_control']}/outcomes", json=body) as response:
            response.raise_for_status()

    async def call(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **more: Any
    ) -> aiohttp.ClientResponse:
        """Any of our routes, signed in; `path` as under /api, or a whole address. The response is read."""
        url = path if "://" in path else f"{self.stack['api']}/{path}"
        headers = {**(await self.credentials()), **(headers or {})}
        async with self.session.request(method, url, headers=headers, **more) as response:
            body = await response.read()
        if self.observe:
            self.observe(response, body)
        return response


@asynccontextmanager
async def client_of(stack: Mapping[str, Any]) -> AsyncIterator[Client]:
    """A client for a running stack; its `certificates` and `blobs` are the public SDK clients."""
    ca_file = stack["ca_file"]
    async with AsyncExitStack() as clients:
        session = await clients.enter_async_context(aiohttp.ClientSession())
        identity = LocalIdentity(stack["identity"]["endpoint"], stack["identity"]["header"], session)
        blobs = BlobServiceClient.from_connection_string(
            stack["storage"]["connection_string"], connection_verify=ca_file
        )
        await clients.enter_async_context(blobs)
        certificates = {}
        for alias, url in stack["vaults"].items():
            vault = CertificateClient(url, identity, verify_challenge_resource=False, connection_verify=ca_file)
            certificates[alias] = await clients.enter_async_context(vault)
        yield Client(stack, session, blobs, certificates, Tokens(stack, session))


async def until[T](what: str, look: Callable[[], Awaitable[T | None]], limit: float = 300.0) -> T:
    """Asks again, ever more seldom, until something true comes. Raises TimeoutError, naming what was waited for, after
    `limit` seconds.
    """
    ends, pauses = time.monotonic() + limit, itertools.chain((0.2, 0.3, 0.5), itertools.repeat(0.8))
    while time.monotonic() < ends:
        found = await look()
        if found:
            return found
        await asyncio.sleep(next(pauses))
    raise TimeoutError(f"{what}: not within {limit:.0f} s")
