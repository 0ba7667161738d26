"""Machines sign in as themselves: with a secret, or with an assertion that a certificate of theirs has signed."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from entra_emulator.credentials import TYPE
from tenant import API, PAGE, ROBOT, Browser, running_browser, tenant
from testkit.certificates import Ca, rsa_key
from testkit.clock import real_now


async def test_a_machine_is_an_app_without_scope_and_its_subject_is_its_object_id(browser: Browser) -> None:
    answer = await browser.as_machine()
    claims = await browser.claims(answer.json()["access_token"])
    assert claims["idtyp"] == "app"
    assert claims["sub"] == claims["oid"] == browser.entra.directory.machines["robot"].oid
    assert (claims["azp"], claims["azpacr"], claims["roles"]) == (ROBOT, "1", ["team-pay"])
    assert not {"scp", "name", "preferred_username"} & claims.keys()
    assert answer.json().keys() == {"token_type", "expires_in", "ext_expires_in", "access_token"}


@pytest.mark.parametrize(
    ("changed", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        ({"client_id": PAGE}, 401, "invalid_client", 7000218),
        ({"scope": f"api://{API}/access_as_user"}, 400, "invalid_scope", 1002012),
        ({"scope": f"api://{API}/.default openid"}, 400, "invalid_scope", 1002012),
        ({"scope": "https://graph.microsoft.com/.default"}, 400, "invalid_resource", 500011),
        ({"scope": None}, 400, "invalid_request", 900144),
        ({"grant_type": "authorization_code"}, 400, "unsupported_grant_type", 70003),
        ({"client_assertion": "a.b.c", "client_assertion_type": TYPE}, 401, "invalid_client", 50027),
        ({"client_assertion": "a.b.c"}, 400, "invalid_request", 90023),
        ({"client_id": "7e4a0000-0000-4000-8000-000000000005"}, 400, "invalid_grant", 501051),
    ],
)
async def test_a_machine_hears_why_it_gets_no_token(
    changed: dict[str, str | None], status: int, error: str, code: int, browser: Browser
) -> None:
    answer = await browser.as_machine(**changed)
    assert (answer.status, answer.json()["error"], answer.json()["error_codes"]) == (status, error, [code])


async def test_a_body_that_is_no_form_or_says_a_thing_twice_is_refused(browser: Browser) -> None:
    answer = await browser.call("POST", browser.entra.at.token, json={"grant_type": "client_credentials"})
    assert answer.json()["error_codes"] == [900144]
    twice = [("grant_type", "client_credentials"), ("grant_type", "password")]
    assert (await browser.call("POST", browser.entra.at.token, data=twice)).json()["error_codes"] == [9002313]


class Signer:
    """A key with a certificate that a machine has registered."""

    def __init__(self) -> None:
        self.key = rsa_key()
        self.certificate = Ca.root("robot", key=self.key, at=real_now).certificate
        self.pem = self.certificate.public_bytes(Encoding.PEM)

    def assertion(self, browser: Browser, *, key: Any = None, alg: str = "RS256", x5t: str = "", **changed: Any) -> str:
        thumbprint = base64.urlsafe_b64encode(self.certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
        now = browser.clock()
        claims = {
            "aud": browser.entra.at.token,
            "iss": ROBOT,
            "sub": ROBOT,
            "nbf": now,
            "exp": now + 300,
            "jti": str(uuid.uuid4()),
        } | changed
        header = {"x5t#S256": x5t or thumbprint}
        return jwt.encode(
            {name: value for name, value in claims.items() if value is not None}, key or self.key, alg, header
        )


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer()


async def asserted(browser: Browser, assertion: str) -> tuple[int, dict[str, Any]]:
    answer = await browser.as_machine(client_secret=None, client_assertion=assertion, client_assertion_type=TYPE)
    return answer.status, answer.json()


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
async def test_an_assertion_signed_by_a_registered_certificate_is_as_good(
    alg: str, signer: Signer, tmp_path: Path
) -> None:
    async with running_browser(tmp_path, tenant(signer.pem)) as browser:
        status, body = await asserted(browser, signer.assertion(browser, alg=alg))
        assert status == 200
        assert (await browser.claims(body["access_token"]))["azpacr"] == "2"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"iss": API}, 700021),
        ({"sub": API}, 700021),
        ({"aud": "https://elsewhere.example"}, 700023),
        ({"aud": None}, 700023),
        ({"exp": 1}, 700024),
        ({"exp": None}, 700024),
        ({"exp": "tomorrow"}, 700024),
        ({"nbf": 2**40, "exp": 2**41}, 700024),
        ({"jti": None}, 700024),
        ({"x5t": "another"}, 700027),
        ({"key": "a secret that is long enough for HS256", "alg": "HS256"}, 50027),
        ({"key": rsa.generate_private_key(public_exponent=65537, key_size=2048)}, 700027),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else str(value),
)
async def test_an_assertion_that_is_not_the_machines_own_is_refused(
    changed: dict[str, Any], code: int, signer: Signer, tmp_path: Path
) -> None:
    async with running_browser(tmp_path, tenant(signer.pem)) as browser:
        status, body = await asserted(browser, signer.assertion(browser, **changed))
        assert (status, body["error"], body["error_codes"]) == (401, "invalid_client", [code])
