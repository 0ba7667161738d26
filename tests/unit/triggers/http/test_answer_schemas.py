"""The schemas of the answers, made of their types: they say what these encode to, and nothing else is let through."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from functions.model.finding_codes import CODES
from functions.triggers.http.openapi import describe
from functions.triggers.http.types.answer_schemas import COMPONENTS, answer_schemas
from functions.triggers.http.types.answers import (
    ErrorAnswer,
    Fault,
    HealthAnswer,
    OperationExtras,
    RequestsAnswer,
    WayOut,
)
from functions.triggers.http.types.status import TrustedCas, VaultItem

SCHEMAS = answer_schemas()
OPERATION = {
    "id": "https://main.vault.example.com/certificates/web/pending",
    "issuer": {"name": "Unknown", "cert_transparency": False},
    "csr": "AA==",
    "status": "inProgress",
    "request_id": "0" * 32,
}


def written(answer: msgspec.Struct) -> Any:
    return json.loads(msgspec.json.encode(answer))


def fits(component: str, answer: Any) -> bool:
    return jsonschema_rs.is_valid(SCHEMAS[component], answer)


def test_what_is_not_given_is_left_out_and_null_is_refused() -> None:
    answer = written(ErrorAnswer(Fault("Conflict", "It stands in the way."), ways_out=[WayOut("wait", "Wait.")]))
    assert answer == {
        "error": {"code": "Conflict", "message": "It stands in the way."},
        "ways_out": [{"do": "wait", "sentence": "Wait."}],
    }
    assert fits("Error", answer)
    assert not fits("Error", answer | {"reason": None})


def test_what_may_be_null_is_there_and_may_not_be_left_out() -> None:
    answer = written(RequestsAnswer([], None))
    assert answer == {"value": [], "nextLink": None}
    assert fits("Requests", answer)
    assert not fits("Requests", {"value": []})
    vault = VaultItem("main", TrustedCas("any", "unknown", True), False, None, 0, None)
    status = {"vaults": [written(vault)], "files": {"count": 0, "set_aside": 0, "oldest": []}, "refused_events": 0}
    status |= {"version": "1.2.3"}
    assert fits("VaultsStatus", status | {"setting_faults": [], "channels": [], "unreached_channels": []})


def test_key_vault_may_add_fields_to_its_objects_and_nobody_to_ours() -> None:
    answer = OPERATION | written(OperationExtras(owner="ann@example.com", age=0, links={"pending": "https://a"}))
    assert fits("Operation", answer | {"preserveCertOrder": True})
    assert not fits("Operation", {name: value for name, value in answer.items() if name != "links"})
    assert not fits("Operation", answer | {"links": {"pending": 1}})
    assert fits("Health", written(HealthAnswer("ok")))
    assert not fits("Health", written(HealthAnswer("ok")) | {"more": 1})


def test_a_word_that_is_none_of_those_that_there_are_is_refused() -> None:
    assert not fits("Health", written(HealthAnswer("fine")))
    finding = SCHEMAS["Error"]["properties"]["findings"]["items"]
    assert finding["properties"]["code"] == {"type": "string", "enum": list(CODES)}


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_schema_stands_alone_and_says_what_it_is(name: str) -> None:
    assert SCHEMAS[name]["description"]
    assert "$ref" not in json.dumps(SCHEMAS[name])
    assert describe(("main",))["components"]["schemas"][name] == SCHEMAS[name]
