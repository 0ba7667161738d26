"""What is taken of the documents that a tenant publishes, and what is not."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa

from functions.adapters.entra.published_keys import MAX_DOCUMENT, fetch_keys
from functions.model.errors import Unavailable
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving
from tests.entra_tokens import TENANT, encoded, public_jwk, signing_key
from tests.integration.entra.published import Published

GOOD = public_jwk(signing_key(), "good")


async def test_the_keys_come_by_their_ids(published: Published) -> None:
    published.publish(key_1=signing_key(), key_2=signing_key(1))
    found = await fetch_keys(published.registration)
    assert {kid: key.public_numbers() for kid, key in found.items()} == {
        "key-1": signing_key().public_key().public_numbers(),
        "key-2": signing_key(1).public_key().public_numbers(),
    }


@pytest.mark.parametrize(
    ("taken", "changed"),
    [
        (True, {}),
        (True, {"alg": "RS256"}),
        (True, {"issuer": "{authority}/{tenantid}/v2.0"}),
        (True, {"x5c": ["MIIB"], "x5t": "abc", "cloud_instance_name": "microsoftonline.com"}),
        (False, {"alg": "RS512"}),
        (False, {"alg": "RS256", "use": "enc"}),
        (False, {"issuer": "{authority}/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0"}),  # of personal accounts
        (False, {"issuer": None}),
        (False, {"kid": None}),
        (False, {"kid": 1}),
        (False, {"kty": "EC", "crv": "P-256", "x": encoded(b"1" * 32), "y": encoded(b"2" * 32)}),
        (False, {"kty": "oct", "k": encoded(b"secret of 256 bits and more ......")}),
        (False, {"kty": "none"}),
        (False, {"n": "!"}),
        (False, {"e": ""}),
        (False, {"n": None}),
    ],
)
async def test_a_key_for_something_else_is_left_out(published: Published, taken: bool, changed: dict[str, Any]) -> None:
    key = public_jwk(signing_key(1), "other") | changed
    if isinstance(key.get("issuer"), str):
        key["issuer"] = key["issuer"].replace("{authority}", published.registration.authority)
    published.keys = ["no object", key, GOOD]
    assert set(await fetch_keys(published.registration)) == ({"good", "other"} if taken else {"good"})


async def test_a_short_key_is_left_out(published: Published) -> None:
    published.keys = [public_jwk(rsa.generate_private_key(65537, 1024), "short"), GOOD]  # noqa: S505
    assert set(await fetch_keys(published.registration)) == {"good"}


@pytest.mark.parametrize("document", ["discovery", "keys"])
@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda: web.Response(status=500), "HTTP 500"),
        (lambda: web.Response(status=404), "HTTP 404"),
        (lambda: web.Response(status=302, headers={"Location": "/"}), "HTTP 302"),
        (lambda: web.Response(text="<html>"), "no JSON object"),
        (lambda: web.Response(text="[" * 100_000), "no JSON object"),
        (lambda: web.Response(body=b"\xff\xfe\xfd"), "no JSON object"),
        (lambda: web.json_response([]), "no JSON object"),
        (lambda: web.Response(text=" " * (MAX_DOCUMENT + 1)), "too long"),
    ],
    ids=["500", "404", "redirect", "html", "brackets", "bytes", "list", "long"],
)
async def test_a_document_that_is_none_is_said_to_be_missing(
    published: Published, document: str, answer: Any, reason: str
) -> None:
    published.answers[document] = answer
    with pytest.raises(Unavailable, match=f"its signing keys cannot be had: .*{reason}"):
        await fetch_keys(published.registration)


@pytest.mark.parametrize(
    ("described", "reason"),
    [
        ({"issuer": "https://sts.example.com"}, "another issuer"),
        ({"jwks_uri": "http://localhost/keys"}, "names no key set"),
        ({"jwks_uri": None}, "names no key set"),
        ({"jwks_uri": "https://"}, "InvalidUrl"),
    ],
)
async def test_a_discovery_document_of_somebody_else_is_refused(
    published: Published, described: dict[str, Any], reason: str
) -> None:
    issuer, address = published.registration.issuer, f"{published.registration.authority}/{TENANT}/discovery/v2.0/keys"
    whole = {"issuer": issuer, "jwks_uri": address} | described
    published.answers["discovery"] = lambda: web.json_response(whole)
    with pytest.raises(Unavailable, match=reason):
        await fetch_keys(published.registration)
    assert published.asked == ["discovery"]


@pytest.mark.parametrize("keys", [[], None, {}, [{"kty": "oct", "kid": "a", "k": "YQ"}]])
async def test_a_set_without_a_key_to_use_is_no_set(published: Published, keys: Any) -> None:
    published.keys = keys
    with pytest.raises(Unavailable, match="has no key that can be used"):
        await fetch_keys(published.registration)


async def test_entra_is_known_by_its_certificate(published: Published) -> None:
    async with serving(published.app(), tls=LocalCa().server_context()) as port:
        published.registration = type(published.registration)(TENANT, "", frozenset(), f"https://localhost:{port}")
        with pytest.raises(Unavailable, match="ClientConnectorCertificateError"):
            await fetch_keys(published.registration)
    assert published.asked == []


async def test_an_address_without_anybody_is_no_entra(published: Published) -> None:
    gone = type(published.registration)(TENANT, "", frozenset(), "https://localhost:1")
    with pytest.raises(Unavailable, match="ClientConnectorError"):
        await fetch_keys(gone)
