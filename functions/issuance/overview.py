"""How the watching goes: by vault now, and once a day as a digest, which is a heartbeat, too."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.choices import DigestWhen
from functions.issuance.events import DIGEST, Event
from functions.issuance.outbox import publish
from functions.issuance.ports import Wanted
from functions.issuance.requests import Status, TrackedRequest
from functions.issuance.survey import found_of
from functions.issuance.watchbook import Survey

MOST_BACKLOG = 1000  # counted; more is "a lot"
DAY = timedelta(days=1)
LATE = timedelta(minutes=15)  # without a good sweep, a vault is not being watched
MOST_NAMES = 5
# Of vaults in a digest; the others are summed up. The event is one property of a table row, which takes 32,768
# characters: of a vault there are at most 1,600, of a file's name 1,024.
MOST_LINES = 12
PAGE = 500


async def status_of_vaults(certflow: Certflow) -> list[dict[str, Any]]:
    """For each vault: its last good sweep (ISO 8601, or None), what is overdue now, and what its last survey found.

    Raises Unavailable.
    """
    beats = await certflow.watchbook.beats()
    return list(await asyncio.gather(*(_status(certflow, alias, beats.get(alias)) for alias in certflow.vaults)))


async def send_digest(certflow: Certflow) -> None:
    """Writes the digest of the day: how the watching goes, what ended, what waits, what is muted. Safe to repeat."""
    if certflow.choices.digest is DigestWhen.OFF:
        return
    now, beats = certflow.now(), await certflow.watchbook.beats()
    ended = [one async for one in _ended(certflow, now - DAY)]
    lines = [await _line(certflow, alias, beats.get(alias)) for alias in certflow.vaults]
    stuck = sorted(name for name, mark in (await certflow.ledger.aside()).items() if mark.for_good)
    data = _told(now, ended, lines, stuck)
    if certflow.choices.digest is DigestWhen.NEWS and data["good"] and not ended:
        return
    event = Event(id=f"digest:{now.date()}", type=DIGEST, subject="digest", time=now, data=data)
    await certflow.ledger.add_event(event)
    await publish(certflow, (event,))


async def _status(certflow: Certflow, alias: str, beat: datetime | None) -> dict[str, Any]:
    backlog, survey = await asyncio.gather(
        certflow.ledger.backlog(alias, certflow.now(), MOST_BACKLOG), certflow.watchbook.survey(alias)
    )
    return {
        "vault": alias,
        "observed": alias in certflow.choices.observed,
        "last_good_sweep": beat.isoformat() if beat else None,
        "backlog": backlog,
        "last_survey": _survey(survey),
    }


def _survey(survey: Survey) -> dict[str, Any] | None:
    if survey.finished is None or survey.last is None:
        return None
    return {"finished": survey.finished.isoformat(), **found_of(survey.last)}


async def _ended(certflow: Certflow, since: datetime) -> Any:
    token: str | None = None
    while True:
        page = await certflow.ledger.requests(Wanted(ended_after=since, limit=PAGE), token)
        for request in page.requests:
            yield request
        token = page.token
        if token is None:
            return


async def _line(certflow: Certflow, alias: str, beat: datetime | None) -> dict[str, Any]:
    """What there is to say of a vault."""
    now, survey = certflow.now(), await certflow.watchbook.survey(alias)
    in_progress, oldest, quiet = 0, now, list[str]()
    async for look in certflow.ledger.waiting(alias):  # counted one by one: there may be very many
        in_progress += 1
        oldest = min(oldest, look.created or now)
        if look.quiet_until and look.quiet_until > now:
            quiet.append(look.name)
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
        "muted": list(found.names.get("muted", ()))[:MOST_NAMES] if found else [],
        "acknowledged": quiet[:MOST_NAMES],
    }


def _told(now: datetime, ended: list[TrackedRequest], lines: list[dict[str, Any]], stuck: list[str]) -> dict[str, Any]:
    lines = sorted(lines, key=lambda line: (not line["late"], not line["expired"]))  # what needs a look comes first
    by_status = Counter(one.status for one in ended)
    late = [line["vault"] for line in lines if line["late"]]
    expired = sum(line["expired"] for line in lines)
    good = not late and not stuck and not expired and not by_status[Status.FAILED]
    words = [f"{count} {status}" for status, count in sorted(by_status.items())]
    in_progress = sum(line["in_progress"] for line in lines)
    return {
        "date": now.date().isoformat(),
        "good": good,
        "headline": "all is well" if good else "something needs a look",
        "sentence": f"In the last 24 hours: {', '.join(words) or 'no request ended'}. In progress now: {in_progress}.",
        "next_step": _next_step(late, stuck, expired, by_status[Status.FAILED]),
        "ended": {status.value: count for status, count in by_status.items()},
        "vaults": lines[:MOST_LINES],
        "set_aside": stuck[:MOST_NAMES],
        "facts": [*_facts(lines), *([("Files set aside", _some(stuck))] if stuck else [])],
    }


def _next_step(late: list[str], stuck: list[str], expired: int, failed: int) -> str:
    steps = (
        (late, f"Nobody has watched {_some(late)} lately: look at the app's log, and at its access to that vault."),
        (stuck, "Files in the container chains could not be handled: mend them, or POST their names to chains/retry."),
        (failed, "Some requests failed: their messages say why."),
        (expired, "Some certificates have expired: renew them, disable them, or tag them certflow-renew = off."),
    )
    return " ".join(step for applies, step in steps if applies) or "Nothing to do."


def _facts(lines: list[dict[str, Any]]) -> list[tuple[str, str]]:
    facts = [(f"Vault {line['vault']}", _in_words(line)) for line in lines[:MOST_LINES]]
    if more := lines[MOST_LINES:]:
        facts.append(("Other vaults", f"{len(more)}, with {sum(line['in_progress'] for line in more)} in progress"))
    quiet = [name for line in lines for name in (*line["acknowledged"], *line["muted"])]
    return [*facts, *([("Kept quiet", _some(quiet))] if quiet else [])]


def _in_words(line: dict[str, Any]) -> str:
    beat = line["last_good_sweep"]
    parts = [
        f"watched, last at {beat[11:16]} UTC" if beat else "not watched yet",
        f"{line['in_progress']} in progress",
        f"{line['near_expiry']} near their end" if line["near_expiry"] else "",
        f"{line['expired']} expired" if line["expired"] else "",
    ]
    return ", ".join(part for part in parts if part)


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
