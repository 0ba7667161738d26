"""Certificate issuers of one vault (protocol §4.14)."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from keyvault_emulator.errors import bad_parameter, invalid_property, issuer_not_found
from keyvault_emulator.issuing_ca import PROVIDERS
from keyvault_emulator.policy import parse_body

RESERVED = ("self", "unknown")


class Credentials(Struct, kw_only=True):
    """`pwd` is taken and never returned (protocol §3)."""

    account_id: str | UnsetType = UNSET


class Administrator(Struct, kw_only=True):
    """A contact at the organization."""

    first_name: str | UnsetType = UNSET
    last_name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET


class Organization(Struct, kw_only=True):
    """The stray `"zip": 0` is real whenever org_details was sent (protocol §3)."""

    id: str | UnsetType = UNSET
    zip: int = 0
    admin_details: list[Administrator] | UnsetType = UNSET


class IssuerAttributes(Struct, kw_only=True):
    """The issuer's dates."""

    enabled: bool = True
    created: int = 0
    updated: int = 0


class Issuer(Struct, kw_only=True):
    """An issuer as set by a caller, fields in the order of the wire."""

    provider: str | UnsetType = UNSET
    credentials: Credentials | UnsetType = UNSET
    org_details: Organization | UnsetType = UNSET
    attributes: IssuerAttributes = msgspec.field(default_factory=IssuerAttributes)


class Issuers:
    """The issuers by name, case ignored."""

    def __init__(self) -> None:
        self._by_name: dict[str, tuple[str, Issuer]] = {}

    def put(self, name: str, body: dict[str, Any], now: float) -> tuple[str, Issuer]:
        """Sets an issuer and returns its name as first spelled; a second put keeps the date of the first."""
        issuer = parse_body(body, Issuer)
        if name.lower() in RESERVED:
            raise invalid_property("name")
        old = self._by_name.get(name.lower())
        return self._keep(old[0] if old else name, issuer, old[1] if old else None, now)

    def update(self, name: str, body: dict[str, Any], now: float) -> tuple[str, Issuer]:
        """Changes what the body names and leaves the rest."""
        spelled, old = self.get(name)
        changes = parse_body(body, Issuer)
        sent = {field: getattr(changes, field) for field in changes.__struct_fields__ if body.get(field) is not None}
        return self._keep(spelled, msgspec.structs.replace(old, **sent), old, now)

    def get(self, name: str) -> tuple[str, Issuer]:
        """Returns the spelled name and the issuer; 404 if there is none."""
        if name.lower() not in self._by_name:
            raise issuer_not_found()
        return self._by_name[name.lower()]

    def delete(self, name: str) -> tuple[str, Issuer]:
        """Removes an issuer and returns it."""
        found = self.get(name)
        del self._by_name[name.lower()]
        return found

    def take_back(self, name: str, issuer: Issuer) -> None:
        """Sets an issuer as it was kept, under its name as spelled."""
        self._by_name[name.lower()] = (name, issuer)

    def items(self) -> list[tuple[str, tuple[str, Issuer]]]:
        """All of them, in the order of the lists."""
        return sorted(self._by_name.items())

    def provider_of(self, name: str) -> str | None:
        """The one of `PROVIDERS` that signs for an issuer named in a policy; None if nobody here plays its provider.

        What the service answers for an issuer that is not set is not known (protocol §10); ours is 400 BadParameter.
        """
        if name.lower() not in self._by_name:
            raise invalid_property("policy.issuer", f"Issuer {name} is not set in this key vault")
        return _played(self._by_name[name.lower()][1].provider)

    def _keep(self, name: str, issuer: Issuer, old: Issuer | None, now: float) -> tuple[str, Issuer]:
        if not issuer.provider:
            raise invalid_property("provider")
        if _played(issuer.provider) == "DigiCert" and not (issuer.org_details and issuer.org_details.id):
            raise bad_parameter("Id in organization details is not set")
        created = old.attributes.created if old else int(now)
        dated = IssuerAttributes(enabled=issuer.attributes.enabled, created=created, updated=int(now))
        kept = msgspec.structs.replace(issuer, attributes=dated)
        self._by_name[name.lower()] = (name, kept)
        return name, kept


def _played(provider: str | UnsetType) -> str | None:
    """Any provider may be set (recorded: `SslAdmin`), and case is ignored (recorded: `test`)."""
    return next((known for known in PROVIDERS if provider and provider.lower() == known.lower()), None)
