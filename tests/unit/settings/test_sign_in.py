"""How callers sign in: what is read, and that nobody gets in while it is wrong."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest

from functions.ports.sign_in import PageSignIn
from functions.settings.auth_mode import AuthMode, auth_mode
from functions.settings.load import load_settings
from functions.settings.sign_in import SignInSettings, page_sign_in_of, sign_in_of
from functions.settings.values import Faults
from tests.entra_tokens import API, CLI, PAGE, STRANGER, TENANT
from tests.sample_settings import LEAST, REFERENCE, SIGN_IN

DIGEST = hashlib.sha256(b"a function key").hexdigest()


def read(env: dict[str, str]) -> tuple[SignInSettings, list[str]]:
    faults = Faults()
    return sign_in_of(env, faults), faults.told


def clients(**env: str) -> frozenset[str]:
    found, _ = read(SIGN_IN | env)
    assert found.registration
    return found.registration.clients


@pytest.mark.parametrize("given", ["", "keys", " Keys "])
def test_keys_decide_where_nothing_else_is_set(given: str) -> None:
    assert auth_mode({"CERTFLOW_AUTH": given}) is AuthMode.KEYS
    assert read({"CERTFLOW_AUTH": given}) == (SignInSettings(AuthMode.KEYS), [])
    assert read({"CERTFLOW_AUTH": given, "CERTFLOW_AUTH_TENANT": "x"}) == (SignInSettings(AuthMode.KEYS), [])


@pytest.mark.parametrize("given", ["entra", "Entra "])
def test_what_is_registered_says_which_tokens_are_accepted(given: str) -> None:
    env = SIGN_IN | {"CERTFLOW_AUTH": given, "CERTFLOW_AUTH_TENANT": TENANT.upper(), "CERTFLOW_AUTH_API": f" {API} "}
    found, told = read(env)
    assert (found.mode, found.fault, told) == (AuthMode.ENTRA, "", [])
    assert found.registration
    assert (found.registration.tenant, found.registration.api) == (TENANT, API)
    assert found.registration.clients == {PAGE, CLI}
    assert found.registration.issuer == f"https://login.microsoftonline.com/{TENANT}/v2.0"
    assert load_settings(LEAST | env).sign_in == found


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("CERTFLOW_AUTH", "entar", "write entra or keys"),
        ("CERTFLOW_AUTH", "none", "write entra or keys"),
        ("CERTFLOW_AUTH", REFERENCE, "not resolved"),
        ("CERTFLOW_AUTH_TENANT", "", "it is not set"),
        ("CERTFLOW_AUTH_TENANT", "example.com", "no GUID"),
        ("CERTFLOW_AUTH_TENANT", "common", "no GUID"),
        ("CERTFLOW_AUTH_TENANT", REFERENCE, "not resolved"),
        ("CERTFLOW_AUTH_API", "", "it is not set"),
        ("CERTFLOW_AUTH_API", f"api://{API}", "no GUID"),
        ("CERTFLOW_AUTH_AUTHORITY", "http://login.example.com", "no https:// address"),
        ("CERTFLOW_AUTH_AUTHORITY", "https://login.example.com/common", "without tenant and path"),
        ("CERTFLOW_AUTH_AUTHORITY", "https://login.example.com?a=b", "without tenant and path"),
        ("CERTFLOW_AUTH_AUTHORITY", "https://me@login.example.com", "without tenant and path"),
        ("CERTFLOW_AUTH_AUTHORITY", REFERENCE, "not resolved"),
    ],
)
def test_while_it_is_not_known_whose_tokens_count_nobody_gets_in(name: str, value: str, fault: str) -> None:
    found, (told,) = read(SIGN_IN | {name: value})
    assert (found.mode, found.registration) == (AuthMode.ENTRA, None)
    assert found.fault.startswith(f"{name}: ")
    assert fault in found.fault
    assert told == f"{found.fault} Until then the API lets nobody in."
    assert not value or value.startswith("http") or value not in told
    assert load_settings(LEAST | SIGN_IN | {name: value}).faults == (told,)


@pytest.mark.parametrize("given", ["", "keys"])
@pytest.mark.parametrize("file", ["access/access.json", '{"grants": []}', "wrong"])
def test_an_access_file_and_keys_let_nobody_in(given: str, file: str) -> None:
    """The file says who may do what, and a key says of nobody who they are."""
    env = {"CERTFLOW_AUTH": given, "CERTFLOW_ACCESS": file}
    assert auth_mode(env) is AuthMode.ENTRA
    found, (told,) = read(env)
    assert found.registration is None
    assert found.fault.startswith("CERTFLOW_AUTH: write entra, or take the access file (CERTFLOW_ACCESS) away")
    assert told in load_settings(LEAST | env).faults
    assert read(SIGN_IN | {"CERTFLOW_ACCESS": file})[0].fault == ""


def test_the_address_of_entra_may_be_another_clouds() -> None:
    found, _ = read(SIGN_IN | {"CERTFLOW_AUTH_AUTHORITY": "https://Login.MicrosoftOnline.us/"})
    assert found.registration
    assert found.registration.issuer == f"https://login.microsoftonline.us/{TENANT}/v2.0"


def test_people_call_with_the_page_and_with_what_is_listed() -> None:
    assert clients() == {PAGE, CLI}
    assert clients(CERTFLOW_AUTH_PAGE="") == {CLI}
    assert clients(CERTFLOW_AUTH_CLIENTS=PAGE) == {PAGE}
    assert clients(CERTFLOW_AUTH_CLIENTS=f"{STRANGER.upper()}, {CLI}") == {PAGE, STRANGER, CLI}


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [
        ("CERTFLOW_AUTH_PAGE", "page", {CLI}),
        ("CERTFLOW_AUTH_PAGE", REFERENCE, {CLI}),
        ("CERTFLOW_AUTH_CLIENTS", "*", {PAGE}),
        ("CERTFLOW_AUTH_CLIENTS", f"cli,{STRANGER}", {PAGE, STRANGER}),
        ("CERTFLOW_AUTH_CLIENTS", REFERENCE, {PAGE}),
    ],
)
def test_a_wrong_client_is_none(name: str, value: str, left: set[str]) -> None:
    found, (told,) = read(SIGN_IN | {name: value})
    assert told.startswith(f"{name}: ")
    assert found.registration
    assert found.registration.clients == left


def test_keys_count_beside_tokens_until_a_day() -> None:
    given = {"CERTFLOW_AUTH_KEYS_UNTIL": "2027-03-31", "CERTFLOW_AUTH_KEYS": f"{DIGEST.upper()}, {'0' * 64}"}
    found, told = read(SIGN_IN | given)
    assert (found.keys_until, found.keys) == (date(2027, 3, 31), frozenset({DIGEST, "0" * 64}))
    assert told == []
    assert read(given)[0].keys == frozenset()  # with `keys` the host knows them all


@pytest.mark.parametrize(
    ("until", "keys", "fault"),
    [
        ("soon", DIGEST, "CERTFLOW_AUTH_KEYS_UNTIL: write a date"),
        ("2027-02-30", DIGEST, "CERTFLOW_AUTH_KEYS_UNTIL: write a date"),
        (REFERENCE, DIGEST, "CERTFLOW_AUTH_KEYS_UNTIL: its reference"),
        ("2027-03-31", "a function key", "CERTFLOW_AUTH_KEYS: entry 1 is no SHA-256"),
        ("2027-03-31", DIGEST[:-1], "CERTFLOW_AUTH_KEYS: entry 1 is no SHA-256"),
        ("2027-03-31", REFERENCE, "CERTFLOW_AUTH_KEYS: its reference"),
    ],
)
def test_no_key_counts_while_their_settings_are_wrong(until: str, keys: str, fault: str) -> None:
    found, (told,) = read(SIGN_IN | {"CERTFLOW_AUTH_KEYS_UNTIL": until, "CERTFLOW_AUTH_KEYS": keys})
    assert told.startswith(fault)
    assert found.keys == frozenset()
    assert found.registration  # tokens do


@pytest.mark.parametrize(
    ("env", "without"),
    [
        ({}, "keys"),
        ({"CERTFLOW_AUTH": "keys"}, "keys"),
        ({"CERTFLOW_AUTH": "entra"}, "setting"),
        (SIGN_IN | {"CERTFLOW_AUTH_TENANT": "x"}, "setting"),
        (SIGN_IN | {"CERTFLOW_AUTH_PAGE": ""}, "page"),
        (SIGN_IN | {"CERTFLOW_AUTH_PAGE": "x"}, "page"),
    ],
)
def test_the_console_says_why_nobody_can_sign_in_there(env: dict[str, str], without: str) -> None:
    page = page_sign_in_of(sign_in_of(env, Faults()))
    assert page == PageSignIn(without=without)
    assert (page.authority, page.public) == ("", {"without": without})


def test_the_console_knows_whom_to_ask_and_for_what() -> None:
    page = page_sign_in_of(sign_in_of(SIGN_IN | {"CERTFLOW_AUTH_PAGE": PAGE.upper()}, Faults()))
    assert page.public == {
        "authority": "https://login.microsoftonline.com",
        "tenant": TENANT,
        "api": API,
        "page": PAGE,
    }
    assert page.authority == "https://login.microsoftonline.com"
