"""People sign in with a page: the choice, the code, what it is redeemed for."""

from __future__ import annotations

import re

import pytest

from entra_emulator import AZURE_CLI
from entra_emulator.codes import CODE_TTL, REFRESH_TTL
from tenant import ADA, API, BOB, ORIGIN, PAGE, REDIRECT, TENANT, Browser


async def test_a_person_gets_an_access_token_for_the_api_and_an_id_token_for_the_page(browser: Browser) -> None:
    answer = await browser.redeem(await browser.code())
    body = answer.json()
    assert answer.status == 200
    assert 3600 <= body["expires_in"] <= 5400
    claims = await browser.claims(body["access_token"])
    now = int(browser.clock())
    assert claims["exp"] == now + body["expires_in"]
    assert claims["iat"] == claims["nbf"] == now - 300
    held = {name: claims[name] for name in ("aud", "azp", "azpacr", "tid", "ver", "scp", "idtyp", "name", "roles")}
    assert held == {
        "aud": API,
        "azp": PAGE,
        "azpacr": "0",
        "tid": TENANT,
        "ver": "2.0",
        "scp": "access_as_user",
        "idtyp": "user",
        "name": "Ada Lovelace",
        "roles": ["Certflow.Reader", "team-pay"],
    }
    assert claims["preferred_username"] == "ada@example.com"
    assert claims["oid"] == browser.entra.directory.persons[ADA].oid
    assert claims["sub"] != claims["oid"]
    identity = await browser.claims(body["id_token"], PAGE)
    assert identity["nonce"] == "a nonce"
    assert identity["oid"] == claims["oid"]
    assert identity["sub"] != claims["sub"], "a subject is another one for each application"
    assert not {"roles", "scp", "azp"} & identity.keys()


async def test_a_subject_stays_the_same_and_token_identifiers_do_not(browser: Browser) -> None:
    first, second = [
        await browser.claims((await browser.redeem(await browser.code())).json()["access_token"]) for _ in "12"
    ]
    assert first["sub"] == second["sub"]
    assert first["uti"] != second["uti"]


@pytest.mark.parametrize(("mode", "mark"), [("query", "?"), ("fragment", "#")])
async def test_the_answer_comes_back_as_it_was_asked_for(mode: str, mark: str, browser: Browser) -> None:
    answer = await browser.choose(await browser.open(response_mode=mode), ADA)
    assert answer.status == 302
    assert answer.headers["Location"].startswith(f"{REDIRECT}{mark}code=")
    assert answer.sent_back()["state"] == "a state"


async def test_a_form_post_brings_code_and_state(browser: Browser) -> None:
    answer = await browser.choose(await browser.open(response_mode="form_post", state='"><script>'), ADA)
    assert f'action="{REDIRECT}"' in answer.text
    assert 'name="state" value="&quot;&gt;&lt;script&gt;"' in answer.text
    (code,) = re.findall(r'name="code" value="([^"]+)"', answer.text)
    assert (await browser.redeem(code)).status == 200


async def test_the_page_shows_everybody_and_whoever_was_hinted_at_comes_first(browser: Browser) -> None:
    page = await browser.open(login_hint="bob@example.com")
    assert re.findall(r'name="person" value="([^"]*)"', page.text) == [BOB, ADA, ""]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"client_id": None}, 900144),
        ({"client_id": "7e4a0000-0000-4000-8000-0000000000ff"}, 700016),
        ({"client_id": API}, 700016),
        ({"redirect_uri": None}, 50011),
        ({"redirect_uri": f"{REDIRECT}/"}, 50011),
        ({"redirect_uri": f"{REDIRECT}?a=b"}, 50011),
        ({"redirect_uri": "https://console.example.com.evil.example/signed-in"}, 50011),
    ],
)
async def test_a_person_is_sent_nowhere_that_is_not_registered(
    changed: dict[str, str | None], code: int, browser: Browser
) -> None:
    answer = await browser.open(**changed)
    assert answer.status == 400
    assert f"AADSTS{code}:" in answer.text
    assert "Location" not in answer.headers


@pytest.mark.parametrize(
    ("changed", "error", "code"),
    [
        ({"response_type": "token"}, "unsupported_response_type", 700051),
        ({"response_type": None}, "invalid_request", 900144),
        ({"response_mode": "web_message"}, "invalid_request", 901002),
        ({"code_challenge": None}, "invalid_request", 9002325),
        ({"code_challenge_method": "plain"}, "invalid_request", 501491),
        ({"code_challenge_method": None}, "invalid_request", 501491),
        ({"code_challenge": "short"}, "invalid_request", 501491),
        ({"scope": None}, "invalid_request", 900144),
        ({"scope": f"api://{API}/everything"}, "invalid_scope", 70011),
        ({"scope": f"api://{API}/access_as_user api://{API}/.default"}, "invalid_scope", 70011),
        ({"scope": "api://somebody-else/read"}, "invalid_resource", 500011),
        ({"scope": "User.Read"}, "invalid_resource", 500011),
        ({"prompt": "none"}, "login_required", 50058),
        ({"state": "s" * 4097}, "invalid_request", 9002313),
    ],
)
async def test_a_page_hears_what_is_wrong_with_its_request(
    changed: dict[str, str | None], error: str, code: int, browser: Browser
) -> None:
    told = (await browser.open(**changed)).sent_back()
    assert told["error"] == error
    assert told["error_description"].startswith(f"AADSTS{code}: ")
    assert told["state"] == changed.get("state", "a state")


async def test_a_person_without_a_role_is_blocked_and_one_who_cancels_is_heard(browser: Browser) -> None:
    blocked = (await browser.choose(await browser.open(), BOB)).sent_back()
    assert (blocked["error"], blocked["error_description"].split(":")[0]) == ("access_denied", "AADSTS50105")
    assert (await browser.choose(await browser.open(), "")).sent_back()["error_description"].startswith("AADSTS65004")
    assert "code" in (await browser.choose(await browser.open(scope="openid"), BOB)).sent_back()


async def test_a_choice_counts_once_and_for_ten_minutes(browser: Browser) -> None:
    page = await browser.open()
    assert (await browser.choose(page, "nobody")).status == 400
    assert (await browser.choose(page, ADA)).status == 400, "it was spent"
    page = await browser.open()
    browser.clock.time += CODE_TTL
    assert "AADSTS50089" in (await browser.choose(page, ADA)).text


@pytest.mark.parametrize(
    ("changed", "error", "code"),
    [
        ({"code_verifier": "v" * 64}, "invalid_grant", 501481),
        ({"code_verifier": None}, "invalid_request", 900144),
        ({"redirect_uri": f"{REDIRECT}/"}, "invalid_grant", 500112),
        ({"redirect_uri": None}, "invalid_request", 900144),
        ({"grant_type": None}, "invalid_request", 900144),
        ({"grant_type": "password"}, "unsupported_grant_type", 70003),
        ({"client_id": "7e4a0000-0000-4000-8000-0000000000ff"}, "unauthorized_client", 700016),
        ({"code": "1.Amade-up"}, "invalid_grant", 9002313),
        ({"scope": "api://somebody-else/read"}, "invalid_resource", 500011),
    ],
)
async def test_a_code_is_redeemed_as_it_was_asked_for_or_not_at_all(
    changed: dict[str, str | None], error: str, code: int, browser: Browser
) -> None:
    answer = await browser.redeem(await browser.code(), **changed)
    body = answer.json()
    assert (answer.status, body["error"], body["error_codes"]) == (400, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert body.keys() >= {"timestamp", "trace_id", "correlation_id"}


async def test_a_code_is_worth_tokens_once(browser: Browser) -> None:
    code = await browser.code()
    assert (await browser.redeem(code)).status == 200
    assert (await browser.redeem(code)).json()["error_codes"] == [54005]


async def test_a_code_ends_after_ten_minutes(browser: Browser) -> None:
    code = await browser.code()
    browser.clock.time += CODE_TTL
    assert (await browser.redeem(code)).json()["error_codes"] == [70008]


async def test_the_code_of_a_page_is_redeemed_in_a_browser_and_that_of_a_program_is_not(browser: Browser) -> None:
    assert (await browser.redeem(await browser.code(), origin=None)).json()["error_codes"] == [9002327]
    of_program = {"client_id": AZURE_CLI, "redirect_uri": "http://localhost:53211"}
    code = await browser.code(**of_program)
    assert (await browser.redeem(code, **of_program)).json()["error_codes"] == [9002326]
    answer = await browser.redeem(await browser.code(**of_program), origin=None, **of_program)
    assert (await browser.claims(answer.json()["access_token"]))["azp"] == AZURE_CLI


@pytest.mark.parametrize(
    "uri", ["http://localhost:1/a", "https://localhost", "http://localhost@evil.example", "http://[::1"]
)
async def test_a_program_gets_its_code_on_this_machine_alone(uri: str, browser: Browser) -> None:
    assert "AADSTS50011" in (await browser.open(client_id=AZURE_CLI, redirect_uri=uri)).text


async def test_a_page_may_read_the_answer_of_the_token_endpoint(browser: Browser) -> None:
    headers = {
        "Origin": ORIGIN,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    preflight = await browser.call("OPTIONS", browser.entra.at.token, headers=headers)
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert preflight.headers["Access-Control-Allow-Headers"] == "content-type"
    answer = await browser.redeem("1.Amade-up")
    assert answer.status == 400
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN, "a page reads refusals, too"


async def test_a_refresh_token_brings_new_tokens_for_a_day_from_the_sign_in(browser: Browser) -> None:
    first = (await browser.redeem(await browser.code())).json()
    browser.clock.time += REFRESH_TTL - 60
    form = {"client_id": PAGE, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    second = (await browser.token(form, origin=ORIGIN)).json()
    assert (await browser.claims(second["access_token"]))["exp"] > browser.clock() + 3599
    browser.clock.time += 120
    last = await browser.token(form | {"refresh_token": second["refresh_token"]}, origin=ORIGIN)
    assert last.json()["error_codes"] == [700084]
    assert (await browser.token(form | {"refresh_token": "1.Amade-up"}, origin=ORIGIN)).status == 400


async def test_a_refresh_token_that_was_revoked_is_refused_and_a_new_sign_in_is_not(browser: Browser) -> None:
    old = (await browser.redeem(await browser.code())).json()["refresh_token"]
    assert (await browser.control("POST", "sessions", {"do": "revoke"})).status == 200
    new = (await browser.redeem(await browser.code())).json()["refresh_token"]
    form = {"client_id": PAGE, "grant_type": "refresh_token"}
    refused = await browser.token(form | {"refresh_token": old}, origin=ORIGIN)
    assert (refused.json()["error"], refused.json()["error_codes"]) == ("invalid_grant", [50173])
    assert (await browser.token(form | {"refresh_token": new}, origin=ORIGIN)).status == 200


async def test_without_offline_access_and_openid_there_is_the_access_token_alone(browser: Browser) -> None:
    code = await browser.code(scope=f"{API}/.default")
    body = (await browser.redeem(code)).json()
    assert body.keys() == {"token_type", "scope", "expires_in", "ext_expires_in", "access_token"}
    assert body["scope"] == f"api://{API}/access_as_user"


async def test_roles_are_those_of_the_moment_and_another_tenant_is_not_here(browser: Browser) -> None:
    await browser.control("PUT", "roles", {"name": ADA, "roles": ["team-web"]})
    token = (await browser.redeem(await browser.code())).json()["access_token"]
    assert (await browser.claims(token))["roles"] == ["team-web"]
    url = browser.entra.at.token.replace(TENANT, "common")
    assert (await browser.call("POST", url, data={"grant_type": "password"})).json()["error_codes"] == [90002]
    assert "AADSTS90002" in (await browser.call("GET", browser.entra.at.authorize.replace(TENANT, "common"))).text
