"""Every format × every kind of key × every order: what the doctor says of the file."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from itertools import product

import pytest
from cryptography import x509

from functions.chains.inspect import inspect
from functions.chains.report import Report
from functions.model.request.operation import Operation, Status
from tests.certificates import as_read, pem
from tests.clock import fixed_now
from tests.corpus import FORMATS, KEYS, ORDERS, arrange, hierarchy, make_csr
from tests.unit.fakes import World

HOST = "web.example.com"
CELLS = list(product(FORMATS, KEYS))


@dataclass(frozen=True)
class Said:
    """What a report says: the outcome, the chain from the leaf up, the codes of all findings, and who was dropped. The
    certificates by their roles; of those dropped only the subject is said, so there the CA's two are one.
    """

    outcome: str
    chain: tuple[str, ...]
    codes: frozenset[str]
    dropped: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Signed:
    """A CSR, and the certificates that there are for it, by their roles."""

    csr: bytes
    roles: dict[str, x509.Certificate]


ANY_CA = "any-ca-accepted"
WHOLE = Said("would-merge", ("leaf", "issuing", "root"), frozenset({ANY_CA, "root-left-out"}))
CROSSED = replace(
    WHOLE, codes=WHOLE.codes | {"stranger-dropped"}, dropped=frozenset({"issuing or cross", "other root"})
)
OTHER_WAY = replace(CROSSED, chain=("leaf", "cross", "other root"), dropped=frozenset({"issuing or cross", "root"}))
EXPECTED: dict[str, Said] = {
    "right order": WHOLE,
    "reversed": WHOLE,
    "shuffled": WHOLE,
    "duplicates": replace(
        WHOLE,
        codes=WHOLE.codes | {"duplicate-dropped"},
        dropped=frozenset({"leaf", "issuing or cross", "root"}),
    ),
    "stranger inside": replace(
        WHOLE, codes=WHOLE.codes | {"stranger-dropped"}, dropped=frozenset({"strange root", "strange server"})
    ),
    "root missing": Said("would-merge", ("leaf", "issuing"), frozenset({ANY_CA, "root-not-in-file"})),
    "intermediate missing": Said(
        "would-reject", ("leaf",), frozenset({"missing-intermediate", "stranger-dropped"}), frozenset({"root"})
    ),
}


@functools.cache
def signed(key: str) -> Signed:
    csr, cas = make_csr(KEYS[key].generate(), HOST), hierarchy(KEYS[key].kty, fixed_now)
    roles = {"issuing": cas.issuing, "cross": cas.cross, "root": cas.root, "other root": cas.other_root}
    strange = dict(zip(("strange root", "strange server"), cas.strangers, strict=True))
    return Signed(csr, {"leaf": cas.sign(csr), **roles, **strange})


async def inspected(content: bytes, csr: bytes, trusted: x509.Certificate | None) -> Report:
    """The report of a file, with a pending request for the CSR in a vault that takes the trusted CA's certificates."""
    world = World()
    world.vault.operations["web"] = Operation("0" * 32, Status.IN_PROGRESS, "Unknown", csr)
    if trusted:
        world.trusted.given["main"] = {"trusted.pem": pem(trusted)}
    return await inspect(world.certflow, content)


async def said(format_: str, key: str, order: str, trusted: str | None = None) -> Said:
    it = signed(key)
    file = arrange(order, it.roles["leaf"], hierarchy(KEYS[key].kty, fixed_now), CELLS.index((format_, key)))
    report = await inspected(FORMATS[format_](file), it.csr, it.roles[trusted] if trusted else None)
    (leaf,) = report["leaves"]
    by_print = {as_read(one)[0].sha256: role for role, one in it.roles.items()}
    by_subject = {one.subject.rfc4514_string(): role for role, one in it.roles.items()}
    by_subject[it.roles["issuing"].subject.rfc4514_string()] = "issuing or cross"
    names = [one["sentence"].partition(": ")[2].rstrip(".") for one in report["findings"] if "-dropped" in one["code"]]
    return Said(
        report["outcome"],
        tuple(by_print[one["sha256"]] for one in leaf["chain"]),
        frozenset(one["code"] for one in report["findings"]),
        frozenset(by_subject[subject.partition(" (")[0]] for several in names for subject in several.split("; ")),
    )


def of_format(format_: str, wanted: Said) -> Said:
    """What is said, with what is said of the format in any case: the zip has a readme."""
    return replace(wanted, codes=wanted.codes | {"part-ignored"}) if format_ == "zip with folders" else wanted


def trusting(wanted: Said) -> Said:
    return replace(wanted, codes=wanted.codes - {ANY_CA})


def test_every_order_is_expected_to_end_in_some_way() -> None:
    assert {*EXPECTED, "cross-signed"} == set(ORDERS)


@pytest.mark.parametrize("order", EXPECTED)
async def test_every_format_of_every_key_in(order: str) -> None:
    found = {(format_, key): await said(format_, key, order) for format_, key in CELLS}
    assert found == {(format_, key): of_format(format_, EXPECTED[order]) for format_, key in CELLS}


async def test_a_cross_signed_ca_goes_to_a_root_in_the_file() -> None:
    found = {(format_, key): await said(format_, key, "cross-signed") for format_, key in CELLS}
    ways = {(format_, key): of_format(format_, OTHER_WAY) for format_, key in CELLS}
    assert {cell for cell, it in found.items() if it not in {ways[cell], of_format(cell[0], CROSSED)}} == set()


@pytest.mark.parametrize(("trusted", "way"), [("root", CROSSED), ("other root", OTHER_WAY)])
async def test_a_cross_signed_ca_goes_to_the_root_that_is_trusted(trusted: str, way: Said) -> None:
    found = {(format_, key): await said(format_, key, "cross-signed", trusted) for format_, key in CELLS}
    assert found == {(format_, key): of_format(format_, trusting(way)) for format_, key in CELLS}


async def test_a_trusted_root_need_not_be_in_the_file_and_an_intermediate_must() -> None:
    whole, cut = Said("would-merge", WHOLE.chain, frozenset()), EXPECTED["intermediate missing"]
    for order, wanted in (("root missing", whole), ("intermediate missing", cut)):
        found = {(format_, key): await said(format_, key, order, "root") for format_, key in CELLS}
        assert found == {(format_, key): of_format(format_, wanted) for format_, key in CELLS}


async def test_a_file_that_can_hold_only_the_leaf_is_a_chain_where_its_issuer_is_trusted() -> None:
    for key in KEYS:
        it = signed(key)
        der = FORMATS["DER after DER"]([it.roles["leaf"]])
        alone = await inspected(der, it.csr, None)
        under_issuing = await inspected(der, it.csr, it.roles["issuing"])
        assert [one["code"] for one in alone["findings"]] == ["missing-intermediate"], key
        assert (under_issuing["outcome"], under_issuing["findings"]) == ("would-merge", []), key
