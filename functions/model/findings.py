"""Findings: what Certflow reports about a file or a chain, each with a code of
`finding_codes`, a sentence, and a next step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypedDict

from functions.model.finding_codes import CODES, Severity

# The next step of a warning or a note once the chain is merged. Key Vault merges only one chain
# into a request, so there is no use in having its CSR signed again. The step of a finding that is
# not here can still be taken then.
ONCE_MERGED: dict[str, str] = {
    "unreadable-part": "If your clients need that part: start its next version, and drop the file "
    "as the CA gives it.",
    "expired-left-out": "If your clients need them: start its next version, and drop what the CA "
    "sends then.",
    "root-not-in-file": "If it is no root: start its next version, and drop that chain with its "
    "certificate.",
    "path-length-reached": "Start its next version, and have that signed by a CA that allows "
    "another one below it.",
    "ca-ends-first": "Start its next version when the CA has renewed its own certificate, and "
    "before that ends.",
    "name-by-wildcard": "If each name shall stand in it: start its next version, and ask the CA "
    "for all of its names.",
    "name-added": "If that is not wanted: start its next version, and ask the CA to leave it out.",
    "no-alternative-name": "Start its next version with a policy that asks for it "
    "(x509_props.sans.dns_names).",
    "usage-narrower": "If that is needed: start its next version, and ask the CA for it.",
    "lifetime-longer": "If the policy is meant so: start its next version, and ask the CA for a "
    "shorter one. Otherwise "
    "correct the policy.",
}

# The warnings for which an operator may refuse chains: those about the chain itself, which the CA
# can issue otherwise.
REFUSABLE = frozenset(ONCE_MERGED) - {"unreadable-part", "root-not-in-file"}

# A file with one of these findings is moved to quarantine, which fewer people can read: it holds a
# private key, or it is not known whether it does.
PRIVATE_KEY = "contains-private-key"
QUARANTINES = frozenset({PRIVATE_KEY, "may-hold-private-key", "unreadable-zip", "too-large"})

# The findings about the operators' own files and settings. Certflow.Trust.Changed tells operators
# of those.
ANY_CA, CA_IGNORED = "any-ca-accepted", "trusted-ca-ignored"
OF_TRUST = frozenset({ANY_CA, CA_IGNORED})

# A file with no other errors than these stays where it was dropped, and is handled again later.
AWAITING_APPROVAL = "awaiting-approval"
WAITS = frozenset({"trust-missing", "search-unfinished", AWAITING_APPROVAL})


class FindingInReport(TypedDict):
    """A finding as it is written in reports, events and answers of the API."""

    code: str
    severity: Severity
    sentence: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding about a file or a chain; `code` is one of CODES. `refused` is True for a warning
    for which the operator refuses chains.
    """

    code: str
    sentence: str
    next_step: str = "Nothing to do."
    refused: bool = False

    @property
    def severity(self) -> Severity:
        """The severity from CODES; a warning that is refused is an error."""
        return "error" if self.refused else CODES[self.code][0]

    def as_dict(self) -> FindingInReport:
        """The finding as it is written in reports and events."""
        return {
            "code": self.code,
            "severity": self.severity,
            "sentence": self.sentence,
            "next_step": self.next_step,
        }


class ChainProblem(Exception):
    """The chain cannot be merged. `finding` says why and what to do; `findings` are all findings
    about it, with that one as the first.

    `whose` is the request (vault alias, certificate name, request_id) for which the chain probably
    was, if that is known.
    """

    def __init__(self, code: str, sentence: str, next_step: str) -> None:
        super().__init__(sentence)
        self.finding = Finding(code, sentence, next_step)
        self.findings: tuple[Finding, ...] = (self.finding,)
        self.whose: tuple[str, str, str] | None = None

    @classmethod
    def of(
        cls, findings: tuple[Finding, ...], whose: tuple[str, str, str] | None = None
    ) -> ChainProblem:
        """The problem of the first of several findings, with the others in `findings`."""
        first = findings[0]
        problem = cls(first.code, first.sentence, first.next_step)
        problem.findings, problem.whose = findings, whose
        return problem


def too_large_error(sentence: str) -> ChainProblem:
    """The problem of a file of which not all was read. `sentence` says how large the file is."""
    return ChainProblem(
        "too-large", f"{sentence}, so that not all of it was read.", "Drop the chain alone."
    )


def private_key_error() -> ChainProblem:
    """The problem of a file with a private key. It contains no byte of the key."""
    return ChainProblem(
        "contains-private-key",
        "The file holds a private key, in clear or encrypted, or is a key store (PFX, JKS) with "
        "one. Key Vault made the key of this certificate itself, and no other is wanted.",
        "That key counts as exposed: replace it wherever it is used. Delete every copy of the "
        "file: the one in chains-quarantine, soft-deleted ones and earlier versions of the blob "
        "too (az storage blob list --include dv; az storage blob delete --version-id VERSION). "
        "Then drop the certificates alone.",
    )


def errors_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings that keep a chain from being merged."""
    return tuple(one for one in findings if one.severity == "error")


def is_for_quarantine(findings: Iterable[Finding]) -> bool:
    """Whether a file with these findings is moved to quarantine."""
    return any(one.code in QUARANTINES for one in findings)


def is_waiting(findings: Iterable[Finding]) -> bool:
    """Whether the only errors of a file are those for which it waits: they pass."""
    errors = errors_of(findings)
    return bool(errors) and all(one.code in WAITS for one in errors)


def once_merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of a chain that is merged, with the next steps that can still be taken."""
    return tuple(
        replace(one, next_step=ONCE_MERGED.get(one.code, one.next_step)) for one in findings
    )


def warnings_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The warnings that the owner of a merged chain is told, each as a sentence and its next step.
    Those about the operators' own settings are left out: the operators are told of them.
    """
    told = (
        one
        for one in once_merged(findings)
        if one.severity == "warning" and one.code not in OF_TRUST
    )
    return tuple(f"{one.sentence} {one.next_step}" for one in told)
