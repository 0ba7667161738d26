"""Holds every answer that a test sees against the API's own OpenAPI document."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

import aiohttp
import jsonschema_rs

from functions.triggers.http.openapi import describe

VAULTS = ("main", "staging")
# By whether callers sign in. The documents differ in what a call without a good token or key is answered.
DOCUMENTS = {signed_in: describe(VAULTS, signed_in=signed_in) for signed_in in (True, False)}
DOCUMENT = DOCUMENTS[True]


def check(response: aiohttp.ClientResponse, body: bytes) -> None:
    """Status, content type, required headers and body are as the document says. Other services' answers pass."""
    path = response.url.raw_path.partition("/api/")[2]
    said = _operation(f"/{path}", response.method.lower(), signed_in="WWW-Authenticate" in response.headers)
    if said is None:
        return
    answer = said["responses"].get(str(response.status))
    where = f"{response.method} /{path} → {response.status}"
    assert answer is not None, f"{where}: this status is not in the document"
    for name in answer.get("headers", {}):
        assert name in response.headers, f"{where}: without {name}"
    content = answer.get("content")
    if content is None:
        assert body == b"", f"{where}: a body, where the document has none"
        return
    assert response.content_type in content, f"{where}: {response.content_type}"
    if response.content_type == "application/json":
        _validator(json.dumps(content["application/json"]["schema"])).validate(json.loads(body))


def _operation(path: str, method: str, *, signed_in: bool) -> dict[str, Any] | None:
    for template, item in DOCUMENTS[signed_in]["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) and method in item:
            return dict(item[method])
    return None


@functools.cache
def _validator(schema: str) -> Any:
    return jsonschema_rs.Draft202012Validator({**json.loads(schema), "components": DOCUMENT["components"]})
