"""How the watching goes: by vault now, and once a day as a digest, which is a heartbeat, too."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.issuance.blob_names import MAX_LENGTH
from functions.issuance.certflow import Certflow
from functions.issuance.choices import DigestWhen, Takes
from functions.issuance.describe import printed
from functions.issuance.events import DIGEST, Event
from functions.issuance.expiry import soonest_first
from functions.issuance.files import Lying
from functions.issuance.links import WITH_KEY, Links
from functions.issuance.outbox import send
from functions.issuance.phrases import duration, first_of, moment, some
from functions.issuance.requests import Status
from functions.issuance.survey import SILENCED, found_of
from functions.issuance.trusting import hint_of
from functions.issuance.watchbook import Silenced, Survey, TrustNote, TrustState

MOST_BACKLOG = 1000  # counted; more is "a lot"
DAY = timedelta(days=1)
LATE = timedelta(minutes=15)  # without a good sweep, a vault is not being watched
MOST_NAMES = 5
MOST_TROUBLE = 180  # characters of what is wrong with a vault's trust, which stands there twice
MOST_SHOWN = 100  # characters of a file's name, for people
# Of vaults in a digest; the others are summed up. The event is one property of a table row, which takes 32,768
# characters: of a vault there are at most 2,200. Anybody who may upload gives files names of 1,024 characters, which
# are twice as long when escaped; none of that may keep the digest from being written.
MOST_LINES, MOST_LETTERS = 10, 250
MOST_SILENCED = 10  # in all vaults
MOST_FILES = 20  # that status names
AT_ONCE = 8  # vaults of which the tables are asked at the same time

COUNTED = ("in_progress", "near_expiry", "expired", "passed_over")
STOPPED = {TrustState.NONE, TrustState.UNREADABLE}


@dataclass(frozen=True, slots=True)
class Silent:
    """Ends that a tag keeps quiet: the first, with their vaults, and how many there are."""

    first: list[tuple[str, Silenced]]
    count: int


type Ended = tuple[str, Status]  # vault alias / certificate name, and its end


async def status_of_vaults(certflow: Certflow) -> list[dict[str, Any]]:
    """For each vault: whose certificates it takes, its last good sweep (ISO 8601, or None), what is overdue now, and
    what its last survey found.

    Raises Unavailable.
    """
    beats = await certflow.watchbook.beats()
    return list(await asyncio.gather(*(_status(certflow, alias, beats.get(alias)) for alias in certflow.vaults)))


async def files_lying(certflow: Certflow) -> dict[str, Any]:
    """The files that lie in the container for chains: how many, and of the oldest MOST_FILES since when (ISO 8601) and
    how they stand: `unhandled` (not yet, or an outage keeps them), `waiting` (for trust, or for a search), `set-aside`
    (until they are dropped anew, or POST chains/retry asks for them). Raises Unavailable.
    """
    lying, aside = await asyncio.gather(certflow.drops.lying(certflow.now()), certflow.ledger.aside())

    def standing(one: Lying) -> str:
        mark = aside.get(one.name)
        if mark is None or mark.etag != one.etag:
            return "unhandled"
        return "set-aside" if mark.for_good else "waiting"

    files = [
        {"name": printed(one.name, MAX_LENGTH), "since": one.modified.isoformat(), "state": standing(one)}
        for one in lying[:MOST_FILES]
    ]
    return {"count": len(lying), "set_aside": sum(standing(one) == "set-aside" for one in lying), "oldest": files}


async def refused_events(certflow: Certflow) -> int:
    """How many events on our topic were another's, today and yesterday. Raises Unavailable."""
    today = certflow.now().date()
    days = (today - DAY, today)
    return sum(await asyncio.gather(*map(certflow.watchbook.refused, days)))


async def send_digest(certflow: Certflow) -> bool:
    """Writes the digest of the day: how the watching goes, what ended, what waits, what is muted; returns whether there
    is one. Safe to repeat.
    """
    if certflow.choices.digest is DigestWhen.OFF:
        return False
    now, beats = certflow.now(), await certflow.watchbook.beats()
    gate = asyncio.Semaphore(AT_ONCE)

    async def of_vault(alias: str) -> tuple[list[Ended], dict[str, Any], Survey]:
        async with gate:
            ended = await certflow.ledger.ended(alias, now - DAY)
            survey = await certflow.watchbook.survey(alias)
            line = await _line(certflow, survey, beats.get(alias))
            return [(f"{alias}/{name}", end) for name, end in ended], line, survey

    found = await asyncio.gather(*map(of_vault, certflow.vaults))
    ended, lines = [one for of_it, *_ in found for one in of_it], [line for _, line, _ in found]
    stuck = sorted(name for name, mark in (await certflow.ledger.aside()).items() if mark.for_good)
    surveys = [survey for *_, survey in found]
    silent = Silent(
        _nearest(surveys, now), sum(last.counts.get(SILENCED, len(last.silenced)) for s in surveys if (last := s.last))
    )
    data = _told(now, ended, lines, stuck, silent, await refused_events(certflow), certflow.links)
    if certflow.choices.digest is DigestWhen.NEWS and data["good"] and not ended:
        return False
    event = Event(id=f"digest:{now.date()}", type=DIGEST, subject="digest", time=now, data=data)
    await send(certflow, event)
    return True


async def _status(certflow: Certflow, alias: str, beat: datetime | None) -> dict[str, Any]:
    backlog, survey, trust = await asyncio.gather(
        certflow.ledger.backlog(alias, certflow.now(), MOST_BACKLOG),
        certflow.watchbook.survey(alias),
        certflow.watchbook.trust(alias),
    )
    return {
        "vault": alias,
        "trusted_cas": _trusted(certflow.choices.takes(alias), trust),
        "observed": alias in certflow.choices.observed,
        "last_good_sweep": beat.isoformat() if beat else None,
        "backlog": backlog,
        "last_survey": _survey(survey),
    }


def _trusted(takes: Takes, note: TrustNote | None) -> dict[str, Any]:
    if note is None or note.takes != takes:  # the timer looks within a minute
        return {"takes": takes.value, "state": "unknown", "merges": takes is not Takes.FILES}
    told = {"sha256": note.sha256, "since": note.since, "until": note.until, "why": note.why}
    known = {key: value.isoformat() if isinstance(value, datetime) else value for key, value in told.items() if value}
    return {"takes": takes.value, "state": note.state.value, "merges": note.state not in STOPPED, **known}


def _survey(survey: Survey) -> dict[str, Any] | None:
    if survey.finished is None or survey.last is None:
        return None
    silent = [{"name": one.name, "why": one.why, "not_after": one.ends.isoformat()} for one in survey.last.silenced]
    return {"finished": survey.finished.isoformat(), **found_of(survey.last), "silenced": silent}


def _nearest(surveys: Iterable[Survey], now: datetime) -> list[tuple[str, Silenced]]:
    """The certificates of all vaults of which a tag keeps the near end quiet, with their vaults.

    First what is still to end; of that the nearest of each vault, then the second of each, and so on: whoever may tag
    in one vault hides nothing of another's.
    """
    found = [
        (one.ends <= now, place, abs(one.ends - now), survey.vault, one)
        for survey in surveys
        if survey.last
        for place, one in enumerate(soonest_first(survey.last.silenced, now))
    ]
    return [(vault, one) for *_, vault, one in sorted(found, key=lambda one: one[:4])[:MOST_SILENCED]]


async def _line(certflow: Certflow, survey: Survey, beat: datetime | None) -> dict[str, Any]:
    """What there is to say of a vault."""
    now, alias = certflow.now(), survey.vault
    trust = await certflow.watchbook.trust(alias)
    any_ca = certflow.choices.takes(alias) is Takes.ANY and (trust is None or trust.state is TrustState.ANY)
    in_progress, oldest, quiet = 0, now, list[tuple[datetime, str]]()
    async for look in certflow.ledger.waiting(alias):  # counted one by one: there may be very many
        in_progress += 1
        oldest = min(oldest, look.created or now)
        if look.quiet_until and look.quiet_until > now:
            quiet.append((look.created or now, look.name))
    found = survey.last
    counts = found.counts if found else {}
    return {
        "vault": alias,
        "last_good_sweep": beat.isoformat() if beat else None,
        "late": beat is None or now - beat > LATE,
        "in_progress": in_progress,
        "oldest": oldest.isoformat() if in_progress else None,
        "certificates": found.certificates if found else None,
        "near_expiry": counts.get("near_expiry", 0),
        "expired": counts.get("expired", 0),
        "passed_over": counts.get("passed_over", 0),
        "muted": list(found.names.get("muted", ()))[:MOST_NAMES] if found else [],
        "acknowledged": [name for _, name in sorted(quiet)[:MOST_NAMES]],
        "quiet": len(quiet) + counts.get("muted", 0),
        "any_ca": any_ca,
        "trust_trouble": _trouble(trust),
    }


def _trouble(note: TrustNote | None) -> str | None:
    """Why nothing is merged there, or from when on."""
    hint = hint_of(note) if note else None
    return printed(hint, MOST_TROUBLE) if hint else None


def _told(
    now: datetime,
    ended: list[Ended],
    lines: list[dict[str, Any]],
    stuck: list[str],
    silent: Silent,
    refused: int,
    links: Links,
) -> dict[str, Any]:
    # What needs a look comes first. Whoever may import can fill any number of vaults with expired certificates, so
    # those hide nothing else.
    needs = ("late", "trust_trouble", "passed_over", "expired")
    lines = sorted(lines, key=lambda line: [not line[need] for need in needs])
    by_status = Counter(end for _, end in ended)
    failed = sorted(name for name, end in ended if end is Status.FAILED)
    late = [line["vault"] for line in lines if line["late"]]
    expired = sum(line["expired"] for line in lines)
    distrusting = [line["vault"] for line in lines if line["trust_trouble"]]
    passed_over = sum(line["passed_over"] for line in lines)
    good = not (passed_over or late or stuck or expired or failed or silent.count or distrusting)
    words = [f"{count} {status}" for status, count in sorted(by_status.items())]
    in_progress = sum(line["in_progress"] for line in lines)
    return {
        "date": now.date().isoformat(),
        "good": good,
        "headline": "all is well" if good else "something needs a look",
        "sentence": f"In the last 24 hours: {', '.join(words) or 'no request ended'}. In progress now: {in_progress}.",
        "next_step": next_step(links, late, stuck, expired, len(failed), silent.count, distrusting, passed_over),
        "ended": {status.value: count for status, count in by_status.items()},
        "vaults": lines[:MOST_LINES],
        "set_aside": [printed(name, MOST_LETTERS) for name in stuck[:MOST_NAMES]],
        "refused_events": refused,
        "silenced": [
            {"vault": vault, "name": one.name, "why": one.why, "not_after": one.ends.isoformat()}
            for vault, one in silent.first
        ],
        "silenced_count": silent.count,
        "facts": _facts(now, lines, failed, stuck, silent, refused),
    }


def next_step(
    links: Links,
    late: list[str],
    stuck: list[str],
    expired: int,
    failed: int,
    quiet: int,
    distrusting: list[str],
    passed_over: int,
) -> str:
    """What to do about each thing that the digest has found; the lists and counts of what there is."""
    status = f"GET {links.api}/status, {WITH_KEY},"
    unwatched, untrusted = some(late, MOST_NAMES), some(distrusting, MOST_NAMES)
    steps = (
        (late, f"Nobody has watched {unwatched} lately: look at the app's log, and at its access to that vault."),
        (
            distrusting,
            f"Put CAs into {links.place('trusted-cas')} for {untrusted}: without them nothing is merged there.",
        ),
        (stuck, f"Files in the container chains were not handled: their messages say why. {status} names them."),
        (failed, "Some requests failed: their messages say why."),
        (passed_over, "Some certificates could not be looked at: the app's log says why (passed-over)."),
        (
            quiet,
            f"Some certificates end and nobody is told: see that their tags are meant. {status} names them.",
        ),
        (expired, "Some certificates have expired: renew them, or disable them."),
    )
    return " ".join(step for applies, step in steps if applies) or "Nothing to do."


def _facts(
    now: datetime,
    lines: list[dict[str, Any]],
    failed: list[str],
    stuck: list[str],
    silent: Silent,
    refused: int,
) -> list[tuple[str, str]]:
    more = lines[MOST_LINES:]
    quiet = [name for kind in ("acknowledged", "muted") for line in lines for name in line[kind]]
    any_ca = [line["vault"] for line in lines if line["any_ca"]]
    facts = [  # a card of several messages shows the first three
        ("Failed requests", some(failed, MOST_NAMES)),
        ("Ends in silence", _silence_in_words(now, silent)),
        *((f"Vault {line['vault']}", _in_words(now, line)) for line in lines[:MOST_LINES]),
        ("Other vaults", more and f"{len(more)}, with {', '.join(_counts_in_words(more))}"),
        *((f"Trust of {line['vault']}", line["trust_trouble"]) for line in lines[:MOST_LINES] if line["trust_trouble"]),
        ("Taking any CA's certificates", some(any_ca, MOST_NAMES)),
        ("Kept quiet", first_of(quiet[:MOST_NAMES], sum(line["quiet"] for line in lines))),
        ("Events of others refused", f"{refused} since yesterday: see who may send to the topic" if refused else ""),
        ("Files set aside", some((printed(name, MOST_SHOWN) for name in stuck), MOST_NAMES)),
    ]
    return [(title, value) for title, value in facts if value]


def _silence_in_words(now: datetime, silent: Silent) -> str:
    """How many come first: a card, or a mail, may have to cut what follows."""
    names = ", ".join(_end_in_words(now, vault, one) for vault, one in silent.first)
    if silent.count < 2:
        return names
    return f"{silent.count} certificates{', first' if silent.count > len(silent.first) else ''}: {names}"


def _end_in_words(now: datetime, vault: str, one: Silenced) -> str:
    """What a tag keeps from its owner: main/web: muted, ends in 3 days."""
    left = (one.ends - now).total_seconds()
    span = duration(abs(left) // DAY.total_seconds() * DAY.total_seconds() or abs(left))
    return f"{vault}/{one.name}: {one.why}, " + (f"ends in {span}" if left > 0 else f"ended {span} ago")


def _in_words(now: datetime, line: dict[str, Any]) -> str:
    oldest = line["oldest"] and duration((now - datetime.fromisoformat(line["oldest"])).total_seconds())
    first, *more = _counts_in_words([line])
    old = [f"the oldest for {oldest}"] if oldest else []
    return ", ".join([_watched(line["last_good_sweep"], late=line["late"]), first, *old, *more])


def _counts_in_words(lines: list[dict[str, Any]]) -> list[str]:
    """What there is in one vault, or in several: first the requests in progress, then what is not none."""
    counts = {key: sum(line[key] for line in lines) for key in COUNTED}
    parts = [
        f"{counts['in_progress']} in progress",
        f"{counts['near_expiry']} near their end" if counts["near_expiry"] else "",
        f"{counts['expired']} expired" if counts["expired"] else "",
        f"{counts['passed_over']} not looked at" if counts["passed_over"] else "",
    ]
    return [part for part in parts if part]


def _watched(beat: str | None, *, late: bool) -> str:
    if beat is None:
        return "not watched yet"
    return f"NOT watched since {moment(beat)}" if late else f"watched, last at {beat[11:16]} UTC"
