"""Texts for a card, escaped so that Teams' Markdown shows them as they are."""

from __future__ import annotations

import re
from typing import Any

from functions.adapters.texts import clean, cut

# Without brackets and backslashes, which would end a link in Markdown.
HTTPS = re.compile(r"https://[!-'*-Z^-~]+")
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#~|]|&(?=#?\w+;)")
_LINE_START = re.compile(r"^(\d*)([-+.)])(?=[\s-]|$)", re.MULTILINE)  # of lists and rulers


def text_block(text: str) -> dict[str, Any]:
    """Returns a TextBlock, whose text may have several lines."""
    return {"type": "TextBlock", "text": text, "wrap": True}


def plain(text: str, limit: int) -> str:
    """Returns a text of at most `limit` characters, escaped so that Teams' Markdown shows it as it
    is.
    """
    escaped = _MARKDOWN.sub(r"\\\g<0>", cut(clean(text), limit))
    return _LINE_START.sub(r"\1\\\2", escaped).replace("\n", "\n\n")
