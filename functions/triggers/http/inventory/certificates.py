"""Handles `GET certificates`: the certificates that a caller may read, as a table."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import azure.functions as func

from functions.inventory.certificates import (
    CertificateFilter,
    ListedCertificate,
    certificates_in,
    list_state,
    surroundings_in,
)
from functions.inventory.scanned import scanned_vaults
from functions.model.errors import InvalidRequest
from functions.model.inventory.audit_codes import AUDIT_CODES
from functions.model.inventory.record import CertificateRecord
from functions.model.inventory.who_renews import Renewer, who_renews
from functions.model.request_filter import RequestFilter
from functions.model.tags import end_of
from functions.triggers.http.answers import time_of
from functions.triggers.http.context import Context
from functions.triggers.http.grants.own import seen_by
from functions.triggers.http.inventory.compressed import compressed_json, etag_of, unchanged
from functions.triggers.http.inventory.csv_text import CSV, csv_text, wants_csv
from functions.triggers.http.queries import check_query, known_words, vault_aliases
from functions.triggers.http.types.inventory import CertificateColumns, CertificatesAnswer

MAX_PATTERN_LETTERS = 127  # of a certificate (Key Vault, "Object identifiers")
CERTIFICATE_FILTERS = ("vault", "owner", "issuer", "name", "ends_before", "renewed_by", "finding")
# What else is known of a certificate stands on its page. Here each column costs 5,000 values, most
# of which cannot be compressed: the seconds of the ends alone were a tenth of the answer.
CERTIFICATE_COLUMNS = CertificateColumns.__struct_fields__


async def list_certificates(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with the certificates, as a table in JSON or as CSV; 304 if the caller has that
    already.
    """
    wanted, app = _filter_of(req, context), context.certflow()
    found = await scanned_vaults(app, wanted.vaults)
    around = await surroundings_in(app, found)
    if wants_csv(req):
        return _csv_answer(certificates_in(found, around, wanted))
    etag = etag_of((CERTIFICATE_COLUMNS, list_state(found, around, wanted)))
    if same := unchanged(req, etag):
        return same
    columns = _columns(certificates_in(found, around, wanted))
    body = CertificatesAnswer(columns, time_of(found.scanned), list(found.unscanned))
    return compressed_json(req, body, etag)


def _columns(listed: Iterable[ListedCertificate]) -> CertificateColumns:
    """A table by columns: values of one kind beside each other take a tenth less when compressed
    than row after row.
    """
    rows = [_row(one) for one in listed]
    columns = ([row[place] for row in rows] for place in range(len(CERTIFICATE_COLUMNS)))
    return CertificateColumns(*columns)


def _csv_answer(listed: Iterable[ListedCertificate]) -> func.HttpResponse:
    rows = ([_in_a_cell(value) for value in _row(one)] for one in listed)
    text = csv_text(CERTIFICATE_COLUMNS, rows)
    return func.HttpResponse(text, mimetype=f"{CSV}; charset=utf-8")


def _filter_of(req: func.HttpRequest, context: Context) -> CertificateFilter:
    """Reads the filter. Raises InvalidRequest, UnknownVault, Forbidden."""
    check_query(req, *CERTIFICATE_FILTERS)
    return CertificateFilter(
        vaults=seen_by(context, RequestFilter(vaults=vault_aliases(req))).vaults,
        owner=req.params.get("owner"),
        issuer=req.params.get("issuer"),
        name=_pattern_of(req),
        ends_before=_moment_of(req, "ends_before"),
        renewers=[Renewer(one) for one in known_words(req, "renewed_by", Renewer)],
        findings=known_words(req, "finding", AUDIT_CODES),
    )


def _pattern_of(req: func.HttpRequest) -> str | None:
    """Returns the pattern for names. Raises InvalidRequest: what a pattern is compiled to is kept
    in memory, so that it may not be long.
    """
    pattern: str | None = req.params.get("name")
    if pattern is not None and len(pattern) > MAX_PATTERN_LETTERS:
        raise InvalidRequest("name", f"At most {MAX_PATTERN_LETTERS} characters; no name has more.")
    return pattern


def _moment_of(req: func.HttpRequest, name: str) -> datetime | None:
    given = req.params.get(name)
    if not given:
        return None
    try:
        return end_of(given)
    except ValueError:
        raise InvalidRequest(name, "A date, such as 2027-03-15, or a time (ISO 8601).") from None


def _row(listed: ListedCertificate) -> list[Any]:
    """The fields of a certificate in the order of CERTIFICATE_COLUMNS."""
    record = listed.record
    current, policy = record.current, record.policy
    return [
        *(listed.vault, record.name, record.enabled),
        *(list(current.names) if current else [], _day(record.not_after)),
        *(_ca(record), _key(record)),
        *((policy.issuer or None, policy.months or None) if policy else (None, None)),
        *(who_renews(record).value, record.owner, record.signer),
        *(record.pending.status if record.pending else None, list(listed.codes)),
    ]


def _ca(record: CertificateRecord) -> str | None:
    """The name of the CA; None where there is none, because the certificate's own key signed it."""
    current = record.current
    return current.ca or None if current and not current.self_signed else None


def _key(record: CertificateRecord) -> str | None:
    """The type and the size of the key, as `RSA 2048`."""
    current = record.current
    if current is None or not current.key_type:
        return None
    return f"{current.key_type} {current.key_size}" if current.key_size else current.key_type


def _day(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment else None


def _in_a_cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return " ".join(map(str, value)) if isinstance(value, list) else value
