"""Many notices as one mail: a table for each kind, with all that it asks of its reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from functions.adapters.mail_style import heading, page, paragraph, row
from functions.adapters.mail_table import facts_text, rows_html, rows_text
from functions.adapters.mail_text import (
    Mail,
    buttons,
    facts_html,
    fit_to_show,
    id_of,
    mail_of,
    next_step_html,
    one_line,
    tone_of,
)
from functions.issuance.gathered import Table, tables_of
from functions.issuance.telling import Attachment, Notice, Severity

MOST_NOTICES = 50  # a mail; a person reads no more
MOST_HTML = 95_000  # characters; Gmail cuts what has more than 102 KB
MOST_TEXTS = (1000, 400, 150)  # characters of each text; the first with which the mail is no longer than that
MOST_FACTS = 12  # of a notice
MOST_KINDS = 3  # in a subject
MOST_IDS = 900  # characters of a header; a line may have 998 (RFC 5322 §2.1.1)


def mail_with(notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> Mail:
    """One notice as a mail of its own, several as one, in their order."""
    if len(notices) == 1:
        return mail_of(notices[0], to, attachments)
    for most in MOST_TEXTS:
        mail = _mail([_shown(notice, most) for notice in notices], to, attachments)
        if len(mail.html) <= MOST_HTML:
            break
    return mail


def _shown(notice: Notice, most: int) -> Notice:
    shown = fit_to_show(notice, most)
    warnings = [fact for fact in shown.facts if fact[0] == "Warning"]
    others = [fact for fact in shown.facts if fact[0] != "Warning"]
    return replace(shown, facts=(*warnings, *others[: max(MOST_FACTS - len(warnings), 0)]))


def _mail(shown: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment]) -> Mail:
    tables = tables_of(shown)
    title, (word, colour) = title_of(shown, tables), tone_of(shown)
    says, alone = [one.says for one in attachments], len(tables) == 1
    texts = [_text(table, says if table.signs else (), alone=alone) for table in tables]
    parts = [_html(table, says if table.signs else (), alone=alone) for table in tables]
    return Mail(
        id=id_of(shown, to),
        event=_ids(shown),
        subject=f"[Certflow] {title}",
        text="\n\n".join((f"{word}: {title}", *texts)) + "\n",
        html=page(title, colour, row(heading(word, colour, title), "20px 24px 0") + "".join(parts)),
        attachments=tuple(attachments),
    )


def title_of(notices: Sequence[Notice], tables: Sequence[Table]) -> str:
    """What it is about: `30 CSRs ready to be signed in prod`; of several kinds how many of which."""
    if len(tables) == 1:
        return tables[0].title
    kinds = Counter(one_line(notice.title.partition(":")[0], 60) for notice in notices)
    critical = "critical " if all(notice.severity is Severity.CRITICAL for notice in notices) else ""
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


def _text(table: Table, says: Sequence[str], *, alone: bool) -> str:
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


def _html(table: Table, says: Sequence[str], *, alone: bool) -> str:
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
