"""Writes events as JSON and reads them back, by the types of their fields; and the annotations from
which the schemas of the fields are made.

A field with a default is left out of the JSON while it is None; a field without one is always
there. The schema of a field is made of its type and of what `Annotated` adds:

    age: Annotated[int, Says("Seconds since `created`.", minimum=0)]
    vault: Vault                        # a type with a name, which the schemas share: fields.py
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints


@dataclass(frozen=True, init=False)
class Says:
    """What a schema says about a field: a `text` for people, and keywords of JSON Schema 2020-12.

    `always`: every event of this version has the field, although its default is None for the sake
    of events that older versions wrote without it.
    """

    text: str
    keywords: Mapping[str, object] = field(hash=False)
    always: bool

    def __init__(self, text: str = "", *, always: bool = False, **keywords: object) -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "always", always)
        object.__setattr__(self, "keywords", keywords)


class Named(Says):
    """Says the same for a type that several events share, under its name in common.schema.json."""

    def __init__(self, name: str, text: str, **keywords: object) -> None:
        super().__init__(text, always=False, **keywords)
        object.__setattr__(self, "name", name)

    name: str


def as_json(value: object) -> Any:
    """Returns a value as JSON: dictionaries, lists, texts, numbers, booleans and None."""
    if is_dataclass(value):
        found = ((one, getattr(value, one.name)) for one in fields(value))
        return {
            one.name: as_json(part)
            for one, part in found
            if part is not None or one.default is MISSING
        }
    if isinstance(value, Mapping):
        return {key: as_json(part) for key, part in value.items()}
    return [as_json(part) for part in value] if isinstance(value, tuple | list) else value


def read[T](cls: type[T], data: Mapping[str, object]) -> T:
    """Reads what this or another version of the app has written. Never fails: it ignores fields
    that it does not know, and a missing field is None, even one that events of this version always
    have.
    """
    kind: Any = cls
    hints = hints_of(kind)
    return cls(
        **{one.name: _read_value(hints[one.name], data.get(one.name)) for one in fields(kind)}
    )


@functools.cache
def hints_of(cls: type[object]) -> dict[str, object]:
    """Returns the types of the fields of a class, with what `Annotated` adds."""
    return get_type_hints(cls, include_extras=True)


def without_none(hint: object) -> object:
    """Returns the type of a field without its None."""
    if get_origin(hint) in {Union, types.UnionType}:
        (hint,) = (one for one in get_args(hint) if one is not type(None))
    return hint


def _read_value(hint: object, value: object) -> object:
    """Reads a value as a type. A value of another shape stays as it is."""
    hint = _bare(hint)
    if isinstance(value, list | tuple) and get_origin(hint) is tuple:
        return tuple(_read_value(get_args(hint)[0], one) for one in value)
    if isinstance(value, Mapping):
        return _read_object(hint, value)
    return value


def _read_object(hint: object, value: Mapping[str, object]) -> object:
    if get_origin(hint) is Mapping:
        return {key: _read_value(get_args(hint)[1], one) for key, one in value.items()}
    return read(hint, value) if isinstance(hint, type) and is_dataclass(hint) else value


def _bare(hint: object) -> object:
    """Returns a type without `Annotated` and without its None, in whatever order they stand."""
    if get_origin(hint) is Annotated:
        return _bare(get_args(hint)[0])
    bare = without_none(hint)
    return hint if bare is hint else _bare(bare)
