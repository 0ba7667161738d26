"""Writes what docs/ says of events from their classes, and of findings from their tables: the JSON Schemas, and the
tables of events.md, notifications.md, findings.md and audit.md.

    python -m tests.event_docs --write

tests/unit/model/events/test_event_docs.py fails while they are not what this would write. What is to be done about a
finding about a chain is written by hand, in the last column.
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from functions.model.events import fields as event_fields
from functions.model.events.event import EventType
from functions.model.events.registry import TOLD, TYPES
from functions.model.events.wire import Named, Says, hints_of, without_none
from functions.model.finding_codes import SECTIONS
from functions.model.inventory.audit_codes import AUDIT_SECTIONS
from functions.model.inventory.distrusted_cas import DISTRUSTED_CAS
from functions.model.people.readers import Readers
from functions.ports.rules import EVENT_PREFIX

DOCS = Path(__file__).resolve().parents[1] / "docs"
FOLDER = DOCS / "events"
FINDINGS = DOCS / "findings.md"
AUDIT = DOCS / "audit.md"
FINDING = re.compile(r"^\| `([a-z-]+)` \|[^|\n]*\|[^|\n]*\|([^|\n]*)\|$", re.MULTILINE)  # its code, and what to do
COMMON, SUFFIX = "common", ".schema.json"
DRAFT = "https://json-schema.org/draft/2020-12/schema"
PRIMITIVES = {str: "string", int: "integer", float: "number", bool: "boolean"}
ENVELOPE: dict[str, Any] = {
    "description": "The CloudEvents 1.0 envelope. An id names one happening: an event that comes twice has the same "
    "id, and is the same.",
    "type": "object",
    "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "source": {
            "type": "string",
            "pattern": "^/certflow/[^/]+$",
            "description": "The deployment: `/certflow/` and the host of its topic. The same for all events of a "
            "topic.",
        },
        "id": {
            "type": "string",
            "description": "Deterministic: made of what happened, not of when it was sent.",
            "maxLength": 400,
        },
        "type": {"type": "string", "description": "What happened."},
        "subject": {"type": "string", "description": "What it happened to."},
        "time": {"$ref": "#/$defs/time", "description": "When it was seen, UTC."},
        "data": {"type": "object"},
    },
}

type Json = dict[str, Any]


def documents() -> dict[Path, str]:
    """Every file that is written, with what it is to hold."""
    schemas = {COMMON: common_schema()} | {one.type: event_schema(one) for one in TYPES}
    written = {
        FOLDER / f"{name}{SUFFIX}": f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n"
        for name, schema in schemas.items()
    }
    rows = [f"[`{one.type}`](events/{one.type}{SUFFIX}) | {_text(one)}" for one in TYPES]
    readers = [
        f"`{name.removeprefix(EVENT_PREFIX)}` | {_readers(one.readers)}" for name, one in TOLD.items() if one.readers
    ]
    for page, heading, table in (("events.md", "type | when", rows), ("notifications.md", "event | is for", readers)):
        written[DOCS / page] = _with_table((DOCS / page).read_text(), heading, table)
    return written | {FINDINGS: findings_page(FINDINGS.read_text()), AUDIT: audit_page(AUDIT.read_text())}


def findings_page(page: str) -> str:
    """The page with a row for each code, which keeps what is to be done about it; empty for a new code."""
    steps = {code: step.strip() for code, step in FINDING.findall(page)}
    for section, codes in SECTIONS.items():
        before, heading, after = page.partition(f"## {section}\n")
        rows = [f"`{code}` | {one.severity} | {one.meaning} | {steps.get(code, '')}" for code, one in codes.items()]
        page = before + heading + _with_table(after, "code | severity | what it means | what to do", rows)
    return page


def audit_page(page: str) -> str:
    """The page with a row for each code of the audit, and for each CA that browsers do not trust."""
    for section, codes in AUDIT_SECTIONS.items():
        before, heading, after = page.partition(f"## {section}\n")
        rows = [f"`{code}` | {one.severity} | {one.meaning} | {one.next_step}" for code, one in codes.items()]
        page = before + heading + _with_table(after, "code | severity | what it means | what to do", rows)
    cas = [
        f"{one.name} | `{key}` | {one.since:%Y-%m-%d} | [source]({one.source})" for key, one in DISTRUSTED_CAS.items()
    ]
    return _with_table(page, "CA | its key identifier | not trusted from | by", cas)


def event_schema(event: type[EventType]) -> Json:
    """The schema of a type of event, envelope and all."""
    subjects = event.subjects
    return {
        "$schema": DRAFT,
        "title": event.type,
        "description": re.sub(r"\[([^\]]+)\]\([^)]+\)", r"docs/\1", _text(event)),
        "allOf": [{"$ref": _ref("event")}],
        "properties": {
            "type": {"const": event.type},
            "subject": {"pattern": subjects} if subjects.startswith("^") else {"const": subjects},
            "id": {"pattern": event.ids},
            "data": _object(event),
        },
    }


def common_schema() -> Json:
    """What the events have in common: the envelope, types of fields that have a name, and classes that have one."""
    named = dict[str, Json]()
    for alias in vars(event_fields).values():
        for says in getattr(alias, "__metadata__", ()):
            if isinstance(says, Named):
                named[says.name] = _type(get_args(alias)[0]) | dict(says.keywords) | {"description": says.text}
    classes = {one.__dict__["definition"]: one for event in TYPES for one in _classes(event)}
    shared = {name: {"description": _text(one)} | _object(one) for name, one in classes.items()}
    defs = {"event": ENVELOPE, **named, **shared}
    text = json.dumps(defs).replace(f"{COMMON}{SUFFIX}#", "#")
    return {"$schema": DRAFT, "title": "What the events of Certflow have in common", "$defs": json.loads(text)}


def _object(cls: Any) -> Json:
    """The fields of a class; those of a base that has a name by reference to it."""
    base = next((one for one in cls.__mro__[1:] if "definition" in one.__dict__), None)
    inherited = hints_of(base) if base else {}
    optional = {one.name for one in fields(base) if not _is_always_there(base, one)} if base else set()
    found, required = dict[str, Json](), list[str]()
    for one in fields(cls):
        hint = hints_of(cls)[one.name]
        if _is_always_there(cls, one) and (one.name not in inherited or one.name in optional):
            required.append(one.name)
        if one.name not in inherited or not _is_the_same(hint, inherited[one.name]):
            nullable = one.default is MISSING
            found[one.name] = _type(hint, nullable=nullable)
    schema: Json = {"allOf": [{"$ref": _ref(base.definition)}]} if base else {"type": "object"}
    return schema | ({"required": required} if required else {}) | ({"properties": found} if found else {})


def _is_always_there(cls: Any, field: Any) -> bool:
    return field.default is MISSING or any(one.always for one in _says(hints_of(cls)[field.name]))


def _is_the_same(hint: Any, inherited: Any) -> bool:
    """Whether a field is that of the base, or says no more than that it is always there."""
    return bool(hint == inherited or hint == without_none(_bare(inherited)))


def _type(hint: Any, *, nullable: bool = True) -> Json:
    """The schema of a field's type. `nullable`: where None is one of its values, JSON has null."""
    if get_origin(hint) is Annotated:
        return _said(_type(get_args(hint)[0], nullable=nullable), _says(hint))
    if get_origin(hint) in {Union, types.UnionType}:
        schema = _type(without_none(hint))
        return schema | {"type": [schema["type"], "null"]} if nullable else schema
    if get_origin(hint) is Literal:
        values = get_args(hint)
        return {"const": values[0]} if len(values) == 1 else {"enum": [*values]}
    if get_origin(hint) is tuple:
        return {"type": "array", "items": _type(get_args(hint)[0])}
    if get_origin(hint) is Mapping:
        return {"type": "object", "additionalProperties": _type(get_args(hint)[1])}
    if is_dataclass(hint):
        name = getattr(hint, "definition", None)
        return {"$ref": _ref(name)} if name else _object(hint)
    return {"type": PRIMITIVES[hint]}


def _said(schema: Json, says: tuple[Says, ...]) -> Json:
    for one in says:
        if isinstance(one, Named):
            schema = {"$ref": _ref(one.name)}
            continue
        if "enum" in one.keywords:
            schema = {key: value for key, value in schema.items() if key not in {"const", "type"}}
        schema = schema | dict(one.keywords) | ({"description": one.text} if one.text else {})
    return schema


def _says(hint: Any) -> tuple[Says, ...]:
    return tuple(one for one in getattr(hint, "__metadata__", ()) if isinstance(one, Says))


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint


def _classes(cls: Any) -> Iterator[Any]:
    """The classes with a name that a class is made of: its bases, and those of its fields."""
    for base in reversed(cls.__mro__):
        if "definition" in base.__dict__:
            yield base
    for hint in hints_of(cls).values():
        for part in _parts(hint):
            yield from _classes(part)


def _parts(hint: Any) -> Iterator[Any]:
    if isinstance(hint, type) and is_dataclass(hint):
        yield hint
    for one in get_args(hint):
        yield from _parts(one)


def _ref(name: str) -> str:
    return f"{COMMON}{SUFFIX}#/$defs/{name}"


def _text(cls: type[Any]) -> str:
    return " ".join((inspect.getdoc(cls) or "").split())


def _readers(readers: Readers) -> str:
    said = [", ".join(readers.usual)]
    said += [f"of a manual request: {', '.join(readers.manual)}"] if readers.manual else []
    said += [f"where it is about no single certificate: {', '.join(readers.general)}"] if readers.general else []
    return "; ".join([*said, *([readers.remark] if readers.remark else [])])


def _with_table(page: str, heading: str, rows: list[str]) -> str:
    """The page with other rows in the table with this heading."""
    head = f"| {heading} |\n{'|---' * (heading.count('|') + 1)}|\n"
    before, found, after = page.partition(head)
    if not found:
        raise ValueError(f"docs/ has no table '{heading}'")
    behind = after[re.match(r"(?:\|.*\n)*", after).end() :]  # type: ignore[union-attr]  # it matches nothing, too
    return before + head + "".join(f"| {row} |\n" for row in rows) + behind


def main() -> int:
    """Says which files are not as they would be written, or writes them; 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write them")
    options = parser.parse_args()
    stale = {file: text for file, text in documents().items() if not file.exists() or file.read_text() != text}
    for file, text in stale.items():
        if options.write:
            file.write_text(text)
        sys.stderr.write(f"{file.relative_to(DOCS.parent)}\n")
    return 1 if stale and not options.write else 0


if __name__ == "__main__":
    sys.exit(main())
