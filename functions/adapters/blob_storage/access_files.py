"""Reads the access file, which says who may do what: from a blob, or from the setting itself.

The app only reads the container: whoever may write there decides who may do what, so its identity
has the role Storage Blob Data Reader there and no other.
"""

from __future__ import annotations

import hashlib

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from functions.access.file import MAX_ACCESS_BYTES
from functions.adapters.blob_storage.containers import CHAIN_STORAGE, Blobs
from functions.adapters.blob_storage.unless import changed
from functions.adapters.faults import FORBIDDEN, faults_of
from functions.model.blob_names import is_blob_path
from functions.model.errors import BadSettings
from functions.ports.access_files import ACCESS_SETTING, AccessFile, AccessFiles

NOT_MODIFIED, CONTAINER_GOING = 304, "ContainerBeingDeleted"


def access_files(blobs: Blobs, setting: str) -> AccessFiles:
    """Returns where the setting says the file is: itself, or a blob."""
    return AccessInBlob(blobs, setting) if is_blob_path(setting) else AccessInSetting(setting)


class AccessInSetting:
    """Implements the port `AccessFiles` with the text of the setting; empty for no file."""

    def __init__(self, text: str) -> None:
        content = text.encode(errors="surrogateescape")
        self._file = AccessFile(hashlib.sha256(content).hexdigest(), content) if text else None

    @property
    def place(self) -> str:
        """The name of the setting; empty if it is."""
        return ACCESS_SETTING if self._file else ""

    async def read(self, known: AccessFile | None = None) -> AccessFile | None:
        """Returns the text; None if there is none."""
        return known if known == self._file else self._file


class AccessInBlob:
    """Implements the port `AccessFiles` with a blob (`container/name`) in the storage account of
    the chains.
    """

    def __init__(self, blobs: Blobs, path: str) -> None:
        self._blobs, self.place = blobs, path

    async def read(self, known: AccessFile | None = None) -> AccessFile | None:
        """Reads the blob, unless it is as it was. Of one that is too large it returns one byte more
        than a file may have.
        """
        container, _, name = self.place.partition("/")
        try:
            with faults_of(CHAIN_STORAGE, forbidden_passes=False):
                blob = self._blobs.blob(container, name)
                stream = await (changed(blob, known.etag) if known else blob.download_blob())
                return AccessFile(stream.properties.etag, await stream.read(MAX_ACCESS_BYTES + 1))
        except ResourceNotFoundError:
            return None
        except HttpResponseError as error:
            # The SDK has one exception for this and for 412 (ConditionNotMet).
            if error.status_code == NOT_MODIFIED:
                return known
            if _code_of(error) == CONTAINER_GOING:
                return None
            why = _why_unread(error, container)
            raise BadSettings(f"{self.place} cannot be read: {why}") from error


def _why_unread(error: HttpResponseError, container: str) -> str:
    """Why a blob cannot be read, and what to do about it. It does not pass by itself: such as a
    blob in the archive tier (409).
    """
    if error.status_code == FORBIDDEN:
        return (
            "the app's managed identity lacks the role Storage Blob Data Reader on the container "
            f"{container}, or a firewall is in its way."
        )
    answer = f"HTTP {error.status_code} ({_code_of(error)})"
    return f"the storage answers {answer}. Write the file anew."


def _code_of(error: HttpResponseError) -> str:
    """The service's own code; the SDK adds it to its exceptions, as a text or an enumeration."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code))
