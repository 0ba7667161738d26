"""Discovery, the key set and its roll-over, and what the control door does to them."""

from __future__ import annotations

import asyncio
import base64

import aiohttp
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from tenant import ADA, API, BOB, ROBOT, TENANT, Browser


async def test_discovery_names_the_endpoints_and_the_issuer_of_the_tokens(browser: Browser) -> None:
    url = f"{browser.entra.authority}/{TENANT}/v2.0/.well-known/openid-configuration"
    found = (await browser.call("GET", url)).json()
    assert found["issuer"] == browser.entra.at.issuer == f"{browser.entra.authority}/{TENANT}/v2.0"
    assert found["jwks_uri"] == browser.entra.at.keys
    assert found["token_endpoint"] == browser.entra.at.token
    assert found["authorization_endpoint"] == browser.entra.at.authorize
    wrong = await browser.call("GET", url.replace(TENANT, "7e4a0000-0000-4000-8000-0000000000ff"))
    assert (wrong.status, wrong.json()["error"]) == (400, "invalid_tenant")


async def test_a_key_is_named_by_its_certificate_and_no_key_by_an_algorithm(browser: Browser) -> None:
    keys = (await browser.call("GET", browser.entra.at.keys)).json()["keys"]
    assert len(keys) == 2, "one signs, one is announced"
    for key in keys:
        certificate = x509.load_der_x509_certificate(base64.b64decode(key["x5c"][0]))
        sha1 = certificate.fingerprint(hashes.SHA1())  # noqa: S303  a name
        thumbprint = base64.urlsafe_b64encode(sha1).rstrip(b"=").decode()
        assert key["kid"] == key["x5t"] == thumbprint
        assert key["issuer"] == browser.entra.at.issuer
        assert "alg" not in key


async def machine_token(browser: Browser) -> str:
    token: str = (await browser.as_machine()).json()["access_token"]
    return token


def kid(token: str) -> str:
    header = jwt.get_unverified_header(token)
    assert (header["alg"], header["typ"]) == ("RS256", "JWT")
    return str(header["kid"])


async def test_the_announced_key_signs_after_a_roll_and_the_old_one_stays_until_it_is_withdrawn(
    browser: Browser,
) -> None:
    old = await machine_token(browser)
    before = (await browser.control("GET", "state", None)).json()["kids"]
    after = (await browser.control("POST", "keys", {"do": "roll"})).json()["kids"]
    assert after[:2] == before
    new = await machine_token(browser)
    assert [kid(old), kid(new)] == before
    assert await browser.claims(old)
    assert await browser.claims(new)
    left = (await browser.control("POST", "keys", {"do": "withdraw"})).json()["kids"]
    assert left == after[1:]
    assert await browser.claims(new)


async def test_after_an_emergency_a_key_signs_that_nobody_has_seen(browser: Browser) -> None:
    before = (await browser.control("GET", "state", None)).json()["kids"]
    await browser.control("POST", "keys", {"do": "roll unannounced"})
    assert kid(await machine_token(browser)) not in before


async def test_the_key_set_can_be_away_or_rubbish_and_comes_back(browser: Browser) -> None:
    await browser.control("PUT", "metadata", {"status": 500})
    assert (await browser.call("GET", browser.entra.at.keys)).status == 500
    await browser.control("PUT", "metadata", {"garbage": True})
    assert "<html>" in (await browser.call("GET", browser.entra.at.keys)).text
    await browser.control("PUT", "metadata", {"silent": 0.01})
    with pytest.raises(aiohttp.ClientError):
        await browser.call("GET", browser.entra.at.keys)
    assert (await browser.as_machine()).status == 200, "tokens are signed meanwhile"
    state = (await browser.control("PUT", "metadata", {})).json()
    assert state["reads"]["keys"] >= 3, "the client may have asked again where nobody answered"
    assert (await browser.call("GET", browser.entra.at.keys)).status == 200


async def test_a_test_may_ask_for_a_token_with_wrong_claims_and_another_header(browser: Browser) -> None:
    body = {"name": ADA, "claims": {"ver": "1.0", "oid": None}, "header": {"kid": "unknown"}}
    token = (await browser.control("POST", "tokens", body)).json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["ver"], claims["aud"], "oid" in claims) == ("1.0", API, False)
    assert jwt.get_unverified_header(token)["kid"] == "unknown"
    of_machine = await browser.claims(browser.entra.control.token("robot"))
    assert (of_machine["azp"], of_machine["idtyp"]) == (ROBOT, "app")


async def test_lifetimes_are_spread_unless_a_test_sets_one(browser: Browser) -> None:
    lived = [(await browser.as_machine()).json()["expires_in"] for _ in range(20)]
    assert len(set(lived)) > 1
    assert all(3600 <= one <= 5400 for one in lived)
    await browser.control("PUT", "lifetime", {"seconds": 7})
    assert (await browser.as_machine()).json()["expires_in"] == 7


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "keys", {"do": "explode"}, 400),
        ("PUT", "metadata", {"status": 200}, 400),
        ("PUT", "roles", {"name": "nobody", "roles": []}, 404),
        ("PUT", "lifetime", {"seconds": 0}, 400),
        ("POST", "tokens", {"name": "nobody"}, 404),
        ("POST", "tokens", {"nam": BOB}, 400),
    ],
)
async def test_the_control_door_refuses_what_it_does_not_know(
    method: str, path: str, body: object, status: int, browser: Browser
) -> None:
    answer = await browser.control(method, path, body)
    assert (answer.status, "error" in answer.json()) == (status, True)


async def test_many_at_once_are_served(browser: Browser) -> None:
    tokens = await asyncio.gather(*(machine_token(browser) for _ in range(20)))
    assert len(set(tokens)) == 20
