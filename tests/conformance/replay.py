"""Replays recorded traffic against a stand-in: what must have gone before, what time must have done, then the request.

Each file gets a vault of its own, so certificates and issuers keep their names. Versions, request ids and skip tokens
are the stand-in's own; which stands for which is learned by laying each answer beside the recorded one.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from local.keyvault.profile import OBSERVED, ProfileName
from local.keyvault.unkindness import Unkindness
from tests.conformance.differences import Difference, compare
from tests.conformance.recordings import HEX, Pair, Recording
from tests.conformance.requests import body_for, create_body, issuer_or_contacts, signed
from tests.integration.keyvault_helpers import Reply, VaultClient, vault_client

DELETING, ISSUING = (
    60.0,
    24 * 3600.0,
)  # on the stand-in's clock, which is moved where a recording shows that time passed
VERSION = "7.4"
ISSUER = {"provider": "DigiCert", "org_details": {"id": "1"}}


async def replay(recording: Recording, profile: ProfileName = OBSERVED) -> list[Difference]:
    """All differences of one recording, in order and each once."""
    slow = Unkindness(issuing_delay=ISSUING, deletion_delay=DELETING, recovery_delay=DELETING)
    with tempfile.TemporaryDirectory() as directory:
        async with vault_client(
            Path(directory), issuing_delay=ISSUING, any_token=False, unkindness=slow, profile=profile
        ) as vault:
            return await Replay(recording, vault.at("myvault.vault.azure.net")).run()


@dataclass
class Replay:
    """One replay under way."""

    recording: Recording
    vault: VaultClient
    known: set[str] = field(default_factory=set)  # certificates and issuers that exist here
    ours: dict[str, str] = field(default_factory=dict)  # recorded versions, request ids, skip tokens → the stand-in's
    csr: dict[str, str] = field(default_factory=dict)  # of the operations pending here
    recovered: set[str] = field(default_factory=set)  # and perhaps not to be found yet
    backup: str | None = None

    async def run(self) -> list[Difference]:
        """Sends every pair."""
        found: dict[Difference, None] = {}
        for index, pair in enumerate(self.recording.pairs):
            await self.arrange(index, pair)
            for _ in range(pair.repeated):
                reply = await self.send(index, pair)
                body = json.loads(reply.text) if reply.text and "json" in reply.headers["Content-Type"] else reply.text
                for what in compare(pair, reply.status, {name.lower() for name in reply.headers}, body or None):
                    found[Difference(self.recording.name, f"{pair.method} {pair.path}", what)] = None
                self.learn(pair, reply, body)
        return list(found)

    async def send(self, index: int, pair: Pair) -> Reply:
        """The request as recorded, in the stand-in's terms."""
        body = body_for(self.recording, index, csr=self.csr.get(pair.certificate or ""), backup=self.backup)
        headers = {} if pair.status == 401 else {"Authorization": f"Bearer {self.vault.token}"}
        if "pkcs10" in pair.headers.get("content-type", ""):
            headers["Accept"] = "application/pkcs10"
        if "x-ms-client-request-id" in pair.headers:
            headers |= {"x-ms-client-request-id": "1", "x-ms-return-client-request-id": "true"}
        query = {name: self.ours.get(value, value) for name, value in pair.query.items()}
        path = HEX.sub(lambda found: self.ours.get(found[0], found[0]), pair.path)
        return await self.vault.send(pair.method, path, body, headers=headers, query=query)

    def learn(self, pair: Pair, reply: Reply, body: Any) -> None:
        """Takes from an answer which of our names stands for which recorded one, and what later requests need."""
        self._match(pair.body, body)
        self._match(pair.headers.get("location", ""), reply.headers.get("Location", ""))
        if pair.certificate and isinstance(body, dict) and "csr" in body:
            self.csr[pair.certificate] = body["csr"]
        if pair.action == "POST backup" and isinstance(body, dict):
            self.backup = body.get("value")
        if pair.action == "POST recover" and pair.certificate:
            self.recovered.add(pair.certificate)
        if reply.status < 300 and pair.method in ("POST", "PUT"):
            self.known.add(pair.certificate or pair.segments[-1])

    def _match(self, recorded: Any, ours: Any) -> None:
        if isinstance(recorded, dict) and isinstance(ours, dict):
            for key in recorded.keys() & ours.keys():
                self._match(recorded[key], ours[key])
        elif isinstance(recorded, list) and isinstance(ours, list):
            for one, other in zip(recorded, ours, strict=False):
                self._match(one, other)
        elif isinstance(recorded, str) and isinstance(ours, str):
            self.ours |= dict(zip(HEX.findall(recorded), HEX.findall(ours), strict=False))
            self.ours |= dict(zip(_skip_token(recorded), _skip_token(ours), strict=False))

    # --- what must have gone before ---

    async def arrange(self, index: int, pair: Pair) -> None:
        """Brings the vault to where the recorded answer can follow."""
        await self._issuers(pair)
        if pair.certificate and pair.certificate not in self.known:
            await self._certificate(index, pair, pair.certificate)
        if pair.certificate:
            await self._time(index, pair, pair.certificate)
        elif pair.segments in (["certificates"], ["deletedcertificates"]) and pair.status == 200:
            await self._listed(index, pair)

    async def _issuers(self, pair: Pair) -> None:
        policy = pair.sent.get("policy") if isinstance(pair.sent, dict) else pair.fields.get("policy")
        issuer = (policy or {}).get("issuer") or pair.fields.get("issuer")
        named = issuer.get("name", "Self") if isinstance(issuer, dict) else "Self"
        if pair.segments[:2] == ["certificates", "contacts"] and pair.method != "PUT" and pair.status == 200:
            await self._put("contacts", {"contacts": pair.fields["contacts"]})
        elif pair.segments[:2] == ["certificates", "issuers"] and len(pair.segments) == 3:
            if pair.method != "PUT" and pair.status == 200:
                await self._put(f"issuers/{pair.segments[2]}", issuer_or_contacts(pair.fields))
        elif pair.status < 400 and named.lower() not in ("self", "unknown"):
            await self._put(f"issuers/{named}", ISSUER)

    async def _put(self, path: str, body: dict[str, Any]) -> None:
        name = path.rsplit("/", 1)[-1]
        if name not in self.known:
            self.known.add(name)
            await self._call("PUT", f"/certificates/{path}", body)

    async def _certificate(self, index: int, pair: Pair, name: str) -> None:
        """Makes a certificate that the recording takes for granted: it begins in the middle of a test."""
        creates = pair.action in ("POST create", "POST import")
        if pair.status in (400, 401, 404, 405) and "public key" not in pair.error_message:
            return
        if creates and pair.status < 400:
            return
        body = pair.sent if creates and pair.sent else create_body(self.recording, index, name)
        if "created with issuer" in pair.error_message:
            issuer = pair.error_message.split("issuer : ")[1].split(" while")[0]
            await self._put(f"issuers/{issuer}", ISSUER)
            body["policy"]["issuer"] = {"name": issuer}
        deleted = pair.is_deleted_view or "deleted" in pair.error_message
        whole = deleted or "must be in progress" in pair.error_message or self._is_whole(pair)
        await self._make(index, name, whole=whole, deleted=deleted, body=body)

    async def _make(self, index: int, name: str, *, whole: bool, deleted: bool, body: Any = None) -> None:
        self.known.add(name)
        asked = body or create_body(self.recording, index, name)
        operation = (await self._call("POST", f"/certificates/{name}/create", asked)).body
        self.csr[name] = operation["csr"]
        self._match(self.recording.operation_of(name, index) or {}, operation)
        if whole:
            await self._complete(name, operation)
        if deleted:
            await self._call("DELETE", f"/certificates/{name}")

    async def _listed(self, index: int, pair: Pair) -> None:
        """Makes the certificates of a list that nothing before it has made."""
        if "$skiptoken" in pair.query:
            return
        for item in self.recording.listed(index):
            name = item["id"].split("/")[4]
            if name not in self.known:
                body = create_body(self.recording, index, name) | ({"tags": item["tags"]} if "tags" in item else {})
                await self._make(index, name, whole="x5t" in item, deleted=pair.is_deleted_view, body=body)
        if pair.is_deleted_view:
            await self._advance(DELETING)

    @staticmethod
    def _is_whole(pair: Pair) -> bool:
        return (
            "cer" in pair.fields or pair.fields.get("status") == "completed" or pair.segments[0] in ("secrets", "keys")
        )

    async def _complete(self, name: str, operation: dict[str, Any]) -> None:
        if operation["issuer"]["name"].lower() == "unknown":
            await self._call("POST", f"/certificates/{name}/pending/merge", {"x5c": [signed(operation["csr"])]})
        await self.vault.outcome(name=name, outcome="issue", delay=0)

    # --- what time must have done ---

    async def _time(self, index: int, pair: Pair, name: str) -> None:
        status = pair.fields.get("status")
        if pair.action == "POST create":
            await self.vault.outcome(name=name, outcome="issue", delay=ISSUING)
        elif pair.action == "PATCH pending":
            ignored = self.recording.end_of(name, index + 1) in ("completed", "failed")
            await self.vault.control("POST", "unkindness", {"cancellation": "ignored" if ignored else "honoured"})
        elif status == "failed":
            error = pair.fields["error"]
            await self.vault.outcome(name=name, outcome="fail", **error, delay=0)
        elif status == "cancelled":
            await self._advance(ISSUING)
        elif self._is_whole(pair):
            await self.vault.outcome(name=name, outcome="issue", delay=0)
        if pair.status < 300 and (pair.is_deleted_view or name in self.recovered):
            await self._advance(DELETING)
            self.recovered.discard(name)

    async def _advance(self, seconds: float) -> None:
        await self.vault.control("POST", "clock", {"advance": seconds})

    async def _call(self, method: str, path: str, body: Any = None) -> Reply:
        headers = {"Authorization": f"Bearer {self.vault.token}"}
        reply = await self.vault.send(method, path, body, headers=headers, query={"api-version": VERSION})
        assert reply.status < 300, (
            f"{self.recording.name}: {method} {path} to set the stage: {reply.status} {reply.text}"
        )
        return reply


def _skip_token(text: str) -> list[str]:
    return parse_qs(urlsplit(text).query).get("$skiptoken", [])
