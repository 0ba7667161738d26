"""The local Functions host's small parts: host.json, blob paths and events, connections, retry waits."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions_host.blobs import BadBlobPath, BlobMessage, blob_message, blob_of_event, parse_blob_path
from functions_host.connections import endpoint, poison_connection
from functions_host.functions import Retry, StartRefused
from functions_host.host_json import QueueOptions, read_host_json
from functions_host.queues import Undecodable, decoded
from functions_host.settings import host_id


def written(folder: Path, content: object) -> Path:
    (folder / "host.json").write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def test_host_json_defaults_are_the_platforms(tmp_path: Path) -> None:
    config = read_host_json(written(tmp_path, {"version": "2.0"}), {})
    assert (config.route_prefix, config.poison_blob_threshold) == ("api", 5)
    assert config.queues == QueueOptions(16, 8, 5, 0, "base64")


def test_host_json_is_obeyed(tmp_path: Path) -> None:
    queues = {"batchSize": 4, "maxDequeueCount": 3, "visibilityTimeout": "00:01:30", "messageEncoding": "none"}
    http = {"routePrefix": "", "customHeaders": {"A": "b"}, "maxOutstandingRequests": 10}
    extensions = {"queues": queues, "http": http, "blobs": {"poisonBlobThreshold": 2}}
    config = read_host_json(written(tmp_path, {"version": "2.0", "extensions": extensions}), {})
    assert config.queues == QueueOptions(4, 2, 3, 90, "none")
    assert (config.route_prefix, config.custom_headers, config.max_outstanding_requests) == ("", {"A": "b"}, 10)
    assert config.poison_blob_threshold == 2


def test_log_levels_are_host_jsons_and_those_of_the_settings_before(tmp_path: Path) -> None:
    content = {"version": "2.0", "logging": {"logLevel": {"default": "Warning", "Function": "Error"}}}
    settings = {"AzureFunctionsJobHost__logging__logLevel__Function": "Information"}
    config = read_host_json(written(tmp_path, content), settings)
    assert config.log_levels == {"default": logging.WARNING, "Function": logging.INFO}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "not valid JSON"),
        ("[]", 'must say "version": "2.0"'),
        ({"version": "1.0"}, 'must say "version": "2.0"'),
        ({"version": "2.0", "extensions": []}, "extensions must be an object"),
        ({"version": "2.0", "extensions": {"queues": {"batchSize": 0}}}, "batchSize is 0"),
        ({"version": "2.0", "extensions": {"queues": {"batchSize": 33}}}, "batchSize is 33"),
        ({"version": "2.0", "extensions": {"queues": {"visibilityTimeout": 3}}}, "use hh:mm:ss"),
        ({"version": "2.0", "extensions": {"queues": {"messageEncoding": "xml"}}}, "use base64 or none"),
        ({"version": "2.0", "logging": {"logLevel": {"Function": "Loud"}}}, "logLevel.Function is 'Loud': use Trace"),
    ],
)
def test_host_json_that_is_refused(tmp_path: Path, content: object, reason: str) -> None:
    with pytest.raises(StartRefused, match=r"host\.json") as refused:
        read_host_json(written(tmp_path, content), {})
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("path", "blob", "tokens"),
    [
        ("chains/{name}", "chains/a/b.pem", {"name": "a/b.pem"}),
        ("chains/{name}", "others/a.pem", None),
        ("chains/{dir}/{name}", "chains/a/b/c.pem", {"dir": "a", "name": "b/c.pem"}),
        ("chains/{name}.pem", "chains/a.b.pem", {"name": "a.b"}),
        ("chains/{name}.pem", "chains/a.der", None),
        ("chains", "chains/anything/at all", {}),
        ("{where}/x", "here/x", {"where": "here"}),
    ],
)
def test_blob_path_tokens(path: str, blob: str, tokens: dict[str, str] | None) -> None:
    container, _, name = blob.partition("/")
    assert parse_blob_path(path).tokens(container, name) == tokens


@pytest.mark.parametrize("path", ["", "/", "a/{x}/{x}", "a/{x", "a/{1}"])
def test_bad_blob_path(path: str) -> None:
    with pytest.raises(BadBlobPath):
        parse_blob_path(path)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://acct.blob.core.windows.net/chains/a.pem", ("chains", "a.pem")),
        ("https://acct.blob.core.windows.net/chains/a%20b/c%23.pem", ("chains", "a b/c#.pem")),
        ("https://127.0.0.1:10000/devstoreaccount1/chains/a.pem", ("chains", "a.pem")),
        ("https://localhost:10000/acct/chains/a/b.pem", ("chains", "a/b.pem")),
    ],
)
def test_blob_of_event(url: str, found: tuple[str, str]) -> None:
    data = {"url": url, "eTag": "e", "blobType": "BlockBlob"}
    for kind in ("eventType", "type"):
        event: dict[str, Any] = {kind: "Microsoft.Storage.BlobCreated", "data": data}
        assert blob_of_event(event) == (*found, "e", "BlockBlob")


def test_other_event_is_none_and_one_without_a_blob_is_an_error() -> None:
    assert blob_of_event({"eventType": "Microsoft.Storage.BlobDeleted"}) is None
    for data in ({}, {"url": "https://acct.blob.core.windows.net/chains"}, None):
        with pytest.raises(ValueError, match="names no blob"):
            blob_of_event({"eventType": "Microsoft.Storage.BlobCreated", "data": data})


def test_blob_message_reads_what_it_writes_and_nothing_else() -> None:
    message = BlobMessage("Host.Functions.f", "BlockBlob", "c", "b/ä", "e")
    assert blob_message(message.content()) == message
    for content in ("bm8=", "{}", "e30="):
        with pytest.raises(Undecodable):
            blob_message(content)


def test_message_encoding() -> None:
    assert decoded("Z3LDvMOfZQ==", "base64").decode() == "grüße"
    assert decoded("as it is", "none") == b"as it is"
    with pytest.raises(Undecodable):
        decoded("{}", "base64")


def test_identity_endpoints_and_where_poison_goes() -> None:
    settings = {"A__blobServiceUri": "https://b", "B__serviceUri": "https://s", "C__accountName": "acct"}
    assert endpoint(settings, "A", "blob") == "https://b"
    assert endpoint(settings, "A", "queue") is None
    assert endpoint(settings, "B", "queue") == "https://s"
    assert endpoint(settings, "C", "queue") == "https://acct.queue.core.windows.net"
    # `__serviceUri` of a blob trigger is its blob service: the queue is then the host's.
    wanted = {"A": "AzureWebJobsStorage", "B": "AzureWebJobsStorage", "C": "C"}
    assert {name: poison_connection(settings, name) for name in wanted} == wanted
    assert poison_connection({"A": "a connection string"}, "A") == "A"


def test_retry_waits() -> None:
    fixed = Retry("fixed_delay", 3, timedelta(seconds=5), timedelta.max)
    growing = Retry("exponential_backoff", -1, timedelta(seconds=2), timedelta(seconds=10))
    assert [fixed.wait(n) for n in (1, 2, 3)] == [5, 5, 5]
    assert [growing.wait(n) for n in (1, 2, 3, 4, 2000)] == [2, 4, 8, 10, 10]


def test_host_id_is_stable_and_can_be_given(tmp_path: Path) -> None:
    assert host_id({}, tmp_path) == host_id({}, tmp_path / "x" / "..")
    assert len(host_id({}, tmp_path)) == 32
    assert host_id({"AzureFunctionsWebHost__hostid": "mine"}, tmp_path) == "mine"
