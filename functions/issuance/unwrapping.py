"""What a text was before a mail program, a web page, a shell or somebody's answer wrapped it."""

from __future__ import annotations

import html
import itertools
import quopri
import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote

from functions.issuance.texts import as_text, plain

MAX_LETTERS = 1024 * 1024  # of a text that is unwrapped
MAX_ESCAPES = 20_000  # in it; a chain has a thousand line ends
# RFC 2045 §6.7, in which a mail's source is written: a letter, or a line that goes on.
QUOTED_PRINTABLE = re.compile(r"=(?:[0-9A-F]{2}|\n(?<=[^=\s]{72}=\n))")
PERCENT = re.compile(r"%(?:0[AaDd]|2[05BbDdFf]|3[Dd])")
# Tags within a line are dropped, cells of a table are words; all others end the line.
INLINE_TAG = re.compile(r"</?(?:span|b|i|u|em|strong|font|wbr|tt|code|a|o:p)\b[^<>]*+>", re.IGNORECASE)
CELL_TAG = re.compile(r"</?t[dh]\b[^<>]*+>", re.IGNORECASE)
TAG = re.compile(r"<[A-Za-z/!?][^<>]*+>")
BLANK_LINES = re.compile(r"\n(?:[ \t]*+\n)++")
LINE_END = re.compile(r"(?<!\\)\\++(?:r(?:\\++n)?|n|par\b|\n)")
TABULATOR = re.compile(r"(?<!\\)\\++t")
CODE = re.compile(r"(?<!\\)\\++(?:u00|x|')([0-9A-Fa-f]{2})")
BACKSLASHES = re.compile(r"(?<!\\)\\++(?=[\"'/])")
PATCH = re.compile(r"^\+(?=-{0,64}+BEGIN|M[A-P])", re.MULTILINE)
ADDED = re.compile(r"^\+", re.MULTILINE)
# A line of a program, which is one string.
LITERAL = re.compile(r"^[^\"'`\n]{0,80}[\"'`]([^\"'`\n]*+)[\"'`][^\"'`\n]{0,40}$", re.MULTILINE)
# In front of a line: its number, the initials and marks of an answer, those of a list or a comment.
BEFORE = re.compile(
    r"^(?:[ \t]{0,20}+(?:(?:[^\s:]{1,80}:)?[0-9]{1,6}+(?:[ \t]*+[:.)|]|[ \t])"
    r"|[A-Za-z]{0,4}+[>|]|//[ \t]|/?\*|-[ \t]|[#;])[ \t]?)++",
    re.MULTILINE,
)
URL_SAFE = re.compile(r"[A-Za-z0-9_-]{40,}+")
TO_STANDARD = str.maketrans("-_", "+/")
# In front of the last word of a line: what a log says of when, where and by whom.
UP_TO_LAST_WORD = re.compile(r"^[^\n]{1,200}?[ \t](?=[A-Za-z0-9+/]++={0,2}$)", re.MULTILINE)
LOGGED = re.compile(r"^[^\n]{1,200}?[ \t](?=[A-Za-z0-9+/]{40,}+={0,2}$)", re.MULTILINE)


def unwrapped(text: str) -> Iterator[str]:
    """The text, and what it becomes as one wrapping after another is taken off, as far as there are any."""
    yield text
    if len(text) > MAX_LETTERS:
        return
    views = [text]
    yield from _inner(views)
    if QUOTED_PRINTABLE.search(text):  # besides, because base64 ends with the same sign
        views.append(as_text(quopri.decodestring(text.encode(errors="replace"))))
        yield views[-1]
        yield from _inner(views)


def _inner(views: list[str]) -> Iterator[str]:
    """What the last one of the texts becomes; added to them, so that none comes twice."""
    for step in (*STEPS, *STEPS):  # JSON in JSON, a percent-encoded form field of a web page
        inner = step(views[-1])
        if inner != views[-1] and plain(inner) not in views:
            views.append(plain(inner))
            yield views[-1]


def _percent(text: str) -> str:
    """RFC 3986 §2.1, in which a form field or an address is written."""
    if not PERCENT.search(text) or text.count("%") > MAX_ESCAPES:
        return text
    return unquote(text)


def _markup(text: str) -> str:
    """HTML and XML: its tags, and its character references."""
    if "<" in text:
        text = text.replace("<![CDATA[", "").replace("]]>", "")
        text = BLANK_LINES.sub("\n", TAG.sub("\n", CELL_TAG.sub(" ", INLINE_TAG.sub("", text))))
    if "&" in text and text.count("&") <= MAX_ESCAPES:
        text = html.unescape(text)
    return text


def _escapes(text: str) -> str:
    """The backslashes of JSON, YAML, shells, programs and RTF, be they as many as they may."""
    if "\\" not in text:
        return text
    text = BACKSLASHES.sub("", TABULATOR.sub("\t", BLANK_LINES.sub("\n", LINE_END.sub("\n", text))))
    if 0 < len(CODE.findall(text)) <= MAX_ESCAPES:
        text = CODE.sub(lambda code: chr(int(code[1], 16)), text)
    return text


def _literals(text: str) -> str:
    """The strings of a program, of which each line is one."""
    return LITERAL.sub(r"\1", text) if _several(LITERAL, text) else text


def _url_safe(text: str) -> str:
    """The other alphabet of base64 (RFC 4648 §5)."""
    return URL_SAFE.sub(lambda word: word[0].translate(TO_STANDARD), text)


def _patch(text: str) -> str:
    """The signs of a patch's new lines, which are letters of base64 as well."""
    return ADDED.sub("", text) if PATCH.search(text) else text


def _edges(text: str) -> str:
    """What an answer or a listing puts before each line."""
    return BEFORE.sub("", text) if _several(BEFORE, text) else text


def _logged(text: str) -> str:
    """What a log puts before each line."""
    return UP_TO_LAST_WORD.sub("", text) if _several(LOGGED, text) else text


def _several(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the pattern is there more than once: of one line it proves nothing."""
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
