"""Everything that can go wrong, named by what the caller does next.

```
CertflowError
├── InvalidRequest     fix the request (400)
├── UnknownVault       use an alias that is configured (404)
├── KeyReused          use a new Idempotency-Key for a new request (422)
├── Refused            Key Vault said no: its own status, code and message, passed on
├── Unavailable        try again later (503)
├── ConcurrentChange   somebody else changed the same request: read it again
├── TooLong            a message that no queue takes: keep it elsewhere
└── BadSettings        call whoever runs the app: a setting is missing or wrong (500)
```
"""

from __future__ import annotations

from dataclasses import dataclass

from functions.issuance.findings import Finding


class CertflowError(Exception):
    """The root of the tree. `code` is the `error.code` that an HTTP caller sees."""

    code = "InternalError"


class InvalidRequest(CertflowError):
    """The request cannot be meant as it is. `field` is the path of what is wrong, `$` for the whole body.

    For a chain that cannot be merged: `reason` is the first finding's code, and `findings` are all of them.
    """

    code = "BadParameter"

    def __init__(
        self, field: str, message: str, *, reason: str | None = None, findings: tuple[Finding, ...] = ()
    ) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.reason, self.findings = field, reason, findings


class UnknownVault(CertflowError):
    """No vault is configured under this alias."""

    code = "VaultNotFound"

    def __init__(self, alias: str, known: tuple[str, ...]) -> None:
        super().__init__(f"No vault is configured under the alias '{alias}'. Configured: {', '.join(known)}.")
        self.alias = alias


class KeyReused(CertflowError):
    """An Idempotency-Key that was used for something else."""

    code = "IdempotencyKeyReused"


@dataclass(frozen=True, slots=True)
class WayOut:
    """Something the caller can do about a refusal. `do` names it; the triggers know its address, if it has one here."""

    do: str
    sentence: str


class Refused(CertflowError):
    """Key Vault answered 4xx (429 apart). `status`, `code`, `inner` (innererror's code) and the message are its own.

    What we can add: `reason` (a word for programs), the ways out, the request that stands in the way, the issuers that
    the vault has.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        inner: str | None = None,
        reason: str | None = None,
        ways_out: tuple[WayOut, ...] = (),
        request_id: str | None = None,
        issuers: tuple[str, ...] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.inner = status, code, inner
        self.reason, self.ways_out, self.request_id, self.issuers = reason, ways_out, request_id, issuers

    @property
    def of_access(self) -> bool:
        """Whether the app is not let in, by its token, roles or a firewall: only then has a 403 an inner error."""
        return self.status == 401 or (self.status == 403 and self.inner is not None)


class Unavailable(CertflowError):
    """A service does not answer, is throttling, or failed (429, 5xx, time-out): trying again later may help.

    `retry_after` is in seconds. `maybe_done` says that the call may have taken effect although no answer came;
    `throttled`, that the service asks for fewer calls (429); `of_access`, that the app is not let in, which whoever
    runs it can mend.
    """

    code = "ServiceUnavailable"

    def __init__(
        self,
        service: str,
        reason: str,
        *,
        retry_after: int = 10,
        maybe_done: bool = False,
        throttled: bool = False,
        of_access: bool = False,
    ) -> None:
        super().__init__(f"{service} is not available ({reason}).")
        self.service, self.reason, self.retry_after = service, reason, retry_after
        self.maybe_done, self.throttled, self.of_access = maybe_done, throttled, of_access


class ConcurrentChange(CertflowError):
    """The tracked request changed since it was read (ETag)."""

    code = "Conflict"


class TooLong(CertflowError):
    """A message of a queue is longer than the service takes: 64 KiB, base64 included."""


class BadSettings(CertflowError):
    """A setting is missing or wrong. The message names it and says what it should look like."""

    code = "ConfigurationError"
