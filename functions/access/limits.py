"""What a grant says of the requests that it allows."""

from __future__ import annotations

from dataclasses import dataclass

Patterns = tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The fields of a grant that count for `request`, as `docs/access.md` explains them. None: the
    field is not in the row.

    A row without any of them allows every request for its vaults and names. A row that names some
    kind of names (`dns`, `ips`, `emails`, `uris`, `upns`) grants these and nothing beside them: no
    other kind, no wildcard, no CA, serverAuth alone, the key usages of TLS, and of the subject a CN
    that is itself granted, unless it names more.
    """

    issuers: Patterns = None
    dns: Patterns = None
    ips: Patterns = None
    emails: Patterns = None
    uris: Patterns = None
    upns: Patterns = None
    subject: Patterns = None
    ekus: Patterns = None
    key_usage: Patterns = None
    keys: Patterns = None
    owners: Patterns = None
    months: int | None = None
    a_day: int | None = None
    wildcard: bool | None = None
    ca: bool | None = None
    exportable: bool | None = None
    reuse_key: bool | None = None
    auto_renew: bool | None = None

    @property
    def named(self) -> bool:
        """Whether the row says which names a certificate may have."""
        return any(
            kind is not None for kind in (self.dns, self.ips, self.emails, self.uris, self.upns)
        )
