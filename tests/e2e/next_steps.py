"""What the reader of a message does, with nothing but its words: their addresses, their header, their body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from azure.storage.blob.aio import BlobClient, ContainerClient
from cryptography import x509

from local.api import Client, until
from tests.certificates import Wish, pem
from tests.e2e.telling import told
from tests.e2e.watched import CA

OWNER = "owner@example.com"

HEADER = re.compile(r"in the header ([\w-]+)")
CONTAINER = re.compile(r"the container chains \((https?://[^)]+)\)")
PLACE = re.compile(r"https?://\S+/trusted-cas(?:/[^\s,;]+/)?")


def step_of(text: str) -> str:
    """The next step of a mail, which is a line of it: of a row of a table before that of all rows."""
    return str(re.findall(r"^ *Next step: (.+)$", text, re.MULTILINE)[0])


def address_in(step: str, method: str, end: str) -> str:
    """The address of a call in a step, which ends so."""
    (address,) = set(re.findall(rf"\b{method} (https?://\S+?{re.escape(end)})(?=[\s,;.)])", step))
    return str(address)


async def call(
    client: Client, step: str, method: str, end: str, body: Any = None, **named: str
) -> tuple[int, Mapping[str, Any]]:
    """Makes the call that a step names, signed in by the header that it names; `named` stands for what the reader
    fills in. Returns status and body.
    """
    address = address_in(step, method, end)
    for word, value in named.items():
        address = address.replace(f"/{word}/", f"/{value}/")
    signed_in = await credentials_of(client, step)
    async with client.session.request(method, address, headers=signed_in, json=body) as response:
        text = await response.text()
        kind = response.content_type
        return response.status, await response.json() if kind == "application/json" else {"text": text}


async def credentials_of(client: Client, step: str) -> dict[str, str]:
    """What opens the API, which is in the header that a step names."""
    credentials = await client.credentials()
    assert set(HEADER.findall(step)) == credentials.keys()
    return credentials


async def drop_where_it_says(client: Client, step: str, name: str, *certificates: x509.Certificate) -> None:
    """Puts a chain into the container at the address that a step names, and waits until it is merged."""
    (url,) = set(CONTAINER.findall(step))
    container = ContainerClient.from_container_url(
        url, credential=client.blobs.credential, connection_verify=client.stack["ca_file"]
    )
    async with container:
        await container.upload_blob(name, pem(*certificates), overwrite=True)
    await merged(client, name)


async def merged(client: Client, name: str) -> None:
    """Waits until a file of this name has been merged."""

    async def look() -> list[str]:
        return await client.files("chains-merged", name)

    await until(f"{name} to be merged", look)


async def trust_where_it_says(client: Client, step: str, name: str, content: bytes) -> None:
    """Puts a file into the folder of trusted CAs at the address that a step names."""
    (url,) = set(PLACE.findall(step))
    blob = BlobClient.from_blob_url(
        f"{url.rstrip('/')}/{name}", credential=client.blobs.credential, connection_verify=client.stack["ca_file"]
    )
    async with blob:
        await blob.upload_blob(content, overwrite=True)


def signed(csr: bytes) -> tuple[x509.Certificate, x509.Certificate]:
    """What a CA makes of a CSR (DER), and its own certificate."""
    return CA.signs(csr, Wish(start=timedelta(0), end=timedelta(days=90))), CA.certificate


def policy(name: str, issuer: str = "Unknown") -> dict[str, Any]:
    host = f"{name}.example.com"
    return {"x509_props": {"subject": f"CN={host}", "sans": {"dns_names": [host]}}, "issuer": {"name": issuer}}


async def started(client: Client, name: str, issuer: str = "Unknown", **more: Any) -> None:
    response = await client.create("main", name, {"policy": policy(name, issuer), "owner": OWNER, **more})
    assert response.status == 202, await response.text()


async def csr_of(client: Client, name: str) -> bytes:
    return bytes((await client.certificates["main"].get_certificate_operation(name)).csr or b"")


async def step_told(client: Client, title: str) -> str:
    """The next step of the message with this title, as its mail has it."""
    found = await told(client, title)
    return step_of(next(one["text"] for one in found if one["channel"] == "email"))


async def is_started_again(client: Client, step: str, name: str, **named: str) -> None:
    """The call that the step names starts the next request."""
    status, answer = await call(client, step, "POST", "/create", {}, **named)
    assert (status, answer["status"]) == (202, "inProgress"), answer
    assert (await client.certificates["main"].get_certificate_operation(name)).request_id == answer["request_id"]
