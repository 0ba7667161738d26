"""The errors of Certflow, named by what the caller does next.

```
CertflowError
├── InvalidRequest     fix the request (400)
├── Unauthenticated    sign in: the token is missing or wrong (401)
├── Forbidden          ask whoever grants access: it is not granted, or it is denied (403)
├── UnknownVault       use an alias that is configured (404)
├── KeyReused          use a new Idempotency-Key for a new request (422)
├── Refused            Key Vault refused the call: its status, code and message, passed on
├── Unavailable        try again later (503)
│   └── KeepsChanging  others keep changing the same thing
├── ConcurrentChange   somebody else changed the same request: read it again
├── TooLong            no queue accepts a message of this size: store it elsewhere
└── BadSettings        call whoever runs the app: a setting is missing or wrong (500)
```
"""

from __future__ import annotations

from dataclasses import dataclass

from functions.model.findings import Finding


class CertflowError(Exception):
    """The root of the tree. `code` is the `error.code` that an HTTP caller sees."""

    code = "InternalError"


class InvalidRequest(CertflowError):
    """The request is invalid. `field` is the path of the value that is wrong, `$` for the whole
    body.

    For a chain that cannot be merged, `reason` is the code of the first finding, and `findings` are
    all of them.
    """

    code = "BadParameter"

    def __init__(
        self,
        field: str,
        message: str,
        *,
        reason: str | None = None,
        findings: tuple[Finding, ...] = (),
    ) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.reason, self.findings = field, reason, findings


class Unauthenticated(CertflowError):
    """Nobody is signed in: the call has no token, or one that is not accepted. The message says in
    one sentence what is wrong, and never holds the token.
    """

    code = "Unauthorized"


@dataclass(frozen=True, slots=True)
class NotGranted:
    """One thing that no grant of the caller covers: a `verb`, `vault`, `name` or a field of a grant
    (`what`), what was `asked` for, and what the caller's own grants have there.
    """

    what: str
    asked: str
    granted: tuple[str, ...]


class Forbidden(CertflowError):
    """The caller may not do this. `reason` is a word for programs: `not-granted`, `denied`, or
    `approval-needed`. `who` says who can change that. Nothing in it depends on what exists.
    """

    code = "Forbidden"

    def __init__(
        self, message: str, reason: str, missing: tuple[NotGranted, ...] = (), who: str = ""
    ) -> None:
        super().__init__(f"{message} {who}".rstrip())
        self.reason, self.missing, self.who = reason, missing, who

    @property
    def for_today(self) -> bool:
        """Whether nothing is missing but one more start in a day."""
        return bool(self.missing) and all(one.what == "a_day" for one in self.missing)


class UnknownVault(CertflowError):
    """No vault is configured under this alias."""

    code = "VaultNotFound"

    def __init__(self, alias: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"No vault is configured under the alias '{alias}'. Configured: {', '.join(known)}."
        )
        self.alias = alias


class KeyReused(CertflowError):
    """The Idempotency-Key was used for another request before."""

    code = "IdempotencyKeyReused"


@dataclass(frozen=True, slots=True)
class WayOut:
    """Something that the caller can do about a refusal. `do` names it; the triggers know the route
    for it, if there is one.
    """

    do: str
    sentence: str


class Refused(CertflowError):
    """Key Vault answered 4xx (but for 429). `status`, `code`, `inner` (the code of `innererror`)
    and the message are its own.

    Certflow adds what it knows: `reason` (a word for programs), `ways_out`, `request_id` of the
    request that is in the way, `issuers` of the vault.
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
        self.reason, self.ways_out = reason, ways_out
        self.request_id, self.issuers = request_id, issuers

    @property
    def of_access(self) -> bool:
        """Whether the app has no access, because of its token, its roles or a firewall. A 403 has
        an inner error only then.
        """
        return self.status == 401 or (self.status == 403 and self.inner is not None)


class Unavailable(CertflowError):
    """A service does not answer, throttles, or failed (429, 5xx, time-out): a later try may
    succeed.

    `retry_after` is in seconds. `maybe_done` says that the call may have taken effect although no
    answer came; `throttled`, that the service asks for fewer calls (429); `of_access`, that the app
    has no access, which whoever runs it can fix.
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


class KeepsChanging(Unavailable):
    """Every try to save failed because somebody else had changed the same thing."""


class UnreadAnswer(Unavailable):
    """A service has answered, but what cannot be read."""


class UnreadSnapshot(Unavailable):
    """A snapshot of the inventory cannot be read. The next scan writes it anew."""


class ConcurrentChange(CertflowError):
    """The row was changed by somebody else since it was read (ETag)."""

    code = "Conflict"


class TooLong(CertflowError):
    """A message is longer than a storage queue accepts: 64 KiB, base64 included."""


class BadSettings(CertflowError):
    """A setting is missing or wrong. The message names it and says what value it should have."""

    code = "ConfigurationError"
