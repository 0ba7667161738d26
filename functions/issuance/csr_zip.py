"""The CSRs of several requests as one zip, for whoever has them signed, with a manifest that says what each is for."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cryptography import x509

from functions.issuance.describe import words
from functions.issuance.keys import key_sha256
from functions.issuance.phrases import moment
from functions.issuance.telling import Line

MANIFEST = "manifest"  # .csv for people, .json for programs
# Of CSV, for a program that calculates what begins so, as it is or in full width; and what ends a cell where decimals
# have a comma (OWASP, "CSV Injection").
FORMULAS, ENDS = ("=", "+", "-", "@", "＝", "＋", "－", "＠"), ";"
HOW = (
    "Have each CSR signed. Drop what the CA sends, as it is (PEM, DER, PKCS#7, zip; one file or several, under any "
    "name), into the container that returns_to names. Ask Key Vault for no other CSR meanwhile: each has a key of its "
    "own."
)


def zip_of(csrs: Sequence[tuple[Line, bytes]], returns_to: str, now: datetime, left_out: int = 0) -> bytes:
    """A zip of CSRs (PEM), one `{vault}/{name}.csr` each, in their order, with `manifest.csv` and `manifest.json`.

    `returns_to` is the address for what the CA sends, `left_out` how many CSRs are not in it for want of room. The same
    for the same CSRs and time.
    """
    entries = [_entry(line, pem) for line, pem in csrs]
    told = {"made": now.isoformat(), "how_to_return_the_chains": HOW, "returns_to": returns_to, "left_out": left_out}
    files = {
        f"{MANIFEST}.csv": _csv(entries),
        f"{MANIFEST}.json": json.dumps({**told, "csrs": entries}, indent=2, ensure_ascii=False).encode(),
        **{entry["file"]: pem for entry, (_, pem) in zip(entries, csrs, strict=True)},
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (*now.timetuple()[:6],)), data, zipfile.ZIP_DEFLATED)
    return content.getvalue()


def _entry(line: Line, pem: bytes) -> dict[str, Any]:
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


def _csv(entries: Sequence[dict[str, Any]]) -> bytes:
    """With a byte order mark, by which Excel knows UTF-8."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("File", "Vault", "Certificate", "Subject", "Names", "Owner", "Asked for", "SHA-256 of its key"))
    for one in entries:
        since = moment(one["since"]) if one["since"] else ""
        shown = (one["subject"], " ".join(one["names"]), one["owner"] or "", since)
        rows.writerow(map(_harmless, (one["file"], one["vault"], one["name"], *shown, one["key_sha256"])))
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    """On one line, and with an apostrophe before each part that could be calculated."""
    parts = " ".join(cell.split()).split(ENDS)
    return ENDS.join(f"'{part}" if part.lstrip().startswith(FORMULAS) else part for part in parts)
