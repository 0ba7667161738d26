"""A chain is read out of whatever it was wrapped in on its way, byte for byte; what cannot be read is named."""

from __future__ import annotations

import base64
import gzip
import itertools
import json
from dataclasses import replace

import pytest

from functions.chains.parsing.parse import parse
from functions.model.findings import ChainProblem
from tests.certificates import Ca, csr_of, ec_key, rsa_key
from tests.clock import fixed_now
from tests.robustness.formats import CHAIN, HOST, LONG, der
from tests.wrappings import HEX, WRAPPINGS, Pieces, Wrap, lines_of, mail, wrapped, zipped

RSA_ROOT = Ca.root("Test Root", LONG, rsa_key(), at=fixed_now)
RSA_LEAF = RSA_ROOT.signs(csr_of(ec_key(), HOST, [HOST]), replace(LONG, names=[HOST]))
CHAINS = {"EC": [der(one) for one in CHAIN], "RSA": [der(RSA_LEAF), der(RSA_ROOT.certificate)]}
# Kinds combine: each wrapping in each of these.
AROUND: dict[str, Wrap] = {
    "in a zip": lambda it: zipped({"chain.txt": it.pem}),
    "in a mail": lambda it: mail(attached={"chain.txt": it.pem}),
    "in a gzip in base64": lambda it: base64.encodebytes(gzip.compress(it.pem)),
    "in JSON": lambda it: json.dumps({"data": it.pem.decode("latin-1")}),
}
PROGRAMS = {"Java", "C", "PHP", "Visual Basic", "JavaScript", "Java, base64", "YAML, quoted"}


class Wrapped(Pieces):
    """What is in a wrapping already, and is put into another as it is."""

    @property
    def pem(self) -> bytes:
        return self.ders[0]


@pytest.mark.parametrize(("name", "chain"), list(itertools.product(WRAPPINGS, CHAINS)))
def test_a_chain_is_read_from(name: str, chain: str) -> None:
    contents = parse(wrapped(WRAPPINGS[name], CHAINS[chain]))
    assert {one.der for one in contents.certificates} == set(CHAINS[chain])
    assert len(contents.certificates) == len(CHAINS[chain])
    assert contents.lost == ()


def test_a_line_of_base64_that_looks_like_one_of_a_patch_is_read() -> None:
    ders = []
    for one in CHAINS["EC"]:
        start = len(one) // 48 * 48 - (48 if len(one) % 48 < 20 else 0)  # of a line of 64 letters, in the signature
        ders.append(one[:start] + base64.b64decode("+MI/") + one[start + 3 :])
    assert all("\n+MI/" in lines_of(one) for one in ders)
    wrong = [
        name for name, wrap in WRAPPINGS.items() if {c.der for c in parse(wrapped(wrap, ders)).certificates} != {*ders}
    ]
    assert wrong == []


@pytest.mark.parametrize("around", AROUND)
def test_each_of_these_is_read(around: str) -> None:
    wrong = []
    for name, wrap in WRAPPINGS.items():
        inner = wrapped(wrap, CHAINS["EC"])
        if around == "in JSON" and (name in PROGRAMS or not inner.isascii() or b"\0" in inner):
            continue  # a program's strings within a string are not told apart any more; and JSON holds text
        content = AROUND[around](Wrapped((inner,)))
        try:
            found = parse(content.encode() if isinstance(content, str) else content)
        except ChainProblem as problem:
            wrong.append(f"{name}: {problem}")
            continue
        if {one.der for one in found.certificates} != set(CHAINS["EC"]) or found.lost:
            wrong.append(name)
    assert wrong == []


@pytest.mark.parametrize("name", HEX)
def test_hexadecimal_digits_are_named_as_such(name: str) -> None:
    with pytest.raises(ChainProblem) as caught:
        parse(wrapped(HEX[name], CHAINS["EC"]))
    assert caught.value.finding.code == "not-a-certificate"
    assert "hex" in caught.value.finding.sentence
    assert "xxd -r -p" in caught.value.finding.next_step
