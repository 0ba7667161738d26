"""Worlds that are not as a chain needs them, each made of a good one, and the file for it."""

from __future__ import annotations

from typing import Any

from functions.app.read_only_vault import read_only
from functions.approvals.changes import refused
from functions.approvals.elsewhere import ask_for_request
from functions.approvals.save import save_approval
from functions.chains.parsing.parse import parse
from functions.chains.trust_changes import trust_for
from functions.model.errors import Refused
from functions.model.options import Options, Takes
from functions.model.request.actor import SCAN, UPLOAD
from functions.model.request.operation import Operation, Status
from functions.ports.issuing_cas import IssuingCa
from functions.requests.adoption import adopt
from functions.requests.create import CreateCommand, create_request
from tests.actors import person
from tests.certificates import Ca, Wish, csr_of, ec_key, pem
from tests.clock import NOW
from tests.unit.fakes import FakeAccessFiles, World, version_of
from tests.unit.finding_chains import ISSUING, ROOT, STRANGER, leaf, signed


def trusting_a_server_too(world: World) -> bytes:
    server = ISSUING.signs(csr_of(ec_key(), "other.example.com"))
    world.trusted.given["main"]["more.pem"] = pem(server, STRANGER.certificate)
    return signed()


async def unforeseen(world: World) -> bytes:
    """What nobody has thought of, while a chain is judged: a clock without a time zone."""
    await trust_for(world.certflow, "main")  # so that there is nothing new to tell of it
    world.now = world.now.replace(tzinfo=None)
    return signed()


def too_many_to_search(world: World) -> bytes:
    """A vault with more names than there is time for, none of which has the file's key."""
    somebodys = Operation("1" * 32, Status.IN_PROGRESS, "Unknown", csr_of(ec_key(), "somebody.example.com"))
    world.vault.operations = {f"web-{number}": somebodys for number in range(1001)}
    return signed()


def needing_approval(world: World) -> bytes:
    """What is requested in this vault has to be approved."""
    world.access_files = FakeAccessFiles()
    world.access_files.write(b'{"grants": [], "conditions": [{"vaults": ["main"], "approvals": 1}]}')
    return signed() + pem(ROOT.certificate)


def denied(world: World) -> bytes:
    """What is requested in this vault is denied."""
    world.access_files = FakeAccessFiles()
    world.access_files.write(b'{"grants": [], "conditions": [{"vaults": ["main"], "deny": true, "say": "a freeze"}]}')
    return signed() + pem(ROOT.certificate)


async def not_approved(world: World) -> bytes:
    """There was one who said no."""
    content = needing_approval(world)
    pending = world.vault.operations["web"]
    request = await adopt(world.certflow, "main", "web", pending, SCAN)
    await ask_for_request(world.certflow, request, pending, UPLOAD)
    (approval,) = world.approvals.kept.values()
    await save_approval(world.certflow, refused(approval, person("bob@example.com"), "No.", world.now))
    return content


def untrusting(world: World) -> bytes:
    """A vault that takes what its files say, and has none."""
    world.options = Options(trusted={"main": Takes.FILES})
    return signed() + pem(ROOT.certificate)


async def ended(world: World) -> bytes:
    await create_request(world.certflow, CreateCommand("main", "gone", {"policy": {"issuer": {"name": "Unknown"}}}))
    return signed(csr=world.vault.operations.pop("gone").csr, wish=Wish(names=["gone.example.com"]))


async def merged_before(world: World) -> bytes:
    """The leaf alone, in a vault where a whole chain of its CA was merged before."""
    await world.issuing_cas.put("main", kept(ISSUING))
    return leaf()


def kept(ca: Ca) -> IssuingCa:
    one = parse(pem(ca.certificate)).certificates[0]
    return IssuingCa(one.sha256, one.der, NOW)


def a_version(world: World) -> bytes:
    content = signed()
    world.vault.certificates["web"] = version_of(parse(content).certificates[0].der, "v7")
    return content


def refusing(world: World) -> bytes:
    async def refuse(name: str, chain: Any, more: Any = None) -> Any:
        raise Refused(403, "Forbidden", "Merge is forbidden on pending object")

    world.vault.merge = refuse  # type: ignore[method-assign]  # an issuer works on it
    return signed()


def observing(world: World) -> bytes:
    world.vault = read_only("main", world.vault)  # type: ignore[assignment]  # what stands before a vault on `observe`
    return signed()
