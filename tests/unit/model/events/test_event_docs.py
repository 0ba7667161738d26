"""What docs/ says of events is written from their classes; each class reads what it and other versions write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from functions.model.events.chains import Rejected
from functions.model.events.digest import Digest
from functions.model.events.ends import Completed, Failed
from functions.model.events.event import EventType, Scene
from functions.model.events.expiry import NearExpiry
from functions.model.events.registry import BY_NAME, TOLD, TYPES, read_event
from functions.model.events.requests import Started
from functions.model.events.wire import as_json, read
from tests.clock import NOW
from tests.event_docs import FOLDER, SUFFIX, documents
from tests.event_schemas import check_data


def sample(type_: type[EventType]) -> EventType:
    return type_.sample(Scene(NOW, "main", "https://chains.blob.core.windows.net/csr/main/web/1.csr"))


@pytest.mark.parametrize("file", documents(), ids=lambda file: file.name)
def test_docs_are_what_the_classes_say(file: Path) -> None:
    """If not: `python -m tests.event_docs --write`."""
    assert file.read_text() == documents()[file]


def test_no_schema_is_left_of_a_type_that_there_is_no_more() -> None:
    assert {file for file in documents() if file.suffix == ".json"} == set(FOLDER.glob(f"*{SUFFIX}"))


def test_each_type_has_a_name_of_its_own() -> None:
    assert len(BY_NAME) == len(TYPES)
    assert BY_NAME.keys() - TOLD.keys() == {"Certflow.Chain.Merged"}


@pytest.mark.parametrize("type_", TYPES, ids=lambda one: one.type)
def test_a_sample_is_as_its_schema_says(type_: type[EventType]) -> None:
    check_data(type_.type, as_json(sample(type_)))


def test_a_field_too_many_or_too_few_is_refused() -> None:
    near = as_json(sample(NearExpiry))
    with pytest.raises(jsonschema_rs.ValidationError, match="new"):
        check_data(NearExpiry.type, near | {"new": 1})
    del near["left"]
    with pytest.raises(jsonschema_rs.ValidationError, match="left"):
        check_data(NearExpiry.type, near)


@pytest.mark.parametrize("type_", TYPES, ids=lambda one: one.type)
def test_what_is_written_is_read_as_it_was(type_: type[EventType]) -> None:
    told = sample(type_)
    assert read_event(type_.type, json.loads(json.dumps(as_json(told)))) == told


@pytest.mark.parametrize("type_", TYPES, ids=lambda one: one.type)
def test_what_is_not_known_is_passed_over(type_: type[EventType]) -> None:
    told = sample(type_)
    assert read_event(type_.type, as_json(told) | {"new": {"a": 1}}) == told
    assert read_event(f"{type_.type}.Anew", as_json(told)) is None


def test_what_an_older_version_did_not_write_is_none() -> None:
    near = as_json(sample(NearExpiry))
    del near["left"], near["thumbprint"]
    told = read(NearExpiry, near)
    assert [told.left, told.thumbprint, told.name] == [None, None, "sample"]


def test_null_stands_for_what_is_not_there() -> None:
    told = read(Completed, as_json(sample(Completed)) | {"error": None, "warnings": None})
    assert told == sample(Completed)


def test_what_is_not_there_is_left_out_and_what_may_be_nothing_is_null() -> None:
    failed = as_json(sample(Failed)) | {"error": {"code": None, "message": "No."}}
    assert as_json(read(Failed, failed)) == failed
    assert "owner" not in failed
    assert "csr_url" not in as_json(read(Started, as_json(sample(Started)) | {"csr_url": None}))


def test_parts_are_read_as_what_they_are() -> None:
    leaf: dict[str, Any] = {"outcome": "rejected", "subject": "CN=web", "findings": ["expired"]}
    leaf["request"] = {"vault": "main", "name": "web", "request_id": "a" * 32}
    told = read(Rejected, as_json(sample(Rejected)) | {"leaves": [leaf]})
    assert told.leaves[0].request is not None
    assert (told.leaves[0].request.name, told.leaves[0].findings) == ("web", ("expired",))
    line = {"vault": "main", "late": True, "muted": ["web"]}
    digest = read(Digest, as_json(sample(Digest)) | {"vaults": [line]})
    assert [digest.vaults[0].muted, digest.vaults[0].oldest] == [("web",), None]
    assert digest.facts[0][0] == "Vault main"
