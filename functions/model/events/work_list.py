"""The event of a work list: the open CSRs of some signers, at a set time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Self

from functions.model.events.event import EventType, Plural, Scene
from functions.model.events.fields import Name, Names, Owner, RequestId, Time, Vault
from functions.model.events.wire import Says
from functions.model.events.wording import Message
from functions.model.humanize import moment
from functions.model.links import Links
from functions.model.messages import Line, Severity
from functions.model.people.readers import SIGNER, Readers

MAX_LISTED = 100


@dataclass(frozen=True, kw_only=True)
class OpenRequest:
    """An open request, whose CSR waits for a signature."""

    vault: Vault
    name: Name
    request_id: RequestId
    names: Names | None = None
    owner: Owner | None = None
    created: Annotated[Time, Says("Since when it waits, UTC.")]


@dataclass(frozen=True, kw_only=True)
class WorkList(EventType):
    """The open requests of some signers, the oldest first, at a time that `CERTFLOW_SIGNERS` sets
    for them. Not sent if there is no open request.
    """

    type = "Certflow.Signer.WorkList"
    ids = "^work-list:[0-9a-f]{32}:[0-9]{8}T[0-9]{6}Z$"
    subjects = "^signers/[0-9a-f]{32}$"
    plural = Plural("lists of CSRs to be signed")
    readers = Readers((SIGNER,))

    to: Annotated[tuple[str, ...], Says("The signers: mail addresses and channels.")]
    slot: Annotated[Time, Says("The time that was set, UTC.")]
    count: Annotated[int, Says("How many requests are open.", minimum=1)]
    requests: Annotated[
        tuple[OpenRequest, ...],
        Says(
            "The oldest of them, the oldest first: as many as an event has room for.",
            minItems=1,
            maxItems=MAX_LISTED,
        ),
    ]

    def words(self, links: Links) -> Message:
        """Says how many there are, and since when the oldest waits."""
        count, oldest, shown = self.count, self.requests[0], len(self.requests)
        first = f" The {shown} oldest are listed here." if shown < count else ""
        return Message(
            f"{count} CSR{' waits' if count == 1 else 's wait'} for a signature",
            f"The one that has waited the longest is of {oldest.name} in vault {oldest.vault}: "
            f"since {moment(oldest.created)}.{first}",
            f"Have the CSR{'' if count == 1 else 's'} signed, and drop what the CA sends, as it "
            f"is, into {links.container}.",
            Severity.INFO,
            good=True,
        )

    def lines(self) -> Sequence[Line]:
        """Returns the open requests."""
        return tuple(
            Line(
                one.vault,
                one.name,
                one.request_id,
                " ".join(one.names or ()),
                one.owner,
                datetime.fromisoformat(one.created) if one.created else None,
                csr=True,
            )
            for one in self.requests
        )

    def elsewhere(self, links: Links) -> str:
        """Says where all open CSRs are."""
        return f"All open CSRs as one zip: GET {links.api}/csrs, {links.credentials}."

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one with a single request."""
        one = OpenRequest(
            vault=at.vault,
            name="sample",
            request_id="0" * 32,
            names=("sample.example.com",),
            owner="owner@example.com",
            created=(at.now - timedelta(seconds=95)).isoformat(),
        )
        return cls(to=("signers@example.com",), slot=at.now.isoformat(), count=1, requests=(one,))
