"""A card as lines of plain text: what a person reads on it, from top to bottom."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])|(\ue000)")
_BOLD = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")
_LINK = re.compile(r"\[([^\]]*)\]\(([^()\s]+)\)")
_ENTITY = re.compile(r"&#?\w+;")  # Markdown wants the semicolon, HTML does not
_HIDDEN = "\ue000"  # private use: keeps an escaped character out of the patterns until they are done

# Where an element keeps what it shows, in the order it shows it.
_CHILDREN = ("body", "items", "columns", "rows", "cells", "facts", "images", "inlines", "actions")


def first_text(cards: list[dict[str, Any]]) -> str:
    """The text of the first TextBlock: a card has no subject, and this is what people read first."""
    return next((lines for card in cards for lines in _text_blocks(card)), "")


def visible_text(cards: list[dict[str, Any]]) -> str:
    """Everything that is shown, line by line; cards behind a button follow the button."""
    return "\n".join(line for card in cards for line in _lines(card))


def plain(markdown: str) -> str:
    """Text without the Markdown that Teams takes out: escapes, bold, links."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match[1] or match[2])
        return _HIDDEN

    text = _ESCAPED.sub(keep, markdown)
    text = _LINK.sub(r"\1 (\2)", _BOLD.sub(r"\2", text))
    text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
    characters = iter(kept)
    return re.sub(_HIDDEN, lambda _match: next(characters, ""), text)


def _text_blocks(element: Mapping[str, Any]) -> Iterator[str]:
    if element.get("type") == "TextBlock" and element.get("isVisible") is not False:
        yield plain(str(element.get("text", "")))
    for child in _children(element):
        yield from _text_blocks(child)


def _lines(element: Mapping[str, Any]) -> Iterator[str]:
    if element.get("isVisible") is False:
        return
    yield from _own_lines(element)
    if element.get("type") != "RichTextBlock":
        for child in _children(element):
            yield from _lines(child)
    if isinstance(card := element.get("card"), Mapping):
        yield from _lines(card)


def _own_lines(element: Mapping[str, Any]) -> Iterator[str]:
    kind = element.get("type")
    if kind == "RichTextBlock":
        yield "".join(part if isinstance(part, str) else part["text"] for part in element["inlines"])
    elif kind == "TextBlock":
        yield plain(element["text"])
    elif isinstance(kind, str) and kind.startswith("Action."):
        yield _line(element.get("title"), element.get("url"))
    elif kind == "Image" and element.get("altText"):
        yield str(element["altText"])
    elif "title" in element and "value" in element:
        yield f"{plain(element['title'])}: {plain(element['value'])}"


def _line(title: object, url: object) -> str:
    return f"{title or ''}: {url}" if url else str(title or "")


def _children(element: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in _CHILDREN:
        children = element.get(name)
        yield from (child for child in children or () if isinstance(child, Mapping))
