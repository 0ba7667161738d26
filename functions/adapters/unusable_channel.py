"""The channel that stands in for one whose setting is wrong: its messages wait."""

from __future__ import annotations

from collections.abc import Sequence

from functions.model.errors import BadSettings
from functions.ports.notifications import Attachment, Notice


class UnusableChannel:
    """Implements the port `Channel`. Its messages wait, as they do for a channel that does not
    answer, until the setting is fixed.
    """

    max_notices = 1
    limits = None

    def __init__(self, name: str, fault: str) -> None:
        self.name, self._fault = name, fault

    async def send(
        self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()
    ) -> None:
        """Raises BadSettings with the fault of the setting."""
        del notices, to, attachments
        raise BadSettings(self._fault)
