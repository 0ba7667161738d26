"""One file with the chains of eight requests: all are merged, and each name leads to the file."""

from __future__ import annotations

import json

from cryptography.hazmat.primitives.serialization import Encoding

from local.api import Client, until
from local.openssl_ca import OpensslCa
from tests.e2e.certificate import Certificate, chain_of


async def test_each_name_of_a_bundle_leads_to_its_file(client: Client, ca: OpensslCa, name: str) -> None:
    certificates = [Certificate(client, f"{name[:20]}-{number}", documented=False) for number in range(8)]
    chains = [chain_of(ca, one, await one.start()) for one in certificates]
    bundle = b"".join(one.public_bytes(Encoding.PEM) for chain in chains for one in chain)
    await client.drop(f"{name}.pem", bundle)
    for one in certificates:
        await one.ended("completed")

    async def filed() -> list[str] | None:
        return await client.files("chains-merged", f"/{name}.pem")

    (file,) = await until("the file is moved", filed)
    assert await client.content("chains-merged", file) == bundle
    for one in certificates:
        (report,) = [
            path for path in await client.files("chains-merged", f"/{one.name}/") if path.endswith("report.json")
        ]
        moved_to = json.loads(await client.content("chains-merged", report))["moved_to"]
        assert f"{moved_to}/{name}.pem" == f"chains-merged/{file}"
