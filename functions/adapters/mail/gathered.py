"""Makes one mail of several notices: a table for each type of event, with its next step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from functions.adapters.mail.message import (
    Mail,
    buttons,
    facts_html,
    id_of,
    mail_of,
    next_step_html,
    tone_of,
)
from functions.adapters.mail.style import heading, page, paragraph, row
from functions.adapters.mail.table import facts_text, rows_html, rows_text
from functions.adapters.texts import fit_to_show, one_line
from functions.model.messages import Severity
from functions.notifications.tables import Table, tables_of
from functions.ports.notifications import Attachment, Notice

MAX_NOTICES = 50  # in a mail; nobody reads more
MAX_HTML = 95_000  # characters; Gmail cuts mails of more than 102 KB
MAX_TEXTS = (1000, 400, 150)  # characters of each text; the first with which MAX_HTML is kept
MAX_FACTS = 12  # of a notice
MAX_KINDS = 3  # in a subject
MAX_IDS = 900  # characters of a header; a line may have 998 (RFC 5322 §2.1.1)


def mail_with(
    notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()
) -> Mail:
    """Returns a mail for one notice, or one mail for several notices, in their order."""
    if len(notices) == 1:
        return mail_of(notices[0], to, attachments)
    for most in MAX_TEXTS:
        mail = _mail([_short_notice(notice, most) for notice in notices], to, attachments)
        if len(mail.html) <= MAX_HTML:
            break
    return mail


def _short_notice(notice: Notice, limit: int) -> Notice:
    shown = fit_to_show(notice, limit)
    warnings = [fact for fact in shown.facts if fact[0] == "Warning"]
    others = [fact for fact in shown.facts if fact[0] != "Warning"]
    return replace(shown, facts=(*warnings, *others[: max(MAX_FACTS - len(warnings), 0)]))


def _mail(shown: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment]) -> Mail:
    tables = tables_of(shown)
    title = title_of(shown, tables)
    word, colour = tone_of(shown)
    says = [one.says for one in attachments]
    alone = len(tables) == 1
    texts = [_table_text(table, says if table.signs else (), alone=alone) for table in tables]
    parts = [_table_html(table, says if table.signs else (), alone=alone) for table in tables]
    return Mail(
        id=id_of(shown, to),
        event=_event_ids(shown),
        subject=f"[Certflow] {title}",
        text="\n\n".join((f"{word}: {title}", *texts)) + "\n",
        html=page(title, colour, row(heading(word, colour, title), "20px 24px 0") + "".join(parts)),
        attachments=tuple(attachments),
    )


def title_of(notices: Sequence[Notice], tables: Sequence[Table]) -> str:
    """Returns a title such as `30 CSRs ready to be signed in prod`; for several types of events it
    counts the messages of each.
    """
    if len(tables) == 1:
        return tables[0].title
    kinds = Counter(one_line(notice.title.partition(":")[0], 60) for notice in notices)
    shown = kinds.most_common(MAX_KINDS)
    named = [f"{count} {kind}" for kind, count in shown]
    if others := len(notices) - sum(count for _, count in shown):
        named.append(f"{others} others")
    all_critical = all(notice.severity is Severity.CRITICAL for notice in notices)
    return f"{len(notices)} {'critical ' if all_critical else ''}messages: {', '.join(named)}"


def _event_ids(notices: Sequence[Notice]) -> str:
    """Returns as many event ids as fit into a line of a header."""
    ids = ""
    for notice in notices:
        if len(ids) + len(notice.event_id) >= MAX_IDS:
            break
        ids += f" {notice.event_id}"
    return ids.strip()


def _table_text(table: Table, says: Sequence[str], *, alone: bool) -> str:
    title = f"{tone_of([table.first])[0]}: {table.title}"
    blocks = (
        "" if alone else f"{title}\n{'-' * min(len(title), 78)}",
        table.sentence,
        f"Next step: {table.next_step}" if table.next_step else "",
        *says,
        rows_text(table.rows),
        facts_text(table.facts),
        facts_text(table.links),
        table.elsewhere,
    )
    return "\n\n".join(block for block in blocks if block)


def _table_html(table: Table, says: Sequence[str], *, alone: bool) -> str:
    word, colour = tone_of([table.first])
    blocks = (
        ("" if alone else heading(word, colour, table.title), "24px 24px 0"),
        (paragraph(table.sentence) if table.sentence else "", "12px 24px 0"),
        (next_step_html(table.next_step, colour) if table.next_step else "", "16px 24px 0"),
        *((paragraph(said), "12px 24px 0") for said in says),
        (rows_html(table.rows), "12px 24px 0"),
        (facts_html(table.facts) if table.facts else "", "12px 24px 0"),
        (buttons(table.links) if table.links else "", "12px 24px 0"),
        (paragraph(table.elsewhere) if table.elsewhere else "", "12px 24px 0"),
    )
    shown = "".join(row(content, padding) for content, padding in blocks if content)
    return shown + row("&nbsp;", "0 0 4px")
