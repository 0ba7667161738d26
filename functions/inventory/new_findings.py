"""What the audit finds in a vault for the digest: how much of it is critical, how much a warning,
and what is new since the last digest. Notes are left out, because most vaults have many.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from functions.app.contexts import AuditContext
from functions.inventory.audits import AuditFilter, audits_of
from functions.model.errors import Unavailable
from functions.model.inventory.audit_codes import AuditSeverity
from functions.model.log import record
from functions.ports.monitoring_store import FOUND_HASH_BYTES, DigestFindings

COUNTED_SEVERITIES = (AuditSeverity.CRITICAL, AuditSeverity.WARNING)
MAX_FOUND = 10_000  # hashes of findings that are kept for a vault: 60,000 bytes of a row
MAX_NEW_OF_VAULT = 5  # that are named


@dataclass(frozen=True, slots=True)
class VaultFindings:
    """How many findings of each severity a vault has, and what is kept of them until the next
    digest.
    """

    critical: int
    warnings: int
    kept: DigestFindings


async def vault_findings(certflow: AuditContext, alias: str) -> VaultFindings | None:
    """The findings in a vault (alias); None before its first scan has ended, and while something
    that the audit needs cannot be read. Raises Unavailable for the monitoring store.
    """
    known = await certflow.monitoring_store.digest_findings(alias)
    try:
        audits = await audits_of(certflow, AuditFilter((alias,), severities=COUNTED_SEVERITIES))
    except Unavailable as error:
        record("findings-not-counted", level=logging.WARNING, vault=alias, reason=str(error))
        return None
    if audits.scanned is None:
        return None
    found = [
        (finding.severity, finding.code, one.record.name)
        for one in audits.found
        for finding in one.findings
    ]
    counts = Counter(severity for severity, *_ in found)
    kept = _kept(certflow, alias, sorted(found), known)
    return VaultFindings(counts[AuditSeverity.CRITICAL], counts[AuditSeverity.WARNING], kept)


def _kept(
    certflow: AuditContext,
    alias: str,
    found: Iterable[tuple[AuditSeverity, str, str]],
    known: DigestFindings | None,
) -> DigestFindings:
    """What is kept of the findings; of a day whose digest was written before, what is kept
    already, so that a digest that is written twice says the same.
    """
    today = certflow.now().date()
    if known and known.day == today:
        return known
    hashes = {_hash(code, name): (code, name) for _, code, name in found}
    if len(hashes) > MAX_FOUND:
        return DigestFindings(alias, today, None)
    before = known.found if known else None
    new = [] if before is None else [one for key, one in hashes.items() if key not in before]
    return DigestFindings(alias, today, frozenset(hashes), len(new), tuple(new[:MAX_NEW_OF_VAULT]))


def _hash(code: str, name: str) -> bytes:
    """Of a finding about a certificate, whose name Key Vault compares without case."""
    text = f"{code} {name.lower()}".encode()
    return hashlib.blake2b(text, digest_size=FOUND_HASH_BYTES).digest()
