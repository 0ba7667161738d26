"""Generated chains: none is taken that `openssl verify` refuses, none refused that it takes, but for the kinds named.

Here 200 of a fixed seed; `make chains` has 2,000 of a new one.
"""

from __future__ import annotations

import collections
import warnings
from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from testkit.skips import skip_loudly
from tests.robustness import mutations
from tests.robustness.comparing import (
    BELOW_THE_ROOT,
    REFUSED,
    TAKEN,
    Judged,
    Kind,
    compared,
    difference,
    judged,
)
from tests.robustness.generating import Sample, mutated, sample
from tests.robustness.mutations import MUTATIONS, Mutation
from tests.robustness.oracles import OPENSSL, Verdict

SEED, COUNT = 14, 200
TRIES = 40  # of mutations that make a difference in some of their shapes alone
KINDS = TAKEN | REFUSED | {"below the root": BELOW_THE_ROOT}

# Odd certificates make `cryptography` warn, as it does in production: once a process, to stderr.
pytestmark = pytest.mark.filterwarnings(
    "ignore::cryptography.utils.CryptographyDeprecationWarning", "ignore::UserWarning"
)


@pytest.fixture(scope="module", autouse=True)
def _openssl(request: pytest.FixtureRequest) -> None:
    if OPENSSL is None:
        skip_loudly(request, "there is no openssl on this machine: NO generated chain was compared with it")


@pytest.fixture(scope="module")
def found() -> Sequence[tuple[Judged, str | None]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [*compared(sample(SEED, number) for number in range(COUNT))]


def test_the_doctor_decides_as_openssl_does_or_a_kind_says_why_not(
    found: Sequence[tuple[Judged, str | None]],
) -> None:
    assert [str(one) for one, kind in found if kind == ""] == []


def test_the_samples_are_of_all_sorts(found: Sequence[tuple[Judged, str | None]]) -> None:
    made = collections.Counter(name for one, _ in found for name in one.sample.mutations)
    assert made.keys() == {one.__name__ for one in MUTATIONS}
    taken = sum(one.doctor.taken for one, _ in found)
    assert COUNT / 4 < taken < 3 * COUNT / 4


@pytest.mark.parametrize("name", KINDS)
def test_an_accepted_difference_is_still_one(name: str) -> None:
    kind: Kind = KINDS[name]
    kinds = (difference(judged(made(number, *kind.made_by))) for number in range(TRIES))
    assert any(KINDS[found] is kind for found in kinds if found), kind.reason


def test_without_a_reason_a_difference_is_found() -> None:
    good = judged(made(1))
    assert difference(good) is None
    assert difference(replace(good, doctor=Verdict(False, ("expired",)))) == ""
    ways = map(judged, (made(number, *REFUSED["expired"].made_by) for number in range(TRIES)))
    other = next(one for one in ways if one.agree and one.doctor.taken)
    assert difference(replace(other, doctor=Verdict(False, ("expired",)))) == ""
    untrusting = judged(made(1, mutations.nothing_trusted))
    for code in ("expired", "issuer-may-not-sign"):
        assert difference(replace(untrusting, doctor=Verdict(False, (code,)))) == ""
        assert difference(replace(good, doctor=Verdict(False, ("weak-key", code)))) == ""
    late = judged(made(1, mutations.expired))
    assert difference(late) is None
    *merged, root = late.sample.file
    wrong = Verdict(True, (), tuple(merged), root)
    assert difference(replace(late, doctor=wrong, merged=Verdict(False))) == ""
    deep = next(one for one in map(judged, map(made, range(TRIES))) if len(one.doctor.merged) > 1)
    torn = replace(deep.doctor, merged=deep.doctor.merged[:1])
    assert difference(replace(deep, doctor=torn, merged=Verdict(False))) == ""


def made(number: int, *some: Mutation) -> Sample:
    return mutated(Random(number), some)  # noqa: S311  to be repeated, not secret


def test_a_seed_makes_the_same_sample_again() -> None:
    one, other = sample(3, 7), sample(3, 7)
    assert one.mutations == other.mutations
    assert [len(part) for part in (one.file, one.trusted, one.leaves)] == [
        len(part) for part in (other.file, other.trusted, other.leaves)
    ]
    assert {sample(3, number).mutations for number in range(20)} != {one.mutations}
