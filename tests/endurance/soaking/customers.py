"""Those who want certificates, and the CA that signs for them by hand. They try again where a host was killed."""

from __future__ import annotations

import asyncio
import base64
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from cryptography import x509

from local.api import Client
from local.stack import DROP
from tests.clock import HANG, real_now
from tests.corpus import FORMATS, KeyType, arrange, hierarchy, make_csr
from tests.endurance.soaking.plan import MANUAL, Wanted

OWNER = "owner@example.com"
KEY = KeyType("EC", crv="P-256")
PAUSE = 0.3  # seconds before a call is tried again
LATER = {404, 408, 429, 500, 502, 503, 504}  # a host that has only just begun to listen says 404, too


@dataclass
class Customers:
    """What they have asked for (request ids by vault and name), dropped, and been refused without a good reason."""

    client: Client
    hosts: tuple[str, ...]
    chance: random.Random
    asked: dict[tuple[str, str], str] = field(default_factory=dict)
    dropped: dict[str, bytes] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    asked_again: set[str] = field(default_factory=set)

    async def carry_out(self, wanted: Wanted) -> None:
        """One request, from its order to the last thing that anybody does about it."""
        await asyncio.sleep(wanted.at)
        await self._tell_the_issuer(wanted)
        operation = await self._order(wanted)
        if operation is None:
            return
        self.asked[wanted.vault, wanted.name] = operation["request_id"]
        first, second = wanted.work_queue
        if wanted.kind == "cancelled":
            await asyncio.sleep(first)
            await self._cancel(wanted)
        if wanted.issuer == MANUAL:
            leaf = hierarchy(KEY.kty, real_now).sign(base64.b64decode(operation["csr"]))
            await asyncio.sleep(first)
            await self._drop(wanted, _of_another_key(wanted) if wanted.kind == "wrong key first" else leaf, 0)
            if wanted.kind != "signed":
                await asyncio.sleep(second)
                await self._drop(wanted, leaf, 1)

    async def ask_again(self, told: Iterable[str]) -> None:
        """For files that got stuck, and of which people were told, does what the message says."""
        for name in sorted({*told} & {*await self.client.files(DROP)}):
            self.asked_again.add(name)
            await self.client.call("POST", "chains/retry", json={"name": name})

    async def _tell_the_issuer(self, wanted: Wanted) -> None:
        outcome = {"issued": "issue", "refused": "fail", "cancelled": "hang"}.get(wanted.kind)
        if outcome:
            await self.client.set_outcome(wanted.vault, wanted.name, outcome, delay=wanted.work_queue[0])

    async def _order(self, wanted: Wanted) -> dict[str, Any] | None:
        policy = {
            "issuer": {"name": wanted.issuer},
            "key_props": KEY.props,
            "x509_props": {
                "subject": f"CN={wanted.name}.example.com",
                "sans": {"dns_names": [f"{wanted.name}.example.com"]},
            },
        }
        headers = {"Idempotency-Key": wanted.name}  # so that a second try never starts a second request
        body = {"policy": policy, "owner": OWNER}
        return await self._call(202, wanted, "POST", "create", headers=headers, json=body)

    async def _cancel(self, wanted: Wanted) -> None:
        await self._call(200, wanted, "PATCH", "pending", json={"cancellation_requested": True})

    async def _call(self, good: int, wanted: Wanted, method: str, what: str, **more: Any) -> dict[str, Any] | None:
        """Any of the hosts, until one answers. A cancellation whose first answer was lost is refused as too late."""
        path = f"api/vaults/{wanted.vault}/certificates/{wanted.name}/{what}"
        said = "nothing"
        ends = asyncio.get_running_loop().time() + HANG
        while asyncio.get_running_loop().time() < ends:
            try:
                response = await self.client.call(method, f"{self.chance.choice(self.hosts)}/{path}", **more)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                said = type(error).__name__
            else:
                said = f"HTTP {response.status}: {(await response.text())[:300]}"
                if response.status == good or "not-in-progress" in said:
                    answer: dict[str, Any] = await response.json()
                    return answer
                if response.status not in LATER:
                    break
            await asyncio.sleep(PAUSE)
        self.refused.append(f"{method} {wanted.vault}/{wanted.name} ({wanted.kind}): {said}")
        return None

    async def _drop(self, wanted: Wanted, leaf: x509.Certificate, number: int) -> None:
        """The CA sends its chain as it likes."""
        format_, order = wanted.files[number]
        chain = arrange(order, leaf, hierarchy(KEY.kty, real_now), number)
        content = await asyncio.to_thread(FORMATS[format_], chain)
        name = f"{wanted.vault}-{wanted.name}-{number}.txt"
        self.dropped[name] = content
        await self.client.drop(name, content)


def _of_another_key(wanted: Wanted) -> x509.Certificate:
    return hierarchy(KEY.kty, real_now).sign(make_csr(KEY.generate(), f"{wanted.name}.example.com"))
