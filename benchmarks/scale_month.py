"""A month of a million certificates in a thousand vaults: each step's counts, how often it comes, and the prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from rich.console import Console
from rich.table import Table

from functions.monitoring.vault_run import ANSWER_AGE, RUN_TIME

CERTIFICATES, VAULTS = 1_000_000, 1_000
ENDPOINTS = CERTIFICATES  # each certificate is on one server that is looked at
LIFETIME, LEFT = 47, 1 / 3  # days, and the share of them that is left when the next version is started
DAYS = 365 / 12
MINUTES = DAYS * 24 * 60
PAGE = 25  # certificates in a page of a list (protocol §4.10)
BUDGET, SCAN_SHARE = 40, 0.25  # calls of one vault in a second (400 in 10 s), and a scan's share of it
FIRST_CHECKS = 3
VAULT_EVENTS = 2  # for each version: new version, near expiry
OUR_EVENTS = 3  # started, completed, served
ACTS = 2  # started, completed; each alone in its run, which reads the outbox for it
MESSAGES = 2  # completed, served: a card and a mail each
LOOKS = 2  # at an endpoint for each version, beside the first and those of each day
# On the platform's side, for each message: it is fetched and deleted; and empty queues are asked, a few times a minute.
QUEUE_TRIGGER = 2
AT_ONCE = 16  # queue messages that an instance works at the same time (host.json's default batch)
INSTANCE = 4  # GB (`instanceMemory` of infra/main.bicep): the snapshots of so many certificates do not fit into 2
INSTANCES = 40  # at most (infra/main.bicep)
# Seconds: a run with nothing due waits for the tables in turn, some milliseconds each; other functions take less; a
# look at an endpoint is a handshake.
RUN, OTHER, LOOK = 0.4, 0.5, 0.1
TABLES_A_SECOND = 20_000  # that a storage account takes
MAILS_AN_HOUR = 100  # that Azure Communication Services takes from a domain of one's own until more is granted

# US dollars; list prices as remembered, to be looked up before they are relied on (docs/scale.md).
KEY_VAULT = 0.03 / 10_000
LOGS, RECORD = 2.30, 1e-6  # a GB, and the estimated GB of the record of an execution
EXECUTION, GB_SECOND = 0.40 / 1e6, 0.000026
TABLES = 0.00036 / 10_000
BLOBS_WRITTEN, BLOBS_READ = 0.05 / 10_000, 0.004 / 10_000
QUEUES = 0.004 / 10_000
EVENTS = 0.60 / 1e6
FREE_EXECUTIONS, FREE_GB_SECONDS, FREE_EVENTS = 250_000, 100_000, 100_000


def requests_a_month() -> float:
    """Started in a month: each certificate when two thirds of its life are over."""
    return CERTIFICATES * DAYS / (LIFETIME * (1 - LEFT))


@dataclass(frozen=True, slots=True)
class Counts:
    """What a step asks: calls of Key Vault, requests to tables, blobs that are written (or listed, which costs the
    same) and read, requests to queues, and events sent to our topic.
    """

    key_vault: float = 0
    tables: float = 0
    blobs_written: float = 0
    blobs_read: float = 0
    queues: float = 0
    events: float = 0

    def __sub__(self, other: Counts) -> Counts:
        return self.plus(other, -1)

    def share(self, parts: float) -> Counts:
        """One of so many equal parts."""
        return Counts(*(getattr(self, one.name) / parts for one in fields(Counts)))

    def plus(self, other: Counts, times: float) -> Counts:
        """This, and so many times another."""
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) * times for one in fields(Counts)))


NOTHING = Counts()


@dataclass(frozen=True)
class Month:
    """How often each step comes. `calls`: Key Vault calls for a request, from its start to its end. `scans_a_day` of a
    vault, in which each certificate is asked `asks_a_day` times for its pending request.
    """

    steps: Mapping[str, Counts]
    calls: float
    scans_a_day: float
    asks_a_day: float

    def __str__(self) -> str:
        return f"{self.scans_a_day:g} scans a day, {self.asks_a_day:g} of which ask for a pending request"

    @property
    def requests(self) -> float:
        """Started in a month."""
        return requests_a_month()

    @property
    def checks(self) -> float:
        """That find nothing new, for each request; each in a transaction of its own, as the vaults are small."""
        return self.calls - self.steps["end"].key_vault - self.steps["refresh"].key_vault

    @property
    def scans(self) -> Counts:
        """What scans ask in a month, beside what they ask for requests. The first time that a certificate is asked in
        a day it is read, too.
        """
        days = CERTIFICATES * DAYS
        return self._sum(
            scan=VAULTS * self.scans_a_day * DAYS,
            page=CERTIFICATES / PAGE * self.scans_a_day * DAYS,
            asked=(self.asks_a_day - 1) * days,
            asked_and_read=days,
        )

    @property
    def looks(self) -> float:
        """At endpoints in a month, without those that see a new version for the first time."""
        return ENDPOINTS * DAYS + LOOKS * self.requests

    @property
    def lines(self) -> dict[str, Counts]:
        """What the month asks, by what it is for."""
        minutes, requests = VAULTS * MINUTES, self.requests
        life = self._sum(renewal=1, met=1, met_ended=1, check=self.checks, end=1, refresh=1, near=1)
        told = self._sum(queued=VAULT_EVENTS + OUR_EVENTS, notify=OUR_EVENTS, card=MESSAGES, mail=MESSAGES)
        return {
            "each minute, each vault": self._sum(call=minutes, trust=minutes, run=minutes),
            "each vault, a sign of life": Counts(minutes / (ANSWER_AGE.seconds / 60)),
            "scans": self.scans,
            "audit": self._sum(audit=VAULTS * DAYS),
            "endpoints": self._sum(
                live=minutes,
                endpoints=minutes / 60,
                endpoint=self.looks,
                served=requests,
                expected=2 * requests,  # by ours, and by the vault's event, which needs no call of its own
            ),
            "requests: start, checks, end": NOTHING.plus(life, requests),
            "requests: record of acts": NOTHING.plus(self._sum(record=ACTS, outbox=ACTS), requests),
            "requests: messages": NOTHING.plus(told, requests),
        }

    def _sum(self, **times: float) -> Counts:
        """So many times each of these steps."""
        total = NOTHING
        for step, count in times.items():
            total = total.plus(self.steps[step.replace("_", " ")], count)
        return total

    @property
    def total(self) -> Counts:
        """What the month asks."""
        total = NOTHING
        for line in self.lines.values():
            total = total.plus(line, 1)
        return total

    @property
    def executions(self) -> float:
        """Timer, runs, first checks; events of the vaults and our own, each heard and then taken from our queue; cards
        and mails.
        """
        each = FIRST_CHECKS + 2 * (VAULT_EVENTS + OUR_EVENTS) + 2 * MESSAGES
        return MINUTES * (1 + VAULTS) + each * self.requests

    @property
    def run_seconds(self) -> float:
        """That runs of vaults last: what each waits for, a scan's slots, and the looks at servers one after another."""
        return MINUTES * VAULTS * RUN + self.scans.key_vault / (BUDGET * SCAN_SHARE) + self.looks * LOOK

    @property
    def instances(self) -> float:
        """That the runs of vaults take, if each works as many at once as it may."""
        return self.run_seconds / AT_ONCE / (MINUTES * 60)

    @property
    def gb_seconds(self) -> float:
        """If the work always fills an instance: as many at once as it takes."""
        seconds = self.run_seconds + (self.executions - MINUTES * VAULTS) * OTHER
        return seconds / AT_ONCE * INSTANCE

    @property
    def queue_requests(self) -> float:
        """Ours, and the platform's for each of our messages."""
        return self.total.queues * (1 + QUEUE_TRIGGER)

    @property
    def event_operations(self) -> float:
        """Each event in, and each delivery."""
        return 2 * (self.total.events + VAULT_EVENTS * self.requests)


def bill(month: Month) -> None:
    """Prints a month."""
    titles = ("Key Vault", "tables", "blobs written", "blobs read", "queues", "events")
    printed = Table(str(month), *titles)
    for name, line in month.lines.items():
        printed.add_row(name, *(_millions(getattr(line, one.name)) for one in fields(Counts)))
    Console(width=140).print(printed)
    total, priced = month.total, Table("service", "in a month", "US$")
    rows = (
        ("requests started", month.requests, 0.0),
        ("Key Vault calls", total.key_vault, total.key_vault * KEY_VAULT),
        ("Functions executions", month.executions, max(0.0, month.executions - FREE_EXECUTIONS) * EXECUTION),
        ("Functions GB-s", month.gb_seconds, max(0.0, month.gb_seconds - FREE_GB_SECONDS) * GB_SECOND),
        ("table transactions", total.tables, total.tables * TABLES),
        ("blobs written", total.blobs_written, total.blobs_written * BLOBS_WRITTEN),
        ("blobs read", total.blobs_read, total.blobs_read * BLOBS_READ),
        ("queue operations", month.queue_requests, month.queue_requests * QUEUES),
        ("Event Grid operations", month.event_operations, max(0.0, month.event_operations - FREE_EVENTS) * EVENTS),
    )
    for name, count, dollars in (*rows, ("together", 0.0, sum(row[2] for row in rows))):
        priced.add_row(name, _millions(count) if count else "", f"{dollars:,.0f}" if dollars else "")
    Console().print(priced)


def limits(month: Month, record_bytes: float) -> None:
    """Prints from how many certificates or vaults on something breaks. `record_bytes`: memory that the record of a
    certificate takes in a snapshot.
    """
    an_hour = BUDGET * SCAN_SHARE * RUN_TIME.seconds * 60
    of_certificate = month.scans.key_vault / CERTIFICATES / (DAYS * 24)  # calls in an hour
    steps = month.steps
    in_a_minute = sum(steps[step].tables for step in ("trust", "run", "live"))
    mails = MAILS_AN_HOUR * DAYS * 24
    worst = month.executions * INSTANCE + (month.run_seconds - MINUTES * VAULTS * RUN) * INSTANCE
    printed = Table("limits", "")
    for what, value in (
        ("certificates in a vault: scans take more than they may", an_hour / of_certificate),
        ("certificates: mails of completed requests", mails / (month.requests / CERTIFICATES)),
        ("certificates: mails of both kinds", mails / (MESSAGES * month.requests / CERTIFICATES)),
        ("certificates: 1 GB of snapshots in memory", 1e9 / record_bytes),
        ("instances that runs take", month.instances),
        (f"vaults: runs take {INSTANCES} instances", VAULTS * INSTANCES / month.instances),
        ("table requests of a vault in a minute", in_a_minute),
        ("vaults: requests to one storage account", TABLES_A_SECOND * 60 / in_a_minute),
        ("US$ for a log record of each execution", month.executions * RECORD * LOGS),
        ("memory of all snapshots, GB", CERTIFICATES * record_bytes / 1e9),
        ("GB-s in millions, one message at a time and a second each", worst / 1e6),
        ("their price, US$", worst * GB_SECOND),
        ("table requests in millions without live", (month.total.tables - month.lines["endpoints"].tables) / 1e6),
    ):
        printed.add_row(what, f"{value:,.2f}")
    Console().print(printed)


def _millions(count: float) -> str:
    return f"{count / 1e6:,.2f} M"
