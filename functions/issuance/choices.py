"""What the operator may choose: the settings that use cases read, with their defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from functions.issuance.signers import SignerRow
from functions.issuance.telling import QUIET_GATHERING
from functions.issuance.timing import PATIENCE, Patience

ANY, SELF = "*", "Self"


class DigestWhen(StrEnum):
    """When the daily digest goes out: every day (it is a heartbeat, too), only with something to say, or never."""

    DAILY = "daily"
    NEWS = "news"
    OFF = "off"


class Takes(StrEnum):
    """Whose certificates a vault takes: those of the CAs in its files; of the public CAs as well; or anybody's, until a
    file is there.
    """

    FILES = "files"
    PUBLIC = "public"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Choices:
    """`budget`: calls of one vault in 10 s, for all that happens by itself. A tenth of Key Vault's limit (protocol §6):
    applications read their secrets from the same vault.

    `ladder`: the shares of a certificate's lifetime that are left when its owner hears of its end.
    `renews`: whether next versions are started by themselves where a tag asks for it, `most_renewals` of them a day.
    `gathers`: how long CSRs, rejections and files that wait are kept for others, to be one message with them.
    `observed`: the vaults (alias) where nothing is started, merged, cancelled or deleted. `trusted`: whose certificates
    the vaults take, by alias; one that is not named there takes those of the CAs in its files.
    `refused_warnings`: codes of findings that keep a chain back, although they are warnings (findings.CHOICES).
    `signers`: who has which CSRs signed; `operators`: mail addresses and channels of whoever runs the app; without
    either the default mailboxes. `owner_domains`: those that the mail addresses of owners and signers may have whom a
    caller or a tag names; none set: the default mailboxes' (recipients.py).
    `issuers`: those that a start may use; `*` is any but Key Vault's own `Self`, whose certificates no client trusts.
    """

    budget: int = 400
    patience: Patience = PATIENCE
    ladder: tuple[float, ...] = (1 / 3, 1 / 6, 1 / 20)
    renews: bool = True
    most_renewals: int = 50
    digest: DigestWhen = DigestWhen.DAILY
    gathers: timedelta = QUIET_GATHERING
    observed: frozenset[str] = frozenset()
    signers: tuple[SignerRow, ...] = ()
    operators: tuple[str, ...] = ()
    owner_domains: tuple[str, ...] = ()
    issuers: tuple[str, ...] = (ANY,)
    refused_warnings: frozenset[str] = frozenset()
    trusted: Mapping[str, Takes] = field(default_factory=dict)

    def may_issue(self, issuer: str) -> bool:
        """Whether a request may be started at an issuer (its name in the vault, in any case). Blanks around it do not
        count: whether Key Vault takes them off is not known.
        """
        name = issuer.strip().lower()
        named = name in {one.lower() for one in self.issuers}
        return named or (ANY in self.issuers and name != SELF.lower())

    def takes(self, vault: str) -> Takes:
        """Whose certificates a vault (alias, lower-case) takes."""
        return self.trusted.get(vault, Takes.FILES)
