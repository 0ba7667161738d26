"""`make demo`: five short stories, told by a real run of the whole stack; exit 0 only if each ended as told."""

from __future__ import annotations

import asyncio
import base64
import io
import os
import shutil
import sys
import tempfile
import time
import zipfile
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

from azure.keyvault.certificates import CertificateContentType, CertificatePolicy
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from rich.console import Console

from functions.access.verbs import Verb
from local.api import Client, client_of, until
from local.azurite import AzuriteFailed
from local.functions_host import ROOT, HostFailed
from local.openssl_ca import OpensslCa, OpensslMissing
from local.stack import MERGED, REJECTED, running_stack
from local.teller import NotAsTold, Teller, expect

SERVER = "first"  # of the stack's TLS servers
# What the app roles mean without a file, but for the condition.
ACCESS = {
    "grants": [
        {"who": ["role:Certflow.Requester"], "may": ["read", "request", "return", "cancel", "acknowledge"]},
        {"who": ["role:Certflow.Approver"], "may": ["read", "approve"]},
        {"who": ["role:Certflow.Operator"], "may": [verb.value for verb in Verb]},
    ],
    "conditions": [{"wildcard": True, "approvals": 1, "by": ["role:Certflow.Approver"], "tell": ["avery@example.com"]}],
}
ISSUING_DELAY = 4.0  # seconds; real integrated issuers were seen to take 9 to 39


async def run_timer(client: Client, timer: str) -> None:
    """Runs a timer now, as its schedule does later."""
    url, headers = f"{client.stack['admin']}/functions/{timer}", {"x-functions-key": client.stack["master_key"]}
    await client.call("POST", url, headers=headers, json={"input": ""})


async def scan_vaults(console: Console, client: Client) -> None:
    """Asks for the first inventory scan of each vault, and waits for the messages about them: otherwise they would be
    on the first story's card. Raises NotAsTold if they do not come.
    """
    await run_timer(client, "discover")

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
    """b. A CA outside: CSR out, chain in, whatever it looks like, until a server shows it."""
    teller.begin("b. A CA of your own: CSR out, signed with openssl, chain dropped, merged, served")
    await teller.sign_in("requester")
    teller.step("The laptop's vaults accept any CA until one is set (CERTFLOW_TRUSTED_CAS=any)")
    await teller.client.put("trusted-cas", "main/example-root.pem", teller.ca.root.read_bytes())
    teller.step("Example Root CA put into trusted-cas/main/: the vault accepts its certificates, and no others")
    endpoint = await serve_earlier_version(teller)
    operation = await teller.request("intranet", "Unknown", {"certflow-endpoints": endpoint})
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
    await serve_new_version(teller, endpoint)


async def serve_earlier_version(teller: Teller) -> str:
    """Puts a certificate into the vault and on a server, as somebody did last year; returns what a tag says of that."""
    leaf = teller.ca.sign_another_key("intranet-before", "intranet.example.com")
    served = teller.ca.key("intranet-before") + leaf + teller.ca.issuing.read_bytes()
    policy = CertificatePolicy(issuer_name="Unknown", content_type=CertificateContentType.pem)
    await teller.client.certificates["main"].import_certificate("intranet", served, policy=policy)
    await teller.client.serve(SERVER, served)
    endpoint = str(teller.client.stack["tls_servers"]["endpoints"][SERVER])
    teller.step(f"Today's certificate of the intranet is in the vault, and on a server: {endpoint}")
    return endpoint


async def serve_new_version(teller: Teller, endpoint: str) -> None:
    """The server gets what was merged, and Certflow sees it there."""
    old = await teller.looked("intranet", endpoint, "old")
    teller.step(f"Is it served? GET …/certificates/intranet → {old['state']}: {old['sentence']}")
    await teller.client.serve(SERVER, await teller.client.secret("main", "intranet"))
    teller.step("The vault's secret, chain and key, put on the server (az keyvault secret download)")
    live = await teller.looked("intranet", endpoint, "live")
    since = datetime.fromisoformat(live["since"])
    teller.step(f"GET …/certificates/intranet → live: served since {since:%H:%M:%S} UTC")
    await teller.told("Served: intranet")


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


async def wildcard_is_approved(teller: Teller) -> None:
    """e. Somebody else has to say yes first."""
    teller.begin("e. A wildcard: it waits until somebody else says yes, and only then is started")
    try:
        await teller.client.decide_by(ACCESS)
    except TimeoutError as error:
        raise NotAsTold(str(error)) from None
    teller.step("An access file says who may do what, and that a wildcard needs the yes of an approver")
    await teller.sign_in("requester")
    approval = await teller.ask("wild-shop", "*.shop.example.com")
    await teller.told("Waits for approval: wild-shop")
    nothing = await teller.client.pending("main", "wild-shop")
    expect(nothing.status == 404, f"Key Vault was asked to start it: GET …/pending answered {nothing.status}")
    teller.step("GET …/pending → 404: nothing exists yet, no key, no CSR, no order")
    await teller.sign_in("approver")
    started = await teller.approve(approval)
    messages = await teller.told("Approved: wild-shop")
    operation = await teller.pending("wild-shop", "inProgress")
    expect(operation["request_id"] == started["request_id"], "another request was started")
    acts = await teller.history("wild-shop")
    expect(acts.get("asked") == "quinn@example.com", "the history does not say who asked")
    expect(acts.get("approved") == "avery@example.com", "the history does not say who approved")
    teller.step("GET …/history → asked for by quinn@example.com, approved by avery@example.com")
    await run_timer(teller.client, "check")
    recorded, verified = await teller.acts("wild-shop")
    expect(not verified.problems, f"the record of acts is not whole: {verified.problems}")
    expect({one: recorded.get(one) for one in acts} == acts, f"the record of acts has {recorded}")
    teller.step(f"acts/ has the same. All its {verified.acts} acts hold: each line has the hash of the one before")
    teller.show(messages)


STORIES = (issuer_completes, chain_is_merged, issuer_refuses, stranger_is_rejected, wildcard_is_approved)


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
    console.print(f"\n[bold green]All five stories ended as told[/], in {time.monotonic() - started:.0f} s.")
    console.print("Next: [bold]make up[/] keeps the stack for you; the README shows what to ask it.")
    return 0


def _state() -> Path:
    state = ROOT / ".local"
    state.mkdir(exist_ok=True)
    return state


if __name__ == "__main__":
    sys.exit(main())
