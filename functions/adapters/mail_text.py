"""A notice as a mail: a text part and an HTML part that say the same."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from email.headerregistry import Address
from email.utils import parseaddr
from html import escape
from uuid import NAMESPACE_DNS, UUID, uuid5

from functions.adapters.mail_style import BREAK, FONT, TABLE, heading, page, paragraph, row
from functions.adapters.mail_table import facts_text, rows_html, rows_text
from functions.issuance.gathered import lines_of
from functions.issuance.journal import record
from functions.issuance.rules import RANK
from functions.issuance.telling import Attachment, DeliveryRefused, Notice, Severity

EVENT_HEADER = "X-Certflow-Event"
MOST_TITLE, MOST_TEXT = 200, 2000  # characters; what an issuer or a caller wrote may be of any length
_OURS = uuid5(NAMESPACE_DNS, "certflow.invalid")
# Line breaks could imitate a line of ours; a lone surrogate has no bytes; the last ones turn the reading direction.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\u202a-\u202e\u2066-\u2069]")

_GOOD, _TO_DO = ("Good news", "#107c41"), ("To do", "#0f6cbd")
_BY_SEVERITY = {
    Severity.INFO: ("For information", "#0f6cbd"),
    Severity.WARNING: ("Warning", "#8a4a00"),
    Severity.CRITICAL: ("Critical", "#b3261e"),
}


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
    attachments: tuple[Attachment, ...] = ()


def mail_of(notice: Notice, to: Sequence[str], attachments: Sequence[Attachment] = ()) -> Mail:
    """The notice as a mail."""
    shown, says = fit_to_show(notice), [one.says for one in attachments]
    return Mail(
        id=id_of([shown], to),
        event=shown.event_id,
        subject=f"[Certflow] {shown.title}",
        text=f"{tone_of([shown])[0]}: {shown.title}\n\n{_body(shown, says)}",
        html=_html(shown, says),
        attachments=tuple(attachments),
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


async def with_or_without(
    attachments: Sequence[Attachment],
    send: Callable[[Sequence[Attachment]], Awaitable[None]],
    notices: Sequence[Notice],
) -> None:
    """Sends a mail with its attachments; without, if they are what is refused (too large, or of a kind that is not
    taken). Raises DeliveryRefused if it is refused all the same, or for whatever it says.
    """
    try:
        await send(attachments)
    except DeliveryRefused as error:
        if not attachments or error.whatever:
            raise
        ids = [one.event_id for one in notices]
        record("mail-without-attachments", level=logging.WARNING, ids=ids, reason=str(error))
        await send(())


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
        vault=_shown(notice.vault, most),
        name=_shown(notice.name, most),
        owner=_shown(notice.owner, most),
        remark=_shown(notice.remark, most),
        elsewhere=one_line(notice.elsewhere, most),
        lines=tuple(
            replace(line, names=one_line(line.names, most), owner=_shown(line.owner, most)) for line in notice.lines
        ),
    )


def _shown(text: str | None, most: int) -> str | None:
    return None if text is None else one_line(text, most)


def one_line(text: str, most: int) -> str:
    """A text as one line of at most so many characters, without what cannot be seen."""
    line = " ".join(_UNSEEN.sub(" ", text).split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def tone_of(notices: Sequence[Notice]) -> tuple[str, str]:
    """A word and a colour for the most severe of them: nobody has to tell colours apart."""
    severest = max((notice.severity for notice in notices), key=RANK.__getitem__)
    if severest is Severity.INFO and any(line.csr for notice in notices for line in notice.lines):
        return _TO_DO
    return _GOOD if severest is Severity.INFO and all(notice.good for notice in notices) else _BY_SEVERITY[severest]


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


def _html(notice: Notice, says: Sequence[str]) -> str:
    (word, colour), lines = tone_of([notice]), lines_of(notice)
    blocks = (
        (paragraph(notice.sentence), "12px 24px 0"),
        (next_step_html(notice.next_step, colour), "16px 24px 0"),
        *((paragraph(said), "12px 24px 0") for said in says),
        (rows_html(lines) if lines else "", "12px 24px 0"),
        (facts_html(notice.facts) if notice.facts else "", "16px 24px 0"),
        (buttons(notice.links) if notice.links else "", "16px 24px 0"),
        (paragraph(notice.elsewhere) if lines and notice.elsewhere else "", "12px 24px 0"),
        (_small(f"Event {notice.event_id}"), "16px 24px 20px"),
    )
    return page(
        notice.title,
        colour,
        row(heading(word, colour, notice.title), "20px 24px 0")
        + "".join(row(content, padding) for content, padding in blocks if content),
    )


def next_step_html(text: str, colour: str) -> str:
    """What to do, set off by a bar in this colour."""
    return (
        f'<table {TABLE} width="100%" bgcolor="#f5f5f5" style="table-layout:fixed"><tr>'
        f'<td style="padding:10px 14px;border-left:4px solid {colour};{BREAK};{FONT};font-size:15px;line-height:22px;'
        f'color:#242424"><b>Next step:</b> {escape(text)}</td></tr></table>'
    )


def facts_html(facts: Sequence[tuple[str, str]]) -> str:
    """Labels and values, a line each."""
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


def buttons(links: Sequence[tuple[str, str]]) -> str:
    """Buttons that are cells, because Outlook pads no link; one under the other where there is no room."""
    return "".join(
        f'<table {TABLE} align="left"><tr><td style="padding:0 8px 8px 0"><table {TABLE}><tr>'
        f'<td bgcolor="#0f6cbd" style="padding:7px 16px"><a href="{escape(url)}" style="{FONT};font-size:14px;'
        f'line-height:20px;font-weight:bold;color:#ffffff;text-decoration:none">{escape(title)}</a></td>'
        "</tr></table></td></tr></table>\n"
        for title, url in links
    )


def _small(text: str) -> str:
    return f'<p style="margin:0;{FONT};font-size:12px;line-height:16px;color:#616161">{escape(text)}</p>'
