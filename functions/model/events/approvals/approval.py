"""What all events of an approval have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

from functions.model.events.event import CERTIFICATES, EventFields, EventType, Scene
from functions.model.events.fields import (
    SHA256,
    CausedBy,
    Issuer,
    Name,
    Names,
    Owner,
    RequestId,
    Time,
    Vault,
    Who,
    shown_actor,
)
from functions.model.events.wire import Says
from functions.model.humanize import join_of_count
from functions.model.links import Links

APPROVAL_IDS = "^approval:[0-9a-f]{32}:"
MAX_SHOWN_NAMES = 5


@dataclass(frozen=True, kw_only=True)
class Yes:
    """Somebody's yes."""

    by: Annotated[Who, Says("Who has said it.")]
    at: Annotated[Time, Says("When, UTC.")]


@dataclass(frozen=True, kw_only=True)
class AskedFor:
    """What one condition of the access file asks for."""

    approvals: Annotated[int, Says("How many people.", minimum=1)]
    by: Annotated[
        tuple[str, ...], Says("Out of whom, as the file has it; empty: who may approve it.")
    ]
    given: Annotated[tuple[Yes, ...], Says("Who has said yes.")]


@dataclass(frozen=True, kw_only=True)
class ApprovalEvent(EventType):
    """A request that a condition of the access file lets start only after the yes of others."""

    subjects = CERTIFICATES

    approval: Annotated[str, Says("Its id.", pattern="^[0-9a-f]{32}$")]
    vault: Vault
    name: Name
    of: Annotated[
        Literal["create", "renewal", "elsewhere"],
        Says(
            "What waits: a request of a caller, a renewal of Certflow's own, the chain of a "
            "request that was started elsewhere."
        ),
    ]
    digest: Annotated[
        str, Says("SHA-256 of all that is asked for: approving means this.", pattern=SHA256)
    ]
    issuer: Issuer
    names: Names | None = None
    name_count: Annotated[int | None, Says("How many names there are in all.", minimum=1)] = None
    owner: Owner | None = None
    requested_by: Annotated[str | None, Says("Who asked, for show.")] = None
    requester: Annotated[Who | None, Says("Who asked, in full.", always=True)] = None
    caused_by: CausedBy | None = None
    request_id: RequestId | None = None
    asked: Annotated[Time, Says("When it was asked for, UTC.")]
    expires: Annotated[Time, Says("Until when it can be decided, UTC.")]
    needs: Annotated[tuple[AskedFor, ...], Says("What has to be approved, each on its own.")]

    @property
    def asker(self) -> str | None:
        """The name of who asked, which may be a mail address: they hear what came of it."""
        by = self.requester
        return by.name if by and by.kind == "person" else None

    @property
    def which(self) -> str:
        """What it is about, as titles have it."""
        return f"{self.name} in {self.vault}"

    @property
    def what(self) -> str:
        """What it is about, as sentences have it."""
        waits = {
            "renewal": "The renewal of",
            "elsewhere": "The request that was started outside Certflow for",
        }
        return f"{waits.get(self.of, 'The request for')} {self.name} in vault {self.vault}"

    @property
    def who_has_to(self) -> str:
        """Who has to say yes, as sentences have it."""
        return " and ".join(
            f"{one.approvals} of {', '.join(one.by) or 'those who may approve it'}"
            for one in self.needs or ()
        )

    def address(self, links: Links) -> str:
        """Returns the address of its routes."""
        return f"{links.api}/approvals/{self.approval}"

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists what is asked for, by whom, and who has said yes."""
        return (
            ("Vault", self.vault),
            ("Certificate", self.name),
            ("Names", self.names_shown),
            ("Issuer", self.issuer),
            ("Owner", self.owner),
            ("Requested by", shown_actor(self.requester, self.requested_by)),
            *self.happened(),
            *(("Approved by", name) for name in self.approvers),
            ("SHA-256 of what is asked for", self.digest),
        )

    def happened(self) -> Iterable[tuple[str, object]]:
        """Lists what the event adds to that."""
        return ()

    @property
    def names_shown(self) -> str | None:
        """The first names, wildcards before others, and how many more there are."""
        names = self.names or ()
        return join_of_count(names[:MAX_SHOWN_NAMES], self.name_count or len(names)) or None

    @property
    def approvers(self) -> tuple[str, ...]:
        """Who has said yes, each once."""
        given = (one for need in self.needs or () for one in need.given)
        return tuple(dict.fromkeys(shown_actor(one.by, None) or "" for one in given))

    def elsewhere(self, links: Links) -> str:
        """Says where all approvals are."""
        return f"All approvals: GET {links.api}/approvals, {links.credentials}."


def approval_sample(at: Scene) -> EventFields:
    """Returns the fields of a request that waits since yesterday."""
    return {
        "approval": "0" * 32,
        "vault": at.vault,
        "name": "sample",
        "of": "create",
        "digest": "0" * 64,
        "issuer": "DigiCert",
        "names": ("*.example.com",),
        "name_count": 1,
        "requested_by": "somebody@example.com",
        "requester": Who(kind="person", name="somebody@example.com", tid="t", oid="o"),
        "asked": (at.now - timedelta(days=1)).isoformat(),
        "expires": (at.now + timedelta(days=6)).isoformat(),
        "needs": (AskedFor(approvals=1, by=("role:pki",), given=()),),
    }
