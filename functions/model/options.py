"""The settings that use cases read, with their defaults: what the operator may choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network

from functions.model.people.signers import SignerRow
from functions.model.timing import DEFAULT_REMINDER_DELAYS, ReminderDelays

ANY_ISSUER, SELF_SIGNED_ISSUER = "*", "Self"
# How long a notice about CSRs or files waits for others, where a message can hold several: signers
# work in batches.
QUIET_GATHERING = timedelta(minutes=1)

type Network = IPv4Network | IPv6Network
DEFAULT_PORTS = (443, 8443)  # of TLS servers


class DigestWhen(StrEnum):
    """When the daily digest is sent: every day (which shows that Certflow works), only with news,
    or never.
    """

    DAILY = "daily"
    NEWS = "news"
    OFF = "off"


class ActsMode(StrEnum):
    """What happens while acts cannot be written to their record: everything goes on, and they wait;
    or no request is started.
    """

    BEST_EFFORT = "best-effort"
    REQUIRED = "required"


class Takes(StrEnum):
    """Whose certificates a vault accepts: those of the CAs in its files; those of the public CAs as
    well; or those of any CA, until there is a file.
    """

    FILES = "files"
    PUBLIC = "public"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """Where Certflow may look, by the operator: `hosts` (names, lower-case; `*.example.com` is all
    below it), `ports`, and `networks` for addresses that are not public. Without hosts it looks at
    nothing. `graces`: how long a service may take for a new version, by word; `grace`: any other.
    """

    hosts: tuple[str, ...] = ()
    ports: tuple[int, ...] = DEFAULT_PORTS
    networks: tuple[Network, ...] = ()
    graces: tuple[tuple[str, timedelta], ...] = ()
    grace: timedelta = timedelta(hours=26)

    @property
    def is_on(self) -> bool:
        """Whether Certflow looks at endpoints at all."""
        return bool(self.hosts)


NOWHERE = LiveOptions()


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator has chosen, with the default of each setting.

    - `budget`: calls to one vault in 10 s, by all that no caller asked for. The default is a tenth
      of Key Vault's limit (protocol §6): applications read their secrets from the same vault.
    - `reminder_delays`: how long a request is pending before its owner is reminded.
    - `ladder`: the shares of a certificate's lifetime that are left when its owner is reminded of
      its expiry.
    - `renews`: whether Certflow starts next versions itself where a tag asks for that;
      `max_renewals`: how many of them a day.
    - `quiet_check`: how long a certificate with which nothing happens is not asked for a pending
      request; None decides by the number of certificates (monitoring/quiet.py).
    - `digest`: when the daily digest is sent.
    - `renewal_minutes`: how long a renewal by hand takes a person, for the plan.
    - `gathers`: how long CSRs, rejections and files that wait are held back, so that several become
      one message.
    - `observed`: the aliases of the vaults where Certflow starts, merges, cancels and deletes
      nothing.
    - `signers`: who has which CSRs signed; `operators`: mail addresses and channels of whoever runs
      the app. The default mailboxes stand in for either.
    - `owner_domains`: the domains that mail addresses of owners and signers may have where a caller
      or a tag names them; if there is none, those of the default mailboxes
      (notifications/recipients.py).
    - `issuers`: those at which requests may be started; `*` is any but Key Vault's own `Self`,
      whose certificates no client trusts.
    - `refused_warnings`: codes of warnings that keep a chain from being merged (findings.CHOICES).
    - `trusted`: whose certificates the vaults accept, by alias; a vault that is not in it accepts
      those of the CAs in its files.
    - `live`: which servers may be looked at.
    - `keep_requests`: how long requests that have ended are kept, with their history;
      `keep_messages`: how long it is kept what became of messages. None: for ever.
    - `acts`: what happens while acts cannot be written to their record.
    """

    budget: int = 400
    reminder_delays: ReminderDelays = DEFAULT_REMINDER_DELAYS
    ladder: tuple[float, ...] = (1 / 3, 1 / 6, 1 / 20)
    renews: bool = True
    max_renewals: int = 50
    quiet_check: timedelta | None = None
    digest: DigestWhen = DigestWhen.DAILY
    renewal_minutes: int = 30
    gathers: timedelta = QUIET_GATHERING
    read_only_vaults: frozenset[str] = frozenset()
    signers: tuple[SignerRow, ...] = ()
    operators: tuple[str, ...] = ()
    owner_domains: tuple[str, ...] = ()
    issuers: tuple[str, ...] = (ANY_ISSUER,)
    refused_warnings: frozenset[str] = frozenset()
    trusted: Mapping[str, Takes] = field(default_factory=dict)
    live: LiveOptions = NOWHERE
    keep_requests: timedelta | None = timedelta(days=400)
    keep_messages: timedelta | None = timedelta(days=90)
    acts: ActsMode = ActsMode.BEST_EFFORT

    def may_issue(self, issuer: str) -> bool:
        """Whether a request may be started at an issuer, given its name in the vault in any case.
        Blanks around it do not count: it is not known whether Key Vault removes them.
        """
        name = issuer.strip().lower()
        named = name in {one.lower() for one in self.issuers}
        return named or (ANY_ISSUER in self.issuers and name != SELF_SIGNED_ISSUER.lower())

    def renews_in(self, vault: str) -> bool:
        """Whether Certflow starts next versions in a vault (alias, lower-case)."""
        return self.renews and vault not in self.read_only_vaults

    def takes(self, vault: str) -> Takes:
        """Whose certificates a vault (alias, lower-case) accepts."""
        return self.trusted.get(vault, Takes.FILES)
