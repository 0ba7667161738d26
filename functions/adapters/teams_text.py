"""Texts of a card: as Teams' Markdown leaves them."""

from __future__ import annotations

import re
from typing import Any

HTTPS = re.compile(r"https://[!-'*-Z^-~]+")  # without brackets and backslashes, which would end a link in Markdown
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#~|]|&(?=#?\w+;)")
_LINE_START = re.compile(r"^(\d*)([-+.)])(?=[\s-]|$)", re.MULTILINE)  # lists and rules


def text_block(text: str) -> dict[str, Any]:
    """A text that may have several lines."""
    return {"type": "TextBlock", "text": text, "wrap": True}


def plain(text: str, most: int) -> str:
    """Text from outside, cut to `most` characters, so that Teams' Markdown leaves it as it is."""
    escaped = _MARKDOWN.sub(r"\\\g<0>", cut(clean(text), most))
    return _LINE_START.sub(r"\1\\\2", escaped).replace("\n", "\n\n")


def clean(text: str) -> str:
    """Lines without blanks around them, and without what JSON or a person cannot read."""
    lines = (" ".join(line.split()) for line in _CONTROLS.sub(" ", text).split("\n"))
    return "\n".join(line for line in lines if line)


def cut(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"
