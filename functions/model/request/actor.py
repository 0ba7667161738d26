"""Who started or changed a request, and where a request comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """How it is known who acted. No caller can set it: it follows from the way in."""

    PERSON = "person"  # signed in with Entra ID
    APP = "app"  # a machine with a token of Entra ID
    KEY = "key"  # somebody with a function key, who is what they say
    SYSTEM = "system"  # Certflow itself


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something.

    A person or an app is `oid` in the tenant `tid`, whatever `name` says, which is for show and may
    change; `azp` is the application through which they called. Of Certflow itself `name` says which
    part of it acted. `on_behalf_of` is what the caller says (`requested_by` of a body), and nobody
    has verified it.
    """

    kind: ActorKind
    name: str | None = None
    tid: str | None = None
    oid: str | None = None
    azp: str | None = None
    on_behalf_of: str | None = None

    @property
    def verified(self) -> bool:
        """Whether it is certain who acted: signed in, or Certflow itself."""
        return self.kind is not ActorKind.KEY

    @property
    def shown(self) -> str | None:
        """The actor in one word, for show: the name, or else the object id, of who is signed in;
        `system:renewal`; what a caller with a key says. None for a caller who says nothing.
        """
        if self.kind is ActorKind.KEY:
            return self.on_behalf_of
        if self.kind is ActorKind.SYSTEM:
            return f"system:{self.name}"
        return self.name or self.oid


# What Certflow does by itself, by the part that does it.
RENEWAL = Actor(ActorKind.SYSTEM, "renewal")  # because a tag asks for the next version
CHECK = Actor(ActorKind.SYSTEM, "check")  # it saw what became of a request
SCAN = Actor(ActorKind.SYSTEM, "scan")  # it found a request that was started elsewhere
UPLOAD = Actor(ActorKind.SYSTEM, "upload")  # for a file in `chains`; storage names no uploader
UNNAMED = Actor(ActorKind.KEY)  # a caller with a function key who says no name

# The name under which all callers without a sign-in are limited together: each call could give
# another.
UNVERIFIED = "unverified"


class Origin(StrEnum):
    """Where a request comes from. No caller can set it: it follows from the code that started or
    found the request.
    """

    CALLER = "caller"  # started over the API
    RENEWAL = "renewal"  # started by Certflow itself, because a tag asks for the next version
    FOUND = "found"  # started elsewhere and found in Key Vault


def caller_of(by: Actor) -> str | None:
    """The id under which the events that a caller causes are limited; None for Certflow itself.
    Who is signed in counts by tenant and object id; in rows of an older version by the name, which
    is all that they have.
    """
    if by.kind is ActorKind.SYSTEM:
        return None
    if by.kind is ActorKind.KEY:
        return UNVERIFIED
    return f"{by.tid}:{by.oid}" if by.oid else (by.name or UNVERIFIED).lower()


def actor_before_kinds(name: str | None, *, verified: bool) -> Actor:
    """The actor of a row that was written before there were kinds, when a row had a name and
    whether App Service, or Certflow for its renewals (`certflow-renew`), vouched for it.
    """
    if not verified:
        return Actor(ActorKind.KEY, on_behalf_of=name)
    return RENEWAL if name == "certflow-renew" else Actor(ActorKind.PERSON, name)
