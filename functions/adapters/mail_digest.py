"""Many notices as one mail: one below the other, each with all that it asks of its reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape

from functions.adapters.mail_text import (
    BREAK,
    FONT,
    Mail,
    fit_to_show,
    heading,
    id_of,
    mail_of,
    one_line,
    page,
    row,
    tone,
)
from functions.issuance.rules import RANK
from functions.issuance.telling import Notice, Severity

MOST_NOTICES = 50  # a mail; Gmail cuts what is longer than about 100 KB, and a person reads no more
MOST_TEXT = 1000  # characters of each text
MOST_KINDS = 3  # in a subject
# Of many notices these facts are left out: a sentence has said them, or they can be looked up by the event's id.
LEFT_OUT = frozenset({"Vault", "Certificate", "Error code", "Error message", "Version", "Request"})
MOST_IDS = 900  # characters of a header; a line may have 998 (RFC 5322 §2.1.1)
CELL = f"padding:16px 24px;border-top:1px solid #d1d1d1;{FONT};font-size:14px;line-height:22px;color:#242424;{BREAK}"


def mail_with(notices: Sequence[Notice], to: Sequence[str]) -> Mail:
    """One notice as a mail of its own, several as one, in their order."""
    if len(notices) == 1:
        return mail_of(notices[0], to)
    shown = [fit_to_show(notice, MOST_TEXT) for notice in notices]
    severest = max(shown, key=lambda notice: RANK[notice.severity])
    title, (word, colour) = title_of(shown), tone(replace(severest, good=all(notice.good for notice in shown)))
    return Mail(
        id=id_of(shown, to),
        event=_ids(shown),
        subject=f"[Certflow] {title}",
        text="\n\n".join((f"{word}: {title}", *(_text(notice) for notice in shown))) + "\n",
        html=page(title, colour, row(heading(word, colour, title), "20px 24px") + "".join(map(_html, shown))),
    )


def title_of(notices: Sequence[Notice]) -> str:
    """How many messages, and of what kind: `8 messages: 5 Certificate issued, 3 Chain rejected`."""
    kinds = Counter(one_line(notice.title.partition(":")[0], 60) for notice in notices)
    critical = "critical " if all(notice.severity is Severity.CRITICAL for notice in notices) else ""
    if len(kinds) == 1:
        return f"{len(notices)} {critical}messages: {next(iter(kinds))}"
    shown = kinds.most_common(MOST_KINDS)
    others = len(notices) - sum(count for _, count in shown)
    named = [*(f"{count} {kind}" for kind, count in shown), *([f"{others} others"] if others else [])]
    return f"{len(notices)} {critical}messages: {', '.join(named)}"


def _ids(notices: Sequence[Notice]) -> str:
    """As many event ids as a line of a header takes."""
    ids = ""
    for notice in notices:
        if len(ids) + len(notice.event_id) >= MOST_IDS:
            break
        ids += f" {notice.event_id}"
    return ids.strip()


def _facts(notice: Notice) -> Iterator[tuple[str, str]]:
    """Where it is, and the facts that no sentence says."""
    where = [word for word in (notice.vault, notice.name) if word]
    if where:
        yield "Where", " / ".join(one_line(word, MOST_TEXT) for word in where)
    yield from (fact for fact in notice.facts if fact[0] not in LEFT_OUT)


def _text(notice: Notice) -> str:
    title = f"{tone(notice)[0]}: {notice.title}"
    blocks = (
        f"{title}\n{'-' * min(len(title), 78)}\n{notice.sentence}",
        f"Next step: {notice.next_step}",
        "\n".join(f"{label}: {value}" for label, value in (*_facts(notice), *notice.links)),
        f"Event {notice.event_id}",
    )
    return "\n\n".join(block for block in blocks if block)


def _html(notice: Notice) -> str:
    """One cell for each: with a row for each line, as single mails have, fifty would be more than Gmail shows."""
    word, colour = tone(notice)
    lines = (
        f'<b style="font-size:16px"><span style="color:{colour}">{word}:</span> {escape(notice.title)}</b>',
        escape(notice.sentence),
        f"<b>Next step:</b> {escape(notice.next_step)}",
        *(f"{_grey(f'{label}:')} {escape(value)}" for label, value in _facts(notice)),
        " &nbsp; ".join(
            f'<a href="{escape(url)}" style="color:#0f6cbd">{escape(title)}</a>' for title, url in notice.links
        ),
        _grey(f"Event {notice.event_id}", ";font-size:12px"),
    )
    return f'<tr><td align="left" style="{CELL}">{"<br>\n".join(line for line in lines if line)}</td></tr>\n'


def _grey(text: str, more: str = "") -> str:
    return f'<span style="color:#616161{more}">{escape(text)}</span>'
