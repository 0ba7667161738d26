"""The codes of findings. docs/findings.md is written from this table: `python -m tests.event_docs
--write`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

type Severity = Literal["error", "warning", "note"]


class Code(NamedTuple):
    """An error keeps a chain from being merged; with a warning it is merged, and the owner is
    told; a note is only in the report.
    """

    severity: Severity
    meaning: str


# By section of the page.
SECTIONS: dict[str, dict[str, Code]] = {
    "Reading the file": {
        "empty-file": Code("error", "The file has no content."),
        "too-large": Code(
            "error",
            "Certflow did not read all of the file: it has more than 1 MiB (of which the first is "
            "read, and the storage itself moves it), or unfolds to more than 6 MiB by what is "
            "unwrapped, or to 5,000 pieces; more than 1,000 parts of it are no certificates; or "
            "what is archived in it expands to more than 4 MiB, or is more than 1,000 files. It "
            "is kept in `chains-quarantine/`.",
        ),
        "too-many-certificates": Code(
            "error", "More than 100 certificates, or more than 400 KiB of them."
        ),
        "unreadable-zip": Code(
            "error",
            "The zip is damaged, encrypted, or compressed in an unusual way, so that nobody can "
            "tell whether it holds a private key. It is kept in `chains-quarantine/`.",
        ),
        "contains-private-key": Code(
            "error",
            "The file holds a private key, in clear or encrypted, or is a key store (PFX, JKS) "
            "with one. It is kept in `chains-quarantine/`.",
        ),
        "may-hold-private-key": Code(
            "error",
            "The file, or a part of it, cannot be looked into, so that nobody can tell whether it "
            "holds a private key; the sentence says what it is. It is kept in "
            "`chains-quarantine/`.",
        ),
        "not-a-certificate": Code(
            "error",
            "Nothing in the file is a certificate; the sentence says what it looks like (a CSR, a "
            "mail, a PDF, …), and names the blocks that could not be read.",
        ),
        "unreadable-part": Code(
            "warning",
            "A part looks like a certificate, and cannot be read; the sentence says where it "
            "stands, and whether it is cut off, damaged, lacks its BEGIN or END line, breaks the "
            "rules of X.509 (and whose it is), or has more than 64 KiB.",
        ),
        "part-ignored": Code(
            "note", "A part is no certificate: text in a zip, a CSR, a revocation list."
        ),
    },
    "Whose it is": {
        "only-ca-certificates": Code(
            "error", "CA certificates alone; the certificate that was asked for is missing."
        ),
        "no-request-for-this-key": Code(
            "error",
            "No request in any configured vault has the public key of a certificate in the file.",
        ),
        "awaiting-approval": Code(
            "error",
            "The request was started outside Certflow and meets a condition of the access file "
            "that wants it approved. Nothing else is to be said against the chain. A dropped file "
            "stays in `chains/`, and its report says `waiting`.",
        ),
        "not-approved": Code(
            "error",
            "The request was started outside Certflow, and its approval was refused, withdrawn, or "
            "not decided in time; or the access file denies such a request, and the sentence says "
            "why.",
        ),
        "search-unfinished": Code(
            "error",
            "No request with this key is known, and there was no time to look through all vaults "
            "for one that was started elsewhere; the sentence names them. Their next inventory "
            "scan, which Certflow asks for, finds it. A dropped file stays in `chains/`, and its "
            "report says `waiting`.",
        ),
        "key-of-another-request": Code(
            "error",
            "One request was meant (`POST …/pending/merge`, or `--csr`), and the certificates "
            "have other keys.",
        ),
        "not-compared": Code(
            "note",
            "Said by `python -m functions.doctor` without `--csr`: the chain is good, but key, "
            "names and use could not be compared. Its exit code is 3 then.",
        ),
        "request-ended": Code(
            "error",
            "The request with this key was completed with another certificate, deleted, or "
            "overwritten.",
        ),
        "already-merged": Code("note", "The certificate is a version in Key Vault already."),
    },
    "The chain": {
        "missing-intermediate": Code(
            "error",
            "The certificate of an issuer is neither in the file nor trusted. The sentence has "
            "its name, its key identifier, and where it is to be had, if the certificate says so; "
            "and whether one of that name with another key is in the file.",
        ),
        "bad-signature": Code(
            "error",
            "A certificate of the issuer's name is in the file, and its key did not make the "
            "signature: one of the two is damaged, or of another generation.",
        ),
        "issuer-may-not-sign": Code(
            "error",
            "Signed by a certificate that is not one of a CA, with more CAs below one than it "
            "allows, for a name outside a CA's name constraints (of all kinds; a wildcard over an "
            "excluded host counts), by a CA whose extended key usage does not have what the "
            "certificate is for, or by another certificate of the issuer than the one that is "
            "named.",
        ),
        "too-entangled": Code(
            "error",
            "So many CAs of one name, or so many paths, that Certflow cannot find the chain.",
        ),
        "untrusted-ca": Code(
            "error",
            "The chain is complete, and ends at a CA whose certificates this vault does not take "
            "(or goes round: CAs that have certified each other, none of them trusted).",
        ),
        "not-judged": Code(
            "error",
            "An unforeseen error prevented the validation of the chain; the log has the error "
            "(`chain-not-judged`).",
        ),
        "self-signed": Code(
            "error",
            "The certificate is signed with its own key, and not by a CA. Where one that a CA has "
            "signed is in the file, too, that is merged.",
        ),
        "refused-by-openssl": Code(
            "error",
            "OpenSSL, and so most TLS clients, refuse a certificate of the chain for a reason "
            "that has no code of its own here; the sentence has OpenSSL's words.",
        ),
        "expired-left-out": Code(
            "warning",
            "All CAs above one have expired, and that one is trusted, or nothing is and it may be "
            "a root: taken for a cross-certificate for older clients and its root, they are left "
            "out.",
        ),
        "trusted-ca-ignored": Code(
            "warning",
            "A certificate in `trusted-cas` cannot be used: it is no CA's, or cannot be read. The "
            "sentence names file and certificate; the others go on counting.",
        ),
        "trust-missing": Code(
            "error",
            "Nothing says whose certificates the vault takes, or what says so cannot be read; the "
            "sentence names the folder or file. Nothing else is to be said against the chain. A "
            "dropped file stays in `chains/`, and its report says `waiting`.",
        ),
        "any-ca-accepted": Code(
            "warning",
            "Nothing is set for this vault about whose certificates it takes. The sentence names "
            "the root, with its SHA-256.",
        ),
        "chain-filled": Code(
            "note",
            "The file lacks a CA's certificate, and one that was merged in this vault before (the "
            "last 20 are kept) fills its place. Such a CA is not trusted for that: the chain is "
            "judged as any other.",
        ),
        "root-not-in-file": Code(
            "note", "The chain ends below an issuer that is taken for the root."
        ),
        "root-left-out": Code("note", "The root was in the file, and is not merged."),
        "duplicate-dropped": Code("note", "A certificate was there twice."),
        "stranger-dropped": Code(
            "note",
            "A certificate is no part of the chain; of a CA that has another one in the chain, "
            "its issuer is named.",
        ),
    },
    "The checks": {
        "unreadable-extension": Code(
            "error",
            "An extension that clients must read cannot be read: key usage, extended key usage, "
            "basic constraints, the certificate's subject alternative name, and whatever else "
            "OpenSSL does not forgive. The sentence says which, and of which certificate.",
        ),
        "extension-ignored": Code("note", "Another extension cannot be read."),
        "unknown-critical-extension": Code(
            "error",
            "A critical extension that clients do not know (RFC 5280 §4.2): they refuse the "
            "certificate.",
        ),
        "precertificate": Code(
            "error",
            "A precertificate of Certificate Transparency (RFC 6962 §3.1), which every client "
            "refuses. Where the certificate is in the file, too, that is merged.",
        ),
        "expired": Code(
            "error",
            "The certificate or a CA of its chain has expired (by more than five minutes: clocks "
            "differ).",
        ),
        "not-yet-valid": Code("error", "The certificate or a CA of its chain is not valid yet."),
        "leaf-is-ca": Code(
            "error",
            "The certificate is one of a CA, and none was asked for: whoever has its key could "
            "issue certificates.",
        ),
        "leaf-is-no-ca": Code(
            "error",
            "The request asks for a CA's certificate (key usage keyCertSign, and no serverAuth), "
            "and this is none.",
        ),
        "path-length-reached": Code(
            "warning",
            "A CA was asked for, and those above it allow no further one (path length): clients "
            "refuse what it issues.",
        ),
        "ca-ends-first": Code(
            "warning",
            "A CA of the chain, or its root, ends before the certificate: from then on clients "
            "refuse both.",
        ),
        "weak-signature": Code(
            "error",
            "Signed with SHA-1, MD5, or something unknown; a root's own signature does not matter.",
        ),
        "weak-key": Code(
            "error",
            "An RSA key of less than 2,048 bits, or an elliptic curve key of less than 224.",
        ),
        "name-missing": Code(
            "error",
            "A name that the CSR asks for is not in the certificate. If the CSR asks for subject "
            "alternative names, the common name does not count: no client looks there (RFC 9525).",
        ),
        "name-by-wildcard": Code(
            "warning",
            "A name that the CSR asks for is covered by a wildcard, and does not stand in the "
            "certificate itself.",
        ),
        "name-added": Code(
            "warning", "A name is in the certificate that the CSR does not ask for."
        ),
        "no-alternative-name": Code(
            "warning", "The name stands in the subject alone, where browsers do not look."
        ),
        "usage-unfit": Code(
            "error",
            "The certificate may not be used for what was asked: no digitalSignature, no "
            'serverAuth ("any" is not taken for it), nothing of what was asked, or a key usage '
            "that no TLS server can do with, or no CA (keyCertSign).",
        ),
        "usage-narrower": Code(
            "warning",
            "The certificate may be used for less than was asked, and will do for a TLS server.",
        ),
        "client-auth-not-granted": Code(
            "note",
            "The certificate of a public CA (by its policy, 2.23.140.1.…) lacks clientAuth alone, "
            "which public CAs do not grant any more, though Key Vault's default policy asks for "
            "it.",
        ),
        "lifetime-longer": Code(
            "warning", "Valid for longer than the policy asks (by more than a day)."
        ),
    },
    "The merge": {
        "refused-by-key-vault": Code(
            "error", "Key Vault itself refused the chain; the sentence has its code and message."
        ),
        "vault-observed": Code(
            "error",
            "The vault is set to `observe` in `CERTFLOW_VAULTS`, so Certflow merges nothing there.",
        ),
    },
}
CODES = {code: said for codes in SECTIONS.values() for code, said in codes.items()}
