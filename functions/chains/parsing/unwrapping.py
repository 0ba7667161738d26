"""Restores a text that a mail program, a web page, a shell or a quotation has changed.

Each step undoes one kind of change; a view is the text after some of the steps.
"""

from __future__ import annotations

import html
import itertools
import quopri
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from functions.chains.parsing.texts import as_text, plain

MAX_LETTERS = 1024 * 1024  # characters; a longer text is read as it is
MAX_ESCAPES = 20_000  # escape sequences of one kind; a chain has a thousand line ends
# Quoted-printable (RFC 2045 §6.7), the encoding of a mail's source: a character, or a soft line
# end.
QUOTED_PRINTABLE = re.compile(r"=(?:[0-9A-F]{2}|\n(?<=[^=\s]{72}=\n))")
PERCENT = re.compile(r"%(?:0[AaDd]|2[05BbDdFf]|3[Dd])")
# Tags within a line are removed, cells of a table become words, and all other tags end the line.
INLINE_TAG = re.compile(
    r"</?(?:span|b|i|u|em|strong|font|wbr|tt|code|a|o:p)\b[^<>]*+>", re.IGNORECASE
)
CELL_TAG = re.compile(r"</?t[dh]\b[^<>]*+>", re.IGNORECASE)
TAG = re.compile(r"<[A-Za-z/!?][^<>]*+>")
BLANK_LINES = re.compile(r"\n(?:[ \t]*+\n)++")
LINE_END = re.compile(r"(?<!\\)\\++(?:r(?:\\++n)?|n|par\b|\n)")
TABULATOR = re.compile(r"(?<!\\)\\++t")
CODE = re.compile(r"(?<!\\)\\++(?:u00|x|')([0-9A-Fa-f]{2})")
BACKSLASHES = re.compile(r"(?<!\\)\\++(?=[\"'/])")
# A chain begins with its armour, or with "MI" (a DER sequence of 128 bytes and more). A line of
# base64 may begin with "+MI", too; but then not the next one also with "+", and it is not longer
# than a line may be.
PATCH = re.compile(r"^\+(?=-{0,64}+BEGIN|MI(?:[^\n]{0,76}\n\+|[^\n]{77}))", re.MULTILINE)
ADDED = re.compile(r"^\+", re.MULTILINE)
# A line of a program that consists of one string.
LITERAL = re.compile(r"^[^\"'`\n]{0,80}[\"'`]([^\"'`\n]*+)[\"'`][^\"'`\n]{0,40}$", re.MULTILINE)
# Before a line: its number, initials and marks of a quotation, marks of a list or a comment.
BEFORE = re.compile(
    r"^(?:[ \t]{0,20}+(?:(?:[^\s:]{1,80}:)?[0-9]{1,6}+(?:[ \t]*+[:.)|]|[ \t])"
    r"|[A-Za-z]{0,4}+[>|]|//[ \t]|/?\*|-[ \t]|[#;])[ \t]?)++",
    re.MULTILINE,
)
URL_SAFE = re.compile(r"[A-Za-z0-9_-]{40,}+")
TO_STANDARD = str.maketrans("-_", "+/")
# Before the last word of a line: the time, source and author that a log writes.
UP_TO_LAST_WORD = re.compile(r"^[^\n]{1,200}?[ \t](?=[A-Za-z0-9+/]++={0,2}$)", re.MULTILINE)
LOGGED = re.compile(r"^[^\n]{1,200}?[ \t](?=[A-Za-z0-9+/]{40,}+={0,2}$)", re.MULTILINE)


def unwrapped(text: str) -> Iterator[str]:
    """Yields the text, then what it becomes as one change after another is undone, each result
    once.
    """
    yield text
    if len(text) > MAX_LETTERS:
        return
    views = [text]
    yield from _inner(views)
    # Apart from the other steps, because base64 also ends with "=".
    if QUOTED_PRINTABLE.search(text):
        views.append(as_text(quopri.decodestring(text.encode(errors="replace"))))
        yield views[-1]
        yield from _inner(views)


def _inner(views: list[str]) -> Iterator[str]:
    """Yields what the last view becomes by each step, and adds it to the views: none comes
    twice.
    """
    # Twice, for JSON in JSON, or a percent-encoded form field in a web page.
    for step in (*STEPS, *STEPS):
        inner = step(views[-1])
        if inner != views[-1] and plain(inner) not in views:
            views.append(plain(inner))
            yield views[-1]


def _percent(text: str) -> str:
    """Undoes percent-encoding (RFC 3986 §2.1), which form fields and URLs have."""
    if not PERCENT.search(text) or text.count("%") > MAX_ESCAPES:
        return text
    return unquote(text)


def _markup(text: str) -> str:
    """Removes the tags of HTML and XML, and replaces character references."""
    if "<" in text:
        text = text.replace("<![CDATA[", "").replace("]]>", "")
        text = BLANK_LINES.sub("\n", TAG.sub("\n", CELL_TAG.sub(" ", INLINE_TAG.sub("", text))))
    if "&" in text and text.count("&") <= MAX_ESCAPES:
        text = html.unescape(text)
    return text


def _escapes(text: str) -> str:
    """Undoes escape sequences of JSON, YAML, shells, programs and RTF, with any number of
    backslashes.
    """
    if "\\" not in text:
        return text
    text = BACKSLASHES.sub("", TABULATOR.sub("\t", BLANK_LINES.sub("\n", LINE_END.sub("\n", text))))
    if 0 < len(CODE.findall(text)) <= MAX_ESCAPES:
        text = CODE.sub(lambda code: chr(int(code[1], 16)), text)
    return text


def _literals(text: str) -> str:
    """Keeps the strings of a program, where each line is one."""
    return LITERAL.sub(r"\1", text) if _several(LITERAL, text) else text


def _url_safe(text: str) -> str:
    """Replaces the URL-safe alphabet of base64 (RFC 4648 §5) by the standard one."""
    return URL_SAFE.sub(lambda word: word[0].translate(TO_STANDARD), text)


def _patch(text: str) -> str:
    """Removes the `+` before the new lines of a patch, which is a letter of base64, too."""
    return ADDED.sub("", text) if PATCH.search(text) else text


def _edges(text: str) -> str:
    """Removes what a quotation or a listing puts before each line."""
    return BEFORE.sub("", text) if _several(BEFORE, text) else text


def _logged(text: str) -> str:
    """Removes what a log puts before each line."""
    return UP_TO_LAST_WORD.sub("", text) if _several(LOGGED, text) else text


def _several(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the pattern occurs more than once: a single line proves nothing."""
    return len(list(itertools.islice(pattern.finditer(text), 2))) == 2


STEPS: tuple[Callable[[str], str], ...] = (
    _percent,
    _markup,
    _literals,
    _escapes,
    _url_safe,
    _patch,
    _edges,
    _logged,
)
