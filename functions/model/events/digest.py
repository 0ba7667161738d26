"""The events of the daily digest and of the monthly plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Self

from functions.model.events.event import EventType, Plural, Scene
from functions.model.events.fields import SHA256, Name, Time, Vault
from functions.model.events.wire import Says
from functions.model.events.wording import Message
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OPERATORS, Readers

PAIR = {
    "type": "array",
    "prefixItems": [{"type": "string"}, {"type": "string"}],
    "items": False,
    "minItems": 2,
}
MAX_FIRST = 5  # certificates that a monthly plan names
ENDED_SCHEMA = {"enum": ["completed", "failed", "cancelled", "deleted", "overwritten"]}


@dataclass(frozen=True, kw_only=True)
class VaultLine:
    """The state of one vault."""

    vault: Vault
    last_good_sweep: Annotated[
        str | None,
        Says(
            "When all due requests of the vault were last checked, UTC; null: never yet.",
            format="date-time",
        ),
    ]
    late: Annotated[bool, Says("That was too long ago: this vault is not monitored.")]
    in_progress: Annotated[int, Says("Requests in progress.", minimum=0)]
    oldest: Annotated[
        str | None, Says("Since when the oldest of them is tracked, UTC.", format="date-time")
    ]
    certificates: Annotated[
        int | None, Says("As of the last inventory scan; null before the first.")
    ]
    near_expiry: Annotated[
        int, Says("Certificates near their end, as of the last inventory scan.", minimum=0)
    ]
    expired: Annotated[
        int, Says("Certificates that have expired, as of the last inventory scan.", minimum=0)
    ]
    passed_over: Annotated[
        int | None,
        Says(
            "Certificates that the last inventory scan could not read or renew; the log says why.",
            minimum=0,
        ),
    ] = None
    muted: Annotated[tuple[Name, ...], Says("Names with the tag certflow-mute, 5 at most.")]
    acknowledged: Annotated[
        tuple[Name, ...], Says("Names whose reminders somebody has suppressed, 5 at most.")
    ]
    quiet: Annotated[
        int | None,
        Says("How many requests are acknowledged and certificates muted there.", minimum=0),
    ] = None
    any_ca: Annotated[bool, Says("It takes any CA's certificates (CERTFLOW_TRUSTED_CAS).")]
    trust_trouble: Annotated[
        str | None, Says("Why nothing is merged there, or from when on; null: chains are merged.")
    ]
    critical: Annotated[
        int | None, Says("Critical findings of the audit; null: not known.", minimum=0)
    ] = None
    warnings: Annotated[int | None, Says("Warnings of the audit; null: not known.", minimum=0)] = (
        None
    )
    new_findings: Annotated[
        int | None, Says("How many of these are new since the last digest.", minimum=0)
    ] = None


@dataclass(frozen=True, kw_only=True)
class NewFinding:
    """A critical finding or a warning of the audit that was not there at the digest before."""

    vault: Vault
    name: Name
    code: Annotated[str, Says("Its code, as in docs/audit.md.")]


@dataclass(frozen=True, kw_only=True)
class ActsHead:
    """Where the record of acts ended, to be kept out of the app's reach."""

    file: Annotated[str, Says("Its last file.")]
    head: Annotated[str, Says("The SHA-256 of its last line, hex.", pattern=SHA256)]


@dataclass(frozen=True, kw_only=True)
class SilencedEnd:
    """A certificate near expiry whose owner gets no message, because a tag says so."""

    vault: Vault
    name: Name
    why: Annotated[
        str,
        Says("By certflow-mute, or by certflow-renew = off.", enum=["muted", "not to be renewed"]),
    ]
    not_after: Annotated[Time, Says("The certificate's, UTC.")]


@dataclass(frozen=True, kw_only=True)
class Digest(EventType):
    """The daily digest: which requests ended, which are in progress, and whether every vault is
    monitored. With CERTFLOW_DIGEST=news it is sent only if there is news.
    """

    type = "Certflow.Digest.Daily"
    ids = "^digest:[0-9]{4}-[0-9]{2}-[0-9]{2}$"
    subjects = "^digest$"
    plural = Plural("daily digests")
    readers = Readers((OPERATORS,))

    date: Annotated[str, Says("The day on which it was sent, UTC.", format="date")]
    good: Annotated[bool, Says("Nothing needs attention.")]
    headline: Annotated[str, Says("For people.")]
    sentence: Annotated[str, Says("For people.")]
    next_step: Annotated[str, Says("For people.")]
    ended: Annotated[
        Mapping[str, Annotated[int, Says(minimum=1)]],
        Says("How many requests ended so in the last 24 hours.", propertyNames=ENDED_SCHEMA),
    ]
    vaults: tuple[VaultLine, ...]
    set_aside: Annotated[
        tuple[str, ...],
        Says(
            "Dropped files that could not be handled and are still there, 5 at most; of a long "
            "name the first 250 characters."
        ),
    ]
    facts: Annotated[tuple[tuple[str, str], ...], Says("Title and value, for people.", items=PAIR)]
    refused_events: Annotated[
        int | None,
        Says(
            "Events on the topic that this deployment did not send, since yesterday; people get "
            "no message about them.",
            minimum=0,
        ),
    ] = None
    silenced_count: Annotated[
        int | None, Says("How many of those there are in all.", minimum=0)
    ] = None
    silenced: Annotated[
        tuple[SilencedEnd, ...] | None,
        Says(
            "Certificates on the last rung of CERTFLOW_EXPIRY_LADDER, or just expired, whose "
            "owners get no message because a tag says so, as of the last inventory scans. Those "
            "that have not expired come first, and the first of each vault before the second of "
            "any.",
            maxItems=10,
        ),
    ] = None
    new_findings: Annotated[
        tuple[NewFinding, ...] | None,
        Says(
            "The first findings of the audit that are new since the last digest, of each vault in "
            "turn.",
            maxItems=5,
        ),
    ] = None
    acts: Annotated[
        ActsHead | None, Says("The end of the record of acts; missing if it cannot be read.")
    ] = None

    def words(self, links: Links) -> Message:
        """Says whether anything needs attention."""
        del links
        return Message(
            f"Daily digest, {self.date}: {self.headline}",
            self.sentence,
            self.next_step,
            Severity.INFO if self.good else Severity.WARNING,
            good=self.good,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the facts about each vault."""
        return ((str(title), value) for title, value in self.facts or ())

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a day without problems."""
        watched = "watched, last at 05:59 UTC, 2 in progress, the oldest for 3 days 1 hour"
        return cls(
            date=at.now.date().isoformat(),
            good=True,
            headline="all is well",
            sentence="In the last 24 hours: 3 completed. In progress now: 2.",
            next_step="Nothing to do.",
            ended={"completed": 3},
            vaults=(),
            set_aside=(),
            facts=((f"Vault {at.vault}", watched),),
            acts=ActsHead(file="2026-11-30.jsonl", head="6" * 64),
        )


@dataclass(frozen=True, kw_only=True)
class FirstToFix:
    """A certificate whose renewal is to be changed before others."""

    vault: Vault
    name: Name
    why: Annotated[str, Says("What is wrong with it, and what would be right. For people.")]


@dataclass(frozen=True, kw_only=True)
class MonthlyPlan(EventType):
    """How many certificates will need a person, and how often, once public CAs keep to the next
    limit on lifetimes, and which policies break then. Sent on the first of a month; with
    CERTFLOW_DIGEST=news only if there is anything to fix, with off never, and never where there is
    no certificate of a public CA.
    """

    type = "Certflow.Plan.Monthly"
    ids = "^plan:[0-9]{4}-[0-9]{2}$"
    subjects = "^plan$"
    plural = Plural("monthly plans")
    readers = Readers((OPERATORS,))

    month: Annotated[
        str, Says("The month in which it was sent, UTC.", pattern="^[0-9]{4}-[0-9]{2}$")
    ]
    since: Annotated[str, Says("From when on the limit counts.", format="date")]
    limit: Annotated[int, Says("The limit in days: no certificate lives longer.", minimum=1)]
    certificates: Annotated[
        int, Says("Certificates of public CAs that are to be renewed.", minimum=0)
    ]
    by_hand: Annotated[int, Says("Those whose renewals take a person's time.", minimum=0)]
    times_a_year: Annotated[
        float, Says("How often each of these is renewed in a year, on average.", minimum=0)
    ]
    hours_a_year: Annotated[int, Says("The hours that this takes people in a year.", minimum=0)]
    broken: Annotated[
        int, Says("Policies by which a certificate would be renewed again and again.", minimum=0)
    ]
    first: Annotated[
        tuple[FirstToFix, ...],
        Says("Those to fix first: policies that break, then renewals by hand.", maxItems=MAX_FIRST),
    ]

    def words(self, links: Links) -> Message:
        """Says what the limit will ask of people."""
        calm = not self.by_hand and not self.broken
        breaks = f" {_counted(self.broken, 'policy breaks', 'policies break')}."
        return Message(
            f"Renewals under the limit of {self.limit} days, from {self.since}",
            f"From {self.since} on public CAs issue for {self.limit} days at most. "
            f"{self.by_hand or 'None'} of {_counted(self.certificates, 'certificate')} of such CAs "
            f"{'needs' if self.by_hand in {0, 1} else 'need'} a person"
            f"{_how_often(self.times_a_year, self.hours_a_year) if self.by_hand else ''}."
            f"{breaks if self.broken else ''}",
            "Nothing to do."
            if calm
            else "Fix first what is listed here. GET "
            f"{links.api}/plan?limit={self.limit}&public=true has all of them, "
            f"{links.credentials}.",
            Severity.INFO if calm else Severity.WARNING,
            good=calm,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists what is to be fixed first."""
        return ((f"{one.vault}/{one.name}", one.why) for one in self.first or ())

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a limit of 100 days."""
        return cls(
            month=f"{at.now:%Y-%m}",
            since="2027-03-15",
            limit=100,
            certificates=40,
            by_hand=12,
            times_a_year=5.5,
            hours_a_year=33,
            broken=1,
            first=(
                FirstToFix(
                    vault=at.vault,
                    name="sample",
                    why="renewed 276 days before its end, and it lives 100: again and again. Let "
                    "it renew at 80 percent of its life.",
                ),
            ),
        )


def _how_often(times: float, hours: int) -> str:
    takes = f", {_counted(hours, 'hour')} of work" if hours else ""
    return f" {times:g} times a year{takes}"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count} {one if count == 1 else many or f'{one}s'}"
