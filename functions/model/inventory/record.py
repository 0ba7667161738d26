"""What the inventory keeps of a certificate: what its current version says, what its policy asks
for, and what is pending under its name. Times are UTC.

Snapshots hold these records as JSON, so a field that a later version adds needs a default; one that
is not known is ignored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from functions.model.tags import OWNER_TAG, SIGNER_TAG


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """The current version of a certificate.

    `sha1` and `sha256` are of its DER, `ca_key` is the authority key id, all in hex. `subject` and
    `ca` (its issuer's name) are RFC 4514, safe to print. `names` are the subject alternative names
    of all kinds, DNS names first; the common name where there is none. `ekus` are OIDs. `key_type`
    is Key Vault's word (`RSA`, `EC`), `key_size` in bits (the curve's). `public` is that it names
    a policy of the CA/Browser Forum or has timestamps of public logs. Of a certificate that cannot
    be read (`unread`) the list's facts are known alone.
    """

    version: str
    sha1: str
    sha256: str = ""
    subject: str = ""
    names: tuple[str, ...] = ()
    ca: str = ""
    ca_key: str = ""
    not_before: datetime | None = None
    not_after: datetime | None = None
    created: datetime | None = None
    ekus: tuple[str, ...] = ()
    key_type: str = ""
    key_size: int = 0
    self_signed: bool = False
    imported: bool = False
    public: bool = False
    unread: bool = False


@dataclass(frozen=True, slots=True)
class AskedFor:
    """What the policy of a certificate asks for (protocol §3).

    `action` is what Key Vault does near the end (`AutoRenew`, `EmailContacts`), `days_before` or
    `percentage` of the lifetime when. `names` are the alternative names, as above; `ekus` OIDs;
    `months` the lifetime.
    """

    issuer: str = ""
    issuer_type: str = ""
    months: int = 0
    action: str = ""
    days_before: int | None = None
    percentage: int | None = None
    subject: str = ""
    names: tuple[str, ...] = ()
    ekus: tuple[str, ...] = ()
    key_type: str = ""
    key_size: int = 0
    curve: str = ""
    exportable: bool = False
    reuse_key: bool = False
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """The request that is pending under a name: its status as in `Status`, its issuer's name in the
    vault, and when a scan first saw it.
    """

    request_id: str
    status: str
    issuer: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class CertificateRecord:
    """One certificate of a vault, by its name as Key Vault spells it.

    `current` is None while no version is complete, `policy` until it was read. `updated` is the
    list entry's own time; `read` when certificate and policy were last read, `asked` when the
    pending operation was, `seen` when the entry was last listed.

    `barred` is whether the settings of now keep Certflow from starting the next version; whoever
    reads the record says so, and nobody stores it (inventory/read.py).
    """

    name: str
    enabled: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)
    updated: datetime | None = None
    current: IssuedCertificate | None = None
    policy: AskedFor | None = None
    pending: PendingRequest | None = None
    read: datetime | None = None
    asked: datetime | None = None
    seen: datetime | None = None
    barred: bool = False

    @property
    def owner(self) -> str | None:
        """The owner, by the tag."""
        return self.tags.get(OWNER_TAG) or None

    @property
    def signer(self) -> str | None:
        """Who has it signed, by the tag."""
        return self.tags.get(SIGNER_TAG) or None

    @property
    def not_after(self) -> datetime | None:
        """When the current version ends."""
        return self.current.not_after if self.current else None

    @property
    def is_disabled(self) -> bool:
        """Whether somebody has disabled it. A name of which no version is complete yet is shown as
        not enabled, too (protocol §4.3).
        """
        return not self.enabled and self.current is not None

    def has_ended(self, now: datetime) -> bool:
        """Whether the current version has ended by then."""
        ends = self.not_after
        return ends is not None and now >= ends


@dataclass(frozen=True, slots=True)
class VaultSnapshot:
    """The certificates of a vault as one whole scan saw them, sorted by name. The scan went from
    `began` to `ended`. `issuers` are the names of the issuers that the vault has, None if they are
    not known; `providers` the provider of each, by name (protocol §4.14).
    """

    vault: str
    began: datetime
    ended: datetime
    certificates: tuple[CertificateRecord, ...] = ()
    issuers: tuple[str, ...] | None = None
    version: int = 1
    providers: Mapping[str, str] = field(default_factory=dict)
