"""Reads the file that names endpoints by vault and certificate, from a blob."""

from __future__ import annotations

from azure.core.exceptions import ResourceNotFoundError

from functions.adapters.blob_storage.containers import CHAIN_STORAGE, Blobs
from functions.adapters.faults import faults_of
from functions.model.inventory.endpoints import ENDPOINT_FILE, EndpointRows, endpoint_rows

MAX_ENDPOINT_FILE_BYTES = 4 * 1024 * 1024


class EndpointFileInBlob:
    """Implements the port `EndpointFile` with the blob `rules/endpoints.json`. What was read is
    kept, and read again only when it has changed (ETag).
    """

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs
        self._etag, self._rows = "", EndpointRows()

    async def rows(self) -> EndpointRows:
        """Returns its rows; none if there is no such blob. Raises Unavailable."""
        blob = self._blobs.blob(*ENDPOINT_FILE.split("/"))
        with faults_of(CHAIN_STORAGE):
            try:
                found = await blob.get_blob_properties()
                if found.etag == self._etag:
                    return self._rows
                if found.size > MAX_ENDPOINT_FILE_BYTES:
                    most = f"{MAX_ENDPOINT_FILE_BYTES // 1024 // 1024} MB"
                    return EndpointRows(faults=(f"{ENDPOINT_FILE}: it has more than {most}.",))
                stream = await blob.download_blob()
                content = await stream.readall()
            except ResourceNotFoundError:
                return EndpointRows()
        # Some editors put a byte order mark at the beginning.
        rows = endpoint_rows(content.decode("utf-8-sig", errors="replace"), ENDPOINT_FILE)
        self._etag, self._rows = str(stream.properties.etag), rows
        return rows
