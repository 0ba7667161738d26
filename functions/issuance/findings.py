"""What there is to say about a chain: findings, each with a code out of one table, a sentence, and a next step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

Severity = Literal["error", "warning", "note"]

# Every code, how grave it is, and what it means; docs/findings.md is this table for people. An error keeps a chain
# from being merged; a warning is merged, and told; a note is for the record.
CODES: dict[str, tuple[Severity, str]] = {
    # reading the file
    "empty-file": ("error", "the file has no content"),
    "too-large": ("error", "the file, or what a zip in it expands to, is larger than a chain can be"),
    "too-many-certificates": ("error", "more certificates than a chain can have"),
    "unreadable-zip": ("error", "a zip that is damaged or encrypted: nobody can tell what is in it"),
    "contains-private-key": ("error", "the file holds a private key, or is a key store with one"),
    "may-hold-private-key": ("error", "a part of the file cannot be looked into: nobody can tell what is in it"),
    "not-a-certificate": ("error", "nothing in the file is a certificate"),
    "unreadable-part": ("warning", "a part of the file says that it is a certificate, and cannot be read"),
    "part-ignored": ("note", "a part of the file is no certificate"),
    # whose it is
    "only-ca-certificates": ("error", "CA certificates alone; the certificate itself is missing"),
    "no-request-for-this-key": ("error", "no request of any vault has the public key of a certificate in the file"),
    "search-unfinished": (
        "error",
        "no request with the file's key was found yet, and not all vaults are looked through",
    ),
    "key-of-another-request": ("error", "the request that is meant has another public key"),
    "not-compared": ("note", "no CSR was given (to the doctor at a terminal), so nothing was compared with it"),
    "request-ended": ("error", "the request with this key has ended, and nothing can be merged into it"),
    "already-merged": ("note", "the certificate is a version in Key Vault already"),
    # the chain
    "missing-intermediate": ("error", "the certificate of an issuer is neither in the file nor trusted"),
    "bad-signature": ("error", "a certificate's signature is not by the key of the issuer that it names"),
    "issuer-may-not-sign": ("error", "a certificate was signed by one that may not sign it"),
    "too-entangled": ("error", "so many CAs of one name that the chain cannot be told"),
    "untrusted-ca": ("error", "the chain ends at a CA whose certificates this vault does not take"),
    "not-judged": ("error", "an unforeseen error kept the chain from being judged"),
    "self-signed": ("error", "the certificate that was asked for is signed with its own key"),
    "refused-by-openssl": ("error", "OpenSSL, and so most TLS clients, refuse a certificate of the chain"),
    "expired-left-out": ("warning", "a CA's certificate that has expired is left out of the chain"),
    "trusted-ca-ignored": ("warning", "a certificate that is set as trusted cannot be used"),
    "trust-missing": ("error", "nothing is merged in this vault until it is said whose certificates it takes"),
    "any-ca-accepted": ("warning", "nothing is set for this vault about whose certificates it takes"),
    "chain-filled": ("note", "a CA's certificate that the file lacks was taken from the chains merged last"),
    "root-not-in-file": ("note", "the chain ends below its root, as it should"),
    "root-left-out": ("note", "the root was in the file, and is not merged"),
    "duplicate-dropped": ("note", "a certificate that was there twice"),
    "stranger-dropped": ("note", "a certificate that is no part of the chain"),
    # the checks
    "unreadable-extension": ("error", "an extension that clients must read cannot be read"),
    "extension-ignored": ("note", "an extension that is not needed cannot be read"),
    "unknown-critical-extension": ("error", "a critical extension that clients do not know"),
    "precertificate": ("error", "a precertificate of Certificate Transparency, which is no certificate"),
    "expired": ("error", "a certificate of the chain has expired"),
    "not-yet-valid": ("error", "a certificate of the chain is not valid yet"),
    "leaf-is-ca": ("error", "the certificate is one of a CA"),
    "leaf-is-no-ca": ("error", "a CA's certificate was asked for, and this is none"),
    "path-length-reached": ("warning", "a CA's certificate below one that allows no further CA"),
    "ca-ends-first": ("warning", "a CA's certificate ends before the one that was asked for"),
    "weak-signature": ("error", "a signature with SHA-1, MD5 or something as old"),
    "weak-key": ("error", "an RSA key of less than 2,048 bits, or an elliptic curve key of less than 224"),
    "name-missing": ("error", "a name that was asked for is not in the certificate"),
    "name-by-wildcard": ("warning", "a name that was asked for is covered by a wildcard alone"),
    "name-added": ("warning", "a name that was not asked for is in the certificate"),
    "no-alternative-name": (
        "warning",
        "the certificate's name stands in its subject alone, where browsers do not look",
    ),
    "usage-unfit": ("error", "the certificate may not be used for what was asked: key usage or extended key usage"),
    "usage-narrower": ("warning", "the certificate may be used for less than was asked"),
    "client-auth-not-granted": ("note", "a public CA's certificate, without the client authentication asked for"),
    "lifetime-longer": ("warning", "the certificate is valid for longer than the policy asks"),
    # the merge
    "refused-by-key-vault": ("error", "Key Vault itself refused the chain"),
    "vault-observed": ("error", "the vault is one that Certflow only observes"),
}


# What to do about a warning, or a note with a step, once the chain is merged: Key Vault merges one chain into a
# request, so its CSR need not be signed again. A warning that is not here asks for what can still be done then.
ONCE_MERGED: dict[str, str] = {
    "unreadable-part": "If your clients need that part: start its next version, and drop the file as the CA gives it.",
    "expired-left-out": "If your clients need them: start its next version, and drop what the CA sends then.",
    "root-not-in-file": "If it is no root: start its next version, and drop that chain with its certificate.",
    "path-length-reached": "Start its next version, and have that signed by a CA that allows another one below it.",
    "ca-ends-first": "Start its next version when the CA has renewed its own certificate, and before that ends.",
    "name-by-wildcard": "If each name shall stand in it: start its next version, and ask the CA for all of its names.",
    "name-added": "If that is not wanted: start its next version, and ask the CA to leave it out.",
    "no-alternative-name": "Start its next version with a policy that asks for it (x509_props.sans.dns_names).",
    "usage-narrower": "If that is needed: start its next version, and ask the CA for it.",
    "lifetime-longer": "If the policy is meant so: start its next version, and ask the CA for a shorter one. Otherwise "
    "correct the policy.",
}

# The warnings that an operator may choose to keep chains back for: those of the chain itself, which can come otherwise.
CHOICES = frozenset(ONCE_MERGED) - {"unreadable-part", "root-not-in-file"}

# A file with one of these goes where fewer people can read it: it holds a private key, or nobody can tell.
PRIVATE_KEY = "contains-private-key"
QUARANTINES = frozenset({PRIVATE_KEY, "may-hold-private-key", "unreadable-zip", "too-large"})


# What a file's report says of the operators' own files and settings. They hear of it by Certflow.Trust.Changed.
ANY_CA, CA_IGNORED = "any-ca-accepted", "trusted-ca-ignored"
OF_TRUST = frozenset({ANY_CA, CA_IGNORED})

# A file with one of these stays where it was dropped, and is taken up again by itself.
WAITS = frozenset({"trust-missing", "search-unfinished"})


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say about a file or a chain; `code` is one of CODES. `refused`: a warning that the operator has
    chosen to keep chains back for.
    """

    code: str
    sentence: str
    next_step: str = "Nothing to do."
    refused: bool = False

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return "error" if self.refused else CODES[self.code][0]

    def as_dict(self) -> dict[str, str]:
        """For reports and answers: code, severity, sentence, next_step."""
        return {
            "code": self.code,
            "severity": self.severity,
            "sentence": self.sentence,
            "next_step": self.next_step,
        }


class ChainProblem(Exception):
    """The chain cannot be merged: `finding` says why and what to do, `findings` all that there is to say of it.

    `whose` is the request (vault alias, certificate name, request_id) that was probably meant, if that can be told.
    """

    def __init__(self, code: str, sentence: str, next_step: str) -> None:
        super().__init__(sentence)
        self.finding = Finding(code, sentence, next_step)
        self.findings: tuple[Finding, ...] = (self.finding,)
        self.whose: tuple[str, str, str] | None = None

    @classmethod
    def of(cls, findings: tuple[Finding, ...], whose: tuple[str, str, str] | None = None) -> ChainProblem:
        """The first of several findings, and the others with it."""
        first = findings[0]
        problem = cls(first.code, first.sentence, first.next_step)
        problem.findings, problem.whose = findings, whose
        return problem


def too_large(sentence: str) -> ChainProblem:
    """What is said of a file of which not all was looked at. `sentence` says how large it is."""
    return ChainProblem("too-large", f"{sentence}, so that not all of it was looked at.", "Drop the chain alone.")


def errors_of(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Those that keep a chain from being merged."""
    return tuple(one for one in findings if one.severity == "error")


def is_for_quarantine(findings: Iterable[Finding]) -> bool:
    """Whether a file of which this is to be said goes to quarantine."""
    return any(one.code in QUARANTINES for one in findings)


def is_waiting(findings: Iterable[Finding]) -> bool:
    """Whether nothing but what passes is to be said against a file."""
    errors = errors_of(findings)
    return bool(errors) and all(one.code in WAITS for one in errors)


def once_merged(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of a chain that is merged, with the steps that can still be taken."""
    return tuple(replace(one, next_step=ONCE_MERGED.get(one.code, one.next_step)) for one in findings)


def warnings_of(findings: Iterable[Finding]) -> tuple[str, ...]:
    """What an owner should hear although the chain is merged; not what the operators have set, who hear of that."""
    told = (one for one in once_merged(findings) if one.severity == "warning" and one.code not in OF_TRUST)
    return tuple(f"{one.sentence} {one.next_step}" for one in told)
