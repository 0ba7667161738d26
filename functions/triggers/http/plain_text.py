"""Checks the texts of callers: each must be one line of characters that can be seen, because texts
appear in mails, cards, logs and headers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from functions.model.errors import InvalidRequest

MAX_TEXT_LETTERS = 254  # characters of an owner, a signer, or of who asks
# Unicode's general categories (UAX #44 §5.7.1) of characters that cannot be seen, change the
# direction of the text, or end a line: control and format characters, surrogates, private use, line
# and paragraph separators. U+0085 is a control character.
HIDDEN_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
# Letters and marks without a visible form: fillers (Hangul, Braille), the grapheme joiner,
# variation selectors.
BLANK_LETTERS = {
    *"\u034f\u115f\u1160\u2800\u3164\uffa0",
    *map(chr, range(0xFE00, 0xFE10)),
    *map(chr, range(0xE0100, 0xE01F0)),
}


def check_texts(value: Any, path: str = "") -> None:
    """Checks every text in a JSON value, the keys of objects too. Raises InvalidRequest, which
    names the text by its path.
    """
    if isinstance(value, str):
        check_text(path or "$", value)
    elif isinstance(value, Mapping):
        for key, one in value.items():
            check_text(path or "$", key)
            check_texts(one, f"{path}.{key}" if path else str(key))
    elif isinstance(value, Sequence) and not isinstance(value, bytes):
        for index, one in enumerate(value):
            check_texts(one, f"{path}[{index}]")


def check_text(field: str, text: str) -> None:
    """Raises InvalidRequest for a text with a character that cannot be seen."""
    if text.isascii() and text.isprintable():
        return
    wrong = next(
        (
            one
            for one in text
            if one in BLANK_LETTERS or unicodedata.category(one) in HIDDEN_CATEGORIES
        ),
        None,
    )
    if wrong is not None:
        name = unicodedata.name(wrong, "a control character")
        raise InvalidRequest(
            field, f"This holds U+{ord(wrong):04X} ({name}), which cannot be seen. Leave it out."
        )


def check_person(field: str, person: str | None) -> None:
    """Raises InvalidRequest for an owner or a signer that is too long or blank."""
    if person is not None and len(person) > MAX_TEXT_LETTERS:
        raise InvalidRequest(field, f"At most {MAX_TEXT_LETTERS} characters.")
    if person and not person.strip():
        raise InvalidRequest(
            field,
            "This is blank. Write mail addresses, such as ann@example.com, or a name for the "
            "rules; or leave it out.",
        )
