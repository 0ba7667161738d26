"""`make demo`: four short stories, told by a real run of the whole stack; exit 0 only if each ended as told."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import shutil
import sys
import tempfile
import textwrap
import time
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from local.api import Client, client_of, until
from local.azurite import AzuriteFailed
from local.functions_host import ROOT, HostFailed
from local.openssl_ca import OpensslCa, OpensslMissing
from local.stack import MERGED, REJECTED, running_stack

ISSUING_DELAY = 4.0  # seconds; real integrated issuers were seen to take 9 to 39
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

    async def request(self, name: str, issuer: str) -> dict[str, Any]:
        """Asks for a certificate over HTTP; returns the operation."""
        host = f"{name}.example.com"
        names = {"subject": f"CN={host}", "sans": {"dns_names": [host]}}
        body = {"policy": {"x509_props": names, "issuer": {"name": issuer}}, "owner": "you@example.com"}
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


async def scan_vaults(console: Console, client: Client) -> None:
    """Asks for the first inventory scan of each vault, and waits for the messages about them: otherwise they would be
    on the first story's card. Raises NotAsTold if they do not come.
    """
    url, headers = f"{client.stack['admin']}/functions/discover", {"x-functions-key": client.stack["master_key"]}
    await client.call("POST", url, headers=headers, json={"input": ""})

    async def reported() -> bool:
        found = [await client.messages(f"Now watching vault {vault}") for vault in client.stack["vaults"]]
        return all({"teams", "email"} <= {one["channel"] for one in messages} for messages in found)

    with console.status("[dim]waiting for the first inventory scan of the vaults …[/]"):
        try:
            await until("the first inventory scan of the vaults is reported", reported)
        except TimeoutError as error:
            raise NotAsTold(str(error)) from None


async def issuer_completes(teller: Teller) -> None:
    """a. An issuer that Key Vault talks to."""
    teller.begin("a. DigiCert issues: started, watched, completed")
    await teller.sign_in("requester")
    await teller.request("shop-web", "DigiCert")
    messages = await teller.told("Certificate issued: shop-web")
    done = await teller.pending("shop-web", "completed")
    teller.step(f"GET …/pending → completed, target {done['target']}")
    teller.show(messages)


async def chain_is_merged(teller: Teller) -> None:
    """b. A CA outside: CSR out, chain in, whatever it looks like."""
    teller.begin("b. A CA of your own: CSR out, signed with openssl, chain dropped, merged")
    await teller.sign_in("requester")
    teller.step("The laptop's vaults accept any CA until one is set (CERTFLOW_TRUSTED_CAS=any)")
    await teller.client.put("trusted-cas", "main/example-root.pem", teller.ca.root.read_bytes())
    teller.step("Example Root CA put into trusted-cas/main/: the vault accepts its certificates, and no others")
    operation = await teller.request("intranet", "Unknown")
    await teller.told("CSR ready to be signed: intranet")
    csr = x509.load_der_x509_csr(base64.b64decode(operation["csr"]))
    leaf = teller.ca.sign(csr.public_bytes(Encoding.PEM), "intranet", "intranet.example.com")
    teller.step("The CSR signed by Example Issuing CA (openssl x509 -req)")
    bundle = await asyncio.to_thread(teller.ca.pkcs7, leaf)
    await teller.client.drop("from the CA.zip", zipped("for you/certificates.p7b", bundle))
    teller.step("Dropped into chains/, as it came: a zip, in it a folder, in it a PKCS#7 file, root first")

    async def merged() -> list[str] | None:
        return await teller.client.files(MERGED, "/intranet/")

    files = await teller.waiting("the merge", merged)
    teller.step(f"Merged, and the file moved to {MERGED}/{os.path.dirname(files[0])}/")  # noqa: PTH120  a blob's name
    certificate = await teller.client.certificates["main"].get_certificate("intranet")
    await asyncio.to_thread(verify, teller.ca, bytes(certificate.cer or b""), leaf)
    teller.step("Read back from the vault: openssl verify says OK, up to Example Root CA")
    messages = await teller.told("Certificate issued: intranet")
    await teller.pending("intranet", "completed")
    teller.show(messages)


def zipped(name: str, content: bytes) -> bytes:
    """A zip with one file."""
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        return file.getvalue()


def verify(ca: OpensslCa, der: bytes, leaf: bytes) -> None:
    """The vault's certificate is the one that was signed, and openssl finds its way up to the root."""
    with tempfile.TemporaryDirectory() as directory:
        read_back = Path(directory) / "read-back.pem"
        read_back.write_bytes(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM))
        expect(ca.verify(read_back).endswith("OK"), "openssl does not verify what the vault holds")
    expect(
        x509.load_pem_x509_certificate(leaf).public_bytes(Encoding.DER) == der, "the vault holds another certificate"
    )


async def issuer_refuses(teller: Teller) -> None:
    """c. The issuer says no."""
    teller.begin("c. DigiCert refuses: failed, and the message says why")
    await teller.sign_in("pipeline")
    reason = "The domain partner.example.com is not validated for this account."
    await teller.client.set_outcome("main", "partner", "fail", code="Request rejected", message=reason, delay=2.0)
    await teller.request("partner", "DigiCert")
    messages = await teller.told("Certificate request failed: partner")
    for message in messages:
        expect("Request rejected" in message["text"] and reason in message["text"], "the message lacks the reason")
    failed = await teller.pending("partner", "failed")
    teller.step(f"GET …/pending → failed, error.code {failed['error']['code']}")
    teller.show(messages)


async def stranger_is_rejected(teller: Teller) -> None:
    """d. A chain for another key."""
    teller.begin("d. A chain for another key: rejected with the reason, nothing merged")
    await teller.sign_in("pki")
    operation = await teller.request("payroll", "Unknown")
    await teller.told("CSR ready to be signed: payroll")
    chain = teller.ca.sign_another_key("payroll-old", "payroll.example.com") + teller.ca.issuing.read_bytes()
    await teller.client.drop("payroll-chain.pem", chain)
    teller.step("Dropped into chains/: a good chain for payroll.example.com, but for a key from elsewhere")

    async def rejected() -> list[str] | None:
        return await teller.client.files(REJECTED, "payroll-chain.pem")

    files = await teller.waiting("the report", rejected)
    expect(await teller.client.content(REJECTED, files[0]) == chain, "the rejected file was changed")
    messages = await teller.told("Chain rejected: payroll-chain.pem")
    pending = await teller.pending("payroll", "inProgress")
    expect(pending["request_id"] == operation["request_id"], "another request stands in its place")
    teller.step("Nothing merged: the request for payroll is still pending, and waits for its own chain")
    teller.show(messages)


STORIES = (issuer_completes, chain_is_merged, issuer_refuses, stranger_is_rejected)


async def tell(console: Console, directory: Path) -> list[str]:
    """Starts the stack and tells every story; returns what did not end as told."""
    failures = []
    started = time.monotonic()
    async with AsyncExitStack() as running:
        with console.status("[dim]Starting Azurite, Key Vault emulator, Event Grid, inbox and Functions host …[/]"):
            ca = await asyncio.to_thread(OpensslCa, directory / "example-ca")
            # A minute, as by default, would be long for whoever watches one request.
            settings = {"CERTFLOW_GATHER": "5"}
            stack = await running.enter_async_context(
                running_stack(directory, issuing_delay=ISSUING_DELAY, settings=settings)
            )
            client = await running.enter_async_context(client_of(stack.describe()))
        console.print(f"The stack is up after {time.monotonic() - started:.1f} s.")
        try:
            await scan_vaults(console, client)
        except NotAsTold as error:
            return [str(error)]
        console.print("Certflow has scanned both vaults once, and reported what is in them.")
        for story in STORIES:
            try:
                await story(Teller(console, client, ca))
            except NotAsTold as error:
                failures.append(f"{(story.__doc__ or '').strip()} {error}")
                console.print(f"[red]Not as told:[/] {error}")
    return failures


def main() -> int:
    """Tells the stories; 0 if all of them ended as told."""
    console = Console(highlight=False)
    directory = Path(tempfile.mkdtemp(prefix="demo-", dir=_state()))
    started = time.monotonic()
    try:
        failures = asyncio.run(tell(console, directory))
    except (OpensslMissing, HostFailed, AzuriteFailed, OSError) as error:
        print(f"make demo: {error}", file=sys.stderr)
        return 1
    if failures:
        console.print("\n[bold red]These stories did not end as told:[/]")
        for failure in failures:
            console.print(f"  {failure}")
        console.print(f"Logs: {os.path.relpath(directory)}")
        return 1
    shutil.rmtree(directory, ignore_errors=True)
    console.print(f"\n[bold green]All four stories ended as told[/], in {time.monotonic() - started:.0f} s.")
    console.print("Next: [bold]make up[/] keeps the stack for you; the README shows what to ask it.")
    return 0


def _state() -> Path:
    state = ROOT / ".local"
    state.mkdir(exist_ok=True)
    return state


if __name__ == "__main__":
    sys.exit(main())
