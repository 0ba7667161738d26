"""The laptop's tenant: who can sign in to the stack, with which app roles, and what the app needs to know of it.

Ids are the same at each start, so that an access file which names them stays true.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any, Literal

from entra_emulator import AZURE_CLI, Api, Client, Directory, Entra, Machine, Person, RedirectKind
from keyvault_emulator.tokens import TENANT_ID

# As the app's CERTFLOW_AUTH: callers bring tokens of Entra, or function keys.
type Auth = Literal["entra", "keys"]

USUAL_CALLER = "operator"
CONSOLE = "api/console/"
ACCESS_FILE = "access/access.json"  # in the chain storage, as Bicep has it; until it is there, app roles count


def _id(end: str) -> str:
    return f"5c1e7ab1-0000-4000-8000-{end:0>12}"


API_ID, PAGE_ID = _id("a1"), _id("b1")


def tenant(hosts: Sequence[str]) -> Directory:
    """Five persons and two machines, one of which has a role that nothing is granted to. People sign in with the page
    of each host, or with a program, as the Azure CLI does; machines with secrets that are new at each start.
    """
    localhosts = [host.replace("127.0.0.1", "localhost") for host in hosts]
    pages = tuple(dict.fromkeys(f"{host}/{CONSOLE}" for host in (*hosts, *localhosts)))
    return Directory(
        TENANT_ID,
        Api(API_ID, "Certflow"),
        clients=(
            Client(PAGE_ID, "Certflow's page", RedirectKind.SPA, pages),
            Client(AZURE_CLI, "Microsoft Azure CLI", RedirectKind.NATIVE, ("http://localhost",)),
        ),
        persons={
            "reader": Person("Robin Reader", "robin@example.com", ("Certflow.Reader", "bank-audit"), _id("c1")),
            "requester": Person(
                "Quinn Quester",
                "quinn@example.com",
                ("Certflow.Requester", "team-pay", "bank-requester"),
                _id("c2"),
            ),
            "approver": Person("Avery Approver", "avery@example.com", ("Certflow.Approver",), _id("c3")),
            "operator": Person("Olu Operator", "olu@example.com", ("Certflow.Operator", "bank-operator"), _id("c4")),
            "pki": Person("Pia Kay", "pia@example.com", ("Certflow.Operator", "pki", "bank-ra"), _id("c5")),
        },
        machines={
            "pipeline": _machine("pipeline", "d1", "Certflow.Requester", "team-pay"),
            "idle": _machine("idle", "d2", "team-without-a-grant"),
        },
    )


def _machine(name: str, end: str, *roles: str) -> Machine:
    return Machine(_id(end), name, roles, secrets.token_urlsafe(24), oid=_id(f"e{end[1:]}"))


def sign_in_settings(entra: Entra) -> dict[str, str]:
    """What Bicep's `signIn` sets."""
    return {
        "CERTFLOW_AUTH": "entra",
        "CERTFLOW_AUTH_TENANT": entra.directory.tenant,
        "CERTFLOW_AUTH_API": entra.directory.api.client_id,
        "CERTFLOW_AUTH_PAGE": PAGE_ID,
        "CERTFLOW_AUTH_AUTHORITY": entra.authority,
        "CERTFLOW_ACCESS": ACCESS_FILE,
    }


def described(entra: Entra) -> dict[str, Any]:
    """What stack.json says of it: all that one needs to sign in as anybody."""
    found = entra.directory
    return {
        "mode": "entra",
        "authority": entra.authority,
        "tenant": found.tenant,
        "api": found.api.client_id,
        "page": PAGE_ID,
        "authorize": entra.at.authorize,
        "token": entra.at.token,
        "control": entra.control_url,
        "persons": {
            alias: {"name": one.name, "username": one.username, "oid": one.oid, "roles": one.roles}
            for alias, one in found.persons.items()
        },
        "machines": {
            alias: {"client_id": one.client_id, "secret": one.secret, "oid": one.oid, "roles": one.roles}
            for alias, one in found.machines.items()
        },
    }
