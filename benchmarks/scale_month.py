"""A month of a million certificates in a thousand vaults: each step's counts, how often it comes, and the prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from functions.monitoring.vault_run import ANSWER_AGE

CERTIFICATES, VAULTS = 1_000_000, 1_000
LIFETIME, LEFT = 47, 1 / 3  # days, and the share of them that is left when the next version is started
DAYS = 365 / 12
MINUTES = DAYS * 24 * 60
PAGE = 25  # certificates in a page of a list (protocol §4.10)
BUDGET, SURVEY_SHARE = 40, 0.25  # calls of one vault in a second (400 in 10 s), and a survey's share of it
FIRST_LOOKS = 3
VAULT_EVENTS = 2  # for each version: new version, near expiry
OUR_EVENTS = 2  # started, completed
# On the platform's side, for each message: it is fetched and deleted; and empty queues are asked, a few times a minute.
QUEUE_TRIGGER = 2
AT_ONCE = 16  # queue messages that an instance works at the same time (host.json's default batch)
INSTANCE = 2  # GB (infra/modules/app.bicep)
# Seconds: a shift with nothing due waits for the tables in turn, some milliseconds each; other functions take less.
SHIFT, OTHER = 0.3, 0.5

# US dollars; list prices as remembered, to be looked up before they are relied on (docs/scale.md).
KEY_VAULT = 0.03 / 10_000
EXECUTION, GB_SECOND = 0.40 / 1e6, 0.000026
TABLES = 0.00036 / 10_000
QUEUES = 0.004 / 10_000
EVENTS = 0.60 / 1e6
FREE_EXECUTIONS, FREE_GB_SECONDS, FREE_EVENTS = 250_000, 100_000, 100_000


def requests_a_month() -> float:
    """Started in a month: each certificate when two thirds of its life are over."""
    return CERTIFICATES * DAYS / (LIFETIME * (1 - LEFT))


@dataclass(frozen=True, slots=True)
class Counts:
    """What a step asks: calls of Key Vault, requests to tables, to queues, and events sent to our topic."""

    key_vault: float
    tables: float
    queues: float
    events: float

    def __sub__(self, other: Counts) -> Counts:
        return self.plus(other, -1)

    def share(self, parts: float) -> Counts:
        """One of so many equal parts."""
        return NOTHING.plus(self, 1 / parts)

    def plus(self, other: Counts, times: float) -> Counts:
        """This, and so many times another."""
        return Counts(
            self.key_vault + other.key_vault * times,
            self.tables + other.tables * times,
            self.queues + other.queues * times,
            self.events + other.events * times,
        )


NOTHING = Counts(0, 0, 0, 0)


@dataclass(frozen=True)
class Month:
    """How often each step comes. `calls`: Key Vault calls for a request, from its start to its end."""

    steps: Mapping[str, Counts]
    calls: float
    surveys_a_day: float

    @property
    def requests(self) -> float:
        """Started in a month."""
        return requests_a_month()

    @property
    def looks(self) -> float:
        """That find nothing new, for each request; each in a transaction of its own, as the vaults are small."""
        return self.calls - self.steps["end"].key_vault

    @property
    def lines(self) -> dict[str, Counts]:
        """What the month asks, by what it is for."""
        every_minute = NOTHING
        for step in ("call", "trust", "idle"):
            every_minute = every_minute.plus(self.steps[step], 1)
        life = NOTHING.plus(self.steps["renewal"], 1).plus(self.steps["end"], 1).plus(self.steps["look"], self.looks)
        told = NOTHING.plus(self.steps["queued"], VAULT_EVENTS + OUR_EVENTS)
        for step in ("notify", "card", "mail"):
            told = told.plus(self.steps[step], 1)
        pages = CERTIFICATES / PAGE * self.surveys_a_day * DAYS
        return {
            "each minute, each vault": NOTHING.plus(every_minute, VAULTS * MINUTES),
            "each vault, a sign of life": NOTHING.plus(
                Counts(1, 0, 0, 0), VAULTS * MINUTES / (ANSWER_AGE.seconds / 60)
            ),
            f"surveys, {self.surveys_a_day:g} a day": NOTHING.plus(self.steps["page"], pages),
            "requests: start, checks, end": NOTHING.plus(life, self.requests),
            "requests: messages": NOTHING.plus(told, self.requests),
        }

    @property
    def executions(self) -> float:
        """Timer, shifts, first looks; events of the vaults and our own, each heard and then taken from our queue; a
        card and a mail.
        """
        each = FIRST_LOOKS + 2 * (VAULT_EVENTS + OUR_EVENTS) + 2
        return MINUTES * (1 + VAULTS) + each * self.requests

    @property
    def survey_seconds(self) -> float:
        """In which shifts wait for a survey's slots."""
        calls = NOTHING.plus(self.steps["page"], CERTIFICATES / PAGE * self.surveys_a_day * DAYS).key_vault
        return calls / (BUDGET * SURVEY_SHARE)

    @property
    def gb_seconds(self) -> float:
        """If the work always fills an instance: as many at once as it takes."""
        seconds = MINUTES * VAULTS * SHIFT + self.survey_seconds + (self.executions - MINUTES * VAULTS) * OTHER
        return seconds / AT_ONCE * INSTANCE

    @property
    def queue_requests(self) -> float:
        """Ours, and the platform's for each of our messages."""
        return sum(line.queues for line in self.lines.values()) * (1 + QUEUE_TRIGGER)

    @property
    def event_operations(self) -> float:
        """Each event in, and each delivery."""
        return 2 * (sum(line.events for line in self.lines.values()) + VAULT_EVENTS * self.requests)


def bill(month: Month) -> None:
    """Prints a month."""
    printed = Table(f"a month, {month.surveys_a_day:g} surveys a day", "Key Vault", "tables", "queues", "events")
    for name, line in month.lines.items():
        printed.add_row(name, *map(_millions, (line.key_vault, line.tables, line.queues, line.events)))
    Console().print(printed)
    total = NOTHING
    for line in month.lines.values():
        total = total.plus(line, 1)
    priced = Table("service", "in a month", "US$")
    rows = (
        ("requests started", month.requests, 0.0),
        ("Key Vault calls", total.key_vault, total.key_vault * KEY_VAULT),
        ("Functions executions", month.executions, max(0.0, month.executions - FREE_EXECUTIONS) * EXECUTION),
        ("Functions GB-s", month.gb_seconds, max(0.0, month.gb_seconds - FREE_GB_SECONDS) * GB_SECOND),
        ("table transactions", total.tables, total.tables * TABLES),
        ("queue operations", month.queue_requests, month.queue_requests * QUEUES),
        ("Event Grid operations", month.event_operations, max(0.0, month.event_operations - FREE_EVENTS) * EVENTS),
    )
    for name, count, dollars in (*rows, ("together", 0.0, sum(row[2] for row in rows))):
        priced.add_row(name, _millions(count) if count else "", f"{dollars:,.0f}" if dollars else "")
    Console().print(priced)


def _millions(count: float) -> str:
    return f"{count / 1e6:,.2f} M"
