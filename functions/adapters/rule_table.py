"""Reads the table of rules (who gets which messages): from a setting, or from a blob, which can be
changed without a deployment.
"""

from __future__ import annotations

import hashlib

from azure.core.exceptions import ResourceNotFoundError

from functions.adapters.blob_storage.containers import CHAIN_STORAGE, Blobs
from functions.adapters.faults import faults_of
from functions.model.errors import BadSettings
from functions.notifications.routing import parse_rules
from functions.ports.rules import Rule

RULES_SETTING = "CERTFLOW_NOTIFY_RULES"


class RulesInSetting:
    """Implements the port `Rules` with the text of the setting."""

    place = RULES_SETTING

    def __init__(self, text: str) -> None:
        self._text = text

    async def sha256(self) -> str:
        """Returns the hash of the setting."""
        return hashlib.sha256(self._text.encode()).hexdigest() if self._text else ""

    async def read(self) -> tuple[Rule, ...]:
        """Returns the rules. Raises BadSettings for a table that cannot be read."""
        return parse_rules(self._text or "[]", RULES_SETTING)


class RulesInBlob:
    """Implements the port `Rules` with a blob (`container/name`) in the storage account of the
    chains. The blob is read for every event.
    """

    def __init__(self, blobs: Blobs, path: str) -> None:
        self._blobs, self.place = blobs, path

    async def read(self) -> tuple[Rule, ...]:
        """Returns the rules that the blob holds now. Raises BadSettings for a missing blob or a
        table that cannot be read, Unavailable if the storage does not answer.
        """
        content = await self._content()
        if content is None:
            raise BadSettings(
                f"{RULES_SETTING}: there is no blob {self.place} in the storage of the chains."
            )
        try:
            # Some editors put a byte order mark at the beginning.
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise BadSettings(f"{self.place}: this is no UTF-8.") from None
        return parse_rules(text, self.place)

    async def sha256(self) -> str:
        """Returns the hash of the blob; empty if it is missing. Raises Unavailable."""
        content = await self._content()
        return "" if content is None else hashlib.sha256(content).hexdigest()

    async def _content(self) -> bytes | None:
        container, _, name = self.place.partition("/")
        with faults_of(CHAIN_STORAGE):
            try:
                stream = await self._blobs.blob(container, name).download_blob()
                return await stream.readall()
            except ResourceNotFoundError:
                return None
