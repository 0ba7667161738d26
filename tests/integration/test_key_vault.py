"""The Key Vault adapter against the stand-in, and against servers that misbehave."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from azure.core.credentials_async import AsyncTokenCredential
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding

from functions.adapters.key_vault import KeyVault
from functions.issuance.errors import Refused, Unavailable
from functions.issuance.keys import key_sha256, read_csr
from functions.issuance.ports import Listed
from functions.issuance.requests import Status
from local.api import LocalIdentity
from local.keyvault import running_standin
from local.stack import PRODUCT_ACTIONS, PRODUCT_CLIENT_ID
from local.tls import LocalCa
from local.web import serving
from tests.certificates import Authority
from tests.integration.tokens import AnyToken

BODY = {
    "policy": {
        "key_props": {"kty": "EC", "crv": "P-256"},
        "x509_props": {"subject": "CN=web.example.com"},
        "issuer": {"name": "Unknown"},
    }
}
MORE_THAN_A_PAGE = 26


@asynccontextmanager
async def vault_at(port: int, credential: AsyncTokenCredential | None = None) -> AsyncIterator[KeyVault]:
    vault = KeyVault("main", f"https://localhost:{port}", credential or AnyToken(), verify_challenge=False)
    yield vault
    await vault.close()


@asynccontextmanager
async def vault_of_the_standin(ca: LocalCa, actions: Iterable[str] = PRODUCT_ACTIONS) -> AsyncIterator[KeyVault]:
    """The stand-in's vault, under the product's own identity with its own few grants."""
    async with (
        running_standin(ca, identities={PRODUCT_CLIENT_ID: actions}) as standin,
        aiohttp.ClientSession() as session,
    ):
        identity = LocalIdentity(standin.identity_endpoint, standin.identity_header, session, PRODUCT_CLIENT_ID)
        async with vault_at(standin.port, identity) as vault:
            yield vault


@asynccontextmanager
async def vault_that_answers(
    tls: ssl.SSLContext, status: int, headers: dict[str, str], text: str
) -> AsyncIterator[tuple[KeyVault, list[str]]]:
    """A server that challenges as Key Vault does, and then always says this. Yields also what it was asked."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        if "Authorization" not in request.headers:
            challenge = 'Bearer authorization="https://login.windows.net/t", resource="https://vault.azure.net"'
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        asked.append(f"{request.method} {request.path}")
        return web.Response(status=status, headers=headers, text=text)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with serving(app, tls=tls) as port, vault_at(port) as vault:
        yield vault, asked


async def test_a_manual_request_from_start_to_merge(trusted_ca: LocalCa) -> None:
    async with vault_of_the_standin(trusted_ca) as vault:
        answer = await vault.create("Web-1", BODY)
        operation = answer.operation
        assert (operation.status, operation.issuer) == (Status.IN_PROGRESS, "Unknown")
        assert answer.fields["status_details"].endswith("Please Perform Merge to complete the request.")
        subject, key = read_csr(operation.csr)
        assert subject == "CN=web.example.com"
        assert (await vault.pending("web-1")).operation == operation
        assert (await vault.pending("web-1", operation.request_id)).operation == operation
        assert await vault.certificate("web-1") is None
        leaf = Authority.root("Root").sign(operation.csr)
        merged = await vault.merge("web-1", [leaf.public_bytes(Encoding.DER)], {"tags": {"team": "web"}})
        assert merged.version.key_sha256 == key == key_sha256(leaf)
        assert merged.version.not_after == leaf.not_valid_after_utc
        assert merged.fields["tags"] == {"team": "web"}
        current = await vault.certificate("web-1")
        assert current is not None
        assert current.version == merged.version
        assert (await vault.pending("web-1")).operation.status is Status.COMPLETED
        assert (await vault.policy("web-1"))["issuer"] == {"name": "Unknown"}
        assert await vault.issuers() == []


async def test_versions_are_found_by_their_leaf_on_every_page_and_half_made_ones_are_none(trusted_ca: LocalCa) -> None:
    async with vault_of_the_standin(trusted_ca) as vault:
        assert await vault.versions("web") == {}
        authority, merged = Authority.root("Root"), {}
        for _ in range(MORE_THAN_A_PAGE):
            leaf = authority.sign((await vault.create("web", BODY)).operation.csr)
            bundle = await vault.merge("web", [leaf.public_bytes(Encoding.DER)])
            # SHA-1 names the certificate in Key Vault's lists.
            merged[leaf.fingerprint(SHA1()).hex()] = bundle.version.version  # noqa: S303
        await vault.create("web", BODY)
        assert len(merged) == MORE_THAN_A_PAGE
        assert await vault.versions("WEB") == merged


async def test_all_names_are_listed_and_those_that_only_wait_are_told_apart(trusted_ca: LocalCa) -> None:
    async with vault_of_the_standin(trusted_ca) as vault:
        assert await vault.listed() == []
        waiting = [f"waits-{number:02}" for number in range(MORE_THAN_A_PAGE)]
        for name in waiting:
            await vault.create(name, BODY)
        leaf = Authority.root("Root").sign((await vault.create("Done", BODY)).operation.csr)
        await vault.merge("done", [leaf.public_bytes(Encoding.DER)])
        await vault.create("done", BODY)  # renewing: it has a version all the same
        listed = sorted(await vault.listed(), key=lambda one: one.name)
        assert listed == [Listed("Done", complete=True), *(Listed(name, complete=False) for name in waiting)]


async def test_an_identity_that_may_not_list_hears_key_vaults_own_refusal(trusted_ca: LocalCa) -> None:
    async with vault_of_the_standin(trusted_ca, actions=()) as vault:
        for ask in (vault.issuers, vault.listed, lambda: vault.versions("web")):
            with pytest.raises(Refused, match="Caller is not authorized") as caught:
                await ask()
            assert (caught.value.status, caught.value.code) == (403, "Forbidden")
            assert caught.value.inner == "ForbiddenByRbac"


async def test_a_list_that_fails_in_passing_is_unavailable(trusted_ca: LocalCa) -> None:
    tls = trusted_ca.server_context()
    for status, text in ((429, ""), (503, ""), (401, ""), (200, "<html>")):
        headers = {"Retry-After": "0", "Content-Type": "application/json"}
        async with vault_that_answers(tls, status, headers, text) as (vault, _):
            with pytest.raises(Unavailable, match="Key Vault 'main'"):
                await vault.listed()


async def test_key_vaults_own_refusals_keep_status_code_and_message(trusted_ca: LocalCa) -> None:
    async with vault_of_the_standin(trusted_ca) as vault:
        with pytest.raises(Refused, match="Pending certificate not found: web") as missing:
            await vault.pending("web")
        assert (missing.value.status, missing.value.code) == (404, "PendingCertificateNotFound")
        await vault.create("web", BODY)
        with pytest.raises(Refused, match="can not be created or imported") as conflict:
            await vault.create("web", BODY)
        assert (conflict.value.status, conflict.value.code) == (409, "Conflict")
        stranger = Authority.root("Root").certificate.public_bytes(Encoding.DER)
        with pytest.raises(Refused, match="does not match the public part"):
            await vault.merge("web", [stranger])
        with pytest.raises(Refused, match="Pending certificate not found"):
            await vault.pending("web", "0" * 32)
        assert await vault.certificate("nothing") is None


@pytest.mark.parametrize(
    ("status", "headers", "retry_after", "maybe_done"),
    [(429, {"Retry-After": "1"}, 1, False), (503, {}, 10, True), (500, {"Retry-After": "x"}, 10, True)],
)
async def test_a_passing_fault_says_when_to_try_again_and_a_start_is_never_repeated(
    trusted_ca: LocalCa, status: int, headers: dict[str, str], retry_after: int, maybe_done: bool
) -> None:
    tls = trusted_ca.server_context()
    async with vault_that_answers(tls, status, headers, "") as (vault, asked):
        with pytest.raises(Unavailable) as caught:
            await vault.create("web", BODY)
        assert (caught.value.retry_after, caught.value.maybe_done) == (retry_after, maybe_done)
        assert asked == ["POST /certificates/web/create"]


@pytest.mark.parametrize("text", ["", "<html>", "[]", '{"error": {}}'])
async def test_an_error_that_cannot_be_read_is_still_a_refusal(trusted_ca: LocalCa, text: str) -> None:
    async with vault_that_answers(trusted_ca.server_context(), 403, {}, text) as (vault, _):
        with pytest.raises(Refused, match="HTTP 403") as caught:
            await vault.pending("web")
        assert caught.value.code == "UnexpectedAnswer"


async def test_a_vault_that_nobody_answers_for_is_unavailable_and_surely_started_nothing() -> None:
    async with vault_at(9) as vault:
        with pytest.raises(Unavailable, match="Key Vault 'main'") as caught:
            await vault.create("web", BODY)
        assert caught.value.maybe_done is False
