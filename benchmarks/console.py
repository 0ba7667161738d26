"""The console in a real browser, on the whole stack, with 5,000 requests: bytes of the first view, seconds until its
rows are on the screen, and milliseconds until a search has changed them; what it adds to the package.

Each view is a browser's first, with nothing kept, and begins when Entra has sent the person back: what comes before is
Entra's. `with the board in memory` is after another view within 5 seconds; `without` is the first view of a host. The
requests are those of `benchmarks.board`, in one vault. Times are this machine's, which runs the browser, the host and
Azurite on the same two cores.
"""

from __future__ import annotations

import asyncio
import io
import statistics
import tempfile
import zipfile
from dataclasses import replace
from itertools import batched, groupby
from pathlib import Path

from azure.data.tables.aio import TableClient

from benchmarks.board import REQUESTS, TRANSACTION, requests
from benchmarks.table import Row, print_rows
from functions.adapters.azure_tables.rows import request_row
from functions.adapters.azure_tables.service import CERTFLOW
from functions.triggers.console.files import FOLDER, static_files
from local.stack import Stack, running_stack
from testkit.browser import chromium_path
from tests.console import Desk, Office, running_office

ROUNDS, SEARCHES = 5, ("pay", "pay-eu", "pay-eu 12", "")
SEEN = """addEventListener("load", () => {
  const look = () => document.querySelector("[data-place]")
    ? requestAnimationFrame(() => setTimeout(() => { window.rowsSeen = performance.now(); }))
    : requestAnimationFrame(look);
  look();
});"""
WHEN = """() => new Promise(done => {
  const look = () => window.rowsSeen ? done(window.rowsSeen) : requestAnimationFrame(look);
  look();
})"""
SEARCH = """async text => {
  const box = document.getElementById("search");
  const began = performance.now();
  box.value = text;
  box.dispatchEvent(new InputEvent("input", {bubbles: true}));
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - began;
}"""


def measure() -> list[Row]:
    """Starts the stack and the browser."""
    browser = chromium_path()
    if browser is None:
        raise RuntimeError("There is no Chromium: install it, or name one by CERTFLOW_CHROMIUM.")
    with tempfile.TemporaryDirectory() as directory:
        return asyncio.run(_rows(browser, Path(directory)))


async def _rows(browser: str, directory: Path) -> list[Row]:
    async with running_stack(directory) as stack, running_office(browser, stack.describe()) as office:
        await _fill(stack)
        _, cold = await _view(office)
        views = [await _view(office) for _ in range(ROUNDS)]
        async with office.desk("pki") as desk:
            await desk.page.locator("[data-place]").first.wait_for()
            searches = [await desk.page.evaluate(SEARCH, text) for _ in range(ROUNDS) for text in SEARCHES]
    return [
        Row(
            "console with 5,000 requests: bytes of the first view, KB",
            statistics.median(b for b, _ in views) / 1000,
            "≤ 300",
        ),
        Row("  seconds to rows, with the board in memory", statistics.median(s for _, s in views), "≤ 1.0"),
        Row("  seconds to rows, without", cold),
        Row("  milliseconds to the rows of a search, the slowest of all", max(searches), "≤ 100"),
        Row("  what it adds to the package, KB", _packed() / 1000, "≤ 200"),
    ]


async def _view(office: Office) -> tuple[int, float]:
    """Bytes that came over the wire since Entra, and seconds until rows were there, of one new browser's view."""
    async with office.desk(None) as desk:
        await desk.page.add_init_script(SEEN)
        received = list[tuple[str, int]]()
        network = await desk.page.context.new_cdp_session(desk.page)
        await network.send("Network.enable")
        of = dict[str, str]()
        network.on("Network.requestWillBeSent", lambda said: of.update({said["requestId"]: said["request"]["url"]}))
        network.on(
            "Network.loadingFinished",
            lambda said: received.append((of.get(said["requestId"], ""), int(said["encodedDataLength"]))),
        )
        await desk.page.goto(desk.address)
        choice = desk.page.locator('button[value="pki"]')
        await choice.wait_for()
        received.clear()
        await choice.click()
        seconds = await _until_rows(desk)
        return sum(size for url, size in received if url.startswith(desk.stack["api"])), seconds


async def _until_rows(desk: Desk) -> float:
    await desk.page.locator("[data-place]").first.wait_for()
    return float(await desk.page.evaluate(WHEN)) / 1000


async def _fill(stack: Stack) -> None:
    rows = sorted(
        (request_row(replace(one, vault="main")) for one in requests()), key=lambda row: str(row["PartitionKey"])
    )
    account = {"conn_str": stack.azurite.connection_string, "connection_verify": str(stack.ca_file)}
    async with TableClient.from_connection_string(table_name=CERTFLOW, **account) as table:
        for _, of_one in groupby(rows, key=lambda row: str(row["PartitionKey"])):
            for batch in batched(of_one, TRANSACTION, strict=False):
                await table.submit_transaction([("upsert", row) for row in batch])
    if len(rows) != REQUESTS:
        raise AssertionError(f"{len(rows)} rows")


def _packed() -> int:
    """Bytes of the console's files in a zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in static_files():
            archive.write(FOLDER / path, path)
    return len(packed.getvalue())


if __name__ == "__main__":
    print_rows(measure())
