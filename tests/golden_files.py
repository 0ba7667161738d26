"""What the outside relies on, as files under tests/golden/: what the app serves, sends and stores must stay as it was.

A golden file is changed by hand, together with the change that the outside is to see, and with a line in CHANGELOG.md.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

GOLDEN = Path(__file__).parent / "golden"
UNORDERED = {"required", "enum", "type"}  # lists that are sets (JSON Schema Validation, 6.1.1, 6.1.2 and 6.5.3)


def golden(name: str) -> Any:
    """The content of a golden file."""
    return json.loads((GOLDEN / name).read_text())


def meant(schema: Any, prose: Collection[str]) -> Any:
    """What a JSON schema, or a document of them, means: without the texts for people, the keys of `prose` whose values
    are strings, and with the lists sorted in which order says nothing.

    A field with such a name keeps its place, since what stands there is a schema: neither a string nor a list.
    """
    if isinstance(schema, list):
        return [meant(one, prose) for one in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if not (key in prose and isinstance(value, str))}
    return {
        key: sorted(value, key=str) if key in UNORDERED and isinstance(value, list) else meant(value, prose)
        for key, value in kept.items()
    }


def differences(was: Any, now: Any, where: str = "") -> list[str]:
    """Each place where two documents differ, as a JSON pointer (RFC 6901) and what stands there in both."""
    if isinstance(was, dict) and isinstance(now, dict):
        keys = sorted({*was, *now})
        return [
            one
            for key in keys
            for one in (
                differences(was[key], now[key], f"{where}/{_token(key)}")
                if key in was and key in now
                else [f"{where}/{_token(key)} is {'new' if key in now else 'gone'}"]
            )
        ]
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        pairs = enumerate(zip(was, now, strict=True))
        return [one for at, (before, after) in pairs for one in differences(before, after, f"{where}/{at}")]
    same = type(was) is type(now) and was == now  # True is 1 in Python, and not in JSON
    return [] if same else [f"{where or '/'}: {json.dumps(was)[:200]} is now {json.dumps(now)[:200]}"]


def _token(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
