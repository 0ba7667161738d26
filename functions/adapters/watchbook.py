"""The watchbook in Azure Tables, table `certflow`.

Partitions `-|beats`, `-|held`, `-|surveys`, `-|wanted` (RowKey: a vault's alias, or what is held), `-|renewals` (vault
and day), `-|usual` (vault and issuer), `-|since` (what began), `-|refused` (a day: events of others), `-|searched` (a
key) and `-|queued|{vault}` (a certificate's end and name, in this order). What has events is in their partition, so
that one transaction covers both (tables.py): `c|{name}` a certificate's note, `t|{issuer}` an issuer's trouble,
`a|trusted-cas` a vault's trust (its anchors).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import msgspec
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError
from azure.data.tables import UpdateMode

from functions.adapters.faults import faults_of
from functions.adapters.rows import BEATS, Entity, event_row, key_of, partition_of, sortable
from functions.adapters.table_service import CERTFLOW, CONFLICTS, SERVICE, Tables
from functions.issuance.errors import Unavailable
from functions.issuance.events import Event
from functions.issuance.ports import Listed
from functions.issuance.trust import ALL_VAULTS, CONTAINER
from functions.issuance.watchbook import CertificateNote, KeySearch, Survey, Trouble, TrustNote

HELD, SURVEYS, WANTED, RENEWALS, USUAL = "-|held", "-|surveys", "-|wanted", "-|renewals", "-|usual"
QUEUED, SINCE, REFUSED = "-|queued", "-|since", "-|refused"  # the first: and the vault
SEARCHED = "-|searched"
NEWEST = 0.3  # how much the newest time of an issuer counts among those before
TRIES = 10
SAME = MatchConditions.IfNotModified


class TableWatchbook:
    """The port `Watchbook`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    async def hold(self, what: str, now: datetime, until: datetime) -> str | None:
        """Takes a lease: a row that others see until its time has come, or it is deleted."""
        token, key = secrets.token_hex(8), key_of(what)
        row = {"PartitionKey": HELD, "RowKey": key, "what": what, "until": until.isoformat(), "token": token}
        known = await self._tables.row(HELD, key)
        if known and datetime.fromisoformat(known["until"]) > now:
            return None
        return token if await self._replaced(row, known) else None

    async def let_go(self, what: str, token: str) -> None:
        """Ends it, if it is still this one."""
        table, known = await self._tables.table(CERTFLOW), await self._tables.row(HELD, key_of(what))
        if known is None or known["token"] != token:
            return
        with faults_of(SERVICE), suppress(ResourceModifiedError, ResourceNotFoundError):
            await table.delete_entity(HELD, key_of(what), etag=known.metadata["etag"], match_condition=SAME)

    async def beat(self, vault: str, now: datetime) -> None:
        """Records a good sweep."""
        await self._put({"PartitionKey": BEATS, "RowKey": vault, "at": now.isoformat()})

    async def beats(self) -> dict[str, datetime]:
        """The last good sweep of each vault."""
        rows = await self._tables.range(BEATS, "", "~")
        return {row["RowKey"]: datetime.fromisoformat(row["at"]) for row in rows}

    async def survey(self, vault: str) -> Survey:
        """How the survey of a vault stands."""
        row = await self._tables.row(SURVEYS, vault)
        if row is None:
            return Survey(vault)
        return replace(msgspec.json.decode(row["survey"], type=Survey), etag=row.metadata["etag"])

    async def want_survey(self, vault: str, now: datetime) -> None:
        """A row of its own: whoever wants a survey does not hold the vault."""
        await self._put({"PartitionKey": WANTED, "RowKey": vault, "at": now.isoformat()})

    async def wanted(self, vault: str) -> datetime | None:
        """When that was last."""
        row = await self._tables.row(WANTED, vault)
        return datetime.fromisoformat(row["at"]) if row else None

    async def keep_survey(self, survey: Survey) -> Survey:
        """Writes that, if nobody else has meanwhile."""
        text = msgspec.json.encode(replace(survey, etag="")).decode()
        row = {"PartitionKey": SURVEYS, "RowKey": survey.vault, "survey": text}
        return replace(survey, etag=await self._tables.commit([_in_place(row, survey.etag)]))

    async def note(self, vault: str, name: str) -> CertificateNote | None:
        """What is noted about a certificate."""
        row = await self._tables.row(partition_of(vault, name), f"c|{name.lower()}")
        return msgspec.json.decode(row["note"], type=CertificateNote) if row else None

    async def keep_note(self, note: CertificateNote, events: Sequence[Event] = ()) -> None:
        """Writes it with its events."""
        row = {
            "PartitionKey": partition_of(note.vault, note.name),
            "RowKey": f"c|{note.name.lower()}",
            "note": msgspec.json.encode(note).decode(),
        }
        await self._tables.commit([("upsert", row), *(("upsert", event_row(event)) for event in events)])

    async def trouble(self, vault: str, issuer: str) -> Trouble:
        """What lately failed at an issuer."""
        row = await self._tables.row(partition_of(vault, issuer), f"t|{key_of(issuer.lower())}")
        if row is None:
            return Trouble(vault, issuer)
        return replace(msgspec.json.decode(row["trouble"], type=Trouble), etag=row.metadata["etag"])

    async def keep_trouble(self, trouble: Trouble, events: Sequence[Event] = ()) -> None:
        """Writes that with its events. Raises ConcurrentChange."""
        row = {
            "PartitionKey": partition_of(trouble.vault, trouble.issuer),
            "RowKey": f"t|{key_of(trouble.issuer.lower())}",
            "trouble": msgspec.json.encode(replace(trouble, etag="")).decode(),
        }
        await self._tables.commit([_in_place(row, trouble.etag), *(("upsert", event_row(event)) for event in events)])

    async def trust(self, vault: str) -> TrustNote | None:
        """What was last seen of a vault's trust."""
        row = await self._tables.row(*_trust_key(vault))
        return replace(msgspec.json.decode(row["trust"], type=TrustNote), etag=row.metadata["etag"]) if row else None

    async def keep_trust(self, note: TrustNote, events: Sequence[Event] = ()) -> None:
        """Writes that with its events. Raises ConcurrentChange."""
        partition, key = _trust_key(note.vault)
        text = msgspec.json.encode(replace(note, etag="")).decode()
        row = {"PartitionKey": partition, "RowKey": key, "trust": text}
        await self._tables.commit([_in_place(row, note.etag), *(("upsert", event_row(event)) for event in events)])

    async def searched(self, key: str) -> KeySearch | None:
        """Which vaults were searched for a key."""
        row = await self._tables.row(SEARCHED, key)
        return msgspec.json.decode(row["search"], type=KeySearch) if row else None

    async def keep_search(self, search: KeySearch) -> None:
        """Writes that."""
        text = msgspec.json.encode(search).decode()
        await self._put({"PartitionKey": SEARCHED, "RowKey": search.key, "search": text, "at": sortable(search.at)})

    async def forget_searches(self, before: datetime) -> None:
        """One by one: there are few in a day."""
        table = await self._tables.table(CERTFLOW)
        for row in await self._tables.range(SEARCHED, "", "~"):
            if row["at"] < sortable(before):
                with faults_of(SERVICE):
                    await table.delete_entity(SEARCHED, row["RowKey"])  # one that is gone is no error

    async def queue_renewal(self, vault: str, entry: Listed) -> None:
        """A row of the vault's queue, whose keys sort by the certificates' ends."""
        await self._put(_queued(vault, entry) | {"entry": msgspec.json.encode(entry).decode()})

    async def queued_renewals(self, vault: str, most: int) -> list[Listed]:
        """The first rows of the queue."""
        rows = await self._tables.range(f"{QUEUED}|{vault}", "", "~", most=most)
        return [msgspec.json.decode(row["entry"], type=Listed) for row in rows]

    async def unqueue_renewal(self, vault: str, entry: Listed) -> None:
        """Removes such a row."""
        table, row = await self._tables.table(CERTFLOW), _queued(vault, entry)
        with faults_of(SERVICE):
            await table.delete_entity(row["PartitionKey"], row["RowKey"])

    async def renewals(self, vault: str, day: date) -> int:
        """The count of this day."""
        known = await self._tables.row(RENEWALS, f"{vault}|{day}")
        return int(known["count"]) if known else 0

    async def count_renewal(self, vault: str, day: date, most: int) -> bool:
        """One more on this day, if there is room."""
        for _ in range(TRIES):
            known = await self._tables.row(RENEWALS, f"{vault}|{day}")
            count = known["count"] if known else 0
            if count >= most:
                return False
            row = {"PartitionKey": RENEWALS, "RowKey": f"{vault}|{day}", "count": count + 1}
            if await self._replaced(row, known):
                return True
        raise Unavailable(SERVICE, "the count of renewals keeps changing", retry_after=1)

    async def uncount_renewal(self, vault: str, day: date) -> None:
        """One less."""
        for _ in range(TRIES):
            known = await self._tables.row(RENEWALS, f"{vault}|{day}")
            if known is None or known["count"] == 0:
                return
            row = {"PartitionKey": RENEWALS, "RowKey": f"{vault}|{day}", "count": known["count"] - 1}
            if await self._replaced(row, known):
                return

    async def since(self, what: str, now: datetime) -> datetime:
        """A row that is written once."""
        for _ in range(TRIES):
            known = await self._tables.row(SINCE, key_of(what))
            if known:
                return datetime.fromisoformat(known["at"])
            row = {"PartitionKey": SINCE, "RowKey": key_of(what), "what": what, "at": now.isoformat()}
            if await self._replaced(row, None):
                return now
        raise Unavailable(SERVICE, f"since when {what} is, is not known", retry_after=1)

    async def count_refused(self, day: date) -> None:
        """One more on this day. Of very many at once some are not counted, which does no harm."""
        for _ in range(TRIES):
            known = await self._tables.row(REFUSED, day.isoformat())
            row = {"PartitionKey": REFUSED, "RowKey": day.isoformat(), "count": known["count"] + 1 if known else 1}
            if await self._replaced(row, known):
                return

    async def refused(self, day: date) -> int:
        """The count of this day."""
        known = await self._tables.row(REFUSED, day.isoformat())
        return int(known["count"]) if known else 0

    async def usual(self, vault: str, issuer: str) -> float | None:
        """How long an issuer usually takes."""
        row = await self._tables.row(USUAL, key_of(f"{vault}|{issuer.lower()}"))
        return float(row["seconds"]) if row else None

    async def learn(self, vault: str, issuer: str, seconds: float) -> None:
        """A moving average; two that learn at once lose one time, which does no harm."""
        known = await self.usual(vault, issuer)
        usual = seconds if known is None else (1 - NEWEST) * known + NEWEST * seconds
        key = key_of(f"{vault}|{issuer.lower()}")
        await self._put({"PartitionKey": USUAL, "RowKey": key, "issuer": f"{vault}|{issuer}", "seconds": usual})

    async def _put(self, row: Entity) -> None:
        table = await self._tables.table(CERTFLOW)
        with faults_of(SERVICE):
            await table.upsert_entity(row)

    async def _replaced(self, row: Entity, known: Any) -> bool:
        """Writes a row in place of the one that is known (None: none); False if somebody else was faster."""
        table = await self._tables.table(CERTFLOW)
        with faults_of(SERVICE):
            try:
                if known is None:
                    await table.create_entity(row)
                else:
                    etag = known.metadata["etag"]
                    await table.update_entity(row, mode=UpdateMode.REPLACE, etag=etag, match_condition=SAME)
            except ResourceExistsError:
                return False
            except HttpResponseError as error:
                if error.status_code in CONFLICTS:
                    return False
                raise
        return True


def _queued(vault: str, entry: Listed) -> Entity:
    """The keys of a queued renewal: by the certificate's end, then by its name."""
    ends = sortable(entry.not_after) if entry.not_after else ""
    return {"PartitionKey": f"{QUEUED}|{vault}", "RowKey": f"{ends}|{entry.name.lower()}"}


def _trust_key(vault: str) -> tuple[str, str]:
    """The partition is that of its events, which for files of no vault is that of events of none."""
    return partition_of(None if vault == ALL_VAULTS else vault, CONTAINER), f"a|{CONTAINER}"


def _in_place(row: Entity, etag: str) -> tuple[str, Entity] | tuple[str, Entity, dict[str, Any]]:
    """Writes a row in place of the one with this ETag ("": none)."""
    if not etag:
        return ("create", row)
    return ("update", row, {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": SAME})
