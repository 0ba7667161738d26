"""Who acts in tests: persons and machines that are signed in, and callers with a function key who say a name."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from functions.model.request.actor import Actor, ActorKind

TENANT = "3b1d4c5e-0000-4000-8000-00000000feed"
PAGE = "3b1d4c5e-0000-4000-8000-00000000a990"  # the application through which persons call


def oid_of(name: str) -> str:
    """The object id of a name: always the same, in any case of the letters."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name.lower()))


def person(name: str) -> Actor:
    """A person who is signed in."""
    return Actor(ActorKind.PERSON, name, TENANT, oid_of(name), PAGE)


def app(name: str) -> Actor:
    """A machine that is signed in."""
    return Actor(ActorKind.APP, name, TENANT, oid_of(name), oid_of(f"client {name}"))


def saying(name: str) -> Actor:
    """A caller with a function key who says a name."""
    return Actor(ActorKind.KEY, on_behalf_of=name)


ABOUT = {"event", "note", "before", "after", "certificate", "warnings", "access"}


def acts_in(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The records of acts in the log, without what each was about (test_act_facts.py)."""
    said = [json.loads(one.getMessage()) for one in caplog.records if one.name == "certflow"]
    return [{key: one[key] for key in one if key not in ABOUT} for one in said if one["event"] == "act"]
