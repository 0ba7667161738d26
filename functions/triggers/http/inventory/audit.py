"""Handles `GET audit`: what is wrong with the certificates that a caller may read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import azure.functions as func

from functions.inventory.audits import AuditFilter, CertificateFindings, VaultAudits, audits_of
from functions.model.inventory.audit import AuditFinding
from functions.model.inventory.audit_codes import AUDIT_CODES, AuditSeverity
from functions.model.request_filter import RequestFilter
from functions.triggers.http.answers import json_body, time_of
from functions.triggers.http.context import Context
from functions.triggers.http.grants.own import seen_by
from functions.triggers.http.inventory.csv_text import CSV, csv_text, wants_csv
from functions.triggers.http.queries import check_query, known_words, vault_aliases
from functions.triggers.http.types.audit import (
    AuditAnswer,
    AuditCounts,
    AuditedItem,
    AuditGroup,
)

AUDIT_FILTERS = ("vault", "code", "severity", "owner")
AUDIT_COLUMNS = (
    *("vault", "name", "owner", "not_after"),
    *("code", "severity", "sentence", "next_step"),
)


async def get_audit(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with the findings, as JSON by code, or as CSV with a row for each."""
    check_query(req, *AUDIT_FILTERS)
    codes = known_words(req, "code", AUDIT_CODES)
    severities = known_words(req, "severity", AuditSeverity)
    vaults = seen_by(context, RequestFilter(vaults=vault_aliases(req))).vaults
    wanted = AuditFilter(
        vaults, codes, [AuditSeverity(one) for one in severities], req.params.get("owner")
    )
    found = await audits_of(context.certflow(), wanted)
    if wants_csv(req):
        text = csv_text(AUDIT_COLUMNS, _rows(found))
        return func.HttpResponse(text, mimetype=f"{CSV}; charset=utf-8")
    return json_body(200, _answer(found))


def _answer(found: VaultAudits) -> AuditAnswer:
    by_code = defaultdict[str, list[AuditedItem]](list)
    for one, finding in _each(found):
        by_code[finding.code].append(_audited_item(one, finding))
    counts = Counter[AuditSeverity]()
    for code, items in by_code.items():
        counts[AUDIT_CODES[code].severity] += len(items)
    return AuditAnswer(
        certificates=found.certificates,
        scanned=time_of(found.scanned),
        unscanned=list(found.unscanned),
        counts=AuditCounts(*(counts[one] for one in AuditSeverity)),
        groups=[_group(code, by_code[code]) for code in AUDIT_CODES if code in by_code],
    )


def _group(code: str, items: list[AuditedItem]) -> AuditGroup:
    known = AUDIT_CODES[code]
    severity = known.severity.value
    return AuditGroup(code, severity, known.meaning, known.next_step, len(items), items)


def _audited_item(one: CertificateFindings, finding: AuditFinding) -> AuditedItem:
    record = one.record
    return AuditedItem(
        vault=one.vault,
        name=record.name,
        sentence=finding.sentence,
        owner=record.owner,
        not_after=time_of(record.not_after),
    )


def _each(found: VaultAudits) -> Iterator[tuple[CertificateFindings, AuditFinding]]:
    for one in found.found:
        for finding in one.findings:
            yield one, finding


def _rows(found: VaultAudits) -> Iterator[tuple[object, ...]]:
    for one, finding in _each(found):
        item = _audited_item(one, finding)
        yield (
            *(item.vault, item.name, item.owner, item.not_after),
            *(finding.code, finding.severity.value, item.sentence, finding.next_step),
        )
