"""Tells the demo's stories on the terminal: a line a step, and what people receive as they see it."""

from __future__ import annotations

import json
import textwrap
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from functions.model.acts.verify import Verified, verify
from local.api import Client, until
from local.openssl_ca import OpensslCa
from local.stack import ACTS

Message = dict[str, Any]


class NotAsTold(Exception):
    """A story did not end as it was told; the text says where."""


@dataclass
class Teller:
    """Writes a story to the terminal, a line a step, with the seconds since the story began."""

    console: Console
    client: Client
    ca: OpensslCa
    started: float = field(default_factory=time.monotonic)

    def begin(self, title: str) -> None:
        """A story's title."""
        self.started = time.monotonic()
        self.console.print(f"\n[bold]{title}[/]")

    async def sign_in(self, name: str) -> None:
        """Signs a person or machine of the stack in; the story's calls are theirs from then on."""
        self.client = self.client.signed_in_as(name)
        await self.client.credentials()
        auth = self.client.stack["auth"]
        who = (auth["persons"] | auth["machines"])[name]
        self.step(f"{who.get('name', f'The machine {name}')} signs in: {', '.join(who['roles'])}")

    def step(self, text: str) -> None:
        """A step that is done, wrapped under its time."""
        seconds = f"{time.monotonic() - self.started:5.1f} s  "
        lines = textwrap.wrap(text, max(40, self.console.width - 11), break_on_hyphens=False)
        self.console.print(Text(f" {seconds}" + f"\n{' ' * 10}".join(lines)), soft_wrap=True)

    async def waiting[T](self, text: str, look: Callable[[], Awaitable[T | None]]) -> T:
        """Shows what is waited for until it comes. Raises NotAsTold if it does not."""
        with self.console.status(f"[dim]{text} …[/]"):
            try:
                return await until(text, look)
            except TimeoutError as error:
                raise NotAsTold(str(error)) from None

    async def request(self, name: str, issuer: str, tags: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Asks for a certificate over HTTP; returns the operation."""
        host = f"{name}.example.com"
        names = {"subject": f"CN={host}", "sans": {"dns_names": [host]}}
        policy = {"x509_props": names, "issuer": {"name": issuer}}
        body = {"policy": policy, "owner": "you@example.com", "tags": dict(tags or {})}
        response = await self.client.create("main", name, body)
        answer = await response.json()
        expect(response.status == 202, f"create answered {response.status}: {answer}")
        self.step(f"POST …/certificates/{name}/create, issuer {issuer} → 202, request_id {answer['request_id']}")
        return dict(answer)

    async def pending(self, name: str, status: str) -> dict[str, Any]:
        """What `GET …/pending` says, which is to be this status."""
        response = await self.client.pending("main", name)
        answer = await response.json()
        expect(answer.get("status") == status, f"{name} is {answer}, not {status}")
        return dict(answer)

    async def ask(self, name: str, host: str) -> dict[str, Any]:
        """Asks for what has to be approved first; returns the approval."""
        props = {"subject": f"CN={host}", "sans": {"dns_names": [host]}}
        body = {"policy": {"x509_props": props, "issuer": {"name": "Unknown"}}, "owner": "you@example.com"}
        response = await self.client.create("main", name, body)
        answer = await response.json()
        expect(response.status == 202, f"create answered {response.status}: {answer}")
        expect(answer.get("state") == "awaiting-approval", f"it does not wait for approval: {answer}")
        self.step(f"POST …/certificates/{name}/create, {host} → 202, {answer['state']}")
        return dict(answer)

    async def approve(self, approval: Mapping[str, Any]) -> dict[str, Any]:
        """Says yes to exactly what was asked; returns the approval as it is then."""
        path = f"approvals/{approval['id']}/approve"
        response = await self.client.call("POST", path, json={"digest": approval["digest"]})
        answer = await response.json()
        expect(response.status == 200, f"approve answered {response.status}: {answer}")
        expect(answer["state"] == "started", f"it was not started: {answer}")
        self.step(f"POST …/approvals/…/approve → {answer['state']}, request_id {answer['request_id']}")
        return dict(answer)

    async def history(self, name: str) -> dict[str, str]:
        """Who did each act of a certificate."""
        answer = await (await self.client.call("GET", f"vaults/main/certificates/{name}/history")).json()
        return {one["act"]: str(one.get("by")) for one in answer["value"]}

    async def acts(self, name: str) -> tuple[dict[str, str], Verified]:
        """Who did each act of a certificate by the record of acts, once that has its start, and what the verifier says
        of the record.
        """
        found: dict[str, str] = {}

        async def recorded() -> dict[str, bytes] | None:
            files = {file: await self.client.content(ACTS, file) for file in await self.client.files(ACTS)}
            lines = (json.loads(line) for content in files.values() for line in content.splitlines())
            found.update({one["verb"]: str(one["by"].get("name")) for one in lines if one.get("name") == name})
            return files if "created" in found else None

        return found, verify(await self.waiting("waiting for the record of acts", recorded))

    async def looked(self, name: str, endpoint: str, state: str) -> dict[str, Any]:
        """Has Certflow look at a server soon, and waits until it is in this state; returns what is known of it."""
        path = f"vaults/main/certificates/{name}"
        response = await self.client.call("PATCH", path, json={"endpoints": endpoint})
        expect(response.status == 200, f"PATCH answered {response.status}: {await response.text()}")

        async def look() -> dict[str, Any] | None:
            answer = await (await self.client.call("GET", path)).json()
            return next((one for one in answer["endpoints"] if one.get("state") == state), None)

        return await self.waiting(f"waiting for a look that finds it {state}", look)

    async def told(self, subject: str) -> list[Message]:
        """Waits for the one Teams card and the one mail with this subject."""

        async def look() -> list[Message] | None:
            found = await self.client.messages(subject)  # a card may be about several things
            return found if {one["channel"] for one in found} == {"teams", "email"} else None

        messages = await self.waiting("waiting for the messages", look)
        expect(len(messages) == 2, f"{len(messages)} messages instead of one card and one mail")
        expect(not any(one["refused"] for one in messages), "Teams refuses the card")
        to = next(one["to"] for one in messages if one["channel"] == "email")
        self.step(f"A card in Teams, and a mail to {to}: {subject}")
        return messages

    def show(self, messages: list[Message]) -> None:
        """Shows the card and the mail as their readers see them; of the mail only what stands before its table."""
        card, mail = sorted(messages, key=lambda one: str(one["channel"]), reverse=True)
        self._panel(f"Teams: {card['subject']}", card["text"].splitlines()[1:-1])
        self._panel(f"Mail to {mail['to']}", [mail["subject"], *mail["text"].strip().split("\n\n")[1:3]])

    def _panel(self, title: str, lines: list[str]) -> None:
        text = Text("\n".join(line for line in lines if line.strip()))
        panel = Panel(text, title=Text(title, "bold"), title_align="left", padding=(0, 1))
        self.console.print(Padding(panel, (0, 0, 0, 10)))


def expect(holds: bool, otherwise: str) -> None:
    """Raises NotAsTold unless it holds."""
    if not holds:
        raise NotAsTold(otherwise)
