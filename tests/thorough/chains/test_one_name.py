"""Chains uploaded within an instant under one name, the only one that their CA gives: each is merged."""

from __future__ import annotations

import asyncio
from functools import partial

from cryptography.hazmat.primitives.serialization import Encoding

from local.api import Client, until
from local.openssl_ca import OpensslCa
from tests.e2e.certificate import Certificate, chain_of


async def test_five_chains_under_one_name_are_five_certificates(client: Client, ca: OpensslCa, name: str) -> None:
    certificates = [Certificate(client, f"{name[:20]}-{number}", documented=False) for number in range(5)]
    chains = [chain_of(ca, one, await one.start()) for one in certificates]
    files = [b"".join(one.public_bytes(Encoding.PEM) for one in chain) for chain in chains]
    for file in files:
        await client.drop(f"{name}.cer", file)
        await asyncio.sleep(0.05)
    for one in certificates:
        await one.ended("completed")

    async def filed() -> list[str] | None:
        found = await client.files("chains-merged", f"{name}.cer")
        return found if len(found) == len(files) else None

    moved = await until("all files are moved", filed)
    assert sorted([await client.content("chains-merged", one) for one in moved]) == sorted(files)

    async def cleared() -> bool:  # a file is copied before it is deleted
        return not await client.files("chains", f"{name}.cer")

    await until("nothing lies where it was dropped", cleared)
    for one in certificates:
        await until("its owner is told", partial(client.messages, f"Certificate issued: {one.name}"))


async def test_a_wrong_file_that_a_right_one_overwrites_is_told(client: Client, ca: OpensslCa, name: str) -> None:
    certificate = Certificate(client, name, documented=False)
    chain = chain_of(ca, certificate, await certificate.start())
    await client.drop(f"{name}.cer", b"no certificate at all")
    await client.drop(f"{name}.cer", b"".join(one.public_bytes(Encoding.PEM) for one in chain))
    await certificate.ended("completed")

    async def rejected() -> list[str] | None:
        return await client.files("chains-rejected", f"{name}.cer")

    (file,) = await until("the first one is rejected", rejected)
    assert await client.content("chains-rejected", file) == b"no certificate at all"
    await until("that is told", lambda: client.messages("Chain rejected: "))
