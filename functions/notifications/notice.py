"""Notices: an event as a message to people, the same for every channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from functions.model.events.approvals.asked import WaitingApproval
from functions.model.events.event import Event, EventType
from functions.model.events.operators import NoticeRefused, RefusedNotice
from functions.model.events.registry import read_event
from functions.model.events.work_list import WorkList
from functions.model.issuers import is_manual
from functions.model.links import Links, links_of
from functions.model.messages import Line
from functions.ports.notifications import Notice
from functions.x509.describe import printed

MAX_SHORT = 300  # characters of a sentence


def notice_of(event_id: str, type_: str, data: Mapping[str, object], links: Links) -> Notice | None:
    """The notice of an event; None for events that only programs care about (a chain merged, a
    start at an issuer), and for types that this version does not know.
    """
    event = read_event(type_, data)
    words = event.words(links) if event else None
    if event is None or event.readers is None or words is None:
        return None

    def said(field: str) -> str | None:
        """The value of a field that only some types of events have."""
        value: str | None = getattr(event, field, None)
        return value

    (vault, name), names = event.about, getattr(event, "names", None)
    lines = tuple(event.lines())
    return Notice(
        event_id=event_id,
        type=type_,
        title=words.title,
        good=words.good,
        sentence=words.sentence,
        facts=tuple((title, str(value)) for title, value in event.details() if value),
        next_step=words.next_step,
        severity=words.severity,
        vault=vault,
        name=name,
        owner=said("owner"),
        signer=said("signer"),
        names=names if isinstance(names, tuple) else (),
        lines=lines,
        roles=event.readers.of(
            manual=is_manual(said("issuer") or ""), general=said("name") is None
        ),
        listed=event.listed,
        to=event.to if isinstance(event, WorkList) else (),
        approvers=_approvers_of(event),
        asker=said("asker"),
        links=links_of(links, vault, name, said("csr_url"), _request_of(lines), said("approval")),
        escalated=bool(getattr(event, "escalated", False)),
        not_on=said("channel"),
        by=said("caused_by"),
        remark=words.remark,
        elsewhere=event.elsewhere(links),
    )


def _approvers_of(event: EventType) -> tuple[str, ...]:
    """The addresses of those who are to approve something, if they are named."""
    return (event.to or ()) if isinstance(event, WaitingApproval) else ()


def _request_of(lines: Sequence[Line]) -> str | None:
    """The id of the request that an event is about; None for one about several, or about none."""
    return lines[0].request_id if len(lines) == 1 else None


def refusal_of(notice: Notice, channel: str, reason: str, now: datetime) -> Event:
    """The event that tells the other channels that one has refused a notice: why, and what the
    notice said. `reason` is the channel's, `now` is UTC.
    """
    refused = NoticeRefused(
        channel=channel,
        reason=reason,
        event_id=notice.event_id,
        notice=RefusedNotice(
            title=notice.title,
            sentence=notice.sentence,
            next_step=notice.next_step,
            severity=notice.severity.value,
        ),
        vault=notice.vault,
        name=notice.name,
        owner=notice.owner,
        signer=notice.signer,
        caused_by=notice.by,
        csr_url=dict(notice.facts).get("CSR"),
    )
    id_ = f"{notice.event_id}:refused:{channel}"
    return refused.event(id_, f"channels/{channel}", now, vault=notice.vault, name=notice.name)


def shorter(notice: Notice) -> Notice:
    """A notice that a channel cannot write, cut to title, sentence and next step in ASCII, which
    every channel can write.
    """
    title, sentence, next_step = (
        printed(text, most).encode("ascii", "replace").decode()
        for text, most in (
            (notice.title, 100),
            (notice.sentence, MAX_SHORT),
            (notice.next_step, MAX_SHORT),
        )
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
