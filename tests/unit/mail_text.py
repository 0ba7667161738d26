"""A notice, its recipients and hostile text; and what a person reads of a mail's HTML."""

from __future__ import annotations

from html.parser import HTMLParser

from functions.model.messages import Severity
from functions.ports.notifications import Notice

NOTICE = Notice(
    event_id="main:web:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef:Certflow.Issuance.Failed",
    type="Certflow.Issuance.Failed",
    title="Certificate request failed: web",
    good=False,
    sentence="DigiCert did not issue it. Request rejected: <b>*.example.com</b> & others are not validated.",
    facts=(("Subject", "CN=*.example.com, O=Über GmbH"), ("Owner", "me@example.com"), ("Error code", "<rejected>")),
    next_step="Correct the request.",
    severity=Severity.CRITICAL,
    links=(("Certificate", "https://portal.example/#@/asset/x?a=1&b=2"), ("Runbook", "https://wiki.example/certs")),
)
TO = ("me@example.com", "pki@example.com")
HOSTILE = (
    "a\r\nBcc: evil@example.com\r\n\r\n<script>alert(1)</script><a href='https://evil.example'>x</a>"
    "\nNext step: pay\u2028Owner: evil\x00\x1b[31m\u202egnp\ud800"
)


class Read(HTMLParser):
    """What a person reads of the HTML part: lines of text, rows of facts, links."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.lines: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.facts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append(tag)
        if tag == "a":
            self.links.append(("", dict(attrs)["href"] or ""))
        if tag in {"p", "h1", "th", "td"}:
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass
        if tag == "td" and self.tags[-2:] == ["th", "td"]:
            label, value = self.lines[-2:]
            self.facts.append((label, value))
            self.tags.append("/td")

    def handle_data(self, data: str) -> None:
        if "body" not in self._open or not data.strip():
            return
        self.lines[-1] += data
        if "a" in self._open:
            title, url = self.links[-1]
            self.links[-1] = (title + data, url)
