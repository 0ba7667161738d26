"""Faults that can be asked for: some of the next posts or mails are answered with an error and not kept."""

from __future__ import annotations

import random
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, UnsetType

_ErrorCode = Annotated[int, msgspec.Meta(ge=400, le=599)]
_Times = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
_Rate = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Seconds = Annotated[int, msgspec.Meta(ge=0)]


class Fault(msgspec.Struct, dict=True, kw_only=True, forbid_unknown_fields=True):
    """How often it strikes: the next `times` (1 if nothing is said), or a share (`rate`, 0 to 1) of all that comes.

    With both, a share until it has struck so many times. The same `seed` strikes the same ones; without one it is
    drawn, and stands in the answer.
    """

    times: _Times | UnsetType = UNSET
    rate: _Rate | UnsetType = UNSET
    seed: int | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Fills in what was not said."""
        if self.rate is UNSET:
            self.times = 1 if self.times is UNSET else self.times
        elif self.seed is UNSET:
            self.seed = random.SystemRandom().randrange(2**32)
        self._chance = random.Random(None if self.seed is UNSET else self.seed)  # noqa: S311 - to be repeated, not secret

    def strikes(self) -> bool:
        """Whether it strikes what just came; counts it if so."""
        if self.times == 0 or (self.rate is not UNSET and self._chance.random() >= self.rate):
            return False
        if self.times is not UNSET:
            self.times -= 1
        return True


class TeamsFault(Fault):
    """What Teams Workflows answers instead of 202: 429 with `Retry-After`, 5xx …"""

    status: _ErrorCode
    retry_after: _Seconds | None = None


class SmtpFault(Fault):
    """What the mail server answers after DATA: 451 (try again), 554 (never) …"""

    code: _ErrorCode


class AcsFault(Fault):
    """What Communication Services answer instead of 202: 429 with `Retry-After`, 400 with a code of theirs, 5xx …"""

    status: _ErrorCode
    code: str = "Fault"
    retry_after: _Seconds | None = None


class AcsOperationFault(Fault):
    """What becomes of a mail that was accepted: it ends so, or never, and is not kept."""

    status: Literal["Failed", "Canceled", "Running"]
    code: str = "EmailDropped"


class WebhookFault(Fault):
    """What the webhook answers instead of 200."""

    status: _ErrorCode


class Faults(msgspec.Struct, forbid_unknown_fields=True):
    """The faults that are still to come; a request replaces those it names, null takes one back."""

    teams: TeamsFault | UnsetType | None = UNSET
    smtp: SmtpFault | UnsetType | None = UNSET
    acs: AcsFault | UnsetType | None = UNSET
    acs_operation: AcsOperationFault | UnsetType | None = UNSET
    webhook: WebhookFault | UnsetType | None = UNSET

    def replace(self, asked: Faults) -> None:
        """Takes over what `asked` names and leaves the rest."""
        for channel in self.__struct_fields__:
            if (fault := getattr(asked, channel)) is not UNSET:
                setattr(self, channel, fault)

    def next_teams(self) -> TeamsFault | None:
        """The fault for the post that just came, if one is due."""
        return _due(self.teams)

    def next_smtp(self) -> SmtpFault | None:
        """The fault for the mail that just came over SMTP, if one is due."""
        return _due(self.smtp)

    def next_acs(self) -> AcsFault | None:
        """The fault for the mail that just came to Communication Services, if one is due."""
        return _due(self.acs)

    def next_acs_operation(self) -> AcsOperationFault | None:
        """What goes wrong with the mail that Communication Services just accepted, if something does."""
        return _due(self.acs_operation)

    def next_webhook(self) -> WebhookFault | None:
        """The fault for the message that just came to the webhook, if one is due."""
        return _due(self.webhook)


def _due[F: Fault](fault: F | UnsetType | None) -> F | None:
    return fault if isinstance(fault, Fault) and fault.strikes() else None
