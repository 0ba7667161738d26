"""Who calls the API, as the check before every route has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeGuard
from uuid import UUID

from functions.model.request.actor import Actor


@dataclass(frozen=True, slots=True)
class Caller:
    """The actor of a call, and the app roles of its token (none with a function key)."""

    actor: Actor
    roles: frozenset[str] = frozenset()


def is_guid(value: object) -> TypeGuard[str]:
    """Whether a value is a GUID as Entra ID writes the ids of tenants, applications and people:
    lower-case, with hyphens. `UUID` takes more ways to write one.
    """
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False
