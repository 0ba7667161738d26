"""Replays recorded traffic against an emulator: what must have gone before, what time must have done, then the request.

Each file gets a vault of its own, so certificates and issuers keep their names, and a clock that stands still until it
is set to the recorded time. Versions, request ids and the like are the emulator's own: which stands for which recorded
one is learned by laying each answer beside the recorded one. What a recording lacks and is made up is noted.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance.correspondence import Correspondence
from conformance.differences import Answer, Difference, compare
from conformance.material import chain_for
from conformance.recordings import HEX, Pair, Recording
from conformance.requests import Learned, body_for, create_body, import_body, issuer_or_contacts
from conformance.timeline import (
    A_MOMENT,
    NEVER,
    SOME_TIME,
    Clock,
    completed_at,
    created_at,
    earlier,
    shows_whole,
    time_of,
)
from keyvault_emulator.certificate import MAX_RETENTION
from keyvault_emulator.profile import OBSERVED, ProfileName
from keyvault_emulator.tokens import TENANT_ID
from keyvault_emulator.unkindness import Unkindness
from vault_client import Reply, VaultClient, vault_client

VAULT = "myvault.vault.azure.net"
NO_TENANT = "00000000-0000-0000-0000-000000000000"
VERSION = "7.4"
ISSUER = {"provider": "DigiCert", "org_details": {"id": "1"}}


@dataclass(frozen=True)
class Outcome:
    """Of one recording: every difference, in order and each once, and all that was made up."""

    differences: list[Difference]
    invented: tuple[str, ...]


async def replay(recording: Recording, profile: ProfileName = OBSERVED) -> Outcome:
    """Replays one recording in a vault of its own."""
    clock = Clock(float(min(recording.values("created"), default=SOME_TIME)))
    days = next(recording.values("recoverableDays"), MAX_RETENTION)
    switches = Unkindness(deletion_delay=A_MOMENT, recovery_delay=A_MOMENT, retention_days=days)
    with tempfile.TemporaryDirectory() as directory:
        async with vault_client(
            Path(directory), issuing_delay=NEVER, any_token=False, unkindness=switches, profile=profile, clock=clock
        ) as vault:
            under_way = Replay(recording, vault.at(VAULT), clock)
            if days != MAX_RETENTION:
                under_way.invent(f"a vault that keeps what is deleted for {days} days")
            return Outcome(await under_way.run(), tuple(under_way.invented))


@dataclass
class Replay:
    """One replay under way."""

    recording: Recording
    vault: VaultClient
    clock: Clock
    exist: set[str] = field(default_factory=set)  # certificates and issuers that do here
    known: Correspondence = field(default_factory=Correspondence)
    learned: Learned = field(default_factory=Learned)
    recovered: set[str] = field(default_factory=set)  # and perhaps not to be found yet
    invented: dict[str, None] = field(default_factory=dict)

    def invent(self, what: str) -> None:
        """Notes something that the recording lacks, once."""
        self.invented[what] = None

    async def run(self) -> list[Difference]:
        """Sends every pair."""
        found: dict[Difference, None] = {}
        await self.begin()
        for index, pair in enumerate(self.recording.pairs):
            await self.arrange(index, pair)
            for _ in range(pair.repeated):
                reply = await self.send(index, pair)
                answer = self.read(reply)
                for what in compare(pair, answer, self.known, self.recording.given):
                    found[Difference(self.recording.name, f"{pair.method} {pair.path}", what)] = None
                self.learn(pair, answer)
        return list(found)

    async def send(self, index: int, pair: Pair) -> Reply:
        """The request as recorded, in the emulator's terms."""

        def invent(what: str) -> None:
            self.invent(f"{pair.method} {pair.path}: {what}")

        body = body_for(self.recording, index, self.learned, invent)
        headers = {} if pair.status == 401 else {"Authorization": f"Bearer {self.vault.token}"}
        if "pkcs10" in pair.headers.get("content-type", ""):
            headers["Accept"] = "application/pkcs10"
        if own_id := pair.headers.get("x-ms-client-request-id"):
            headers |= {"x-ms-client-request-id": own_id, "x-ms-return-client-request-id": "true"}
        kinds = {"request_id": "id", "$skiptoken": "token"}
        query = {name: self.known.ours(kinds.get(name, ""), value) for name, value in pair.query.items()}
        path = HEX.sub(lambda found: self.known.ours("id", found[0]), pair.path)
        return await self.vault.send(pair.method, path, body, headers=headers, query=query)

    def read(self, reply: Reply) -> Answer:
        """An answer as the recordings have it: the vault's address without the port, no tenant."""

        def text(raw: str) -> str:
            return raw.replace(f"{VAULT}:{self.vault.emulator.port}", VAULT).replace(TENANT_ID, NO_TENANT)

        is_json = "json" in reply.headers.get("Content-Type", "")
        body = json.loads(text(reply.text)) if is_json and reply.text else text(reply.text) or None
        return Answer(reply.status, {name.lower(): text(value) for name, value in reply.headers.items()}, body)

    def learn(self, pair: Pair, answer: Answer) -> None:
        """Takes from an answer what later requests need."""
        body = answer.body if isinstance(answer.body, dict) else {}
        if pair.certificate and "csr" in body:
            self.learned.csr[pair.certificate] = body["csr"]
        if pair.action == "POST backup":
            self.learned.backup = body.get("value")
        if pair.segments[0] == "secrets" and "value" in body:
            cers = (one.fields["cer"] for one in self.recording.pairs if one.fields.get("sid") == pair.fields["id"])
            self.learned.secrets |= dict.fromkeys(cers, body["value"])
        if pair.action == "POST recover" and pair.certificate:
            self.recovered.add(pair.certificate)
        if answer.status < 300 and pair.method in ("POST", "PUT"):
            self.exist.add(pair.certificate or pair.segments[-1])

    # --- what must have gone before ---

    async def begin(self) -> None:
        """Sets what was there before the recording began, and sets it anew."""
        for time, index in earlier(self.recording):
            pair = self.recording.pairs[index]
            self.clock.reach(time)
            self.invent(f"{pair.method} {pair.path} before")
            body = pair.sent or issuer_or_contacts(pair.fields)
            if pair.action == "POST import":
                body = import_body(pair, {}, lambda _what: None)
            await self._call(pair.method, pair.path, body)
            self.exist.add(pair.certificate or pair.segments[-1])

    async def arrange(self, index: int, pair: Pair) -> None:
        """Brings the vault to where the recorded answer can follow."""
        await self._issuers(index, pair)
        name = pair.certificate
        if name and name not in self.exist:
            await self._certificate(index, pair, name)
        self.clock.reach(time_of(self.recording, index))
        if name:
            await self._time(index, pair, name)
        elif pair.segments in (["certificates"], ["deletedcertificates"]) and pair.status == 200:
            await self._listed(index, pair)

    async def _issuers(self, index: int, pair: Pair) -> None:
        policy = pair.sent.get("policy") if isinstance(pair.sent, dict) else pair.fields.get("policy")
        issuer = (policy or {}).get("issuer") or pair.fields.get("issuer")
        named = issuer.get("name", "Self") if isinstance(issuer, dict) else "Self"
        if pair.segments[:2] == ["certificates", "contacts"] and pair.method != "PUT" and pair.status == 200:
            await self._put("contacts", {"contacts": pair.fields["contacts"]})
        elif pair.segments == ["certificates", "issuers"]:
            for item in self.recording.listed(index):
                await self._put(f"issuers/{item['id'].rsplit('/', 1)[1]}", {"provider": item["provider"]})
        elif pair.segments[:2] == ["certificates", "issuers"]:
            if pair.method != "PUT" and pair.status == 200:
                await self._put(f"issuers/{pair.segments[2]}", issuer_or_contacts(pair.fields))
        elif pair.status < 400 and named.lower() not in ("self", "unknown"):
            await self._put(f"issuers/{named}", ISSUER)

    async def _put(self, path: str, body: dict[str, Any]) -> None:
        name = path.rsplit("/", 1)[-1]
        if name not in self.exist:
            self.exist.add(name)
            self.invent(f"PUT /certificates/{path} before")
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
        whole = deleted or "must be in progress" in pair.error_message or _is_whole(pair)
        await self._make(index, name, whole=whole, deleted=deleted, body=body)

    async def _make(self, index: int, name: str, *, whole: bool, deleted: bool, body: Any) -> None:
        self.exist.add(name)
        self.clock.reach(created_at(self.recording, name, index))
        self.invent(f"POST /certificates/{name}/create before: {', '.join(body['policy'])}")
        await self._decide_at(name, completed_at(self.recording, name, index))
        operation = (await self._call("POST", f"/certificates/{name}/create", body)).body
        self.learned.csr[name] = operation["csr"]
        if recorded := self.recording.operation_of(name, index):
            self.known.meet("id", recorded["request_id"], operation["request_id"])
        if whole:
            self.clock.reach(completed_at(self.recording, name, index))
            await self._complete(name, operation)
        if deleted:
            self.invent(f"DELETE /certificates/{name} before")
            await self._call("DELETE", f"/certificates/{name}")

    async def _listed(self, index: int, pair: Pair) -> None:
        """Makes the certificates of a list that nothing before it has made."""
        if "$skiptoken" in pair.query:
            return
        for item in self.recording.listed(index):
            name = item["id"].split("/")[4]
            if name not in self.exist:
                body = create_body(self.recording, index, name) | ({"tags": item["tags"]} if "tags" in item else {})
                await self._make(index, name, whole="x5t" in item, deleted=pair.is_deleted_view, body=body)
        if pair.is_deleted_view:
            self.clock.reach(self.clock.time + A_MOMENT)

    async def _complete(self, name: str, operation: dict[str, Any]) -> None:
        if operation["issuer"]["name"].lower() == "unknown":
            x5c = chain_for(operation["csr"], None, with_ca=False, twice=False)
            self.invent(f"POST /certificates/{name}/pending/merge before")
            await self._call("POST", f"/certificates/{name}/pending/merge", {"x5c": x5c})
        else:
            await self.vault.outcome(name=name, outcome="issue", delay=0)

    # --- what time must have done ---

    async def _time(self, index: int, pair: Pair, name: str) -> None:
        status = pair.fields.get("status")
        if pair.action == "POST create":
            await self._decide_at(name, completed_at(self.recording, name, index))
        elif status == "failed":
            error = pair.fields["error"]
            self.invent(f"an issuer that answers for {name}: {error['code']}")
            await self.vault.outcome(name=name, outcome="fail", **error, delay=0)
        elif status == "cancelled":
            self.clock.reach(self.clock.time + NEVER)
        elif _is_whole(pair):
            completed = completed_at(self.recording, name, index)
            self.clock.reach(None if completed is None else completed + 0.5)  # see _decide_at
        if pair.status < 300 and (pair.is_deleted_view or name in self.recovered):
            self.clock.reach(self.clock.time + A_MOMENT)
            self.recovered.discard(name)

    async def _decide_at(self, name: str, time: float | None) -> None:
        """Has the issuer decide at a recorded time; half a second later, lest that be the very time of the create."""
        delay = NEVER if time is None else max(time - self.clock.time, 0) + 0.5
        await self.vault.outcome(name=name, outcome="issue", delay=delay)

    async def _call(self, method: str, path: str, body: Any = None) -> Reply:
        headers = {"Authorization": f"Bearer {self.vault.token}"}
        reply = await self.vault.send(method, path, body, headers=headers, query={"api-version": VERSION})
        assert reply.status < 300, (
            f"{self.recording.name}: {method} {path} to set the stage: {reply.status} {reply.text}"
        )
        return reply


def _is_whole(pair: Pair) -> bool:
    return shows_whole(pair) or pair.fields.get("status") == "completed"
