"""Turns who acted into columns and JSON, and back.

Beside what says all of it there are the fields of older versions, a name and whether it is
verified: an app that is rolled back reads them, and this one where a row has no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from functions.model.request.actor import CHECK, Actor, actor_before_kinds

ACTOR_PARTS = ("kind", "name", "tid", "oid", "azp", "on_behalf_of")
# What only Certflow itself writes into a history; older versions named nobody there.
BY_ITSELF = {"observed", "reminded", "muted"}


def actor_columns(prefix: str, actor: Actor | None) -> dict[str, Any]:
    """Returns the columns of an actor: `requested_by`, `requested_by_verified`, and one for each
    part that there is, such as `requested_by_oid`.
    """
    if actor is None:
        return {}
    parts = {f"{prefix}_{name}": value for name, value in _parts(actor).items()}
    shown = {prefix: actor.shown} if actor.shown else {}
    return {**shown, f"{prefix}_verified": actor.verified, **parts}


def actor_in_columns(prefix: str, row: Mapping[str, Any]) -> Actor | None:
    """Returns the actor of a row; None if it has none."""
    if kind := row.get(f"{prefix}_kind"):
        parts = {name: row.get(f"{prefix}_{name}") for name in ACTOR_PARTS[1:]}
        return msgspec.convert({"kind": kind, **parts}, Actor)
    name = row.get(prefix)
    return actor_before_kinds(name, verified=bool(row.get(f"{prefix}_verified"))) if name else None


def without_actor(prefix: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the columns of a row that are not those of this actor."""
    its = {prefix, f"{prefix}_verified", *(f"{prefix}_{name}" for name in ACTOR_PARTS)}
    return {key: value for key, value in row.items() if key not in its}


def actor_as_json(actor: Actor | None) -> dict[str, Any]:
    """Returns the fields `by` and `actor` of a record that is stored as JSON."""
    if actor is None:
        return {"by": {"name": None, "verified": False}}
    old = {"name": actor.shown, "verified": actor.verified}
    return {"by": old, "actor": _parts(actor)}


def actor_in_json(stored: Mapping[str, Any]) -> Actor | None:
    """Returns the actor of a record that was stored as JSON; None if it names none."""
    if parts := stored.get("actor"):
        return msgspec.convert(parts, Actor)
    by = stored.get("by") or {}
    if by.get("name"):
        return actor_before_kinds(by["name"], verified=bool(by.get("verified")))
    return CHECK if stored.get("what") in BY_ITSELF else None


def _parts(actor: Actor) -> dict[str, Any]:
    return {key: value for key, value in msgspec.to_builtins(actor).items() if value is not None}
