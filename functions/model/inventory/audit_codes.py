"""The codes of the audit. docs/audit.md is written from this table: `python -m tests.event_docs
--write`.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class AuditSeverity(StrEnum):
    """How much a finding of the audit matters. `critical`: something is broken, or breaks at its
    next renewal; `warning`: it will, or somebody's work is in the way; `note`: for whoever decides
    on policies.
    """

    CRITICAL = "critical"
    WARNING = "warning"
    NOTE = "note"


class AuditCode(NamedTuple):
    """What a code means, and what to do about it."""

    severity: AuditSeverity
    meaning: str
    next_step: str


# By section of the page. Findings are listed in this order.
AUDIT_SECTIONS: dict[str, dict[str, AuditCode]] = {
    "Renewal": {
        "renew-window-swallows-life": AuditCode(
            AuditSeverity.CRITICAL,
            "Key Vault renews the certificate when nine tenths of its life, or more, are left, so "
            "it orders one certificate after the other. The life is that of the current version, "
            "or what a public one may still have.",
            "Let the policy renew at a percentage of the lifetime: 67, or Key Vault's default 80.",
        ),
        "auto-renew-becomes-self-signed": AuditCode(
            AuditSeverity.CRITICAL,
            "A CA signed the certificate, but the policy has AutoRenew with the issuer Self, as "
            "Key Vault gives it to an import that names Self: the next version will be "
            "self-signed, and clients will refuse it.",
            "Set the policy's issuer to one that signs, or its action to EmailContacts.",
        ),
        "issuer-broken": AuditCode(
            AuditSeverity.CRITICAL,
            "The next version starts by itself, but its issuer is not in the vault, or refuses "
            "requests because of its account.",
            "Mend the issuer in the vault (its name, account and credentials), or name another in "
            "the policy.",
        ),
        "expired-in-use": AuditCode(
            AuditSeverity.CRITICAL,
            "The current version has ended, and is still enabled.",
            "Renew the certificate; or disable or delete it if nothing uses it any more.",
        ),
        "not-live": AuditCode(
            AuditSeverity.CRITICAL,
            "A server that is named for the certificate does not show its current version, though "
            "the time for that is over.",
            "See why the server has not taken it: a secret id with a version in it, or a process "
            "that was not restarted.",
        ),
        "renews-too-late": AuditCode(
            AuditSeverity.WARNING,
            "The renewal, or the mail that asks for it, comes when less than a tenth of the life "
            "is left, or less than 7 days (of a life below 21 days: less than a third). A mail "
            "does not count where Certflow itself tells an owner.",
            "Let the policy act at a percentage of the lifetime: 67, or Key Vault's default 80.",
        ),
        "nobody-renews": AuditCode(
            AuditSeverity.WARNING,
            "Neither Key Vault nor Certflow renews the certificate, and nobody hears of its end.",
            "Tag it with certflow-owner, so that somebody hears of it, or with certflow-renew = "
            "auto.",
        ),
        "pending-and-forgotten": AuditCode(
            AuditSeverity.WARNING,
            "A request has been pending for more than 14 days.",
            "Bring the chain that it waits for, or cancel and delete the request.",
        ),
        "disabled-but-current": AuditCode(
            AuditSeverity.WARNING,
            "The current version is disabled and has not ended: whoever reads the certificate "
            "without naming a version gets an error.",
            "Enable it, or delete the certificate if nothing uses it any more.",
        ),
        "no-owner": AuditCode(
            AuditSeverity.NOTE,
            "No tag says who needs the certificate.",
            "Tag it with certflow-owner.",
        ),
    },
    "Lifetimes": {
        "months-above-limit": AuditCode(
            AuditSeverity.WARNING,
            "The policy asks a public CA for more than it may issue (CA/Browser Forum, ballot "
            "SC-081v3): 200 days since 2026-03-15, 100 from 2027-03-15, 47 from 2029-03-15.",
            "Ask for 6 months; from 2027-03-15 for 3, from 2029-03-15 for 1.",
        ),
        "shorter-than-asked": AuditCode(
            AuditSeverity.NOTE,
            "The CA issued the certificate for less than nine tenths of what the policy asks for.",
            "Ask for what the CA issues, so that plans and renewals count with the real life.",
        ),
        "fixed-days": AuditCode(
            AuditSeverity.NOTE,
            "The policy acts a fixed number of days before the end of a public certificate, and "
            "the lives of these become shorter (100 days from 2027-03-15, 47 from 2029-03-15).",
            "Let the policy act at a percentage of the lifetime.",
        ),
    },
    "The CA": {
        "distrusted-ca": AuditCode(
            AuditSeverity.CRITICAL,
            "The certificate is from after the day since which browsers do not trust what this CA "
            "issues ([the list](#distrusted-cas)).",
            "Have the certificate issued by another CA.",
        ),
        "untrusted-ca": AuditCode(
            AuditSeverity.WARNING,
            "The CA is known, and none that the vault trusts is above it. Of a CA whose "
            "certificate is not known nothing is said.",
            "Have the certificate issued by a CA in `trusted-cas`, or put the CA's certificate "
            "there.",
        ),
        "self-signed": AuditCode(
            AuditSeverity.NOTE,
            "The certificate is signed with its own key: only clients trust it in which "
            "somebody has put this very certificate.",
            "Have it issued by a CA, if anything but its owner's own programs meets it.",
        ),
    },
    "Key, names and use": {
        "weak-key": AuditCode(
            AuditSeverity.WARNING,
            "The key is RSA below 2048 bits, or on a curve below 256 bits.",
            "Have the next version made with RSA 2048 or P-256, or more.",
        ),
        "key-reused": AuditCode(
            AuditSeverity.WARNING,
            "The next version will have the key of this one (`reuse_key`).",
            "Set `reuse_key` to false in the policy, unless somebody has pinned the key.",
        ),
        "client-auth-asked": AuditCode(
            AuditSeverity.WARNING,
            "The policy asks a public CA for client authentication, as Key Vault's default does. "
            "Public CAs stop to grant it between February and March 2027.",
            'Write "ekus": ["1.3.6.1.5.5.7.3.1"] into the x509_props of the policy; where it is '
            "needed, have the certificate issued by a CA of your own.",
        ),
        "names-differ-from-policy": AuditCode(
            AuditSeverity.WARNING,
            "The certificate has other names than the policy asks for. The common name counts as "
            "asked for.",
            "Set the names of the policy to those that are needed, so that the next version has "
            "them.",
        ),
        "wildcard": AuditCode(
            AuditSeverity.NOTE,
            "A name has a `*`: whoever has the key can pose as any host of the domain.",
            "Name the hosts, if they are few.",
        ),
        "exportable": AuditCode(
            AuditSeverity.NOTE,
            "The key can be read by whoever may read the certificate's secret. App Service and "
            "Application Gateway need that.",
            "Set `exportable` to false in the policy, if everything that uses the key signs in "
            "Key Vault.",
        ),
    },
}
AUDIT_CODES: dict[str, AuditCode] = {
    code: one for codes in AUDIT_SECTIONS.values() for code, one in codes.items()
}
