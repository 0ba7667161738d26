"""The container that says whose certificates are taken: `trusted-cas`, a folder for each vault."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceModifiedError, ResourceNotFoundError

from functions.adapters.blobs import SERVICE, Blobs, quoted
from functions.adapters.faults import faults_of
from functions.issuance.errors import BadSettings, InvalidRequest, Unavailable
from functions.issuance.files import TrustedFile
from functions.issuance.trust import CONTAINER, says_public

FORBIDDEN = 403
LARGEST = 1024 * 1024  # bytes: five times Mozilla's whole list


class TrustedCaFiles:
    """The port `TrustedCas`, over the container `trusted-cas`."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def listed(self) -> list[TrustedFile]:
        """Empty, too, if there is no such container."""
        with _faults():
            try:
                listed = self._blobs.container(CONTAINER).list_blobs()
                return [TrustedFile(str(blob.name), quoted(blob.etag), blob.size) async for blob in listed]
            except (ResourceNotFoundError, ResourceExistsError):  # the latter: it is being deleted
                return []

    async def content(self, file: TrustedFile) -> bytes:
        """Raises Unavailable if it has changed since it was listed: a CA in transit must not count as none set."""
        if file.size > LARGEST:
            raise BadSettings(
                f"{CONTAINER}/{file.name} has {file.size} bytes; a file of CA certificates has 1 MiB at most."
            )
        try:
            blob = self._blobs.blob(CONTAINER, file.name)
        except InvalidRequest as error:
            raise BadSettings(f"{CONTAINER}: {error}") from error
        with _faults():
            try:
                stream = await blob.download_blob(etag=file.etag, match_condition=MatchConditions.IfNotModified)
                content = await stream.readall()
            except (ResourceNotFoundError, ResourceModifiedError) as error:
                raise Unavailable(SERVICE, f"{CONTAINER}/{file.name} is being changed", retry_after=1) from error
        return _mozillas() if says_public(content) else content

    def public(self) -> bytes:
        """Mozilla's list, as of the certifi package that is deployed."""
        return _mozillas()


@contextmanager
def _faults() -> Iterator[None]:
    """As elsewhere; but a container that we may not read does not pass: somebody has taken the role away."""
    try:
        with faults_of(SERVICE, forbidden_passes=False):
            yield
    except HttpResponseError as error:
        if error.status_code != FORBIDDEN:
            raise
        raise BadSettings(
            f"{CONTAINER} cannot be read: the app's managed identity lacks the role Storage Blob Data Reader there."
        ) from error


def _mozillas() -> bytes:
    import certifi  # only where somebody trusts the whole list

    return certifi.contents().encode()
