"""Callers, and rules as a file has them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from functions.access.file import parse_access
from functions.access.rules import AccessRules
from functions.model.caller import Caller
from functions.model.request.actor import RENEWAL, Actor, ActorKind

TENANT = "11111111-1111-1111-1111-111111111111"
ANN, BOB = "aaaaaaaa-0000-0000-0000-00000000000a", "bbbbbbbb-0000-0000-0000-00000000000b"
MACHINE, CLIENT = "cccccccc-0000-0000-0000-00000000000c", "dddddddd-0000-0000-0000-00000000000d"
PAGE = "eeeeeeee-0000-0000-0000-00000000000e"

type Row = Mapping[str, object]


def person(*roles: str, oid: str = ANN, tid: str = TENANT) -> Caller:
    return Caller(Actor(ActorKind.PERSON, "Ann", tid, oid, PAGE), frozenset(roles))


def machine(*roles: str) -> Caller:
    return Caller(Actor(ActorKind.APP, None, TENANT, MACHINE, CLIENT), frozenset(roles))


WITH_KEY = Caller(Actor(ActorKind.KEY, on_behalf_of=ANN))
CERTFLOW = Caller(RENEWAL)


def rules(grants: Sequence[Row], conditions: Sequence[Row] = (), tenant: str | None = TENANT) -> AccessRules:
    """What a file with these rows says."""
    return parse_access(json.dumps({"grants": grants, "conditions": conditions}).encode(), tenant)
