"""Faults that can be asked for: the next `times` posts or mails are answered with an error and not kept."""

from __future__ import annotations

from typing import Annotated

import msgspec

_ErrorCode = Annotated[int, msgspec.Meta(ge=400, le=599)]
_Times = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class TeamsFault(msgspec.Struct, forbid_unknown_fields=True):
    """What Teams Workflows answers instead of 202: 429 with `Retry-After`, 5xx …"""

    status: _ErrorCode
    times: _Times = 1
    retry_after: Annotated[int, msgspec.Meta(ge=0)] | None = None


class SmtpFault(msgspec.Struct, forbid_unknown_fields=True):
    """What the mail server answers after DATA: 451 (try again), 554 (never) …"""

    code: _ErrorCode
    times: _Times = 1


class Faults(msgspec.Struct, forbid_unknown_fields=True):
    """The faults that are still to come; a request replaces those it names, null takes one back."""

    teams: TeamsFault | msgspec.UnsetType | None = msgspec.UNSET
    smtp: SmtpFault | msgspec.UnsetType | None = msgspec.UNSET

    def replace(self, asked: Faults) -> None:
        """Takes over what `asked` names and leaves the rest."""
        if asked.teams is not msgspec.UNSET:
            self.teams = asked.teams
        if asked.smtp is not msgspec.UNSET:
            self.smtp = asked.smtp

    def next_teams(self) -> TeamsFault | None:
        """The fault for the post that just came, if one is due."""
        return self.teams if isinstance(self.teams, TeamsFault) and _take(self.teams) else None

    def next_smtp(self) -> SmtpFault | None:
        """The fault for the mail that just came, if one is due."""
        return self.smtp if isinstance(self.smtp, SmtpFault) and _take(self.smtp) else None


def _take(fault: TeamsFault | SmtpFault) -> bool:
    if fault.times < 1:
        return False
    fault.times -= 1
    return True
