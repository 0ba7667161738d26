"""Recorded traffic as it lies in its files, and what can be told of a pair without sending it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[5] / "shared" / "keyvault-recordings"
HEX = re.compile(r"[0-9a-f]{32}")
RESERVED = ("issuers", "contacts", "restore")
ENDED = ("completed", "failed", "cancelled")


@dataclass(frozen=True)
class Pair:
    """One request and what the service answered."""

    method: str
    path: str
    query: Mapping[str, str]
    sent: Any
    status: int
    headers: Mapping[str, str]
    body: Any
    repeated: int

    @property
    def segments(self) -> list[str]:
        """The path without empty parts."""
        return [segment for segment in self.path.split("/") if segment]

    @property
    def certificate(self) -> str | None:
        """The certificate that it is about, if it is about one."""
        kind, *rest = self.segments
        if kind not in ("certificates", "deletedcertificates", "secrets", "keys") or not rest:
            return None
        return None if kind == "certificates" and rest[0] in RESERVED else rest[0]

    @property
    def action(self) -> str:
        """What is done to the certificate: `GET`, `POST create`, `PATCH pending`, …"""
        last = self.segments[2:] if self.certificate else self.segments
        return " ".join([self.method, *(part for part in last if not HEX.fullmatch(part))])

    @property
    def is_deleted_view(self) -> bool:
        """Whether it looks at, recovers or purges what is soft-deleted."""
        return self.segments[:1] == ["deletedcertificates"]

    @property
    def fields(self) -> dict[str, Any]:
        """The answer's body if it is an object."""
        return self.body if isinstance(self.body, dict) else {}

    @property
    def error_message(self) -> str:
        """What an error says; a failed operation is none."""
        return str(self.fields["error"]["message"]) if set(self.fields) == {"error"} else ""


@dataclass(frozen=True)
class Recording:
    """One file."""

    name: str
    pairs: list[Pair] = field(repr=False)

    def about(self, certificate: str, start: int = 0) -> Iterator[Pair]:
        """The pairs about one certificate, from one on, until it is created anew."""
        for index, pair in enumerate(self.pairs[start:]):
            if pair.certificate == certificate:
                if index and pair.status < 400 and pair.action in ("POST create", "POST import"):
                    return
                yield pair

    @cached_property
    def given(self) -> frozenset[str]:
        """Certificates (`cer`) that the caller gave the vault: they come back as they were, whatever they are."""
        given: dict[str, bool] = {}
        for pair in self.pairs:
            if "cer" in pair.fields:
                given.setdefault(pair.fields["cer"], pair.action in ("POST import", "POST pending merge"))
        return frozenset(cer for cer in given if given[cer])

    def values(self, key: str) -> Iterator[Any]:
        """What stands under a key, anywhere in any answer."""
        waiting = [pair.body for pair in self.pairs]
        while waiting:
            value = waiting.pop(0)
            if isinstance(value, dict):
                yield from (value[one] for one in value if one == key)
                waiting += value.values()
            elif isinstance(value, list):
                waiting += value

    def listed(self, start: int) -> list[dict[str, Any]]:
        """What a list holds that begins here, its later pages included; a last link that leads on is one more item."""
        first, items, leads_on = self.pairs[start], [], False
        for index, pair in enumerate(self.pairs[start:]):
            if pair.path == first.path and pair.status == 200 and (not index or "$skiptoken" in pair.query):
                items += pair.fields.get("value", [])
                leads_on = bool(pair.fields.get("nextLink"))
        return [*items, *([{"id": f"{items[-1]['id']}-z", "x5t": ""}] if leads_on and items else [])]

    def policy_of(self, certificate: str, start: int) -> dict[str, Any] | None:
        """The policy that a certificate turns out to have."""
        for pair in self.about(certificate, start):
            if "policy" in pair.fields:
                return dict(pair.fields["policy"])
            if pair.status == 200 and pair.action == "GET policy":
                return dict(pair.fields)
        return None

    def operation_of(self, certificate: str, start: int) -> dict[str, Any] | None:
        """The first certificate operation that is seen of it."""
        return next((pair.fields for pair in self.about(certificate, start) if "request_id" in pair.fields), None)

    def end_of(self, certificate: str, start: int) -> str | None:
        """The status in which its operation ends."""
        statuses = (pair.fields.get("status") for pair in self.about(certificate, start))
        return next((status for status in statuses if status in ENDED), None)


def is_trimmed(text: str) -> bool:
    """Whether whoever prepared the recordings left something out of a value."""
    return "…" in text or text.startswith("<")


def read(path: Path) -> Recording:
    """Reads a file. Links to further pages name the port; here it is another one."""
    text = path.read_text(encoding="utf-8").replace("vault.azure.net:443/", "vault.azure.net/")
    return Recording(path.stem, [_pair(pair) for pair in json.loads(text)["pairs"]])


def _pair(pair: dict[str, Any]) -> Pair:
    request, response = pair["request"], pair["response"]
    query = dict(part.split("=", 1) for part in (request["query"] or "").split(" ")[0].split("&") if "=" in part)
    if "api-version" in query:
        query["api-version"] = query["api-version"].replace("7.x", "7.0")  # transcribed by hand, version not noted
    return Pair(
        request["method"],
        request["path"].replace("{name}", "name"),  # transcribed by hand, name not noted
        query,
        request["body"],
        response["status"],
        {name.lower(): value for name, value in response["headers"].items()},
        response["body"],
        int(pair.get("repeated") or 1),
    )
