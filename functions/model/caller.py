"""Who calls the API, as the check before every route has found."""

from __future__ import annotations

from dataclasses import dataclass

from functions.model.request.actor import Actor


@dataclass(frozen=True, slots=True)
class Caller:
    """The actor of a call, and the app roles of its token (none with a function key)."""

    actor: Actor
    roles: frozenset[str] = frozenset()
