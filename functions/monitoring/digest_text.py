"""The digest in words: what to do next, and the facts that people read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from functions.model.events.digest import ActsHead, NewFinding, VaultLine
from functions.model.humanize import duration, join_limited, join_of_count, moment
from functions.model.links import Links
from functions.model.request.operation import Status
from functions.monitoring.status import A_DAY
from functions.ports.monitoring_store import Silenced
from functions.x509.describe import printed

MAX_DIGEST_NAMES = 5
MAX_FILE_LETTERS = 100  # characters of a file's name, for people
# Vaults in a digest; the others are summed up. The event is one property of a table row, which
# takes 32,768 characters, and a vault has 2,300 at most.
MAX_DIGEST_VAULTS = 10
type Counted = Literal[
    "in_progress", "near_expiry", "expired", "passed_over", "critical", "warnings"
]
COUNTED: tuple[Counted, ...] = (
    *("in_progress", "near_expiry", "expired", "passed_over"),
    *("critical", "warnings"),
)

FILES_STEP = "Files in the container chains were not handled: their messages say why."
PASSED_OVER = (
    "Some certificates could not be looked at or renewed: the app's log says why (passed-over)."
)
QUIET = "Some certificates end and nobody is told: see that their tags are meant."

type Ended = tuple[str, Status]  # vault alias / certificate name, and the request's end
type Fact = tuple[str, str]  # label and value


@dataclass(frozen=True, slots=True)
class SilencedEnds:
    """Certificates of which a tag keeps the near end quiet: the first, each with its vault, and how
    many there are.
    """

    first: list[tuple[str, Silenced]]
    count: int


@dataclass(frozen=True, slots=True)
class Day:
    """What a digest is about: the requests that ended within a day, the vaults, those that need
    attention first, the names of parked files, quiet ends, the count of refused events, and the
    first findings of the audit that are new, and the end of the record of acts.
    """

    now: datetime
    ended: Sequence[Ended]
    lines: Sequence[VaultLine]
    stuck: list[str]
    silent: SilencedEnds
    refused: int
    new: Sequence[NewFinding] = ()
    acts: ActsHead | None = None

    @property
    def failed(self) -> list[str]:
        """The requests that failed, by name."""
        return sorted(name for name, end in self.ended if end is Status.FAILED)

    @property
    def late(self) -> list[str]:
        """The vaults that are not being watched."""
        return [line.vault for line in self.lines if line.late]

    @property
    def distrusting(self) -> list[str]:
        """The vaults in which nothing is merged, or soon not any more."""
        return [line.vault for line in self.lines if line.trust_trouble]

    @property
    def expired(self) -> int:
        """How many certificates have expired."""
        return sum(line.expired for line in self.lines)

    @property
    def passed_over(self) -> int:
        """How many certificates the inventory scans could not read."""
        return sum(line.passed_over or 0 for line in self.lines)

    @property
    def new_count(self) -> int:
        """How many findings of the audit are new."""
        return sum(line.new_findings or 0 for line in self.lines)

    @property
    def good(self) -> bool:
        """Whether nothing needs attention."""
        found = (self.passed_over, self.late, self.stuck, self.expired, self.failed)
        return not any((*found, self.silent.count, self.distrusting, self.new_count))


def next_step(
    links: Links,
    late: list[str],
    stuck: list[str],
    expired: int,
    failed: int,
    quiet: int,
    distrusting: list[str],
    passed_over: int,
    new: int,
) -> str:
    """What to do about what the digest has found, a sentence each. The arguments are the names or
    counts of what was found: vaults that are not watched, parked files, expired certificates,
    failed requests, ends that a tag keeps quiet, vaults without trusted CAs, certificates that the
    scan could not read, and new findings of the audit.
    """
    status = f"GET {links.api}/status, {links.credentials},"
    watch = (
        f"Nobody has watched {join_limited(late, MAX_DIGEST_NAMES)} lately: look at the app's "
        "log, and at its"
    )
    trust = (
        f"Put CAs into {links.place('trusted-cas')} for "
        f"{join_limited(distrusting, MAX_DIGEST_NAMES)}:"
    )
    steps = (
        (late, f"{watch} access to that vault."),
        (distrusting, f"{trust} without them nothing is merged there."),
        (stuck, f"{FILES_STEP} {status} names them."),
        (failed, "Some requests failed: their messages say why."),
        (passed_over, PASSED_OVER),
        (quiet, f"{QUIET} {status} names them."),
        (expired, "Some certificates have expired: renew them, or disable them."),
        (new, f"GET {links.api}/audit, {links.credentials}, says what to do about its findings."),
    )
    return " ".join(step for applies, step in steps if applies) or "Nothing to do."


def facts_of(day: Day) -> list[Fact]:
    """The facts of a digest, without empty ones. A card with several messages shows the first
    three.
    """
    shown, others = day.lines[:MAX_DIGEST_VAULTS], day.lines[MAX_DIGEST_VAULTS:]
    any_ca = [line.vault for line in day.lines if line.any_ca]
    stuck = join_limited((printed(name, MAX_FILE_LETTERS) for name in day.stuck), MAX_DIGEST_NAMES)
    facts = [
        ("Failed requests", join_limited(day.failed, MAX_DIGEST_NAMES)),
        ("New in the audit", _new_in_words(day)),
        ("Ends in silence", _silence_in_words(day.now, day.silent)),
        *((f"Vault {line.vault}", _in_words(day.now, line)) for line in shown),
        ("Other vaults", _others_in_words(others)),
        *((f"Trust of {line.vault}", line.trust_trouble or "") for line in shown),
        ("Taking any CA's certificates", join_limited(any_ca, MAX_DIGEST_NAMES)),
        ("Kept quiet", _quiet_in_words(day.lines)),
        ("Events of others refused", _refused_in_words(day.refused)),
        ("Files set aside", stuck),
        ("Record of acts", f"{day.acts.file}, head {day.acts.head}" if day.acts else ""),
    ]
    return [(title, value) for title, value in facts if value]


def _others_in_words(lines: Sequence[VaultLine]) -> str:
    return f"{len(lines)}, with {', '.join(_counts_in_words(lines))}" if lines else ""


def _new_in_words(day: Day) -> str:
    names = [f"{one.vault}/{one.name} ({one.code})" for one in day.new]
    return join_of_count(names, day.new_count)


def _quiet_in_words(lines: Sequence[VaultLine]) -> str:
    """The first names of which reminders are suppressed, acknowledged requests first."""
    names = list(_quiet_names(lines))
    return join_of_count(names[:MAX_DIGEST_NAMES], sum(line.quiet or 0 for line in lines))


def _quiet_names(lines: Sequence[VaultLine]) -> Iterator[str]:
    for line in lines:
        yield from line.acknowledged
    for line in lines:
        yield from line.muted


def _refused_in_words(refused: int) -> str:
    return f"{refused} since yesterday: see who may send to the topic" if refused else ""


def _silence_in_words(now: datetime, silent: SilencedEnds) -> str:
    """The count comes first, because a card or a mail may have to cut what follows."""
    names = ", ".join(_end_in_words(now, vault, one) for vault, one in silent.first)
    if silent.count < 2:
        return names
    first = ", first" if silent.count > len(silent.first) else ""
    return f"{silent.count} certificates{first}: {names}"


def _end_in_words(now: datetime, vault: str, one: Silenced) -> str:
    """An end of which a tag keeps its owner from hearing: `main/web: muted, ends in 3 days`."""
    left = (one.ends - now).total_seconds()
    span = duration(abs(left) // A_DAY.total_seconds() * A_DAY.total_seconds() or abs(left))
    ends = f"ends in {span}" if left > 0 else f"ended {span} ago"
    return f"{vault}/{one.name}: {one.why}, {ends}"


def _in_words(now: datetime, line: VaultLine) -> str:
    """A vault in one line: when it was watched, what is in progress, what else there is."""
    oldest = line.oldest and duration((now - datetime.fromisoformat(line.oldest)).total_seconds())
    first, *more = _counts_in_words([line])
    old = [f"the oldest for {oldest}"] if oldest else []
    return ", ".join([_watched(line.last_good_sweep, late=line.late), first, *old, *more])


def _counts_in_words(lines: Sequence[VaultLine]) -> list[str]:
    """The counts of one vault, or of several together: first the requests in progress, then those
    that are not 0.
    """
    counts: dict[str, int] = {
        key: sum(getattr(line, key) or 0 for line in lines) for key in COUNTED
    }
    words = {
        "near_expiry": "{} near their end",
        "expired": "{} expired",
        "passed_over": "{} not looked at",
        "critical": "critical findings: {}",
        "warnings": "warnings: {}",
    }
    others = [text.format(counts[key]) for key, text in words.items() if counts[key]]
    return [f"{counts['in_progress']} in progress", *others]


def _watched(beat: str | None, *, late: bool) -> str:
    if beat is None:
        return "not watched yet"
    return f"NOT watched since {moment(beat)}" if late else f"watched, last at {beat[11:16]} UTC"
