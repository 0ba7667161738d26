"""Texts of callers: they end in mails, cards, logs and names of headers, so each is a line of what can be seen."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from functions.issuance.errors import InvalidRequest

MOST_LETTERS = 254  # of an owner, or who asks
# Unicode's general categories (UAX #44 §5.7.1) of what is not seen, turns the text around it, or ends a line: control
# and format characters, surrogates, private use, line and paragraph separators. U+0085 is a control character.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
# Letters and marks that are blank: fillers (Hangul, Braille), the grapheme joiner, variation selectors.
BLANK = {*"\u034f\u115f\u1160\u2800\u3164\uffa0", *map(chr, range(0xFE00, 0xFE10)), *map(chr, range(0xE0100, 0xE01F0))}


def check_texts(value: Any, path: str = "") -> None:
    """Every text in a JSON value, keys of objects too. Raises InvalidRequest, which names it by its path."""
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
    """Raises InvalidRequest for a text that holds what cannot be seen."""
    if text.isascii() and text.isprintable():
        return
    wrong = next((one for one in text if one in BLANK or unicodedata.category(one) in UNSEEN), None)
    if wrong is not None:
        name = unicodedata.name(wrong, "a control character")
        raise InvalidRequest(field, f"This holds U+{ord(wrong):04X} ({name}), which cannot be seen. Leave it out.")


def check_person(field: str, person: str | None) -> None:
    """Raises InvalidRequest for an owner or a signer that is too long, or blank."""
    if person is not None and len(person) > MOST_LETTERS:
        raise InvalidRequest(field, f"At most {MOST_LETTERS} characters.")
    if person and not person.strip():
        raise InvalidRequest(
            field,
            "This is blank. Write mail addresses, such as ann@example.com, or a name for the rules; or leave it out.",
        )
