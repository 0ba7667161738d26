"""Notices as the one Adaptive Card that a Teams message has, small enough to arrive.

The card keeps to what every client draws: version 1.4, TextBlock, FactSet, ColumnSet, Action.OpenUrl. (A client that
does not know a TextBlock's `style` passes over it; the others tell screen readers of a heading.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from functions.adapters.teams_table import Size, events, table, telling
from functions.adapters.teams_text import clean, cut, plain, text_block
from functions.issuance.gathered import Table, lines_of, tables_of
from functions.issuance.telling import Notice, Severity

type Envelope = Literal["message", "card"]
type Json = dict[str, Any]

MOST_NOTICES = 50
# Teams takes 28 KB of what the flow makes of the post, in which all is escaped twice: messages of 21 KB were seen to
# get lost (MicrosoftDocs/msteams-docs#11274).
MAX_BYTES = 24 * 1024
MOST_ID = 256  # characters; ours have about 200 at most
ABOVE = 5  # lines that a table among others has above its rows
MOST_EVENTS = 6000  # characters of the titles and ids that nobody sees
MOST_LABEL = 60  # characters of a button or a fact's title


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a notice there is room for: facts and buttons by number, texts and title in characters."""

    facts: int
    text: int
    buttons: int
    title: int


# The first of these that fits is taken. 6 buttons are what Teams shows in a row. A character has 14 bytes at most
# (a letter outside the BMP).
ROOMS = (
    *(Room(facts, 900, 6, 250) for facts in (40, 20, 12, 8, 5, 3, 2, 1, 0)),
    *(Room(0, text, 6, 250) for text in (600, 400, 250, 150, 60)),
    *(Room(0, 60, buttons, 250) for buttons in (3, 1, 0)),
    Room(0, 60, 0, 120),
    Room(0, 30, 0, 60),
)
# Of tables. A card of 38 lines is about 1,150 px high on a telephone.
SIZES = (
    *(Size(lines, text, 5, links=True) for lines in (38, 30, 20) for text in (400, 200)),
    *(Size(lines, 100, 0, links=False) for lines in (38, 30, 15, 5, 0)),
    Size(0, 30, 0, links=False),
)


def message(notices: Sequence[Notice], envelope: Envelope) -> bytes:
    """The body of the post for up to `MOST_NOTICES`, the most severe first: JSON that has `MAX_BYTES` on its way."""
    bodies = (_enveloped(card, envelope) for card in _cards(notices))
    body = next(body for body in bodies if size_of(body) <= MAX_BYTES)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def size_of(body: Json) -> int:
    """The bytes that a post has on its way to Teams."""
    return len(json.dumps(json.dumps(body)))


def _enveloped(card: Json, envelope: Envelope) -> Json:
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return card if envelope == "card" else {"type": "message", "attachments": [attachment]}


def _cards(notices: Sequence[Notice]) -> Iterator[Json]:
    """The card, ever smaller."""
    if len(notices) > 1:
        tables = tables_of(notices)
        for size in SIZES:
            lines = size.lines if len(tables) == 1 else max(size.lines // len(tables) - ABOVE, 0)
            each = Size(lines, size.text, size.facts, links=size.links)
            elements = [element for one in tables for element in _part(one, each, several=len(tables) > 1)]
            elements += events([row for one in tables for row in one.rows], MOST_EVENTS if size.links else 0)
            count = [_heading(_count(notices, tables), "Large")] if len(tables) > 1 else []
            yield _card([*count, *elements], _buttons(tables[0].links, 6) if len(tables) == 1 and size.links else [])
    else:
        for room in ROOMS:
            yield _single(notices[0], room)
    yield _card([_heading(_count(notices, ()), "Large")], [])


def _card(body: Sequence[Json], actions: Sequence[Json]) -> Json:
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": list(body),
        **({"actions": list(actions)} if actions else {}),
    }


def _single(notice: Notice, room: Room) -> Json:
    warnings = [fact for fact in notice.facts if fact[0] == "Warning"]
    ordered = [*warnings, *(fact for fact in notice.facts if fact[0] != "Warning")]
    facts, more = [fact for fact in notice.facts if fact in ordered[: room.facts]], len(notice.facts) - room.facts
    if facts and more > 0:
        facts.append(("…", f"and {more} more"))
    lines = table(lines_of(notice), SIZES[0] if room.facts else SIZES[-1], notice.elsewhere)
    body = [*_texts(notice, room), *lines, *_facts(facts, room.text), _event(notice)]
    return _card(body, _buttons(notice.links, room.buttons))


def _count(notices: Sequence[Notice], tables: Sequence[Table]) -> str:
    """What people read in the notification: how many, and how many of them need attention."""
    if len(tables) == 1:
        return tables[0].title
    critical, warnings = (
        sum(notice.severity is severity for notice in notices) for severity in (Severity.CRITICAL, Severity.WARNING)
    )
    attention = [f"{critical} critical"] if critical else []
    if warnings:
        attention.append("1 warning" if warnings == 1 else f"{warnings} warnings")
    title = f"{len(notices)} certificate messages" if len(notices) > 1 else "A certificate message"
    return f"{title}: {', '.join(attention)}" if attention else title


def _part(one: Table, size: Size, *, several: bool) -> list[Json]:
    """A table with what is the same for all its rows."""
    elements = [_heading(plain(one.title, 250), "Medium" if several else "Large") | {"color": _colour(one.first)}]
    if several:
        elements[0] |= {"separator": True, "spacing": "Large"}
    if one.sentence:
        elements.append(text_block(plain(one.sentence, size.text)))
    if one.next_step:
        elements.append(text_block(f"**Next step:** {plain(one.next_step, 900 if size.links else 300)}"))
    return [*elements, *table(one.rows, size, one.elsewhere), *_facts(telling(one.facts)[: size.facts], size.text)]


def _texts(notice: Notice, room: Room) -> list[Json]:
    """Title, sentence and next step."""
    texts = [_heading(plain(notice.title, room.title), "Large") | {"color": _colour(notice)}]
    if room.text and notice.sentence:
        texts.append(text_block(plain(notice.sentence, room.text)))
    if room.text and notice.next_step:
        texts.append(text_block(f"**Next step:** {plain(notice.next_step, room.text)}"))
    return texts


def _colour(notice: Notice) -> str:
    if notice.severity is Severity.INFO:
        if any(line.csr for line in notice.lines):
            return "Accent"
        return "Good" if notice.good else "Default"
    return "Warning" if notice.severity is Severity.WARNING else "Attention"


def _heading(text: str, size: str) -> Json:
    return text_block(text) | {"size": size, "weight": "Bolder", "style": "heading"}


def _facts(facts: Sequence[tuple[str, str]], most: int) -> list[Json]:
    rows = [{"title": plain(title, MOST_LABEL), "value": plain(value, most)} for title, value in facts]
    return [{"type": "FactSet", "facts": rows}] if rows else []


def _event(notice: Notice) -> Json:
    return text_block(f"Event {plain(notice.event_id, MOST_ID)}") | {"isSubtle": True, "size": "Small"}


def _buttons(links: Sequence[tuple[str, str]], most: int) -> list[Json]:
    """Buttons for the links; their titles are no Markdown."""
    shown = [(title, url) for title, url in links if _HTTPS.fullmatch(url)][:most]
    return [{"type": "Action.OpenUrl", "title": cut(clean(title), MOST_LABEL), "url": url} for title, url in shown]


_HTTPS = re.compile(r"https://[!-~]+")
