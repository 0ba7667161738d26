"""The container that says whose certificates are taken: `trusted-cas`, a folder for each vault."""

from __future__ import annotations

from azure.core import MatchConditions
from azure.core.exceptions import ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobProperties

from functions.adapters.blobs import SERVICE, Blobs, quoted
from functions.adapters.faults import faults_of
from functions.issuance.errors import BadSettings, Unavailable
from functions.issuance.trust import CONTAINER, says_public

ALL_VAULTS = "*"
LARGEST = 1024 * 1024  # bytes: five times Mozilla's whole list


class TrustedCaFiles:
    """The port `TrustedCas`: `trusted-cas/{vault alias}/…`, and `trusted-cas/*/…` for all vaults."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def files(self, vault: str) -> dict[str, bytes]:
        """By name, `trusted-cas/…`. Empty, too, if there is no such container.

        Raises BadSettings for a huge file, and for one that lies in no folder: it was meant to count for something.
        """
        with faults_of(SERVICE):
            try:
                listed = [blob async for blob in self._blobs.container(CONTAINER).list_blobs()]
            except ResourceNotFoundError:
                return {}
            wanted = {vault.lower(), ALL_VAULTS}
            return {
                f"{CONTAINER}/{blob.name}": await self._read(blob) for blob in listed if _folder_of(blob.name) in wanted
            }

    async def _read(self, listed: BlobProperties) -> bytes:
        """A file as it was listed. Raises Unavailable if it has changed: a CA in transit must not count as none set."""
        if listed.size > LARGEST:
            raise BadSettings(
                f"{CONTAINER}/{listed.name} has {listed.size} bytes; a file of CA certificates has 1 MiB at most."
            )
        blob = self._blobs.blob(CONTAINER, listed.name)
        try:
            stream = await blob.download_blob(etag=quoted(listed.etag), match_condition=MatchConditions.IfNotModified)
            content = await stream.readall()
        except (ResourceNotFoundError, ResourceModifiedError) as error:
            raise Unavailable(SERVICE, f"{CONTAINER}/{listed.name} is being changed", retry_after=1) from error
        return _mozillas() if says_public(content) else content


def _folder_of(name: str) -> str:
    """The first folder, lower-case as aliases are."""
    folder, slash, _ = name.partition("/")
    if not slash:
        raise BadSettings(f"{CONTAINER}/{name} lies in no folder; put it under a vault's alias, or under * for all.")
    return folder.lower()


def _mozillas() -> bytes:
    import certifi  # only where somebody trusts the whole list

    return certifi.contents().encode()
