"""Texts as every channel shows them: without characters that cannot be seen, and no longer than
there is room for. What a caller or an issuer wrote may be anything, of any length.
"""

from __future__ import annotations

import re
from dataclasses import replace

from functions.ports.notifications import Notice

MAX_TITLE, MAX_TEXT = 200, 2000  # characters
# Control characters but the line break, lone surrogates, which cannot be encoded, and characters
# that change the direction of reading.
HIDDEN_MARKS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def clean(text: str) -> str:
    """Returns the lines of a text that are not blank, without blanks around them and without
    characters that cannot be seen.
    """
    lines = (" ".join(line.split()) for line in HIDDEN_MARKS.sub(" ", text).split("\n"))
    return "\n".join(line for line in lines if line)


def cut(text: str, limit: int) -> str:
    """Cuts a text to at most `limit` characters, with "…" at its end if something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def one_line(text: str, limit: int) -> str:
    """Returns a text as one line of at most `limit` characters, without characters that cannot be
    seen. A line break could imitate a line of the message.
    """
    return cut(clean(text).replace("\n", " "), limit)


def fit_to_show(notice: Notice, limit: int = MAX_TEXT) -> Notice:
    """Returns the notice with each text as one line of at most `limit` characters, without
    characters that cannot be seen. Links are not shortened to `limit`.
    """
    return replace(
        notice,
        event_id=one_line(notice.event_id, MAX_TEXT),
        title=one_line(notice.title, MAX_TITLE),
        sentence=one_line(notice.sentence, limit),
        next_step=one_line(notice.next_step, limit),
        facts=tuple(
            (one_line(label, MAX_TITLE), one_line(value, limit)) for label, value in notice.facts
        ),
        links=tuple(
            (one_line(title, MAX_TITLE), one_line(url, MAX_TEXT)) for title, url in notice.links
        ),
        vault=_line_or_none(notice.vault, limit),
        name=_line_or_none(notice.name, limit),
        owner=_line_or_none(notice.owner, limit),
        remark=_line_or_none(notice.remark, limit),
        elsewhere=one_line(notice.elsewhere, limit),
        lines=tuple(
            replace(line, names=one_line(line.names, limit), owner=_line_or_none(line.owner, limit))
            for line in notice.lines
        ),
    )


def _line_or_none(text: str | None, limit: int) -> str | None:
    return None if text is None else one_line(text, limit)
