"""Reads very many rows of a table at once.

The SDK's TableClient takes 0.4 ms of CPU to make one row of what the service answers: for the board
of 5,000 requests two seconds, in which the process does little else (benchmarks/board.py). Here
Azure's own HTTP pipeline asks for the rows without metadata, and msgspec reads them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import NamedTuple

import msgspec
from azure.core import AsyncPipelineClient
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, map_error
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncRetryPolicy,
    HeadersPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import AioHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest

from functions.adapters.azure_tables.rows import Entity
from functions.adapters.proxies import follows_environment

STORAGE_SCOPE = "https://storage.azure.com/.default"
# Learn, "Payload format for Table Storage operations": without metadata numbers and booleans are
# those of JSON, times are texts, and there is no ETag.
HEADERS = {"x-ms-version": "2019-02-02", "Accept": "application/json;odata=nometadata"}
# Learn, "Query timeout and pagination": an answer has 1,000 rows at most, and may have none.
NEXT = ("NextPartitionKey", "NextRowKey")
AS_ERRORS = {401: ClientAuthenticationError}


class _Page(msgspec.Struct):
    value: list[Entity]


class Answer(NamedTuple):
    """The rows of one answer of the service, and whether it has more to say."""

    rows: list[Entity]
    goes_on: bool


_DECODER = msgspec.json.Decoder(_Page)


class TableScan:
    """Rows of the tables of one account, without their metadata."""

    def __init__(self, url: str, credential: AsyncTokenCredential) -> None:
        self._url = url.rstrip("/")
        self._client: AsyncPipelineClient[HttpRequest, AsyncHttpResponse] = AsyncPipelineClient(
            self._url,
            policies=[
                HeadersPolicy(HEADERS),
                UserAgentPolicy(),
                AsyncRetryPolicy(retry_total=2, retry_backoff_factor=0.3),
                AsyncBearerTokenCredentialPolicy(credential, STORAGE_SCOPE),
            ],
            transport=AioHttpTransport(
                connection_timeout=5, read_timeout=10, use_env_settings=follows_environment()
            ),
        )

    async def rows(
        self, table: str, query: str, values: Mapping[str, str], at_once: int | None = None
    ) -> AsyncGenerator[Entity]:
        """Yields the rows of a table that match an OData filter, in which `@name` stands for one of
        the values, a text. `at_once` is how many rows one request returns at most. Raises
        HttpResponseError and the SDK's errors of the connection.
        """
        async with aclosing(self.answers(table, query, values, at_once)) as answers:
            async for answer in answers:
                for row in answer.rows:
                    yield row

    async def answers(
        self, table: str, query: str, values: Mapping[str, str], at_once: int | None = None
    ) -> AsyncGenerator[Answer]:
        """Yields the same by answers of the service, which may have no rows and yet go on."""
        asked = {"$filter": _with_values(query, values)}
        if at_once:
            asked["$top"] = str(at_once)
        while True:
            request = HttpRequest("GET", f"{self._url}/{table}()", params=asked)
            response = await self._client.send_request(request)
            if response.status_code != 200:
                map_error(response.status_code, response, AS_ERRORS)
                raise HttpResponseError(response=response)
            more = {key: response.headers.get(f"x-ms-continuation-{key}") for key in NEXT}
            goes_on = bool(more["NextPartitionKey"])
            yield Answer(_DECODER.decode(response.content).value, goes_on)
            if not goes_on:
                return
            asked |= {key: place for key, place in more.items() if place}

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()


def _with_values(query: str, values: Mapping[str, str]) -> str:
    words = (_quoted(values[word[1:]]) if word[0] == "@" else word for word in query.split())
    return " ".join(words)


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
