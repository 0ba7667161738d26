"""NIST's PKITS: what it says of a path the doctor says, too."""

from __future__ import annotations

import pytest
from cryptography import x509

from functions.chains.validation.expected import RequestedAttributes
from functions.x509.certificate import Certificate
from tests.robustness import pkits
from tests.robustness.oracles import doctor

# Negative serial numbers make `cryptography` warn, as it does in production: once a process, to stderr.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
NO_DSA = "DSA keys and signatures: TLS 1.3 has none (RFC 8446 §4.2.3), and no client takes them in TLS 1.2 either"
# Where the doctor decides otherwise than PKITS: its number → why that is right.
ACCEPTED_DIFFERENCES = {
    "4.1.4": NO_DSA,
    "4.1.5": NO_DSA,
}


@pytest.mark.parametrize("case", pkits.CASES, ids=lambda case: f"{case.number}-{case.name}")
def test_the_doctor_agrees_with_pkits(case: pkits.Case) -> None:
    leaf, *others = case.path
    verdict = doctor(leaf, others, [pkits.der(pkits.ANCHOR)], asked, pkits.TIME)
    assert (verdict.taken == case.good) != (case.number in ACCEPTED_DIFFERENCES), verdict


def test_every_accepted_difference_is_of_a_case() -> None:
    assert ACCEPTED_DIFFERENCES.keys() <= {case.number for case in pkits.CASES}


def asked(leaf: Certificate) -> RequestedAttributes | None:
    """A CA's certificate where the path ends at one (4.6.6, 4.6.8 …): otherwise the doctor refuses it as a server's."""
    basic = leaf.extension(x509.BasicConstraints)
    return RequestedAttributes("", {}, frozenset({"keyCertSign"}), frozenset()) if basic and basic.ca else None
