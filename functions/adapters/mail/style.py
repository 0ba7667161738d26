"""The pieces of HTML that every mail is made of: page, row, heading, paragraph.

They use only what Outlook's Word engine draws: tables for the layout, styles on the element itself,
colours of six digits. Each colour has a contrast of at least 4.5 on its background (WCAG 2.2,
1.4.3).
"""

from __future__ import annotations

from html import escape

# It stands on every element, because Outlook does not inherit fonts into cells.
FONT = "font-family:'Segoe UI',Helvetica,Arial,sans-serif"
TABLE = 'role="presentation" cellpadding="0" cellspacing="0" border="0"'
BREAK = "word-break:break-word;overflow-wrap:anywhere"  # for a SHA-256, which has no blanks


def page(title: str, colour: str, rows: str) -> str:
    """Returns a whole HTML part: a bar in this colour, and the rows below it."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n</head>\n"
        '<body style="margin:0;padding:0;background-color:#f3f2f1">\n'
        f'<table {TABLE} width="100%" bgcolor="#f3f2f1"><tr><td align="center" '
        'style="padding:16px 8px">\n'
        f'<table {TABLE} width="600" bgcolor="#ffffff" '
        'style="width:100%;max-width:600px;table-layout:fixed">\n'
        f'<tr><td height="6" bgcolor="{colour}" '
        'style="font-size:1px;line-height:6px">&nbsp;</td></tr>\n'
        f"{rows}"
        "</table>\n</td></tr></table>\n</body>\n</html>\n"
    )


def row(content: str, padding: str) -> str:
    """Returns one row of the page. `content` is HTML, `padding` is CSS."""
    return f'<tr><td align="left" style="padding:{padding};{BREAK}">{content}</td></tr>\n'


def heading(word: str, colour: str, title: str) -> str:
    """Returns the title of a mail, below the word for its severity."""
    return (
        '<p style="margin:0 0 '
        f'4px;{FONT};font-size:13px;line-height:18px;font-weight:bold;color:{colour}">{word}</p>'
        f'<h1 style="margin:0;{FONT};font-size:20px;line-height:26px;'
        f'color:#242424">{escape(title)}</h1>'
    )


def paragraph(text: str) -> str:
    """Returns a text as a paragraph."""
    return (
        f'<p style="margin:0;{FONT};font-size:15px;line-height:22px;'
        f'color:#242424">{escape(text)}</p>'
    )
