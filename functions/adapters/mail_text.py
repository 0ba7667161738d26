"""A notice as a mail: a text part and an HTML part that say the same.

The HTML keeps to what Outlook's Word engine draws, too: tables for the layout, styles on the element itself, colours of
six digits, each of a contrast of at least 4.5 on what is behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.utils import parseaddr
from html import escape
from uuid import NAMESPACE_DNS, UUID, uuid5

from functions.issuance.telling import DeliveryRefused, Notice, Severity

EVENT_HEADER = "X-Certflow-Event"
MOST_TITLE, MOST_TEXT = 200, 2000  # characters; what an issuer or a caller wrote may be of any length
_OURS = uuid5(NAMESPACE_DNS, "certflow.invalid")
# Line breaks could imitate a line of ours; a lone surrogate has no bytes; the last ones turn the reading direction.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]")

_GOOD = ("Good news", "#107c41")
_BY_SEVERITY = {
    Severity.INFO: ("For information", "#0f6cbd"),
    Severity.WARNING: ("Warning", "#8a4a00"),
    Severity.CRITICAL: ("Critical", "#b3261e"),
}

FONT = "font-family:'Segoe UI',Helvetica,Arial,sans-serif"  # on every cell: Outlook hands it down to none
_TABLE = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'
BREAK = "word-break:break-word;overflow-wrap:anywhere"  # a SHA-256 has no place to break at


@dataclass(frozen=True, slots=True)
class Mail:
    """What every way to mail sends. `id` is the same whenever these events are told to the same recipients; `event` has
    their ids.
    """

    id: UUID
    event: str
    subject: str
    text: str
    html: str


def mail_of(notice: Notice, to: Sequence[str]) -> Mail:
    """The notice as a mail."""
    shown = fit_to_show(notice)
    return Mail(
        id=id_of([shown], to),
        event=shown.event_id,
        subject=f"[Certflow] {shown.title}",
        text=f"{tone(shown)[0]}: {shown.title}\n\n{_body(shown)}",
        html=_html(shown),
    )


def id_of(notices: Sequence[Notice], to: Sequence[str]) -> UUID:
    """The same for the same events and recipients, in any order."""
    return uuid5(_OURS, "\n".join((*sorted(notice.event_id for notice in notices), *sorted(to))))


def plain_title(notice: Notice) -> str:
    """The title, as one line."""
    return fit_to_show(notice).title


def plain_text(notice: Notice) -> str:
    """Everything but the title, as lines."""
    return _body(fit_to_show(notice))


def message_id(mail: Mail, sender: str) -> str:
    """The Message-ID, always the same for a mail: programs that know a message twice can drop one."""
    return f"<{mail.id}@{bare_address(sender).rpartition('@')[2] or 'certflow.invalid'}>"


def bare_address(sender: str) -> str:
    """The address in `Certflow <certflow@example.com>`."""
    return parseaddr(sender)[1]


def checked(to: Sequence[str]) -> list[str]:
    """The recipients. Raises DeliveryRefused if there is none, or one is no mail address: an owner is typed by hand."""
    if not to:
        reason = "there is nobody to mail to: the event has no owner with an address, nor is a team set"
        raise DeliveryRefused(reason, whatever=True)
    try:
        return [Address(addr_spec=address).addr_spec for address in to]
    except Exception:  # noqa: BLE001 - ValueError, HeaderParseError, IndexError …, by what is wrong with the address
        raise DeliveryRefused("one of the recipients is no mail address", whatever=True) from None


def fit_to_show(notice: Notice, most: int = MOST_TEXT) -> Notice:
    """The notice in lines of at most so many characters, without what cannot be seen. Links are left whole."""
    return replace(
        notice,
        event_id=one_line(notice.event_id, MOST_TEXT),
        title=one_line(notice.title, MOST_TITLE),
        sentence=one_line(notice.sentence, most),
        next_step=one_line(notice.next_step, most),
        facts=tuple((one_line(label, MOST_TITLE), one_line(value, most)) for label, value in notice.facts),
        links=tuple((one_line(title, MOST_TITLE), one_line(url, MOST_TEXT)) for title, url in notice.links),
    )


def one_line(text: str, most: int) -> str:
    """A text as one line of at most so many characters, without what cannot be seen."""
    line = " ".join(_UNSEEN.sub(" ", text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def tone(notice: Notice) -> tuple[str, str]:
    """A word and a colour: nobody has to tell colours apart."""
    return _GOOD if notice.good and notice.severity is Severity.INFO else _BY_SEVERITY[notice.severity]


def _body(notice: Notice) -> str:
    blocks = (
        notice.sentence,
        f"Next step: {notice.next_step}",
        "\n".join(f"{label}: {value}" for label, value in notice.facts),
        "\n".join(f"{title}: {url}" for title, url in notice.links),
        f"Event {notice.event_id}",
    )
    return "\n\n".join(block for block in blocks if block) + "\n"


def _html(notice: Notice) -> str:
    word, colour = tone(notice)
    return page(
        notice.title,
        colour,
        f"{row(heading(word, colour, notice.title), '20px 24px 0')}"
        f"{row(_paragraph(notice.sentence), '12px 24px 0')}"
        f"{row(_next_step(notice.next_step, colour), '16px 24px 0')}"
        f"{row(_facts(notice.facts), '16px 24px 0') if notice.facts else ''}"
        f"{row(_links(notice.links), '16px 24px 0') if notice.links else ''}"
        f"{row(_small(f'Event {notice.event_id}'), '16px 24px 20px')}",
    )


def page(title: str, colour: str, rows: str) -> str:
    """A whole HTML part: a bar in this colour, and the rows under it."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n</head>\n"
        '<body style="margin:0;padding:0;background-color:#f3f2f1">\n'
        f'<table {_TABLE} width="100%" bgcolor="#f3f2f1"><tr><td align="center" style="padding:16px 8px">\n'
        f'<table {_TABLE} width="600" bgcolor="#ffffff" style="width:100%;max-width:600px;table-layout:fixed">\n'
        f'<tr><td height="6" bgcolor="{colour}" style="font-size:1px;line-height:6px">&nbsp;</td></tr>\n'
        f"{rows}"
        "</table>\n</td></tr></table>\n</body>\n</html>\n"
    )


def row(content: str, padding: str) -> str:
    """One of the rows under each other that a mail is."""
    return f'<tr><td align="left" style="padding:{padding};{BREAK}">{content}</td></tr>\n'


def heading(word: str, colour: str, title: str) -> str:
    """A mail's title, with the word of its severity above."""
    return (
        f'<p style="margin:0 0 4px;{FONT};font-size:13px;line-height:18px;font-weight:bold;color:{colour}">{word}</p>'
        f'<h1 style="margin:0;{FONT};font-size:20px;line-height:26px;color:#242424">{escape(title)}</h1>'
    )


def _paragraph(text: str) -> str:
    return f'<p style="margin:0;{FONT};font-size:15px;line-height:22px;color:#242424">{escape(text)}</p>'


def _next_step(text: str, colour: str) -> str:
    return (
        f'<table {_TABLE} width="100%" bgcolor="#f5f5f5" style="table-layout:fixed"><tr>'
        f'<td style="padding:10px 14px;border-left:4px solid {colour};{BREAK};{FONT};font-size:15px;line-height:22px;'
        f'color:#242424"><b>Next step:</b> {escape(text)}</td></tr></table>'
    )


def _facts(facts: Sequence[tuple[str, str]]) -> str:
    cell = f"padding:4px 0;{FONT};font-size:14px;line-height:20px;vertical-align:top;text-align:left"
    rows = "".join(
        f'<tr><th scope="row" width="124" style="{cell};padding-right:12px;font-weight:normal;color:#616161;{BREAK}">'
        f'{escape(label)}</th><td style="{cell};color:#242424;{BREAK}">{escape(value)}</td></tr>\n'
        for label, value in facts
    )
    return (
        '<table cellpadding="0" cellspacing="0" border="0" width="100%" style="table-layout:fixed">\n'
        + rows
        + "</table>"
    )


def _links(links: Sequence[tuple[str, str]]) -> str:
    """Buttons that are cells, because Outlook pads no link; one under the other where there is no room."""
    return "".join(
        f'<table {_TABLE} align="left"><tr><td style="padding:0 8px 8px 0"><table {_TABLE}><tr>'
        f'<td bgcolor="#0f6cbd" style="padding:7px 16px"><a href="{escape(url)}" style="{FONT};font-size:14px;'
        f'line-height:20px;font-weight:bold;color:#ffffff;text-decoration:none">{escape(title)}</a></td>'
        "</tr></table></td></tr></table>\n"
        for title, url in links
    )


def _small(text: str) -> str:
    return f'<p style="margin:0;{FONT};font-size:12px;line-height:16px;color:#616161">{escape(text)}</p>'
