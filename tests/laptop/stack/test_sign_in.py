"""Signing in to the stack: who there is, what `local.token` prints, and the command that `make up` prints."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jwt
import pytest

from local.api import Client, client_of
from local.functions_host import ROOT
from local.sign_in import SignInRefused
from testkit.browser import chromium
from tests.clock import HANG
from tests.console import Scheme, running_office
from tests.e2e.stack import running_up

__all__ = ["chromium"]


def token(*options: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "local.token", *options]
    return subprocess.run(
        command,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )


def claims_of(printed: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(printed.strip(), options={"verify_signature": False})
    return found


def test_the_command_in_stack_json_prints_a_token_of_the_operator(stack: dict[str, Any]) -> None:
    command = shlex.split(stack["auth"]["token_command"])
    assert command[0] == ".venv/bin/python"
    done = subprocess.run(
        [sys.executable, *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=HANG, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    claims = claims_of(done.stdout)
    assert (claims["aud"], claims["tid"]) == (stack["auth"]["api"], stack["auth"]["tenant"])
    assert (claims["name"], claims["roles"]) == ("Olu Operator", ["Certflow.Operator", "bank-operator"])


def test_everybody_gets_a_token_with_their_roles(stack: dict[str, Any]) -> None:
    file = str(Path(stack["logs"]).parent / "stack.json")
    for name, told in {**stack["auth"]["persons"], **stack["auth"]["machines"]}.items():
        done = token("--as", name, "--stack", file)
        claims = claims_of(done.stdout)
        assert (claims["oid"], claims["roles"]) == (told["oid"], told["roles"])
        assert claims["idtyp"] == ("app" if name in stack["auth"]["machines"] else "user")


def test_the_access_file_is_where_the_templates_have_it(stack: dict[str, Any]) -> None:
    place = stack["settings"]["CERTFLOW_ACCESS"]
    assert f"signIn.?access ?? '{place}'" in (ROOT / "infra" / "modules" / "app.bicep").read_text()


def test_a_name_that_nobody_has_is_refused_with_those_that_somebody_has(stack: dict[str, Any]) -> None:
    done = token("--as", "nobody", "--stack", str(Path(stack["logs"]).parent / "stack.json"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "reader, requester, approver, operator, pki, pipeline, idle" in done.stderr


def test_without_a_stack_there_is_no_token_and_it_says_what_starts_one(tmp_path: Path) -> None:
    done = token(cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "`make up` starts one" in done.stderr


async def test_a_client_keeps_a_token_and_can_be_somebody_else(client: Client) -> None:
    first, second = await client.credentials(), await client.credentials()
    assert first == second
    reader = client.signed_in_as("reader")
    assert claims_of((await reader.credentials())["Authorization"].split()[1])["name"] == "Robin Reader"
    client.tokens.forget()
    assert await client.credentials() != first


async def test_who_may_not_sign_in_hears_why(client: Client) -> None:
    control = f"{client.stack['auth']['control']}/roles"
    for roles in ([], ["team-without-a-grant"]):
        body = {"name": "idle", "roles": roles}
        async with client.session.put(control, json=body, ssl=client.tokens.tls) as answer:
            assert answer.status == 200
        if not roles:
            client.tokens.forget()
            with pytest.raises(SignInRefused, match="AADSTS501051"):
                await client.signed_in_as("idle").credentials()


@pytest.fixture(scope="module")
def with_keys(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with running_up(tmp_path_factory.mktemp("keys"), "--auth", "keys") as (_, described):
        yield described


async def test_with_keys_the_function_key_opens_the_api_and_no_token_is_to_be_had(with_keys: dict[str, Any]) -> None:
    assert with_keys["auth"] == {"mode": "keys"}
    assert "CERTFLOW_AUTH_TENANT" not in with_keys["settings"]
    async with client_of(with_keys) as client:
        assert (await client.call("GET", "status")).status == 200
        wrong = replace(client, stack={**with_keys, "function_key": "wrong"})
        assert (await wrong.call("GET", "status")).status == 401
    file = Path(with_keys["logs"]).parent / "stack.json"
    done = await asyncio.to_thread(token, "--stack", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert "x-functions-key" in done.stderr
    printed = (file.parent / "up.log").read_text()
    assert f'curl -H "x-functions-key: {json.loads(file.read_text())["function_key"]}"' in printed


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_with_keys_the_console_is_one_plain_page_that_says_why(
    chromium: str, with_keys: dict[str, Any], scheme: Scheme
) -> None:
    async with running_office(chromium, with_keys) as office, office.desk(None, width=400, scheme=scheme) as desk:
        for at in ("", "#/new"):
            await desk.page.goto(desk.address + at)
            await desk.heading("Nobody can sign in to this page")
            assert "function keys" in await desk.text()
            assert await desk.page.get_by_role("button").count() == 0
            await desk.assert_accessible()


@pytest.mark.parametrize("auth", ["entra", "keys"])
def test_the_curl_line_that_make_up_prints_works(auth: str, stack: dict[str, Any], with_keys: dict[str, Any]) -> None:
    described = stack if auth == "entra" else with_keys
    printed = (Path(described["logs"]).parent / "up.log").read_text()
    (line,) = [line.strip() for line in printed.splitlines() if line.startswith("  curl ")]
    line = line.replace(".venv/bin/python", shlex.quote(sys.executable))
    done = subprocess.run(
        ["sh", "-c", f"{line} --fail -s"], cwd=ROOT, capture_output=True, text=True, timeout=HANG, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["vaults"]
