"""The Key Vault adapter against the emulator: what it reads and does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding

from functions.adapters.key_vault.client import KeyVault
from functions.model.errors import Refused, Unavailable
from functions.model.request.operation import Status
from functions.ports.vault import CertificateItem, CertificatePage
from functions.x509.public_keys import key_sha256, read_csr
from keyvault_emulator import running_emulator
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.unkindness import KIND, Unkindness
from local.api import LocalIdentity
from local.stack import PRODUCT_ACTIONS
from local.stack_settings import PRODUCT_CLIENT_ID
from tests.certificates import Ca
from tests.clock import real_now
from tests.integration.key_vault.servers import (
    BODY,
    vault_at,
)

A_PAGE, MORE_THAN_A_PAGE = 25, 26


@asynccontextmanager
async def vault_of_the_emulator(
    ca: LocalCa, actions: Iterable[str] = PRODUCT_ACTIONS, unkindness: Unkindness = KIND
) -> AsyncIterator[KeyVault]:
    """The emulator's vault, under the product's own identity with its own few grants."""
    async with (
        running_emulator(ca, identities={PRODUCT_CLIENT_ID: actions}, unkindness=unkindness) as emulator,
        aiohttp.ClientSession() as session,
    ):
        identity = LocalIdentity(emulator.identity_endpoint, emulator.identity_header, session, PRODUCT_CLIENT_ID)
        async with vault_at(emulator.port, identity) as vault:
            yield vault


async def test_a_manual_request_from_start_to_merge(trusted_ca: LocalCa) -> None:
    async with vault_of_the_emulator(trusted_ca) as vault:
        answer = await vault.create("Web-1", BODY)
        operation = answer.operation
        assert (operation.status, operation.issuer) == (Status.IN_PROGRESS, "Unknown")
        assert answer.fields["status_details"].endswith("Please Perform Merge to complete the request.")
        subject, key = read_csr(operation.csr)
        assert subject == "CN=web.example.com"
        assert (await vault.pending("web-1")).operation == operation
        assert (await vault.pending("web-1", operation.request_id)).operation == operation
        assert await vault.certificate("web-1") is None
        leaf = Ca.root("Root", at=real_now).signs(operation.csr)
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
        assert await vault.providers() == {}


async def test_versions_are_found_by_their_leaf_on_every_page_and_half_made_ones_are_none(trusted_ca: LocalCa) -> None:
    async with vault_of_the_emulator(trusted_ca) as vault:
        assert await vault.versions("web") == {}
        authority, merged = Ca.root("Root", at=real_now), {}
        for _ in range(MORE_THAN_A_PAGE):
            leaf = authority.signs((await vault.create("web", BODY)).operation.csr)
            bundle = await vault.merge("web", [leaf.public_bytes(Encoding.DER)])
            # SHA-1 names the certificate in Key Vault's lists.
            merged[leaf.fingerprint(SHA1()).hex()] = bundle.version.version  # noqa: S303
        await vault.create("web", BODY)
        assert len(merged) == MORE_THAN_A_PAGE
        assert await vault.versions("WEB") == merged


async def test_pages_hold_all_names_and_what_is_known_of_each_and_a_token_outlives_the_process(
    trusted_ca: LocalCa,
) -> None:
    async with (
        running_emulator(trusted_ca, any_token=True) as emulator,
        vault_at(emulator.port) as vault,
        vault_at(emulator.port) as another,
    ):
        assert await vault.page() == CertificatePage((), None)
        waiting = [f"waits-{number:02}" for number in range(A_PAGE)]
        for name in waiting:
            await vault.create(name, BODY)
        tags = {"certflow-owner": "me@example.com"}
        leaf = Ca.root("Root", at=real_now).signs((await vault.create("Done", {**BODY, "tags": tags})).operation.csr)
        await vault.merge("done", [leaf.public_bytes(Encoding.DER)])
        await vault.create("done", BODY)  # renewing: it has a version all the same
        first = await vault.page()
        assert len(first.certificates) == A_PAGE
        assert first.token is not None
        last = await another.page(first.token)
        assert last.token is None
        listed = {one.name: one for one in (*first.certificates, *last.certificates)}
        done = listed.pop("Done")
        assert done.updated is not None
        assert replace(done, updated=None) == CertificateItem(
            "Done",
            leaf.fingerprint(SHA1()).hex(),  # noqa: S303  how Key Vault names a certificate in its lists
            leaf.not_valid_before_utc,
            leaf.not_valid_after_utc,
            enabled=True,
            tags=tags,
        )
        assert sorted(listed) == waiting
        assert not any(one.complete or one.enabled for one in listed.values())


async def test_tags_are_replaced_and_the_list_says_that_something_has_changed(trusted_ca: LocalCa) -> None:
    async with running_emulator(trusted_ca, any_token=True) as emulator, vault_at(emulator.port) as vault:
        csr = (await vault.create("web", {**BODY, "tags": {"a": "1", "b": "2"}})).operation.csr
        leaf = Ca.root("Root", at=real_now).signs(csr).public_bytes(Encoding.DER)
        version = (await vault.merge("web", [leaf])).version
        changed = await vault.set_tags("web", {"b": "3"})
        assert changed.version == version
        assert changed.fields["tags"] == {"b": "3"}
        (listed,) = (await vault.page()).certificates
        assert listed.tags == await vault.tags("web") == {"b": "3"}
        with pytest.raises(Refused) as caught:
            await vault.set_tags("none", {})
        assert caught.value.status == 404


async def test_a_token_that_key_vault_takes_no_more_is_refused(trusted_ca: LocalCa) -> None:
    async with running_emulator(trusted_ca, any_token=True) as emulator, vault_at(emulator.port) as vault:
        stale = f"https://localhost:{emulator.port}/certificates?$skiptoken=stale&maxresults=25"
        with pytest.raises(Refused, match="skiptoken") as caught:
            await vault.page(stale)
        assert caught.value.status == 400


@pytest.mark.parametrize("token", ["https://elsewhere.example/certificates?$skiptoken=x", "x", "", "https://["])
async def test_a_token_that_leads_elsewhere_is_refused_before_an_access_token_goes_there(token: str) -> None:
    async with vault_at(9) as vault:
        with pytest.raises(Refused, match="not one of this vault") as caught:
            await vault.page(token)
        assert (caught.value.status, caught.value.code) == (400, "BadParameter")


async def test_tags_are_read_of_half_made_certificates_too_and_of_none_there_are_none(trusted_ca: LocalCa) -> None:
    async with vault_of_the_emulator(trusted_ca) as vault:
        assert await vault.tags("web") == {}
        await vault.create("web", {**BODY, "tags": {"team": "web"}})
        assert await vault.tags("web") == {"team": "web"}
        await vault.create("bare", BODY)
        assert await vault.tags("bare") == {}


async def test_an_identity_that_may_not_list_hears_key_vaults_own_refusal(trusted_ca: LocalCa) -> None:
    async with vault_of_the_emulator(trusted_ca, actions=()) as vault:
        for ask in (vault.issuers, vault.page, lambda: vault.versions("web"), lambda: vault.tags("web")):
            with pytest.raises(Refused, match="Caller is not authorized") as caught:
                await ask()
            assert (caught.value.status, caught.value.code) == (403, "Forbidden")
            assert caught.value.inner == "ForbiddenByRbac"


async def test_key_vaults_own_refusals_keep_status_code_and_message(trusted_ca: LocalCa) -> None:
    async with vault_of_the_emulator(trusted_ca) as vault:
        with pytest.raises(Refused, match="Pending certificate not found: web") as missing:
            await vault.pending("web")
        assert (missing.value.status, missing.value.code) == (404, "PendingCertificateNotFound")
        await vault.create("web", BODY)
        with pytest.raises(Refused, match="can not be created or imported") as conflict:
            await vault.create("web", BODY)
        assert (conflict.value.status, conflict.value.code) == (409, "Conflict")
        stranger = Ca.root("Root", at=real_now).certificate.public_bytes(Encoding.DER)
        with pytest.raises(Refused, match="does not match the public part"):
            await vault.merge("web", [stranger])
        with pytest.raises(Refused, match="Pending certificate not found"):
            await vault.pending("web", "0" * 32)
        assert await vault.certificate("nothing") is None


async def test_a_conflict_that_passes_is_no_refusal_whatever_is_asked_of_a_pending_certificate(
    trusted_ca: LocalCa,
) -> None:
    async with vault_of_the_emulator(trusted_ca, unkindness=Unkindness(conflict_rate=1.0)) as vault:
        operation = (await vault.create("web", BODY)).operation
        leaf = Ca.root("Root", at=real_now).signs(operation.csr)
        changes = (
            lambda: vault.merge("web", [leaf.public_bytes(Encoding.DER)]),
            lambda: vault.cancel("web"),
            lambda: vault.delete_pending("web"),
        )
        for change in changes:
            with pytest.raises(Unavailable, match="something else is being done to the same certificate") as caught:
                await change()
            assert (caught.value.maybe_done, caught.value.throttled) == (False, False)
        with pytest.raises(Refused, match="can not be created or imported"):
            await vault.create("web", BODY)
