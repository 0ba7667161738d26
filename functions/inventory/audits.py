"""The audit of vaults: from their snapshots, and what is known beside them, to the findings."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from functions.app.contexts import AuditContext
from functions.inventory.known_cas import anchors_of, known_cas
from functions.inventory.read import by_name, inventory_of
from functions.inventory.scanned import is_same, scanned_vaults
from functions.model.inventory.audit import AuditFinding, audit
from functions.model.inventory.audit_codes import AuditSeverity
from functions.model.inventory.audited import Surroundings
from functions.model.inventory.record import CertificateRecord, VaultSnapshot
from functions.model.issuers import is_manual
from functions.model.live.state import LiveState
from functions.ports.monitoring_store import IssuerFailures

# For how long an issuer counts as broken after people got a message about it; while it goes on to
# fail, there is one a day.
BROKEN_FOR = timedelta(days=1)
# What an endpoint is that does not show the current version; a stranger's certificate counts once
# the grace is over.
NOT_SHOWN = frozenset({LiveState.NOT_LIVE, LiveState.EXPIRED, LiveState.OTHER})


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which findings are asked for: of vaults (aliases), codes and severities (all of them, if
    there are none), and of an owner, in any case.
    """

    vaults: Collection[str] = ()
    codes: Collection[str] = ()
    severities: Collection[AuditSeverity] = ()
    owner: str | None = None

    def takes(self, finding: AuditFinding) -> bool:
        """Whether it takes a finding, by its code and severity."""
        by_code = not self.codes or finding.code in self.codes
        return by_code and (not self.severities or finding.severity in self.severities)

    def takes_owner(self, owner: str | None) -> bool:
        """Whether it takes certificates of an owner."""
        return is_same(self.owner, owner or "")


@dataclass(frozen=True, slots=True)
class CertificateFindings:
    """The findings about a certificate of a vault (alias)."""

    vault: str
    record: CertificateRecord
    findings: tuple[AuditFinding, ...]


@dataclass(frozen=True, slots=True)
class VaultAudits:
    """The certificates with findings, in the order of vault and name; `certificates` were looked
    at. `scanned` is when the oldest of the scans ended that they are from (UTC); `unscanned` are
    the aliases of vaults of which no scan has ended yet.
    """

    found: tuple[CertificateFindings, ...]
    certificates: int
    scanned: datetime | None
    unscanned: tuple[str, ...]


ALL_FINDINGS = AuditFilter()


async def audits_of(certflow: AuditContext, wanted: AuditFilter = ALL_FINDINGS) -> VaultAudits:
    """The findings about the certificates that this context may see. Raises Unavailable."""
    scanned = await scanned_vaults(certflow, wanted.vaults)
    found, looked_at = list[CertificateFindings](), 0
    for alias, snapshot in scanned.snapshots.items():
        around = await surroundings_of(certflow, alias, snapshot)
        looked_at += sum(wanted.takes_owner(one.owner) for one in snapshot.certificates)
        found += _findings(alias, snapshot.certificates, around, wanted)
    return VaultAudits(tuple(found), looked_at, scanned.scanned, scanned.unscanned)


def _findings(
    alias: str,
    records: Collection[CertificateRecord],
    around: Surroundings,
    wanted: AuditFilter,
) -> Iterator[CertificateFindings]:
    for record in records:
        if wanted.takes_owner(record.owner):
            findings = tuple(one for one in audit(record, around) if wanted.takes(one))
            if findings:
                yield CertificateFindings(alias, record, findings)


async def findings_of(
    certflow: AuditContext, alias: str, record: CertificateRecord, request_id: str | None
) -> tuple[AuditFinding, ...]:
    """The findings about one certificate of a vault (alias), with the id of the request that is
    pending. Scans alone know since when it is. Raises Unavailable.
    """
    now = certflow.now()
    snapshot = await inventory_of(certflow, alias) or VaultSnapshot(alias, now, now)
    known = by_name(snapshot.certificates).get(record.name.lower())
    if known:
        same = known.pending is not None and known.pending.request_id == request_id
        pending = known.pending if same else None
        record = replace(record, policy=record.policy or known.policy, pending=pending)
    around = await surroundings_of(certflow, alias, replace(snapshot, certificates=(record,)))
    return audit(record, around)


async def surroundings_of(
    certflow: AuditContext, alias: str, snapshot: VaultSnapshot
) -> Surroundings:
    """What is known of a vault (alias) beside its certificates. Raises Unavailable."""
    cas, anchors = await known_cas(certflow, alias), await anchors_of(certflow, alias)
    return Surroundings(
        certflow.now(),
        issuers=None if snapshot.issuers is None else frozenset(map(str.lower, snapshot.issuers)),
        providers={name.lower(): provider for name, provider in snapshot.providers.items()},
        broken=frozenset(await _broken(certflow, alias, snapshot)),
        not_live=await _not_live(certflow, alias, snapshot),
        trusted=cas.trusted(anchors) if anchors else {},
        parents=cas.parents(),
    )


async def _broken(certflow: AuditContext, alias: str, snapshot: VaultSnapshot) -> set[str]:
    """The issuers of the certificates of a vault that refuse requests, in lower case."""
    names = {one.policy.issuer.lower() for one in snapshot.certificates if one.policy}
    found = set[str]()
    for issuer in sorted(name for name in names if name and not is_manual(name)):
        failures = await certflow.monitoring_store.issuer_failures(alias, issuer)
        if _is_broken(failures, certflow.now()):
            found.add(issuer)
    return found


async def _not_live(
    certflow: AuditContext, alias: str, snapshot: VaultSnapshot
) -> dict[str, tuple[str, ...]]:
    """By name in lower case, the endpoints that did not show the current version at the last look.
    A look that expected another version says nothing.
    """
    if certflow.live is None:
        return {}
    known, found = by_name(snapshot.certificates), dict[str, tuple[str, ...]]()
    for check in await certflow.live.checks.of_vault(alias):
        record, over = known.get(check.name.lower()), certflow.now() >= check.deadline
        if record and record.current and record.current.sha256 == check.expected.sha256:
            missing = NOT_SHOWN if over else NOT_SHOWN - {LiveState.OTHER}
            found[check.name.lower()] = tuple(
                one.endpoint for one in check.states if one.state in missing
            )
    return found


def _is_broken(failures: IssuerFailures, now: datetime) -> bool:
    return any(at > now - BROKEN_FOR for at in failures.told.values())
