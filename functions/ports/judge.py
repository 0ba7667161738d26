"""Whether a caller may start what a create asks for: judged when it is known what that is, and
before anything is written or changed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from functions.ports.key_vault_objects import Policy

type GiveBack = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a create would start. `vault` is the alias; `sent` is the policy of its body, None if it
    has none, and `stored` that of the certificate. `owner` and `tags` are those that the version
    will have, `former_owner` is whose the certificate is now. `same_as` is the policy that an
    adoption sends: what is adopted has to be the same as that. `how` it would come about is
    `created`, `adopted` or `replaced`; `stands` is the id of the request in progress, which would
    be adopted, replaced, or is in the way.
    """

    vault: str
    name: str
    sent: Policy | None
    stored: Policy | None
    owner: str | None
    former_owner: str | None
    tags: Mapping[str, str]
    same_as: Policy | None = None
    how: str = "created"
    stands: str | None = None


class Judge(Protocol):
    """Says whether a caller may start something."""

    async def admit(self, proposal: Proposal) -> GiveBack:
        """Counts the start, and returns what takes it out of the count again if Key Vault starts
        nothing. Raises Forbidden, Unavailable.
        """
        ...


class AdmitAll:
    """The judge of what runs for no caller."""

    async def admit(self, proposal: Proposal) -> GiveBack:  # noqa: ARG002  of the protocol
        """Admits everything and counts nothing."""
        return keep


async def keep() -> None:
    """Gives nothing back."""
