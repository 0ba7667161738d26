"""Microsoft's own client gets its tokens here as it would there: MSAL for Python, which azure-identity and az use."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msal
import requests

from entra_emulator import AZURE_CLI
from tenant import ADA, API, ROBOT, SECRET, TENANT, Browser, running_browser

SCOPES = [f"api://{API}/.default"]


def session_of(tmp_path: Path) -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # REQUESTS_CA_BUNDLE would win
    session.verify = str(tmp_path / "ca.pem")
    return session


async def test_msal_signs_a_person_in_by_code_and_refreshes(tmp_path: Path) -> None:
    async with running_browser(tmp_path) as browser:
        with session_of(tmp_path) as session:
            app = await asyncio.to_thread(public_client, browser, session)
            flow: dict[str, Any] = await asyncio.to_thread(
                app.initiate_auth_code_flow, SCOPES, "http://localhost:53211", response_mode="form_post"
            )
            page = await browser.call("GET", flow["auth_uri"])
            answer = (await browser.choose(page, ADA)).posted()
            found = await asyncio.to_thread(app.acquire_token_by_auth_code_flow, flow, answer)
            assert found["id_token_claims"]["preferred_username"] == "ada@example.com"
            assert (await browser.claims(found["access_token"]))["azp"] == AZURE_CLI
            (account,) = app.get_accounts()
            again = await asyncio.to_thread(app.acquire_token_silent, SCOPES, account, force_refresh=True)
            assert (await browser.claims(again["access_token"]))["scp"] == "access_as_user"


def public_client(browser: Browser, session: requests.Session) -> msal.PublicClientApplication:
    # `oidc_authority` spares MSAL the question, put to Microsoft, whether this authority is one of Entra's.
    authority = f"{browser.entra.authority}/{TENANT}/v2.0"
    return msal.PublicClientApplication(AZURE_CLI, oidc_authority=authority, http_client=session)


async def test_msal_signs_a_machine_in_with_its_secret(tmp_path: Path) -> None:
    async with running_browser(tmp_path) as browser:
        with session_of(tmp_path) as session:

            def token() -> dict[str, Any]:
                app = msal.ConfidentialClientApplication(
                    ROBOT,
                    client_credential=SECRET,
                    oidc_authority=f"{browser.entra.authority}/{TENANT}/v2.0",
                    http_client=session,
                )
                found: dict[str, Any] = app.acquire_token_for_client(SCOPES)
                return found

            found = await asyncio.to_thread(token)
            assert (await browser.claims(found["access_token"]))["azp"] == ROBOT
