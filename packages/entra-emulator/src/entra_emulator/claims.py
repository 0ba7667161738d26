"""The claims of tokens as the v2.0 endpoint writes them.

https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference and id-token-claims-reference. `idtyp`
is an optional claim, and a registration has to ask for it: this one has it for machines and persons.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any

from entra_emulator.addresses import Addresses
from entra_emulator.directory import Directory, Machine, Person

BACKDATED = 300  # seconds that iat and nbf lie back, as seen
PUBLIC, BY_SECRET, BY_ASSERTION = "0", "1", "2"  # azpacr: how the client proved who it is


class Claims:
    """Writes claims for one issuer and its directory."""

    def __init__(self, addresses: Addresses, directory: Directory) -> None:
        self._addresses, self._directory = addresses, directory

    def of_person(
        self, person: Person, client_id: str, scopes: tuple[str, ...], now: int, lifetime: int
    ) -> dict[str, Any]:
        """An access token for the API, on behalf of a person."""
        api = self._directory.api.client_id
        claims = self._common(api, person, client_id, now, lifetime) | {
            "azpacr": PUBLIC,
            "idtyp": "user",
            "name": person.name,
            "preferred_username": person.username,
            "scp": " ".join(scopes),
            "sid": secrets.token_hex(16),
            "sub": pairwise(person.oid, api),
        }
        return _without_empty(claims)

    def of_machine(self, machine: Machine, azpacr: str, now: int, lifetime: int) -> dict[str, Any]:
        """An access token for the API, for a machine as itself: no `scp`, and `sub` is `oid`."""
        api = self._directory.api.client_id
        common = self._common(api, machine, machine.client_id, now, lifetime)
        return _without_empty(common | {"azpacr": azpacr, "idtyp": "app", "sub": machine.oid})

    def of_id_token(self, person: Person, client_id: str, nonce: str | None, now: int, lifetime: int) -> dict[str, Any]:
        """An ID token: for the client that people sign in with, not for the API. Its roles would be the client's."""
        return _without_empty(
            {
                "aud": client_id,
                "iss": self._addresses.issuer,
                "iat": now - BACKDATED,
                "nbf": now - BACKDATED,
                "exp": now + lifetime,
                "name": person.name,
                "nonce": nonce,
                "oid": person.oid,
                "preferred_username": person.username,
                "rh": _opaque("1.A"),
                "sub": pairwise(person.oid, client_id),
                "tid": self._directory.tenant,
                "uti": _opaque(""),
                "ver": "2.0",
            }
        )

    def _common(self, api: str, member: Person | Machine, client_id: str, now: int, lifetime: int) -> dict[str, Any]:
        return {
            "aud": api,
            "iss": self._addresses.issuer,
            "iat": now - BACKDATED,
            "nbf": now - BACKDATED,
            "exp": now + lifetime,
            "aio": _opaque("A"),
            "azp": client_id,
            "oid": member.oid,
            "rh": _opaque("1.A"),
            "roles": list(self._directory.roles_of(member)),
            "tid": self._directory.tenant,
            "uti": _opaque(""),
            "ver": "2.0",
        }


def pairwise(oid: str, client_id: str) -> str:
    """A subject that is another one for each application, and always the same for one."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"{oid} {client_id}".encode()).digest()).rstrip(b"=").decode()


def _without_empty(claims: dict[str, Any]) -> dict[str, Any]:
    """Claims are there only if a value is: nobody without roles has `roles`."""
    return {name: value for name, value in claims.items() if value not in (None, [], "")}


def _opaque(start: str) -> str:
    return start + secrets.token_urlsafe(16)
