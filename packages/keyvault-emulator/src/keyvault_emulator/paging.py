"""Lists in pages, with links to the next one (protocol §3 and §4.10)."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from keyvault_emulator.errors import invalid_property

LARGEST_PAGE = 25


def include_pending(query: Mapping[str, str]) -> bool:
    """Whether half-made certificates are asked for; the token carries the wish to later pages."""
    if token := query.get("$skiptoken"):
        return bool(_read_token(token).get("includePending"))
    return query.get("includePending", "").lower() == "true"


def page[Item](
    items: list[tuple[str, Item]], body: Callable[[Item], dict[str, Any]], query: Mapping[str, str], url: str, path: str
) -> dict[str, Any]:
    """The page that the query asks for, of items sorted by key: a list may change between two pages."""
    size = _page_size(query)
    token = query.get("$skiptoken")
    after = str(_read_token(token).get("after", "")) if token else ""
    rest = [item for item in items if item[0] > after]
    link = None
    if len(rest) > size:
        token = _make_token({"after": rest[size - 1][0], "includePending": include_pending(query)})
        origin = url if url.count(":") > 1 else f"{url}:443"  # recorded: the port is always there
        version = query.get("api-version", "")
        link = f"{origin}{path}?api-version={version}&$skiptoken={token}&maxresults={size}"
    return {"value": [body(item) for _, item in rest[:size]], "nextLink": link}


def _page_size(query: Mapping[str, str]) -> int:
    text = query.get("maxresults", str(LARGEST_PAGE))
    if not re.fullmatch(r"[0-9]{1,2}", text) or not 1 <= int(text) <= LARGEST_PAGE:
        # What the service answers is not known (protocol §4.10); this is our choice.
        raise invalid_property("maxresults", f"It must be between 1 and {LARGEST_PAGE}")
    return int(text)


def _make_token(state: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(state, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _read_token(token: str) -> dict[str, Any]:
    try:
        state = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError):
        raise invalid_property("$skiptoken") from None
    if not isinstance(state, dict):
        raise invalid_property("$skiptoken")
    return state
