"""Notices as the one Adaptive Card that a Teams message has, small enough to arrive.

The card keeps to what every client draws: version 1.4, TextBlock, FactSet, Container, ActionSet, Action.OpenUrl. (A
client that does not know a TextBlock's `style` passes over it; the others tell screen readers of a heading.)
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from functions.issuance.telling import Notice, Severity

type Envelope = Literal["message", "card"]
type Json = dict[str, Any]

MOST_NOTICES = 10
# Teams takes 28 KB of what the flow makes of the post, in which all is escaped twice: messages of 21 KB were seen to
# get lost (MicrosoftDocs/msteams-docs#11274).
MAX_BYTES = 24 * 1024
MOST_ID = 256  # characters; ours have about 200 at most
MOST_LABEL = 60  # characters of a button or a fact's title

SEVERE_FIRST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
# Of many notices each shows only these facts, and three of them at most: the others are in the mail and the history.
# First comes what no sentence says: vault, name and error stand in most of them.
TELLING = (
    *("Rules", "Failed", "Took", "After", "Pending for", "Subject", "Owner", "Requested by"),
    *("Valid until", "Vault", "Certificate", "File"),
)
MOST_TELLING = 3


@dataclass(frozen=True, slots=True)
class Room:
    """How much of each notice there is room for: facts and buttons by number, texts and title in characters."""

    facts: int
    text: int
    buttons: int
    title: int


# The first of these that fits is taken. 6 buttons are what Teams shows in a row. A character has 14 bytes at most
# (a letter outside the BMP), so in the last, ten notices of the longest ids have less than 16 KB.
ROOMS = (
    *(Room(facts, 900, 6, 250) for facts in (40, 20, 12, 8, 5, 3, 2, 1, 0)),
    *(Room(0, text, 6, 250) for text in (600, 400, 250, 150, 60)),
    *(Room(0, 60, buttons, 250) for buttons in (3, 1, 0)),
    Room(0, 60, 0, 120),
    Room(0, 30, 0, 60),
    Room(0, 0, 0, 60),
)


def message(notices: Sequence[Notice], envelope: Envelope) -> bytes:
    """The body of the post for up to `MOST_NOTICES`, the most severe first: JSON that has `MAX_BYTES` on its way."""
    ordered = sorted(notices, key=lambda notice: SEVERE_FIRST.index(notice.severity))
    bodies = (_enveloped(_card(ordered, room), envelope) for room in ROOMS)
    body = next(body for body in bodies if size_of(body) <= MAX_BYTES)
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def size_of(body: Json) -> int:
    """The bytes that a post has on its way to Teams."""
    return len(json.dumps(json.dumps(body)))


def _enveloped(card: Json, envelope: Envelope) -> Json:
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return card if envelope == "card" else {"type": "message", "attachments": [attachment]}


def _card(notices: Sequence[Notice], room: Room) -> Json:
    card: Json = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
    }
    if len(notices) > 1:
        return card | {"body": [_heading(_count(notices), "Large"), *(_part(notice, room) for notice in notices)]}
    (notice,) = notices
    facts, more = notice.facts[: room.facts], len(notice.facts) - room.facts
    if facts and more > 0:
        facts += (("…", f"and {more} more"),)
    body = [*_texts(notice, "Large", room), *_facts(facts, room), _event(notice)]
    buttons = _buttons(notice, room)
    return card | {"body": body} | ({"actions": buttons} if buttons else {})


def _count(notices: Sequence[Notice]) -> str:
    """What people read in the notification: how many, and how many of them need attention."""
    severities = Counter(notice.severity for notice in notices)
    attention = []
    if critical := severities[Severity.CRITICAL]:
        attention.append(f"{critical} critical")
    if warnings := severities[Severity.WARNING]:
        attention.append("1 warning" if warnings == 1 else f"{warnings} warnings")
    title = f"{len(notices)} certificate messages"
    return f"{title}: {', '.join(attention)}" if attention else title


def _part(notice: Notice, room: Room) -> Json:
    """One of several."""
    telling = [fact for title in TELLING for fact in notice.facts if fact[0] == title] or list(notice.facts)
    items = [*_texts(notice, "Medium", room), *_facts(telling[:MOST_TELLING][: room.facts], room)]
    if buttons := _buttons(notice, room):
        items.append({"type": "ActionSet", "actions": buttons})
    return {"type": "Container", "separator": True, "spacing": "Large", "items": [*items, _event(notice)]}


def _texts(notice: Notice, size: str, room: Room) -> list[Json]:
    """Title, sentence and next step."""
    texts = [_heading(plain(notice.title, room.title), size) | {"color": _colour(notice)}]
    if room.text and notice.sentence:
        texts.append(_text(plain(notice.sentence, room.text)))
    if room.text and notice.next_step:
        texts.append(_text(f"**Next step:** {plain(notice.next_step, room.text)}"))
    return texts


def _colour(notice: Notice) -> str:
    if notice.severity is Severity.INFO:
        return "Good" if notice.good else "Default"
    return "Warning" if notice.severity is Severity.WARNING else "Attention"


def _heading(text: str, size: str) -> Json:
    return _text(text) | {"size": size, "weight": "Bolder", "style": "heading"}


def _text(text: str) -> Json:
    return {"type": "TextBlock", "text": text, "wrap": True}


def _facts(facts: Sequence[tuple[str, str]], room: Room) -> list[Json]:
    rows = [{"title": plain(title, MOST_LABEL), "value": plain(value, room.text)} for title, value in facts]
    return [{"type": "FactSet", "facts": rows}] if rows else []


def _event(notice: Notice) -> Json:
    return _text(f"Event {plain(notice.event_id, MOST_ID)}") | {"isSubtle": True, "size": "Small"}


def _buttons(notice: Notice, room: Room) -> list[Json]:
    """Buttons for the links; their titles are no Markdown."""
    links = [(title, url) for title, url in notice.links if _HTTPS.fullmatch(url)][: room.buttons]
    return [{"type": "Action.OpenUrl", "title": _cut(_clean(title), MOST_LABEL), "url": url} for title, url in links]


_HTTPS = re.compile(r"https://[!-~]+")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_MARKDOWN = re.compile(r"[\\`*_{}\[\]<>#~|]|&(?=#?\w+;)")
_LINE_START = re.compile(r"^(\d*)([-+.)])(?=[\s-]|$)", re.MULTILINE)  # lists and rules


def plain(text: str, most: int) -> str:
    """Text from outside, cut to `most` characters, so that Teams' Markdown leaves it as it is."""
    escaped = _MARKDOWN.sub(r"\\\g<0>", _cut(_clean(text), most))
    return _LINE_START.sub(r"\1\\\2", escaped).replace("\n", "\n\n")


def _clean(text: str) -> str:
    """Lines without blanks around them, and without what JSON or a person cannot read."""
    lines = (" ".join(line.split()) for line in _CONTROLS.sub(" ", text).split("\n"))
    return "\n".join(line for line in lines if line)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
