"""Keeps in Azure Tables what the monitoring has to remember: leases, heartbeats, surveys, notes of
certificates, failures of issuers, trust, counts. All is in the table `certflow`.

Partitions, and what their row keys are made of:

    -|beats, -|surveys, -|wanted    a vault's alias
    -|held                          what the lease is for
    -|renewals                      vault and day
    -|usual                         vault and issuer
    -|since                         what began
    -|refused                       a day: events that others sent
    -|searched                      a key
    -|found                         a vault's alias: findings at the last digest
    -|queued|{vault}                the end of a certificate, then its name

A record that is written with events is in the partition of those events, so that one transaction
covers both (ledger.py): `c|{name}` is the note of a certificate, `t|{issuer}` the failures of an
issuer, `a|trusted-cas` the trust of a vault (its anchors).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.data.tables import UpdateMode

from functions.adapters.azure_tables.rows import (
    HEARTBEATS,
    Entity,
    event_row,
    event_rows,
    key_of,
    partition_of,
    sortable,
)
from functions.adapters.azure_tables.service import CERTFLOW, CONFLICTS, TABLE_STORAGE, Tables
from functions.adapters.faults import faults_of
from functions.app.retry_save import save_with_retries
from functions.model.errors import ConcurrentChange, KeepsChanging
from functions.model.events.event import Event
from functions.model.trusted_places import ALL_VAULTS, CA_CONTAINER
from functions.ports.monitoring_store import (
    FOUND_HASH_BYTES,
    CertificateNote,
    DigestFindings,
    InventoryScan,
    IssuerFailures,
    KeySearch,
    ScanRequests,
    TrustNote,
)
from functions.ports.rules import RULES_SUBJECT, RulesNote
from functions.ports.vault import CertificateItem

LEASES, SCANS, SCAN_REQUESTS, RENEWALS, USUAL_DURATIONS = (
    "-|held",
    "-|surveys",
    "-|wanted",
    "-|renewals",
    "-|usual",
)
SCAN_TIMES = ("at", "rebuild", "whole")  # the columns of a row of SCAN_REQUESTS
QUEUED, FIRST_TIMES, REFUSED_COUNTS = (
    "-|queued",
    "-|since",
    "-|refused",
)  # QUEUED is followed by the vault
SEARCHED, FOUND = "-|searched", "-|found"
RULES_KEY = partition_of(None, RULES_SUBJECT), f"a|{RULES_SUBJECT}"  # in that of their events
NEWEST = 0.3  # weight of the newest time of an issuer in the moving average
SAME = MatchConditions.IfNotModified


class TableMonitoringStore:
    """Implements the port `MonitoringStore`. Every method raises Unavailable if the storage does
    not answer.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def acquire(self, what: str, now: datetime, until: datetime) -> str | None:
        """Takes a lease, and returns its token; None if somebody else has it. The lease is a row
        that counts until its time is over, or it is deleted.
        """
        token, key = secrets.token_hex(8), key_of(what)
        row = {
            "PartitionKey": LEASES,
            "RowKey": key,
            "what": what,
            "until": until.isoformat(),
            "token": token,
        }
        known = await self._tables.row(LEASES, key)
        if known and datetime.fromisoformat(known["until"]) > now:
            return None
        return token if await self._replaced(row, known) else None

    async def release(self, what: str, token: str) -> None:
        """Ends a lease, unless somebody else has taken it meanwhile."""
        table = await self._tables.table(CERTFLOW)
        known = await self._tables.row(LEASES, key_of(what))
        if known is None or known["token"] != token:
            return
        with faults_of(TABLE_STORAGE), suppress(ResourceModifiedError, ResourceNotFoundError):
            await table.delete_entity(
                LEASES, key_of(what), etag=known.metadata["etag"], match_condition=SAME
            )

    async def heartbeat(self, vault: str, now: datetime) -> None:
        """Records that all due requests of a vault were checked."""
        await self._put({"PartitionKey": HEARTBEATS, "RowKey": vault, "at": now.isoformat()})

    async def heartbeats(self) -> dict[str, datetime]:
        """Returns for each vault when all its due requests were last checked."""
        rows = await self._tables.range(HEARTBEATS, "", "~")
        return {row["RowKey"]: datetime.fromisoformat(row["at"]) for row in rows}

    async def scan(self, vault: str) -> InventoryScan:
        """Returns how far the survey of a vault is; a new one if there has been none."""
        row = await self._tables.row(SCANS, vault)
        if row is None:
            return InventoryScan(vault)
        return replace(
            msgspec.json.decode(row["survey"], type=InventoryScan), etag=row.metadata["etag"]
        )

    async def request_scan(self, vault: str, now: datetime, *, whole: bool = False) -> None:
        """Records that a survey is wanted, in a row of its own, because whoever wants one does not
        have the vault's lease.
        """
        at = now.isoformat()
        row = {"PartitionKey": SCAN_REQUESTS, "RowKey": vault, "at": at}
        await self._put(row | ({"whole": at} if whole else {}))

    async def scan_requested(self, vault: str) -> ScanRequests:
        """Returns when surveys of a vault were last wanted."""
        row = await self._tables.row(SCAN_REQUESTS, vault) or {}
        at = {name: datetime.fromisoformat(row[name]) for name in SCAN_TIMES if row.get(name)}
        by = row.get("rebuild_by") or None
        return ScanRequests(at.get("at"), at.get("rebuild"), at.get("whole"), by)

    async def request_rebuild(self, vault: str, now: datetime, by: str | None) -> None:
        """Records that a baseline is wanted, in the same row, which each run of the vault reads: a
        write merges, so neither request takes the other's away.
        """
        wanted = {"rebuild": now.isoformat(), "rebuild_by": by or ""}
        await self._put({"PartitionKey": SCAN_REQUESTS, "RowKey": vault, **wanted})

    async def save_scan(self, survey: InventoryScan) -> InventoryScan:
        """Writes how far a survey is, and returns it with its new ETag. Raises ConcurrentChange if
        somebody else has written it meanwhile.
        """
        text = msgspec.json.encode(replace(survey, etag="")).decode()
        row = {"PartitionKey": SCANS, "RowKey": survey.vault, "survey": text}
        return replace(survey, etag=await self._tables.commit([_in_place(row, survey.etag)]))

    async def note(self, vault: str, name: str) -> CertificateNote | None:
        """Returns the note of a certificate; None if there is none."""
        row = await self._tables.row(partition_of(vault, name), f"c|{name.lower()}")
        return msgspec.json.decode(row["note"], type=CertificateNote) if row else None

    async def save_note(self, note: CertificateNote, events: Sequence[Event] = ()) -> None:
        """Writes the note of a certificate, with events, in one transaction."""
        row = {
            "PartitionKey": partition_of(note.vault, note.name),
            "RowKey": f"c|{note.name.lower()}",
            "note": msgspec.json.encode(note).decode(),
        }
        await self._tables.commit(
            [("upsert", row), *(("upsert", event_row(event)) for event in events)]
        )

    async def issuer_failures(self, vault: str, issuer: str) -> IssuerFailures:
        """Returns the recent failures of an issuer in a vault."""
        row = await self._tables.row(partition_of(vault, issuer), f"t|{key_of(issuer.lower())}")
        if row is None:
            return IssuerFailures(vault, issuer)
        return replace(
            msgspec.json.decode(row["trouble"], type=IssuerFailures), etag=row.metadata["etag"]
        )

    async def save_issuer_failures(
        self, trouble: IssuerFailures, events: Sequence[Event] = ()
    ) -> None:
        """Writes the recent failures of an issuer, with events, in one transaction. Raises
        ConcurrentChange.
        """
        row = {
            "PartitionKey": partition_of(trouble.vault, trouble.issuer),
            "RowKey": f"t|{key_of(trouble.issuer.lower())}",
            "trouble": msgspec.json.encode(replace(trouble, etag="")).decode(),
        }
        await self._tables.commit(
            [_in_place(row, trouble.etag), *(("upsert", event_row(event)) for event in events)]
        )

    async def trust(self, vault: str) -> TrustNote | None:
        """Returns what was last seen of a vault's trust; None if nothing was."""
        row = await self._tables.row(*_trust_key(vault))
        if row is None:
            return None
        return replace(msgspec.json.decode(row["trust"], type=TrustNote), etag=row.metadata["etag"])

    async def save_trust(self, note: TrustNote, events: Sequence[Event] = ()) -> None:
        """Writes what was seen of a vault's trust, with events, in one transaction. Raises
        ConcurrentChange.
        """
        await self._save_seen(_trust_key(note.vault), "trust", note, events)

    async def rules_note(self) -> RulesNote | None:
        """Returns what was last seen of the table of rules; None if nothing was."""
        row = await self._tables.row(*RULES_KEY)
        if row is None:
            return None
        return replace(msgspec.json.decode(row["rules"], type=RulesNote), etag=row.metadata["etag"])

    async def save_rules_note(self, note: RulesNote, events: Sequence[Event] = ()) -> None:
        """Writes what was seen of the table of rules, with events, in one transaction. Raises
        ConcurrentChange.
        """
        await self._save_seen(RULES_KEY, "rules", note, events)

    async def _save_seen(
        self,
        keys: tuple[str, str],
        column: str,
        note: TrustNote | RulesNote,
        events: Sequence[Event],
    ) -> None:
        """Writes a note into this column of its row, with events, in one transaction."""
        text = msgspec.json.encode(replace(note, etag="")).decode()
        row = {"PartitionKey": keys[0], "RowKey": keys[1], column: text}
        await self._tables.commit(
            [_in_place(row, note.etag), *(row for event in events for row in event_rows(event))]
        )

    async def digest_findings(self, vault: str) -> DigestFindings | None:
        """Returns what the audit had found at the last digest; None if there is no such row."""
        row = await self._tables.row(FOUND, vault)
        return _digest_findings(row) if row else None

    async def save_digest_findings(self, findings: DigestFindings) -> None:
        """Writes what the audit has found, the hashes one after the other in a binary property,
        which holds 64 KiB.
        """
        rest = msgspec.json.encode(replace(findings, found=None)).decode()
        row = {"PartitionKey": FOUND, "RowKey": findings.vault, "findings": rest}
        whole = findings.found is not None
        await self._put(row | {"whole": whole, "found": b"".join(sorted(findings.found or ()))})

    async def search(self, key: str) -> KeySearch | None:
        """Returns which vaults were searched for a key; None if none were."""
        row = await self._tables.row(SEARCHED, key)
        return msgspec.json.decode(row["search"], type=KeySearch) if row else None

    async def save_search(self, search: KeySearch) -> None:
        """Records which vaults were searched for a key."""
        text = msgspec.json.encode(search).decode()
        await self._put(
            {
                "PartitionKey": SEARCHED,
                "RowKey": search.key,
                "search": text,
                "at": sortable(search.at),
            }
        )

    async def forget_searches(self, before: datetime) -> None:
        """Deletes the records of searches before a time, one by one, because there are few."""
        table = await self._tables.table(CERTFLOW)
        for row in await self._tables.range(SEARCHED, "", "~"):
            if row["at"] < sortable(before):
                with faults_of(TABLE_STORAGE):  # the SDK ignores a row that does not exist
                    await table.delete_entity(SEARCHED, row["RowKey"])

    async def queue_renewal(self, vault: str, entry: CertificateItem) -> None:
        """Adds a certificate to the vault's queue of renewals, which is in the order of expiry."""
        await self._put(_queued(vault, entry) | {"entry": msgspec.json.encode(entry).decode()})

    async def queued_renewals(self, vault: str, limit: int) -> list[CertificateItem]:
        """Returns the first certificates of the vault's queue of renewals, at most `limit`."""
        rows = await self._tables.range(f"{QUEUED}|{vault}", "", "~", limit=limit)
        return [msgspec.json.decode(row["entry"], type=CertificateItem) for row in rows]

    async def unqueue_renewal(self, vault: str, entry: CertificateItem) -> None:
        """Removes a certificate from the vault's queue of renewals."""
        table, row = await self._tables.table(CERTFLOW), _queued(vault, entry)
        with faults_of(TABLE_STORAGE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def renewals(self, vault: str, day: date) -> int:
        """Returns how many renewals were started on a day."""
        known = await self._tables.row(RENEWALS, f"{vault}|{day}")
        return int(known["count"]) if known else 0

    async def count_renewal(self, vault: str, day: date, limit: int) -> bool:
        """Counts one more renewal on a day; False if there have been `limit`."""
        count = await self._change_count(
            RENEWALS, f"{vault}|{day}", lambda count: count + 1 if count < limit else count
        )
        return count is not None

    async def uncount_renewal(self, vault: str, day: date) -> None:
        """Counts one renewal less on a day. Of very many calls at once some have no effect."""
        with suppress(KeepsChanging):
            await self._change_count(RENEWALS, f"{vault}|{day}", lambda count: max(count - 1, 0))

    async def since(self, what: str, now: datetime) -> datetime:
        """Returns when something began: `now` at the first call, which writes it down."""
        key = key_of(what)

        async def save(known: Any) -> datetime:
            if known:
                return datetime.fromisoformat(known["at"])
            row = {"PartitionKey": FIRST_TIMES, "RowKey": key, "what": what, "at": now.isoformat()}
            await self._replace_row(row, None)
            return now

        read = partial(self._tables.row, FIRST_TIMES, key)
        return await save_with_retries(
            await read(), read, save, service=TABLE_STORAGE, what=f"the first time of {what}"
        )

    async def count_refused(self, day: date) -> None:
        """Counts one more refused event on a day. Of very many calls at once some have no effect,
        which does no harm.
        """
        with suppress(KeepsChanging):
            await self._change_count(REFUSED_COUNTS, day.isoformat(), lambda count: count + 1)

    async def _change_count(
        self, partition: str, key: str, changed: Callable[[int], int]
    ) -> int | None:
        """Changes the count of a row and returns it; None if `changed` leaves it as it is."""

        async def save(known: Any) -> int | None:
            before = int(known["count"]) if known else 0
            count = changed(before)
            if count == before:
                return None
            await self._replace_row(
                {"PartitionKey": partition, "RowKey": key, "count": count}, known
            )
            return count

        read = partial(self._tables.row, partition, key)
        return await save_with_retries(
            await read(), read, save, service=TABLE_STORAGE, what="the count"
        )

    async def refused(self, day: date) -> int:
        """Returns how many events were refused on a day."""
        known = await self._tables.row(REFUSED_COUNTS, day.isoformat())
        return int(known["count"]) if known else 0

    async def usual_duration(self, vault: str, issuer: str) -> float | None:
        """Returns how many seconds an issuer usually takes; None if that is not known yet."""
        row = await self._tables.row(USUAL_DURATIONS, key_of(f"{vault}|{issuer.lower()}"))
        return float(row["seconds"]) if row else None

    async def add_duration(self, vault: str, issuer: str, seconds: float) -> None:
        """Adds a time (seconds) to the moving average of an issuer. Of two calls at once one has no
        effect, which does no harm.
        """
        known = await self.usual_duration(vault, issuer)
        usual = seconds if known is None else (1 - NEWEST) * known + NEWEST * seconds
        key = key_of(f"{vault}|{issuer.lower()}")
        await self._put(
            {
                "PartitionKey": USUAL_DURATIONS,
                "RowKey": key,
                "issuer": f"{vault}|{issuer}",
                "seconds": usual,
            }
        )

    async def _put(self, row: Entity) -> None:
        table = await self._tables.table(CERTFLOW)
        with faults_of(TABLE_STORAGE):
            await table.upsert_entity(row)

    async def _replace_row(self, row: Entity, known: Any) -> None:
        """Writes a row in place of the known one (None: there is none). Raises ConcurrentChange."""
        if not await self._replaced(row, known):
            raise ConcurrentChange("Somebody else has written this row meanwhile.")

    async def _replaced(self, row: Entity, known: Any) -> bool:
        """Writes a row in place of the known one (None: there is none). Returns False if somebody
        else has changed it meanwhile.
        """
        table = await self._tables.table(CERTFLOW)
        with faults_of(TABLE_STORAGE):
            try:
                if known is None:
                    await table.create_entity(row)
                else:
                    etag = known.metadata["etag"]
                    await table.update_entity(
                        row, mode=UpdateMode.REPLACE, etag=etag, match_condition=SAME
                    )
            except ResourceExistsError:
                return False
            except HttpResponseError as error:
                if error.status_code in CONFLICTS:
                    return False
                raise
        return True


def _digest_findings(row: Any) -> DigestFindings:
    joined, size = bytes(row["found"]), FOUND_HASH_BYTES
    found = frozenset(joined[at : at + size] for at in range(0, len(joined), size))
    rest = msgspec.json.decode(row["findings"], type=DigestFindings)
    return replace(rest, found=found if row["whole"] else None)


def _queued(vault: str, entry: CertificateItem) -> Entity:
    """Returns the keys of a queued renewal, which sort by the end of the certificate, then by its
    name.
    """
    ends = sortable(entry.not_after) if entry.not_after else ""
    return {"PartitionKey": f"{QUEUED}|{vault}", "RowKey": f"{ends}|{entry.name.lower()}"}


def _trust_key(vault: str) -> tuple[str, str]:
    """Returns the keys of the trust of a vault, in the partition of its events. ALL_VAULTS stands
    for files that belong to no vault, as their events do.
    """
    return partition_of(None if vault == ALL_VAULTS else vault, CA_CONTAINER), f"a|{CA_CONTAINER}"


def _in_place(row: Entity, etag: str) -> tuple[str, Entity] | tuple[str, Entity, dict[str, Any]]:
    """Returns the operation that writes a row in place of the one with this ETag ("": there is
    none).
    """
    if not etag:
        return ("create", row)
    return ("update", row, {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": SAME})
