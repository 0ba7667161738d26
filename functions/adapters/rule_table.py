"""The table of rules: in a setting, or in a blob that people can change without a deployment."""

from __future__ import annotations

from azure.core.exceptions import ResourceNotFoundError

from functions.adapters.blobs import SERVICE, Blobs
from functions.adapters.faults import faults_of
from functions.issuance.errors import BadSettings
from functions.issuance.rules import Rule, parse_rules

SETTING = "CERTFLOW_NOTIFY_RULES"


class RulesInSetting:
    """The port `Rules`, over the text of the setting."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def read(self) -> tuple[Rule, ...]:
        """The rules."""
        return parse_rules(self._text or "[]", SETTING)


class RulesInBlob:
    """The port `Rules`, over a blob (`container/name`) in the chains' storage account; read for every event."""

    def __init__(self, blobs: Blobs, path: str) -> None:
        self._blobs, self._path = blobs, path

    async def read(self) -> tuple[Rule, ...]:
        """The rules as the blob has them now."""
        container, _, name = self._path.partition("/")
        with faults_of(SERVICE):
            try:
                stream = await self._blobs.blob(container, name).download_blob()
                text = (await stream.readall()).decode("utf-8-sig")  # editors put a mark in front
            except ResourceNotFoundError:
                raise BadSettings(f"{SETTING}: there is no blob {self._path} in the storage of the chains.") from None
            except UnicodeDecodeError:
                raise BadSettings(f"{self._path}: this is no UTF-8.") from None
        return parse_rules(text, self._path)
