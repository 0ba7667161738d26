"""Packs the CSRs of several requests into one zip for whoever has them signed, with a manifest that
says what each is for.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypedDict

from cryptography import x509

from functions.model.humanize import harmless_cell, moment
from functions.model.messages import Line
from functions.x509.describe import words
from functions.x509.public_keys import key_sha256

MANIFEST = "manifest"  # .csv for people, .json for programs
COLUMNS = (
    "File",
    "Vault",
    "Certificate",
    "Subject",
    "Names",
    "Owner",
    "Asked for",
    "SHA-256 of its key",
)
HOW = (
    "Have each CSR signed. Drop what the CA sends, as it is (PEM, DER, PKCS#7, zip; one file or "
    "several, under any name), into the container that returns_to names. Ask Key Vault for no "
    "other CSR meanwhile: each has a key of its own."
)


def zip_of(
    csrs: Sequence[tuple[Line, bytes]], returns_to: str, now: datetime, left_out: int = 0
) -> bytes:
    """A zip of CSRs (PEM), each as `{vault}/{name}.csr`, in the given order, with `manifest.csv`
    and `manifest.json`.

    `returns_to` is the address for what the CA sends, `left_out` the number of CSRs for which there
    was no room. The same CSRs and time give the same bytes.
    """
    entries = [_entry(line, pem) for line, pem in csrs]
    told = {
        "made": now.isoformat(),
        "how_to_return_the_chains": HOW,
        "returns_to": returns_to,
        "left_out": left_out,
    }
    files = {
        f"{MANIFEST}.csv": _csv(entries),
        f"{MANIFEST}.json": json.dumps(
            {**told, "csrs": entries}, indent=2, ensure_ascii=False
        ).encode(),
        **{entry["file"]: pem for entry, (_, pem) in zip(entries, csrs, strict=True)},
    }
    return _zipped(files, now)


def _zipped(files: Mapping[str, bytes], now: datetime) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, (*now.timetuple()[:6],))
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


class _Entry(TypedDict):
    file: str
    vault: str
    name: str
    subject: str
    names: list[str]
    owner: str | None
    since: str | None
    request_id: str
    key_sha256: str


def _entry(line: Line, pem: bytes) -> _Entry:
    csr = x509.load_pem_x509_csr(pem)
    return {
        "file": f"{line.vault}/{line.name}.csr",
        "vault": line.vault,
        "name": line.name,
        "subject": words(csr.subject),
        "names": line.names.split(),
        "owner": line.owner,
        "since": line.since.isoformat() if line.since else None,
        "request_id": line.request_id,
        "key_sha256": key_sha256(csr),
    }


def _csv(entries: Sequence[_Entry]) -> bytes:
    """The manifest for people, with a byte order mark, by which Excel recognises UTF-8."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(COLUMNS)
    for one in entries:
        rows.writerow(map(harmless_cell, _cells(one)))
    return text.getvalue().encode("utf-8-sig")


def _cells(entry: _Entry) -> tuple[str, ...]:
    """The cells of an entry, in the order of COLUMNS."""
    return (
        entry["file"],
        entry["vault"],
        entry["name"],
        entry["subject"],
        " ".join(entry["names"]),
        entry["owner"] or "",
        moment(entry["since"]) if entry["since"] else "",
        entry["key_sha256"],
    )
