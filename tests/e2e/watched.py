"""A stack whose app has settings of the test's own, and what was in its vaults before the app came."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import NoEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from inbox import Inbox
from local.api import Client, until
from local.functions_host import running_functions_host
from local.stack import Stack, running_stack
from tests.certificates import Ca, Wish, csr_of, ec_key
from tests.clock import real_now
from tests.e2e.stack import HURRIED, described_client
from tests.e2e.subscriber import subscriber
from tests.e2e.telling import MUCH_MAIL, NO_SERVERS

HURRY = 10  # times shorter than the platform's own waits
# The tests call for surveys and the digest themselves; checks come as often as on Azure by the clock of these apps.
SCHEDULES = {
    "CERTFLOW_CHECK_SCHEDULE": "*/5 * * * * *",
    "CERTFLOW_DISCOVER_SCHEDULE": "0 0 0 29 2 *",
    "CERTFLOW_DAILY_SCHEDULE": "0 0 0 29 2 *",
}
YEAR, DAY = timedelta(days=365), timedelta(days=1)
CA = Ca.root("Watched Root", Wish(start=-YEAR, end=10 * YEAR), at=real_now)


@dataclass(frozen=True)
class Watched:
    """The running stack: a client of it, its inbox, and what another subscriber of the topic has got."""

    client: Client
    inbox: Inbox
    events: list[dict[str, Any]]

    def happened(self, type_: str, name: str) -> list[dict[str, Any]]:
        """The events of a type (without `Certflow.`) about a certificate, or a file for it, each once."""
        found = {one["id"]: one for one in self.events if one["data"].get("request", one["data"]).get("name") == name}
        return [one for one in found.values() if one["type"] == f"Certflow.{type_}"]

    async def heard(self, type_: str, name: str) -> dict[str, Any]:
        """The one event of a type about a certificate, once another system has got it."""

        async def look() -> list[dict[str, Any]]:
            return self.happened(type_, name)

        (event,) = await until(f"{type_} of {name}", look)
        return event

    async def run(self, function: str) -> None:
        """Runs a timer's function now."""
        url, headers = self.client.stack["admin"], {"x-functions-key": self.client.stack["master_key"]}
        async with self.client.session.post(
            f"{url}/functions/{function}", json={"input": ""}, headers=headers
        ) as response:
            assert response.status == 202, await response.text()

    async def survey(self) -> None:
        """Has all vaults surveyed, and returns when that is through. Nobody else asks for surveys in these stacks."""
        before = await self._surveyed()
        await self.run("discover")
        await self.run("check")  # the next one begins with it, if this one was too early

        async def through() -> bool:
            return all(finished != before[vault] for vault, finished in (await self._surveyed()).items())

        await until("a survey of every vault", through)

    async def baseline(self) -> None:
        """Returns when every vault has been surveyed once."""

        async def through() -> bool:
            return None not in (await self._surveyed()).values()

        await until("the first survey of every vault", through)

    async def _surveyed(self) -> dict[str, str | None]:
        response = await self.client.call("GET", "status")
        vaults = (await response.json())["vaults"]
        return {one["vault"]: (one["last_survey"] or {}).get("finished") for one in vaults}


@asynccontextmanager
async def running_watch(
    directory: Path,
    settings: Callable[[Stack], Mapping[str, str]],
    before: Callable[[Client], Awaitable[None]] | None = None,
    speed: float = 10,
) -> AsyncIterator[Watched]:
    """A stack whose app runs with these settings in place of its own, from after `before` on, on a clock that is so
    many times as fast.
    """
    async with AsyncExitStack() as up:
        stack = await up.enter_async_context(
            running_stack(directory, own_host=False, issuing_delay=0.5, settings=MUCH_MAIL | NO_SERVERS)
        )
        client = await up.enter_async_context(described_client(stack.describe()))
        events = await up.enter_async_context(subscriber(stack.event_grid))
        if before:
            await before(client)
        port = urlsplit(stack.host_url).port
        assert port is not None
        given = {**stack.settings, **SCHEDULES, "TESTS_SPEED": f"{speed:g}", **settings(stack)}
        host = running_functions_host(
            given, stack.keys, port=port, log=stack.directory / "host.log", app=HURRIED, hurry=HURRY
        )
        await up.enter_async_context(host)
        yield Watched(client, stack.inbox, events)


async def import_certificate(client: Client, vault: str, name: str, days: tuple[float, float], **tags: str) -> None:
    """Puts a certificate for `{name}.example.com` and `www.{name}.example.com` into a vault, valid from so many days
    ago and for so many from now; an underscore in a tag's name stands for a hyphen.
    """
    key, names = ec_key(), [f"{name}.example.com", f"www.{name}.example.com"]
    wish = Wish(names=names, start=-days[0] * DAY, end=days[1] * DAY)
    leaf = CA.signs(csr_of(key, names[0], names), wish)
    pfx = serialize_key_and_certificates(None, key, leaf, [CA.certificate], NoEncryption())
    hyphened = {tag.replace("_", "-"): value for tag, value in tags.items()}
    await client.certificates[vault].import_certificate(name, pfx, tags=hyphened)


def signed(csr: bytes, name: str) -> x509.Certificate:
    """What the CA signs for a CSR (DER) of a certificate, for 90 days."""
    names = [f"{name}.example.com", f"www.{name}.example.com"]
    return CA.signs(csr, Wish(names=names, start=timedelta(0), end=90 * DAY))
