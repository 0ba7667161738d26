"""Makes the one Adaptive Card of a Teams message from one or more notices, small enough for Teams
to deliver it.

The card uses only what every client draws: version 1.4, TextBlock, FactSet, ColumnSet,
Action.OpenUrl. (A client that does not know the `style` of a TextBlock ignores it; the others tell
screen readers that it is a heading.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from functions.adapters.teams.markdown import plain, text_block
from functions.adapters.teams.table import Size, card_facts, events, table
from functions.adapters.texts import clean, cut
from functions.model.messages import Severity
from functions.notifications.tables import Table, lines_of, tables_of
from functions.ports.notifications import Notice

type Envelope = Literal["message", "card"]
type Json = dict[str, Any]

MAX_NOTICES = 50
# Teams takes 28 KB of the message that the flow makes of the post. In that message everything is
# escaped twice; messages of 21 KB have been lost (MicrosoftDocs/msteams-docs#11274).
CARD_BYTES = 24 * 1024
MAX_ID = 256  # characters; Certflow's own ids have about 200 at most
ABOVE = 5  # lines above the rows of a table, where a card has several
MAX_EVENTS = 6000  # characters of the invisible titles and ids
MAX_LABEL = 60  # characters of a button or a fact's title


@dataclass(frozen=True, slots=True)
class NoticeSize:
    """How much of a notice is shown: facts and buttons by number, texts and title in characters."""

    facts: int
    text: int
    buttons: int
    title: int


# The first of these that fits is taken. Teams shows 6 buttons in a row. A character has 14 bytes at
# most (one outside the BMP, escaped twice).
NOTICE_SIZES = (
    *(NoticeSize(facts, 900, 6, 250) for facts in (40, 20, 12, 8, 5, 3, 2, 1, 0)),
    *(NoticeSize(0, text, 6, 250) for text in (600, 400, 250, 150, 60)),
    *(NoticeSize(0, 60, buttons, 250) for buttons in (3, 1, 0)),
    NoticeSize(0, 60, 0, 120),
    NoticeSize(0, 30, 0, 60),
)
# The same for tables. A card of 38 lines is about 1,150 px high on a phone.
SIZES = (
    *(Size(lines, text, 5, links=True) for lines in (38, 30, 20) for text in (400, 200)),
    *(Size(lines, 100, 0, links=False) for lines in (38, 30, 15, 5, 0)),
    Size(0, 30, 0, links=False),
)


def message(notices: Sequence[Notice], envelope: Envelope) -> bytes:
    """Returns the body of the post for up to `MAX_NOTICES` notices, the most severe first: JSON
    that has at most `CARD_BYTES` as the flow sends it.
    """
    bodies = (_enveloped(card, envelope) for card in _cards(notices))
    body = next(body for body in bodies if size_of(body) <= CARD_BYTES)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def size_of(body: Json) -> int:
    """Returns how many bytes a post has as the flow sends it to Teams: escaped twice."""
    return len(json.dumps(json.dumps(body)))


def _enveloped(card: Json, envelope: Envelope) -> Json:
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return card if envelope == "card" else {"type": "message", "attachments": [attachment]}


def _cards(notices: Sequence[Notice]) -> Iterator[Json]:
    """Yields the card in ever smaller sizes; the last one only counts the notices."""
    if len(notices) == 1:
        yield from (_single(notices[0], room) for room in NOTICE_SIZES)
    else:
        tables = tables_of(notices)
        if len(tables) == 1:
            yield from (_one_table(tables[0], size) for size in SIZES)
        else:
            yield from (_several_tables(notices, tables, size) for size in SIZES)
    yield _adaptive_card([_heading(_count_title(notices, ()), "Large")], [])


def _one_table(one: Table, size: Size) -> Json:
    body = [*_part(one, size, several=False), *_events_of([one], size)]
    return _adaptive_card(body, _buttons(one.links, 6) if size.links else [])


def _several_tables(notices: Sequence[Notice], tables: Sequence[Table], size: Size) -> Json:
    lines = max(size.lines // len(tables) - ABOVE, 0)
    each = Size(lines, size.text, size.facts, links=size.links)
    body = [_heading(_count_title(notices, tables), "Large")]
    for one in tables:
        body += _part(one, each, several=True)
    return _adaptive_card([*body, *_events_of(tables, size)], [])


def _events_of(tables: Sequence[Table], size: Size) -> list[Json]:
    rows = [row for one in tables for row in one.rows]
    return events(rows, MAX_EVENTS if size.links else 0)


def _adaptive_card(body: Sequence[Json], actions: Sequence[Json]) -> Json:
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": list(body),
        **({"actions": list(actions)} if actions else {}),
    }


def _single(notice: Notice, room: NoticeSize) -> Json:
    facts = _facts_with_room(notice.facts, room.facts)
    lines = table(lines_of(notice), SIZES[0] if room.facts else SIZES[-1], notice.elsewhere)
    body = [
        *_notice_texts(notice, room),
        *lines,
        *_fact_set(facts, room.text),
        _event_block(notice),
    ]
    return _adaptive_card(body, _buttons(notice.links, room.buttons))


def _facts_with_room(facts: Sequence[tuple[str, str]], limit: int) -> list[tuple[str, str]]:
    """Returns at most `limit` facts in their order, warnings before others, and how many are
    missing.
    """
    by_importance = sorted(facts, key=lambda fact: fact[0] != "Warning")
    shown = [fact for fact in facts if fact in by_importance[:limit]]
    more = len(facts) - limit
    if shown and more > 0:
        shown.append(("…", f"and {more} more"))
    return shown


def _count_title(notices: Sequence[Notice], tables: Sequence[Table]) -> str:
    """Returns the title that people see in the notification: how many messages there are, and how
    many of them need attention.
    """
    if len(tables) == 1:
        return tables[0].title
    critical, warnings = (
        sum(notice.severity is severity for notice in notices)
        for severity in (Severity.CRITICAL, Severity.WARNING)
    )
    attention = [f"{critical} critical"] if critical else []
    if warnings:
        attention.append("1 warning" if warnings == 1 else f"{warnings} warnings")
    title = f"{len(notices)} certificate messages" if len(notices) > 1 else "A certificate message"
    return f"{title}: {', '.join(attention)}" if attention else title


def _part(one: Table, size: Size, *, several: bool) -> list[Json]:
    """A table with what is the same for all its rows."""
    elements = [
        _heading(plain(one.title, 250), "Medium" if several else "Large")
        | {"color": _colour(one.first)}
    ]
    if several:
        elements[0] |= {"separator": True, "spacing": "Large"}
    if one.sentence:
        elements.append(text_block(plain(one.sentence, size.text)))
    if one.next_step:
        elements.append(
            text_block(f"**Next step:** {plain(one.next_step, 900 if size.links else 300)}")
        )
    return [
        *elements,
        *table(one.rows, size, one.elsewhere),
        *_fact_set(card_facts(one.facts)[: size.facts], size.text),
    ]


def _notice_texts(notice: Notice, room: NoticeSize) -> list[Json]:
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


def _fact_set(facts: Sequence[tuple[str, str]], limit: int) -> list[Json]:
    rows = [
        {"title": plain(title, MAX_LABEL), "value": plain(value, limit)} for title, value in facts
    ]
    return [{"type": "FactSet", "facts": rows}] if rows else []


def _event_block(notice: Notice) -> Json:
    return text_block(f"Event {plain(notice.event_id, MAX_ID)}") | {
        "isSubtle": True,
        "size": "Small",
    }


def _buttons(links: Sequence[tuple[str, str]], limit: int) -> list[Json]:
    """Buttons for the links; their titles are no Markdown."""
    shown = [(title, url) for title, url in links if _HTTPS.fullmatch(url)][:limit]
    return [
        {"type": "Action.OpenUrl", "title": cut(clean(title), MAX_LABEL), "url": url}
        for title, url in shown
    ]


_HTTPS = re.compile(r"https://[!-~]+")
