"""The pages say what the code says: words that were replaced stand only where a public name has them, as code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.doc_pages import PAGES, prose

# An inventory scan was a survey, a run of a vault a shift, an emulator a stand-in, and whoever got a message was told.
REPLACED = re.compile(r"\b(surveys?|surveyed|shifts?|stand-ins?|(?:is|are|was|were|be|and) told)\b", re.IGNORECASE)
# Code, the targets of links, and a public name that is spoken of: `*survey*`.
NAMES = re.compile(r"`[^`]*`|\]\([^)\s]*\)|(?<!\*)\*\w+\*(?!\*)")


def replaced(text: str) -> list[str]:
    """The replaced words of a page's prose."""
    return REPLACED.findall(NAMES.sub("", text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_uses_todays_words(page: Path) -> None:
    assert replaced(prose(page)) == []


def test_a_replaced_word_is_found_and_a_name_is_none() -> None:
    assert replaced("The survey and `last_survey`, *shift*, [x](docs/keyvault-stand-in.md), are told") == [
        "survey",
        "are told",
    ]
