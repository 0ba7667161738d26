"""What must hold when everything has drained. Each check yields a sentence for every offender."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from local.azurite import ACCOUNT_KEY
from local.stack import DROP, MERGED, REJECTED
from tests.endurance.soaking.customers import Customers
from tests.endurance.soaking.plan import Plan
from tests.endurance.soaking.record import Left
from tests.endurance.soaking.rows import Row

CHANNELS = {"teams", "email"}
ENDS = {"completed", "failed", "cancelled", "deleted", "overwritten"}
REPORT = "report.json"
OVERTAKEN = (":started", ":waiting")  # what need not be told when the request's end came before it was
ENDING = {"observed", "merged"}  # acts that can end a request here; a cancellation ends it if its answer says so


def all_was_asked_for(left: Left, plan: Plan, customers: Customers) -> Iterator[str]:
    """Every request was taken, and ended as its issuer or its CA wanted."""
    yield from customers.refused
    tracked = {(row["vault"], row["name"]): row for row in left.rows.requests()}
    for wanted in plan.requests:
        row = tracked.get((wanted.vault, wanted.name))
        if row is None:
            yield f"{wanted.vault}/{wanted.name} is not tracked"
        elif row["request_id"] != customers.asked.get((wanted.vault, wanted.name), row["request_id"]):
            yield f"{wanted.vault}/{wanted.name} is tracked as another request than its customer was told"
        elif row["status"] != wanted.end:
            yield f"{wanted.vault}/{wanted.name} ({wanted.kind}) is {row['status']}, not {wanted.end}"


def status_is_key_vaults(left: Left) -> Iterator[str]:
    for row in left.rows.requests():
        seen = left.key_vault[row["vault"], row["name"]]
        if seen != (row["request_id"], row["status"]):
            yield f"{row['vault']}/{row['name']}: tracked {row['request_id']} {row['status']}, Key Vault says {seen}"


def one_transition(left: Left) -> Iterator[str]:
    acts = Counter((act["request_id"], act["what"]) for act in left.rows.acts() if act["status"] in ENDS)
    for row in left.rows.requests():
        lines = {what: count for (request_id, what), count in acts.items() if request_id == row["request_id"]}
        if not lines or any(lines.get(what, 0) > 1 for what in ENDING):
            yield f"{row['vault']}/{row['name']} ({row['status']}) has these lines of its end: {lines}"


def one_event(left: Left) -> Iterator[str]:
    heard = {event["id"] for event in left.events}
    for row in left.rows.requests():
        ends = {f"{_id_of(row)}:{end}" for end in ENDS} & heard
        if ends != {_end_of(row)}:
            yield f"{row['vault']}/{row['name']} ({row['status']}) has these events of its end: {sorted(ends)}"
    if left.rows.outbox():
        yield f"still in the outbox: {left.rows.outbox()}"
    if left.pending:
        yield f"Event Grid still has {left.pending} events to deliver"


def one_delivery_record(left: Left) -> Iterator[str]:
    deliveries = left.rows.deliveries()
    for row in left.rows.requests():
        for channel in CHANNELS:
            record = deliveries.get((_end_of(row), channel))
            if record is None:
                yield f"{_end_of(row)} has no delivery record on {channel}"
    for (event_id, channel), record in deliveries.items():
        overtaken = record["state"] == "overtaken" and event_id.endswith(OVERTAKEN)
        if record["state"] != "delivered" and not overtaken:
            yield f"{event_id} on {channel} is {record['state']}: {record.get('outcome')}"
    if left.rows.waiting():
        yield f"still waiting for a message: {left.rows.waiting()}"


def every_delivery_is_listed(left: Left) -> Iterator[str]:
    """Also where a kill came between the end of a delivery and the list of messages."""
    listed = left.rows.listed()
    for delivery, record in left.rows.deliveries().items():
        if listed.get(delivery) != record["state"]:
            yield f"{' on '.join(delivery)} is {record['state']}, and listed as {listed.get(delivery)}"


def everybody_is_told(left: Left) -> Iterator[str]:
    told = left.told()
    for row in left.rows.requests():
        for channel in CHANNELS:
            if not told.get((_end_of(row), channel)):
                yield f"{_end_of(row)} was not told on {channel}"


def nobody_is_told_twice_but_after_a_kill(left: Left) -> Iterator[str]:
    """A message more than one needs a claim whose process was killed before it had settled it."""
    told, cut = left.told(), left.cut_off()
    for delivery, count in told.items():
        if count - 1 > cut.get(delivery, 0):
            yield f"{delivery} was told {count} times, and {cut.get(delivery, 0)} of its claims were cut off by a kill"
    for message in left.messages:
        if message["refused"]:
            yield f"Teams would not show {message['subject']}: {message['refused']}"


def every_file_has_its_report(left: Left, customers: Customers) -> Iterator[str]:
    yield from (f"{name} is still in {DROP}" for name in left.files[DROP])
    for name, content in customers.dropped.items():
        copies = [
            (container, path)
            for container, files in left.files.items()
            for path in files
            if path.rsplit("/", 1)[-1] == name
        ]
        if len(copies) != 1 or copies[0][0] not in {MERGED, REJECTED}:
            yield f"{name} is in {copies}"
            continue
        container, path = copies[0]
        report = json.loads(left.files[container].get(f"{path.rsplit('/', 1)[0]}/{REPORT}", b"null"))
        if left.files[container][path] != content:
            yield f"{container}/{path} is not what was dropped"
        if report is None or report["file"]["name"] != name:
            yield f"{container}/{path} has no report beside it"


def nothing_died_silently(left: Left) -> Iterator[str]:
    if left.poison:
        yield f"{left.poison} messages are in the poison queue, and nobody was told"
    for name, lines in left.dead_letters.items():
        yield f"dead letters in {name}: {lines[:500]}"


def no_secret_anywhere(left: Left, secrets: Mapping[str, re.Pattern[str]]) -> Iterator[str]:
    places = {f"the log {name}": text for name, text in left.logs.items()}
    places |= {f"message {one['id']}": json.dumps(one) for one in left.messages}
    places |= {f"event {one['id']}": json.dumps(one) for one in left.events}
    places |= {f"table {name}": json.dumps(rows, default=str) for name, rows in left.rows.by_table.items()}
    for container, files in left.files.items():
        places |= {f"{container}/{name}": text.decode("latin-1") for name, text in files.items()}
    for place, text in places.items():
        for what, pattern in secrets.items():
            if pattern.search(text):
                yield f"{what} is in {place}"


def secrets_of(stack: Mapping[str, Any], system_key: str) -> dict[str, re.Pattern[str]]:
    """What must be nowhere, by name."""
    settings = stack["settings"]
    values = {
        "the identity header": settings["IDENTITY_HEADER"],
        "the master key": stack["master_key"],
        "the system key": system_key,
        "the SMTP password": settings["CERTFLOW_SMTP_PASSWORD"],
        "the signature of the Teams URL": settings["CERTFLOW_TEAMS_WEBHOOK_URL"].split("sig=")[1],
        "the storage account's key": ACCOUNT_KEY,
        "the event topic's key": stack["event_topic"]["key"],
    }
    return {what: re.compile(re.escape(value)) for what, value in values.items()} | {
        "a private key": re.compile("-----BEGIN [A-Z ]*PRIVATE KEY"),
        "a token": re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}"),
    }


CHECKS: tuple[Callable[[Left], Iterator[str]], ...] = (
    status_is_key_vaults,
    one_transition,
    one_event,
    one_delivery_record,
    every_delivery_is_listed,
    everybody_is_told,
    nobody_is_told_twice_but_after_a_kill,
    nothing_died_silently,
)


def _id_of(row: Row) -> str:
    return f"{row['vault']}:{row['name'].lower()}:{row['request_id']}"


def _end_of(row: Row) -> str:
    """The id of the event of a request's end."""
    return f"{_id_of(row)}:{row['status']}"
