"""A channel that a setting keeps from being used."""

from __future__ import annotations

from collections.abc import Sequence

from functions.issuance.errors import BadSettings
from functions.issuance.telling import Attachment, Notice


class WaitingChannel:
    """The port `Channel`: what is meant for it waits, as long as for one that does not answer, until that is mended."""

    most = 1
    limits = None

    def __init__(self, name: str, fault: str) -> None:
        self.name, self._fault = name, fault

    async def send(self, notices: Sequence[Notice], to: Sequence[str], attachments: Sequence[Attachment] = ()) -> None:
        """Raises BadSettings."""
        del notices, to, attachments
        raise BadSettings(self._fault)
