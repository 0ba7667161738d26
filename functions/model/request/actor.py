"""Who started or changed a request, and where a request comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asked for something. `verified` is True only if App Service authentication vouches for
    the name, or if Certflow itself acts; otherwise the name is what the caller said.
    """

    name: str | None = None
    verified: bool = False


NOBODY = Actor()  # a timer or an event, not a caller
ITSELF = Actor("certflow-renew", verified=True)  # Certflow, because a tag asks for the next version
# The name under which all unverified callers are limited together: each call could give another.
UNVERIFIED = "unverified"


class Origin(StrEnum):
    """Where a request comes from. No caller can set it: it follows from the code that started or
    found the request.
    """

    CALLER = "caller"  # started over the API
    RENEWAL = "renewal"  # started by Certflow itself, because a tag asks for the next version
    FOUND = "found"  # started elsewhere and found in Key Vault


def caller_of(by: Actor) -> str | None:
    """The name under which the events that a caller causes are limited; None for Certflow itself.
    Names of verified callers are lower-case.
    """
    if by == ITSELF:
        return None
    return by.name.lower() if by.verified and by.name else UNVERIFIED
