"""Makes a mail of one notice, with a text part and an HTML part that say the same; and what all
mails have in common (recipients and ids).
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.utils import parseaddr
from html import escape
from uuid import NAMESPACE_DNS, UUID, uuid5

from functions.adapters.mail.style import BREAK, FONT, TABLE, heading, page, paragraph, row
from functions.adapters.mail.table import facts_text, rows_html, rows_text
from functions.adapters.texts import fit_to_show
from functions.model.log import record
from functions.model.messages import Severity
from functions.notifications.tables import lines_of
from functions.ports.notifications import Attachment, DeliveryRefused, Notice
from functions.ports.rules import RANK

EVENT_HEADER = "X-Certflow-Event"
_OURS = uuid5(NAMESPACE_DNS, "certflow.invalid")
_GOOD, _TO_DO = ("Good news", "#107c41"), ("To do", "#0f6cbd")
_BY_SEVERITY = {
    Severity.INFO: ("For information", "#0f6cbd"),
    Severity.WARNING: ("Warning", "#8a4a00"),
    Severity.CRITICAL: ("Critical", "#b3261e"),
}


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as SMTP and Azure Communication Services send it. `id` is the same whenever the same
    events go to the same recipients; `event` has the ids of the events, separated by blanks.
    """

    id: UUID
    event: str
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


def mail_of(notice: Notice, to: Sequence[str], attachments: Sequence[Attachment] = ()) -> Mail:
    """Returns a mail with one notice."""
    shown, says = fit_to_show(notice), [one.says for one in attachments]
    return Mail(
        id=id_of([shown], to),
        event=shown.event_id,
        subject=f"[Certflow] {shown.title}",
        text=f"{tone_of([shown])[0]}: {shown.title}\n\n{_body(shown, says)}",
        html=_notice_html(shown, says),
        attachments=tuple(attachments),
    )


def id_of(notices: Sequence[Notice], to: Sequence[str]) -> UUID:
    """Returns an id that is the same for the same events and recipients, in any order."""
    return uuid5(_OURS, "\n".join((*sorted(notice.event_id for notice in notices), *sorted(to))))


def plain_title(notice: Notice) -> str:
    """Returns the title of a notice as one line."""
    return fit_to_show(notice).title


def plain_text(notice: Notice) -> str:
    """Returns everything of a notice but its title, as lines of text."""
    return _body(fit_to_show(notice))


def message_id(mail: Mail, sender: str) -> str:
    """Returns the Message-ID, which is always the same for the same mail, so that a mail program
    can drop a second copy.
    """
    return f"<{mail.id}@{bare_address(sender).rpartition('@')[2] or 'certflow.invalid'}>"


def bare_address(sender: str) -> str:
    """Returns the bare address of `Certflow <certflow@example.com>`."""
    return parseaddr(sender)[1]


def checked(to: Sequence[str]) -> list[str]:
    """Returns the recipients. Raises DeliveryRefused if there is none, or one is not a mail
    address (people type owners by hand).
    """
    if not to:
        reason = (
            "there is nobody to mail to: the event has no owner with an address, nor is a team set"
        )
        raise DeliveryRefused(reason, whatever=True)
    try:
        return [Address(addr_spec=address).addr_spec for address in to]
    except Exception:  # noqa: BLE001 - ValueError, HeaderParseError, IndexError …, by what is wrong with the address
        raise DeliveryRefused("one of the recipients is no mail address", whatever=True) from None


async def with_or_without(
    attachments: Sequence[Attachment],
    send: Callable[[Sequence[Attachment]], Awaitable[None]],
    notices: Sequence[Notice],
) -> None:
    """Sends a mail with its attachments, and without them if it is refused because of them (they
    are too large, or of a kind that is not taken). Raises DeliveryRefused if it is refused without
    them too, or for a reason that attachments have no part in (`whatever`).
    """
    try:
        await send(attachments)
    except DeliveryRefused as error:
        if not attachments or error.whatever:
            raise
        ids = [one.event_id for one in notices]
        record("mail-without-attachments", level=logging.WARNING, ids=ids, reason=str(error))
        await send(())


def tone_of(notices: Sequence[Notice]) -> tuple[str, str]:
    """Returns a word and a colour for the most severe notice. The word says the same as the colour,
    for people who cannot tell colours apart.
    """
    severest = max((notice.severity for notice in notices), key=RANK.__getitem__)
    if severest is not Severity.INFO:
        return _BY_SEVERITY[severest]
    if any(line.csr for notice in notices for line in notice.lines):
        return _TO_DO
    return _GOOD if all(notice.good for notice in notices) else _BY_SEVERITY[severest]


def _body(notice: Notice, says: Sequence[str] = ()) -> str:
    blocks = (
        notice.sentence,
        f"Next step: {notice.next_step}",
        *says,
        rows_text(lines_of(notice)),
        facts_text(notice.facts),
        facts_text(notice.links),
        notice.elsewhere if lines_of(notice) else "",
        f"Event {notice.event_id}",
    )
    return "\n\n".join(block for block in blocks if block) + "\n"


def _notice_html(notice: Notice, says: Sequence[str]) -> str:
    word, colour = tone_of([notice])
    lines = lines_of(notice)
    blocks = (
        (paragraph(notice.sentence), "12px 24px 0"),
        (next_step_html(notice.next_step, colour), "16px 24px 0"),
        *((paragraph(said), "12px 24px 0") for said in says),
        (rows_html(lines) if lines else "", "12px 24px 0"),
        (facts_html(notice.facts) if notice.facts else "", "16px 24px 0"),
        (buttons(notice.links) if notice.links else "", "16px 24px 0"),
        (paragraph(notice.elsewhere) if lines and notice.elsewhere else "", "12px 24px 0"),
        (_small_print(f"Event {notice.event_id}"), "16px 24px 20px"),
    )
    return page(
        notice.title,
        colour,
        row(heading(word, colour, notice.title), "20px 24px 0")
        + "".join(row(content, padding) for content, padding in blocks if content),
    )


def next_step_html(text: str, colour: str) -> str:
    """Returns the next step as HTML, marked by a bar in this colour."""
    return (
        f'<table {TABLE} width="100%" bgcolor="#f5f5f5" style="table-layout:fixed"><tr>'
        '<td style="padding:10px 14px;border-left:4px solid '
        f"{colour};{BREAK};{FONT};font-size:15px;line-height:22px;"
        f'color:#242424"><b>Next step:</b> {escape(text)}</td></tr></table>'
    )


def facts_html(facts: Sequence[tuple[str, str]]) -> str:
    """Returns labels and values as an HTML table, one line each."""
    cell = (
        f"padding:4px 0;{FONT};font-size:14px;line-height:20px;vertical-align:top;text-align:left"
    )
    rows = "".join(
        '<tr><th scope="row" width="124" '
        f'style="{cell};padding-right:12px;font-weight:normal;color:#616161;{BREAK}">'
        f'{escape(label)}</th><td style="{cell};color:#242424;{BREAK}">{escape(value)}</td></tr>\n'
        for label, value in facts
    )
    return (
        '<table cellpadding="0" cellspacing="0" border="0" width="100%" '
        'style="table-layout:fixed">\n' + rows + "</table>"
    )


def buttons(links: Sequence[tuple[str, str]]) -> str:
    """Returns links as buttons. Each is a table cell, because Outlook draws no padding around a
    link; they wrap where there is no room side by side.
    """
    return "".join(
        f'<table {TABLE} align="left"><tr><td style="padding:0 8px 8px 0"><table {TABLE}><tr>'
        f'<td bgcolor="#0f6cbd" style="padding:7px 16px"><a href="{escape(url)}" '
        f'style="{FONT};font-size:14px;'
        f'line-height:20px;font-weight:bold;color:#ffffff;text-decoration:none">{escape(title)}</a></td>'
        "</tr></table></td></tr></table>\n"
        for title, url in links
    )


def _small_print(text: str) -> str:
    return (
        f'<p style="margin:0;{FONT};font-size:12px;line-height:16px;'
        f'color:#616161">{escape(text)}</p>'
    )
