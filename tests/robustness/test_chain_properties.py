"""Of any CAs that have signed one another, in any order: the way that is found holds, and is the shortest."""

from __future__ import annotations

import itertools
from collections import deque
from random import Random

from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.chains.validation.build import Chain, End, Signatures
from functions.chains.validation.trust import Trust, trust_of
from functions.chains.validation.validate import validate
from tests.certificates import Ca, Wish, as_read, csr_of, ec_key, pem
from tests.clock import NOW, fixed_now
from tests.robustness.formats import KEY, LONG

COUNT = 6
KEYS = [ec_key() for _ in range(COUNT)]
CSR = csr_of(KEY, "web.example.com")
# Two names for six keys: which key has signed, the name alone does not say.
NAMES = [f"CA {index % 2}" for index in range(COUNT)]
WISHES = (LONG, Wish(start=LONG.start, end=LONG.end, key_ids=False))
# Every certificate that one CA can have from another, or from itself; made once, because signing is slow.
CAS = [
    {
        (child, issuer): Ca.root(NAMES[issuer], wish, KEYS[issuer], at=fixed_now)
        .ca(NAMES[child], wish, KEYS[child])
        .certificate
        for child in range(COUNT)
        for issuer in range(COUNT)
    }
    for wish in WISHES
]
LEAVES = [
    [Ca.root(NAMES[issuer], wish, KEYS[issuer], at=fixed_now).signs(CSR, wish) for issuer in range(COUNT)]
    for wish in WISHES
]
Edge = tuple[int, int]
EDGES = st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1))


def shortest(start: int, edges: list[Edge], trusted: int) -> int | None:
    """How many CAs a chain passes from the one that issued the leaf to the trusted one, both counted."""
    waiting, seen = deque([(start, 1)]), {start}
    while waiting:
        ca, length = waiting.popleft()
        if ca == trusted:
            return length
        for child, issuer in edges:
            if child == ca and issuer not in seen:
                seen.add(issuer)
                waiting.append((issuer, length + 1))
    return None


def built(leaf: x509.Certificate, file: list[x509.Certificate], trust: Trust) -> Chain:
    return validate(as_read(leaf)[0], as_read(*file), None, trust, NOW, Signatures()).chain


@settings(max_examples=200, deadline=None)
@given(
    edges=st.lists(EDGES, min_size=1, max_size=14, unique=True),
    start=st.integers(0, COUNT - 1),
    trusted=st.integers(0, COUNT - 1),
    style=st.integers(0, 1),
    order=st.randoms(use_true_random=False),
)
def test_the_way_found_holds_and_is_the_shortest_to_the_trusted_ca(
    edges: list[Edge], start: int, trusted: int, style: int, order: Random
) -> None:
    anchor = Ca.root(NAMES[trusted], LONG, KEYS[trusted], at=fixed_now).certificate
    leaf = LEAVES[style][start]
    file = [leaf, *(CAS[style][edge] for edge in edges)]
    order.shuffle(file)
    trust = trust_of({"anchor.pem": pem(anchor)}, "here")
    chain = built(leaf, file, trust)
    whole = chain.all()
    for child, issuer in itertools.pairwise(whole):
        child.view.verify_directly_issued_by(issuer.view)
    assert len(set(whole)) == len(whole)
    assert set(whole) <= set(as_read(*file, anchor))
    length = shortest(start, edges, trusted)
    assert (chain.end is End.TRUSTED) == (length is not None)
    if length is not None:
        assert trust.holds(whole[length])


@settings(max_examples=200, deadline=None)
@given(st.lists(EDGES, min_size=1, max_size=14, unique=True), st.integers(0, COUNT - 1), st.permutations(range(15)))
def test_without_a_trusted_ca_the_order_of_the_file_does_not_decide_how_a_chain_ends(
    edges: list[Edge], start: int, order: list[int]
) -> None:
    leaf = LEAVES[0][start]
    file = [leaf, *(CAS[0][edge] for edge in edges)]
    shuffled = [file[index] for index in order if index < len(file)]

    def ends(certificates: list[x509.Certificate]) -> tuple[End, int]:
        chain = built(leaf, certificates, Trust({}, "here"))
        return chain.end, len(chain.all())

    assert ends(file) == ends(shuffled)
