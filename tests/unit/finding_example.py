"""An example of a finding: a file, the world in which it is looked at, and who looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from functions.chains.handle_upload import handle_upload
from functions.chains.inspect import inspect
from functions.chains.merge_by_call import merge
from functions.chains.parsing.parse import parse
from functions.chains.report import Report, report_of
from functions.chains.validation.trust import trust_of
from functions.cli.doctor import examine_files
from functions.cli.doctor_inputs import Inputs
from functions.model.findings import ChainProblem
from functions.model.request.actor import UNNAMED
from functions.model.request.operation import Operation, Status
from functions.requests.manage import Address
from tests.certificates import Ca, pem
from tests.clock import fixed_now
from tests.unit.fakes import World
from tests.unit.finding_chains import CSR, ROOT, RSA_ROOT

type Make = Callable[[World], bytes | Awaitable[bytes]]
type Look = Callable[[World, bytes], Awaitable[Report]]


def always(content: bytes) -> Make:
    return lambda _world: content


def world_with(csr: bytes = CSR, policy: Mapping[str, Any] | None = None, *trusted: Ca) -> World:
    """A pending request `web` with this CSR in vault main, which takes the certificates of these CAs."""
    world = World()
    world.vault.operations["web"] = Operation("0" * 32, Status.IN_PROGRESS, "Unknown", csr)
    if policy:
        world.vault.policies["web"] = policy
    world.trusted.given["main"] = {f"{one.subject.rfc4514_string()}.pem": pem(one.certificate) for one in trusted}
    return world


async def inspected(world: World, content: bytes) -> Report:
    return await inspect(world.certflow, content)


async def dropped(world: World, content: bytes) -> Report:
    world.chain_files.put("web.pem", content)
    report = await handle_upload(world.certflow, "web.pem")
    assert report is not None
    return report


async def at_a_terminal(_world: World, content: bytes) -> Report:
    trust = trust_of({"ca": pem(ROOT.certificate)}, "")
    examined = examine_files(Inputs([("file", content)], None, None, trust), fixed_now())
    return report_of(examined.findings, examined.outcomes, would=True)


async def merged_over_http(world: World, content: bytes) -> Report:
    with pytest.raises(ChainProblem) as caught:
        await merge(world.certflow, Address("main", "web"), parse(content).certificates, {}, UNNAMED)
    return report_of(caught.value.findings, ())


@dataclass(frozen=True)
class Example:
    """A file that causes a finding, in a world; words of the sentence (or of the next step); what else is found."""

    code: str
    make: Make
    words: tuple[str, ...]
    also: frozenset[str] = frozenset()
    csr: bytes = CSR
    policy: Mapping[str, Any] | None = None
    trusted: tuple[Ca, ...] = (ROOT, RSA_ROOT)
    look: Look = inspected

    def __str__(self) -> str:
        return self.code
