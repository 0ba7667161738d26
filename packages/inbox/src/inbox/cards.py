"""What Teams makes of a card: the reason why it would be refused, or nothing.

It is stricter than Teams: a button leads to https, as whoever reads the card has to trust where it leads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

NEWEST = (1, 5)

type Json = Any
type Check = Callable[[Mapping[str, Json], str], None]


class RefusedError(Exception):
    """Teams never shows the card; the text is the reason in the flow's own kind of words."""


def check_card(card: Mapping[str, Json], where: str) -> None:
    """Raises RefusedError if Teams would not show the card; `where` is its place in what was posted."""
    if card.get("type") != "AdaptiveCard":
        raise RefusedError("Property 'type' must be 'AdaptiveCard'.")
    version = _version(card.get("version"))
    if version is None:
        raise RefusedError("Property 'version' must be a version such as '1.4'.")
    if version > NEWEST:
        raise RefusedError(f"Property 'version' is '{card['version']}': Teams shows cards up to 1.5.")
    _items(card, "body", where, _check_element, required=False)
    _items(card, "actions", where, _check_action, required=False)
    if not card.get("body") and not card.get("actions"):
        raise RefusedError("The card has neither 'body' nor 'actions': there is nothing to show.")
    if version < NEWEST and any(element.get("type") == "Table" for element in _walk(card)):
        raise RefusedError("Element 'Table' needs version 1.5 of the card.")


def _version(value: Json) -> tuple[int, int] | None:
    parts = value.split(".") if isinstance(value, str) else []
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    return int(parts[0]), int(parts[1])


def _check_element(element: Mapping[str, Json], where: str) -> None:
    kind = element.get("type")
    if not isinstance(kind, str) or kind not in _ELEMENTS:
        raise RefusedError(f"Unknown element type '{kind}' in {where}.")
    _ELEMENTS[kind](element, where)
    if (action := element.get("selectAction")) is not None:
        _check_action(_object(action, f"{where}.selectAction"), f"{where}.selectAction")


def _check_action(action: Mapping[str, Json], where: str) -> None:
    kind = action.get("type")
    if not isinstance(kind, str) or kind not in _ACTIONS:
        raise RefusedError(
            f"Action type '{kind}' in {where} does nothing in a card of a flow (no bot listens): "
            f"only {', '.join(_ACTIONS)}."
        )
    _ACTIONS[kind](action, where)


def _check_open_url(action: Mapping[str, Json], where: str) -> None:
    url = _string(action, "url", where)
    if not _is_https(url):
        raise RefusedError(f"Property 'url' of {where} must be an absolute https address.")


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets that are no IPv6 address
        return False
    return parts.scheme == "https" and bool(parts.netloc)


def _check_show_card(action: Mapping[str, Json], where: str) -> None:
    card = _object(action.get("card"), f"{where}.card")
    # Only the outermost card has to say its version.
    check_card({"version": "1.0", **card}, f"{where}.card")


def _check_toggle(action: Mapping[str, Json], where: str) -> None:
    if not isinstance(action.get("targetElements"), list):
        raise RefusedError(f"Property 'targetElements' of {where} must be an array.")


def _check_fact(fact: Mapping[str, Json], where: str) -> None:
    _string(fact, "title", where)
    _string(fact, "value", where)


def _check_column(column: Mapping[str, Json], where: str) -> None:
    _items(column, "items", where, _check_element, required=False)


def _check_row(row: Mapping[str, Json], where: str) -> None:
    _items(row, "cells", where, _check_column)


def _check_inlines(element: Mapping[str, Json], where: str) -> None:
    inlines = element.get("inlines")
    if not isinstance(inlines, list):
        raise RefusedError(f"Property 'inlines' of {where} must be an array.")
    for index, inline in enumerate(inlines):
        if not isinstance(inline, str):
            _string(_object(inline, f"{where}.inlines[{index}]"), "text", f"{where}.inlines[{index}]")


def _has(name: str) -> Check:
    def check(element: Mapping[str, Json], where: str) -> None:
        _string(element, name, where)

    return check


def _each(name: str, check: Check) -> Check:
    return lambda element, where: _items(element, name, where, check)


_ELEMENTS: dict[str, Check] = {
    "TextBlock": _has("text"),
    "RichTextBlock": _check_inlines,
    "Image": _has("url"),
    "ImageSet": _each("images", _check_element),
    "FactSet": _each("facts", _check_fact),
    "Container": _each("items", _check_element),
    "ColumnSet": _each("columns", _check_column),
    "Table": _each("rows", _check_row),
    "ActionSet": _each("actions", _check_action),
}
_ACTIONS: dict[str, Check] = {
    "Action.OpenUrl": _check_open_url,
    "Action.ShowCard": _check_show_card,
    "Action.ToggleVisibility": _check_toggle,
}


def _items(parent: Mapping[str, Json], name: str, where: str, check: Check, *, required: bool = True) -> None:
    items = parent.get(name, None if required else [])
    if not isinstance(items, list):
        raise RefusedError(f"Property '{name}' of {where} must be an array, not {type_name(items)}.")
    for index, item in enumerate(items):
        place = f"{where}.{name}[{index}]"
        check(_object(item, place), place)


def _object(value: Json, where: str) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise RefusedError(f"{where} must be an object, not {type_name(value)}.")
    return value


def _string(parent: Mapping[str, Json], name: str, where: str) -> str:
    value = parent.get(name)
    if not isinstance(value, str):
        raise RefusedError(f"Property '{name}' of {where} must be a string, not {type_name(value)}.")
    return value


def _walk(value: Json) -> Iterator[Mapping[str, Json]]:
    if isinstance(value, Mapping):
        yield value
        for child in value.values():
            yield from _walk(child)
    elif isinstance(value, list):
        for child in value:
            yield from _walk(child)


def type_name(value: Json) -> str:
    """The JSON type as Power Automate spells it."""
    names = {type(None): "Null", bool: "Boolean", int: "Integer", float: "Float", str: "String", list: "Array"}
    return names.get(type(value), "Object")
