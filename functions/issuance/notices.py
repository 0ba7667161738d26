"""Events as messages to people: the same for every channel."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from functions.issuance.describe import printed
from functions.issuance.events import CHAIN_REJECTED, ISSUANCE, NOTICE_REFUSED, WORK_LIST, Event
from functions.issuance.links import WITH_KEY, Links, links_of
from functions.issuance.phrases import duration, moment, some
from functions.issuance.requests import Status, is_manual
from functions.issuance.roles import is_listed, roles_of
from functions.issuance.telling import Line, Notice
from functions.issuance.wording import WRITERS

MOST_NAMES = 10
MOST_LEAVES = 20  # of a file; its report has them all
MOST_SHORT = 300  # characters of a sentence
MOST_CHANGES = 8  # of a certificate that somebody else has changed; the event has more
MOST = 2  # of what is wrong besides, and of warnings; the report has them all
TO_BE_SIGNED = {f"{ISSUANCE}Started", f"{ISSUANCE}Stalled"}  # with the CSR
ISSUED_OR_REFUSED = {Status.COMPLETED, Status.FAILED}  # that took its time; a request that somebody ended took none


def notice_of(event_id: str, type_: str, data: dict[str, Any], links: Links) -> Notice | None:
    """The message for people; None for what only machines care about (a chain merged, a start at an issuer)."""
    write = WRITERS.get(type_)
    words = write({**data, "links": links}) if write else None
    if words is None:
        return None
    request = data.get("request") or data
    return Notice(
        event_id=event_id,
        type=type_,
        title=words.title,
        good=words.good,
        sentence=words.sentence,
        facts=_facts(data),
        next_step=words.next_step,
        severity=words.severity,
        vault=request.get("vault"),
        name=request.get("name"),
        owner=data.get("owner"),
        signer=data.get("signer"),
        names=tuple(data.get("names") or ()),
        lines=_lines(type_, data),
        roles=roles_of(type_, data),
        listed=is_listed(type_, data),
        to=tuple(data["to"]) if type_ == WORK_LIST else (),
        links=links_of(links, data),
        escalated=bool(data.get("escalated")),
        not_on=data.get("channel"),
        by=data.get("caused_by"),
        remark=words.remark,
        elsewhere=_elsewhere(type_, links),
    )


def _elsewhere(type_: str, links: Links) -> str:
    """Where all of a kind are to be seen, for what has no room in a message."""
    if type_ in {*TO_BE_SIGNED, WORK_LIST}:
        return f"All open CSRs as one zip: GET {links.api}/csrs, {WITH_KEY}."
    if type_ == CHAIN_REJECTED:
        return f"The report of each lies beside its file, in {links.place('chains-rejected')}."
    return f"All requests: GET {links.api}/requests, {WITH_KEY}." if type_.startswith(ISSUANCE) else ""


def refusal_of(notice: Notice, channel: str, reason: str, now: datetime) -> Event:
    """What the other channels are told where one has refused a notice: why, and what it said."""
    said = {
        "title": notice.title,
        "sentence": notice.sentence,
        "next_step": notice.next_step,
        "severity": notice.severity.value,
    }
    whose = {
        "vault": notice.vault,
        "name": notice.name,
        "owner": notice.owner,
        "signer": notice.signer,
        "caused_by": notice.by,
        "csr_url": dict(notice.facts).get("CSR"),  # what is to be signed: a sentence alone would not help
    }
    return Event(
        id=f"{notice.event_id}:refused:{channel}",
        type=NOTICE_REFUSED,
        subject=f"channels/{channel}",
        time=now,
        vault=notice.vault,
        name=notice.name,
        data={"channel": channel, "reason": reason, "event_id": notice.event_id, "notice": said}
        | {key: value for key, value in whose.items() if value is not None},
    )


def shorter(notice: Notice) -> Notice:
    """What is left of a notice that a channel cannot write: title, sentence and next step in letters that any can."""
    title, sentence, next_step = (
        printed(text, most).encode("ascii", "replace").decode()
        for text, most in ((notice.title, 100), (notice.sentence, MOST_SHORT), (notice.next_step, MOST_SHORT))
    )
    why = "This message could not be shown in full; the log has the reason (notice-shortened)."
    return Notice(
        event_id=notice.event_id,
        type=notice.type,
        title=title,
        good=notice.good,
        sentence=f"{sentence} {why}",
        facts=(),
        next_step=next_step,
        severity=notice.severity,
    )


def _lines(type_: str, data: dict[str, Any]) -> tuple[Line, ...]:
    """The request that an event is about; of a work list all of its requests, of a file for several those of all its
    leaves.
    """
    if type_ == WORK_LIST:
        return tuple(_line(one, one, csr=True) for one in data["requests"])
    request = data.get("request") or data
    if "request_id" not in request:
        return ()
    line = _line(request, data, csr=type_ in TO_BE_SIGNED and "csr_url" in data)
    leaves = [leaf["request"] for leaf in _of_several(data) if "request" in leaf]
    others = [Line(one["vault"], one["name"], one["request_id"]) for one in leaves if one != request]
    return (line, *others)


def _line(request: dict[str, Any], data: dict[str, Any], *, csr: bool) -> Line:
    return Line(
        request["vault"],
        request["name"],
        request["request_id"],
        names=" ".join(data.get("names") or ()),
        owner=data.get("owner"),
        since=datetime.fromisoformat(data["created"]) if "created" in data else None,
        csr=csr,
    )


def _facts(data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    error, file, request = data.get("error") or {}, data.get("file") or {}, data.get("request") or data
    wrong = [one["sentence"] for one in data.get("findings") or () if one["severity"] == "error"]
    facts = (
        *(("Also", sentence) for sentence in wrong[1 : 1 + MOST]),
        *(("Of the file", _of_leaf(leaf)) for leaf in _of_several(data)),
        ("Vault", request.get("vault")),
        ("Certificate", request.get("name")),
        ("Subject", data.get("subject")),
        ("Issuer", None if is_manual(str(data.get("issuer") or "")) else data.get("issuer")),
        ("Failed", some((one["name"] for one in data.get("failed") or ()), MOST_NAMES)),
        *((f"Changed: {one['what']}", _change(one)) for one in (data.get("changes") or ())[:MOST_CHANGES]),
        ("Error code", error.get("code")),
        ("Error message", error.get("message")),
        ("Took" if data.get("status") in ISSUED_OR_REFUSED else "After", _span(data.get("took"))),
        ("Pending for", _span(data.get("age"))),
        ("Valid until", _moment(data.get("not_after"))),
        ("Version", data.get("version")),
        *(("Warning", sentence) for sentence in (data.get("warnings") or ())[:MOST]),
        ("CSR", data.get("csr_url")),
        ("SHA-256 of its key", data.get("key_sha256")),
        ("Request", request.get("request_id")),
        ("Owner", data.get("owner")),
        ("Signer", data.get("signer")),
        ("Why", data.get("why")),
        ("Acknowledged by", data.get("acknowledged_by")),
        ("Done by", data.get("by")),
        ("Requested by", data.get("requested_by")),
        ("File", file.get("name")),
        ("SHA-256", file.get("sha256") or data.get("sha256")),
        ("SHA-256 before", data.get("before")),
        *(("CA", f"{one['subject']}, SHA-256 {one['sha256']}") for one in data.get("cas") or ()),
        ("Files", some(data.get("files") or (), MOST_NAMES)),
        ("Does not count", " ".join(data.get("ignored") or ())),
        ("Now in", data.get("moved_to")),
        *((str(label), value) for label, value in data.get("facts") or ()),
    )
    return tuple((title, str(value)) for title, value in facts if value)


def _of_several(data: dict[str, Any]) -> list[dict[str, Any]]:
    """What became of each certificate of a file that has several."""
    leaves = data.get("leaves") or []
    return leaves[:MOST_LEAVES] if len(leaves) > 1 else []


def _of_leaf(leaf: dict[str, Any]) -> str:
    request = leaf.get("request")
    which = f"{request['name']} in {request['vault']}" if request else leaf["subject"]
    return f"{which}: {leaf['outcome'].replace('-', ' ')}"


def _change(change: dict[str, Any]) -> str:
    return f"{change['before'] or 'none'} → {change['after'] or 'none'}"


def _moment(time: str | None) -> str | None:
    return None if time is None else moment(time)


def _span(seconds: float | None) -> str | None:
    return None if seconds is None else duration(seconds)
