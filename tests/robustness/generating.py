"""Chains out of a seed: a good one with up to four mutations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from tests.certificates import DAY, Wish
from tests.robustness.drafts import HOST, Draft, Tier, made_of, name, new_key
from tests.robustness.mutations import MUTATIONS, Mutation

MOST_MUTATIONS = 4
TIERS = ("Policy", "Department", "Issuing")


@dataclass(frozen=True)
class Sample:
    """A file (DER of its certificates), what the vault trusts, what clients know as roots, and the host's name.

    `partial`: something else than a root is trusted.
    """

    seed: str
    mutations: tuple[str, ...]
    leaves: tuple[bytes, ...]
    file: tuple[bytes, ...]
    trusted: tuple[bytes, ...]
    roots: tuple[bytes, ...]
    host: str
    partial: bool


def sample(seed: int, number: int) -> Sample:
    """The sample of a seed and a number: always the same one, but for serial numbers and signatures."""
    random = Random(f"{seed}/{number}")  # noqa: S311  to be repeated, not secret
    return mutated(random, random.sample(MUTATIONS, random.randint(0, MOST_MUTATIONS)), f"{seed}/{number}")


def mutated(random: Random, mutations: Sequence[Mutation], seed: str = "") -> Sample:
    """A good chain with these mutations."""
    draft = Draft(random, [], new_key(random), Wish(end=89 * DAY, names=(HOST,)))
    for kind in ("Root", *TIERS[random.randint(0, len(TIERS)) :]):
        draft.tiers.append(Tier(name(f"Example {kind} CA"), draft.new_key()))
    for mutation in sorted(mutations, key=MUTATIONS.index):  # those that add CAs stand first
        mutation(draft)
    made = made_of(draft)
    for change in draft.afterwards:
        change(draft, made)
    return Sample(
        seed,
        tuple(one.__name__ for one in mutations),
        _ders(made.leaves),
        _ders(made.file),
        _ders(made.trusted),
        _ders(made.roots),
        draft.host,
        not all(map(_self_signed, made.trusted)),
    )


def _self_signed(certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(certificate)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return False
    return True


def _ders(certificates: Sequence[x509.Certificate]) -> tuple[bytes, ...]:
    return tuple(one.public_bytes(Encoding.DER) for one in certificates)
