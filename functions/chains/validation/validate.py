"""Validates one certificate of a file: builds its chain, and collects all findings about it. No
I/O.

The merge doctor, `POST chains/inspect` and a dropped file all use this.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from functions.chains.validation.build import (
    ITS_OWN_CHAIN,
    Chain,
    Signatures,
    ways,
)
from functions.chains.validation.checks import check
from functions.chains.validation.end_checks import check_end
from functions.chains.validation.expected import RequestedAttributes
from functions.chains.validation.issuer_checks import check_path
from functions.chains.validation.trust import Trust
from functions.model.findings import ChainProblem, Finding, errors_of
from functions.model.log import record
from functions.x509.certificate import Certificate
from functions.x509.describe import subject_of

ORDER = ("error", "warning", "note")


@dataclass(frozen=True, slots=True)
class Validation:
    """The result of validating a leaf: its chain, and its findings, errors first."""

    chain: Chain
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that prevent merging."""
        return errors_of(self.findings)

    def refusing(self, codes: Collection[str]) -> Validation:
        """Returns the same result with findings of these codes as errors."""
        return Validation(
            self.chain,
            _by_severity(replace(one, refused=one.code in codes) for one in self.findings),
        )


def validate(
    leaf: Certificate,
    certificates: Sequence[Certificate],
    requested: RequestedAttributes | None,
    trust: Trust,
    now: datetime,
    signatures: Signatures,
    *,
    include_root: bool = False,
) -> Validation:
    """Builds the chain of `leaf` and validates it. Without `requested`, checks that compare the
    certificate with a request are left out.

    `certificates` are those of the file. `signatures` remembers who signed what in the file; it is
    shared by all of its leaves. `include_root`: a root in the file is merged, too.

    Raises ChainProblem if the chain cannot be determined. An unforeseen error becomes a
    ChainProblem as well, so that the file gets a report and is not processed again and again.
    """
    with _told_if_unforeseen(leaf):
        found = ways(leaf, certificates, trust, now, signatures)
        result = _first_good(found.chains, certificates, requested, trust, now, signatures)
        if result.errors and not found.whole:
            raise ChainProblem(
                "too-entangled",
                f"There are more ways up from {subject_of(leaf)} to a CA than can be tried, and "
                "none of those that were tried is good.",
                ITS_OWN_CHAIN,
            )
        findings = [*check(leaf, requested, now), *result.findings]
        if not include_root:
            findings += _root_left_out(result.chain)
        return Validation(result.chain, _by_severity(findings))


def _root_left_out(chain: Chain) -> Iterator[Finding]:
    root = chain.root
    if root and chain.rooted:
        yield Finding(
            "root-left-out", f"The root {subject_of(root)} is left out, as TLS servers do."
        )


def _by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda one: ORDER.index(one.severity)))


@contextmanager
def _told_if_unforeseen(leaf: Certificate) -> Iterator[None]:
    """Logs an unforeseen error, and turns it into a ChainProblem."""
    try:
        yield
    except ChainProblem:
        raise
    except Exception as error:
        record("chain-not-judged", level=logging.ERROR, leaf=leaf.sha256, reason=repr(error))
        raise ChainProblem(
            "not-judged",
            f"An unforeseen error ({type(error).__name__}) prevented the validation of the chain "
            f"of {subject_of(leaf)}, so it is not merged. The log has the error "
            "(chain-not-judged).",
            "Send this file to the operators of Certflow; until the error is fixed, merge the "
            "chain in Key Vault.",
        ) from error


def _first_good(
    chains: Sequence[Chain],
    certificates: Sequence[Certificate],
    requested: RequestedAttributes | None,
    trust: Trust,
    now: datetime,
    signatures: Signatures,
) -> Validation:
    """Returns the result for the first chain without errors, or else for the first one of those
    with the fewest errors.
    """
    bad: list[Validation] = []
    for chain in chains:
        on_path = check_path(chain, requested, trust, now)
        at_end = check_end(chain, certificates, trust, signatures)
        result = Validation(chain, (*on_path, *at_end))
        if not result.errors:
            return result
        bad.append(result)
    return min(bad, key=lambda one: len(one.errors))
