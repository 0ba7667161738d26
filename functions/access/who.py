"""Whom a row of the access file means: a role of the token, an application, or a person or
application by its object id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from functions.model.caller import Caller, is_guid
from functions.model.request.actor import ActorKind

MAX_ROLE_LETTERS = 120  # Entra's own limit of an app role's value (Graph: appRole)


class WhoKind(StrEnum):
    """What stands before the colon."""

    ROLE = "role"
    APP = "app"
    OID = "oid"


@dataclass(frozen=True, slots=True, order=True)
class Who:
    """One entry of `who` or `by`. GUIDs are in lower case, roles as Entra has them."""

    kind: WhoKind
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    def means(self, caller: Caller) -> bool:
        """Whether the caller is meant.

        `app` means a machine alone, by its client id (`azp`) or by the object id of its service
        principal: the portal shows both of them for a managed identity, and Entra makes each, so
        nobody can choose one that another has. A person who comes through an application is not
        that application.
        """
        actor = caller.actor
        if self.kind is WhoKind.ROLE:
            return self.value in caller.roles
        ids = list[str | None]()
        if self.kind is WhoKind.OID and actor.verified:
            ids = [actor.oid]
        if self.kind is WhoKind.APP and actor.kind is ActorKind.APP:
            ids = [actor.oid, actor.azp]
        return self.value in [one.lower() for one in ids if one]


def means_any(who: Iterable[Who], caller: Caller) -> bool:
    """Whether one of the entries means the caller."""
    return any(one.means(caller) for one in who)


def read_who(text: str) -> Who:
    """Reads `role:…`, `app:GUID` or `oid:GUID`. Raises ValueError, with a sentence that says what
    is allowed.
    """
    kind, colon, value = text.partition(":")
    if not colon or kind not in list(WhoKind):
        raise ValueError(f"'{text}' is none of role:NAME, app:GUID and oid:GUID.")
    if kind != WhoKind.ROLE:
        return Who(WhoKind(kind), _guid(text, value))
    visible = value.isascii() and value.isprintable() and " " not in value and "*" not in value
    if not value or not visible or len(value) > MAX_ROLE_LETTERS:
        raise ValueError(
            f"'{text}' names no app role: write its value, up to {MAX_ROLE_LETTERS} ASCII "
            "characters without blanks. A * has no meaning here."
        )
    return Who(WhoKind.ROLE, value)


def _guid(text: str, value: str) -> str:
    guid = value.lower()
    if not is_guid(guid):
        raise ValueError(f"'{text}' has no GUID, such as 01234567-89ab-cdef-0123-456789abcdef.")
    return guid
