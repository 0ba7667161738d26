"""What the tenant holds: one API with its app roles, clients that people sign in with, persons and machines."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# The public client that `az account get-access-token` signs in with, the same in every tenant.
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


class RedirectKind(StrEnum):
    """How a client is registered, which decides how its codes are redeemed."""

    SPA = "spa"  # by a page, cross-origin, with PKCE
    NATIVE = "native"  # by a program on the person's machine; http://localhost on any port (RFC 8252 §7.3)


@dataclass(frozen=True)
class Api:
    """The application that tokens are for; its Application ID URI is `api://{client_id}`.

    `assignment_required`: who has no app role of it gets no token (AADSTS50105, AADSTS501051).
    """

    client_id: str
    name: str = "API"
    scopes: tuple[str, ...] = ("access_as_user",)
    assignment_required: bool = True

    @property
    def uri(self) -> str:
        """The Application ID URI."""
        return f"api://{self.client_id}"


@dataclass(frozen=True)
class Client:
    """An application that people sign in with. It is public: it has no credential of its own."""

    client_id: str
    name: str
    kind: RedirectKind
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True)
class Person:
    """A member of the tenant, with app roles of the API."""

    name: str  # for show
    username: str  # as people type it: `preferred_username`
    roles: tuple[str, ...] = ()
    oid: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Machine:
    """An application that signs in as itself, with app roles of the API. `oid` is its service principal's."""

    client_id: str
    name: str
    roles: tuple[str, ...] = ()
    secret: str | None = field(default=None, repr=False)
    certificates: tuple[bytes, ...] = ()  # PEM; what its assertions are signed with
    oid: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Directory:
    """One tenant. Persons and machines go by short names of ours, which no token holds; their roles can change."""

    tenant: str
    api: Api
    clients: tuple[Client, ...] = ()
    persons: Mapping[str, Person] = field(default_factory=dict)
    machines: Mapping[str, Machine] = field(default_factory=dict)
    _roles: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def client(self, client_id: str) -> Client | None:
        """The client of this id."""
        return next((one for one in self.clients if one.client_id == client_id), None)

    def machine(self, client_id: str) -> Machine | None:
        """The machine of this id."""
        return next((one for one in self.machines.values() if one.client_id == client_id), None)

    def member(self, name: str) -> Person | Machine | None:
        """Who goes by this name."""
        return self.persons.get(name) or self.machines.get(name)

    def roles_of(self, member: Person | Machine) -> tuple[str, ...]:
        """The app roles of the API that are assigned now."""
        return self._roles.get(member.oid, member.roles)

    def assign(self, member: Person | Machine, roles: tuple[str, ...]) -> None:
        """Other app roles from now on; tokens that are out keep those that they have."""
        self._roles[member.oid] = roles
