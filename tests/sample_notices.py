"""Two notices with much in them, for cards that are looked at."""

from __future__ import annotations

from dataclasses import replace

from functions.model.messages import Severity
from functions.ports.notifications import Notice

NOTICE = Notice(
    event_id="main:web:abc:failed",
    type="Certflow.Issuance.Failed",
    title="Certificate request failed: web_1",
    good=False,
    sentence="DigiCert did not issue it: *.example.com [x](http://evil.example) is not validated.",
    facts=(("Vault", "main"), ("Subject", "0123456789abcdef" * 12)),
    next_step="Correct the request.",
    severity=Severity.WARNING,
    links=tuple((f"Page {number} about it", f"https://portal.example.com/#@/{number}") for number in range(6)),
)
ISSUED = replace(NOTICE, event_id="e2", type="Certflow.Issuance.Completed", title="Certificate issued: shop")
ISSUED = replace(ISSUED, severity=Severity.INFO, good=True, facts=())
