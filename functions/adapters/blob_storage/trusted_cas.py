"""Reads the container `trusted-cas`, whose files say which CAs' certificates a vault accepts; it
has a folder for each vault.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)

from functions.adapters.blob_storage.containers import CHAIN_STORAGE, Blobs, quoted
from functions.adapters.faults import faults_of
from functions.chains.validation.trust import says_public
from functions.model.errors import BadSettings, InvalidRequest, Unavailable
from functions.model.trusted_places import CA_CONTAINER
from functions.ports.chain_files import TrustedFile

FORBIDDEN = 403
LARGEST = 1024 * 1024  # bytes; about five times the size of Mozilla's whole list


class TrustedCaFiles:
    """Implements the port `TrustedCas` with the container `trusted-cas`."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    async def listed(self) -> list[TrustedFile]:
        """Lists the files; empty also if there is no such container. Raises BadSettings if the app
        may not read it, Unavailable.
        """
        with _faults():
            try:
                listed = self._blobs.container(CA_CONTAINER).list_blobs()
                return [
                    TrustedFile(str(blob.name), quoted(blob.etag), blob.size)
                    async for blob in listed
                ]
            except (ResourceNotFoundError, ResourceExistsError):
                return []  # ResourceExistsError: the container is being deleted

    async def content(self, file: TrustedFile) -> bytes:
        """Returns the content of a file; Mozilla's list for one that holds the word public. Raises
        BadSettings for a file that is too large, and Unavailable if it has changed since it was
        listed: a CA that is being replaced must not count as missing.
        """
        if file.size > LARGEST:
            raise BadSettings(
                f"{CA_CONTAINER}/{file.name} has {file.size} bytes; a file of CA certificates has "
                "1 MiB at most."
            )
        try:
            blob = self._blobs.blob(CA_CONTAINER, file.name)
        except InvalidRequest as error:
            raise BadSettings(f"{CA_CONTAINER}: {error}") from error
        with _faults():
            try:
                stream = await blob.download_blob(
                    etag=file.etag, match_condition=MatchConditions.IfNotModified
                )
                content = await stream.readall()
            except (ResourceNotFoundError, ResourceModifiedError) as error:
                raise Unavailable(
                    CHAIN_STORAGE, f"{CA_CONTAINER}/{file.name} is being changed", retry_after=1
                ) from error
        return _mozilla_bundle() if says_public(content) else content

    def public(self) -> bytes:
        """Returns Mozilla's list of public CAs (PEM), from the deployed certifi package."""
        return _mozilla_bundle()


@contextmanager
def _faults() -> Iterator[None]:
    """Does what faults_of does, except that a 403 becomes BadSettings: somebody has removed the
    role, which does not pass by itself.
    """
    try:
        with faults_of(CHAIN_STORAGE, forbidden_passes=False):
            yield
    except HttpResponseError as error:
        if error.status_code != FORBIDDEN:
            raise
        raise BadSettings(
            f"{CA_CONTAINER} cannot be read: the app's managed identity lacks the role Storage "
            "Blob Data Reader there."
        ) from error


def _mozilla_bundle() -> bytes:
    import certifi  # late, because few deployments trust the public CAs

    return certifi.contents().encode()
