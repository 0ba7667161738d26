"""What there is to say about a chain: findings, each with a code out of one table, a sentence, and a next step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]

# Every code, how grave it is, and what it means; docs/findings.md is this table for people. An error keeps a chain
# from being merged; a warning is merged, and told; a note is for the record.
CODES: dict[str, tuple[Severity, str]] = {
    # reading the file
    "empty-file": ("error", "the file has no content"),
    "too-large": ("error", "the file, or what a zip in it expands to, is larger than a chain can be"),
    "too-many-certificates": ("error", "more certificates than a chain can have"),
    "unreadable-zip": ("error", "a zip that is damaged, encrypted, or holds another zip"),
    "contains-private-key": ("error", "the file holds a private key, or is a key store that can hold one"),
    "not-a-certificate": ("error", "nothing in the file is a certificate"),
    "unreadable-part": ("warning", "a part of the file says that it is a certificate, and cannot be read"),
    "part-ignored": ("note", "a part of the file is no certificate"),
    # whose it is
    "only-ca-certificates": ("error", "CA certificates alone; the certificate itself is missing"),
    "no-request-for-this-key": ("error", "no request of any vault has the public key of a certificate in the file"),
    "key-of-another-request": ("error", "the request that is meant has another public key"),
    "request-ended": ("error", "the request with this key has ended, and nothing can be merged into it"),
    "already-merged": ("note", "the certificate is a version in Key Vault already"),
    # the chain
    "missing-intermediate": ("error", "the certificate of an issuer is neither in the file nor trusted"),
    "bad-signature": ("error", "a certificate's signature is not by the key of the issuer that it names"),
    "issuer-may-not-sign": ("error", "a certificate was signed by one that may not sign it"),
    "too-entangled": ("error", "so many CAs of one name that the chain cannot be told"),
    "untrusted-ca": ("error", "the chain ends at a CA whose certificates this vault does not take"),
    "any-ca-accepted": ("warning", "nothing is set for this vault about whose certificates it takes"),
    "root-not-in-file": ("note", "the chain ends below its root, as it should"),
    "root-left-out": ("note", "the root was in the file, and is not merged"),
    "duplicate-dropped": ("note", "a certificate that was there twice"),
    "stranger-dropped": ("note", "a certificate that is no part of the chain"),
    # the checks
    "expired": ("error", "a certificate of the chain has expired"),
    "not-yet-valid": ("error", "a certificate of the chain is not valid yet"),
    "leaf-is-ca": ("error", "the certificate is one of a CA"),
    "weak-signature": ("error", "a signature with SHA-1, MD5 or something as old"),
    "weak-key": ("error", "an RSA key of less than 2,048 bits"),
    "name-missing": ("error", "a name that was asked for is not in the certificate"),
    "name-added": ("warning", "a name that was not asked for is in the certificate"),
    "no-alternative-name": (
        "warning",
        "the certificate's name stands in its subject alone, where browsers do not look",
    ),
    "usage-unfit": ("error", "the certificate may not be used for what was asked: key usage or extended key usage"),
    "usage-narrower": ("warning", "the certificate may be used for less than was asked"),
    "lifetime-longer": ("warning", "the certificate is valid for longer than the policy asks"),
    # the merge
    "refused-by-key-vault": ("error", "Key Vault itself refused the chain"),
    "vault-observed": ("error", "the vault is one that Certflow only observes"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about a file or a chain; `code` is one of CODES."""

    code: str
    sentence: str
    next_step: str = "Nothing to do."

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return CODES[self.code][0]

    def as_dict(self) -> dict[str, str]:
        """For reports and answers: code, severity, sentence, next_step."""
        return {
            "code": self.code,
            "severity": self.severity,
            "sentence": self.sentence,
            "next_step": self.next_step,
        }


class ChainProblem(Exception):
    """The chain cannot be merged: `finding` says why and what to do, `findings` all that there is to say of it."""

    def __init__(self, code: str, sentence: str, next_step: str) -> None:
        super().__init__(sentence)
        self.finding = Finding(code, sentence, next_step)
        self.findings: tuple[Finding, ...] = (self.finding,)

    @classmethod
    def of(cls, findings: tuple[Finding, ...]) -> ChainProblem:
        """The first of several findings, and the others with it."""
        first = findings[0]
        problem = cls(first.code, first.sentence, first.next_step)
        problem.findings = findings
        return problem


def errors_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that keep a chain from being merged."""
    return tuple(one for one in findings if one.severity == "error")


def warnings_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """What an owner should hear although the chain is merged."""
    return tuple(f"{one.sentence} {one.next_step}" for one in findings if one.severity == "warning")
