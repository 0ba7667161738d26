"""Unkindness: every way in which this emulator can be made slower, stricter or less reliable than it is, each by name.

`Unkindness` is the one list of the switches. The command line (`--issuing-delay`), the keyword arguments of
`Unkindness(...)`, the control door's JSON and the table in README.md all follow it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta, Struct

A_YEAR = 365 * 24 * 3600
type Seconds = Annotated[float, Meta(ge=0, le=A_YEAR)]
type Rate = Annotated[float, Meta(ge=0, le=1)]
type Count = Annotated[int, Meta(ge=0)]


class Unkindness(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """All switches. Rates are the share of requests that it happens to, 0 to 1."""

    issuing_delay: Annotated[Seconds, Meta(description="seconds that issuers take")] = 2.0
    cancellation: Annotated[
        Literal["honoured", "ignored"], Meta(description="ignored: issuers go on although cancelling was asked for")
    ] = "honoured"
    deletion_delay: Annotated[
        Seconds, Meta(description="seconds until a deleted certificate can be read, recovered or purged")
    ] = 0.5
    recovery_delay: Annotated[Seconds, Meta(description="seconds until a recovered certificate is found")] = 0.0
    retention_days: Annotated[int, Meta(ge=7, le=90, description="days for which vaults keep what is deleted")] = 90
    purge_protection: Annotated[
        bool, Meta(description="vaults have purge protection: nobody purges what is deleted before its days are over")
    ] = False
    latency: Annotated[Seconds, Meta(description="seconds before every answer")] = 0.0
    latency_jitter: Annotated[Seconds, Meta(description="up to so many seconds more, by chance")] = 0.0
    throttle: Annotated[bool, Meta(description="429 Throttled beyond Key Vault's limits, for each vault")] = False
    key_creations: Annotated[Count, Meta(description="creates let through in a window")] = 20
    other_calls: Annotated[Count, Meta(description="other calls let through in a window")] = 4000
    throttle_window: Annotated[float, Meta(gt=0, le=A_YEAR, description="length of the window in seconds")] = 10.0
    retry_after: Annotated[Count | None, Meta(description="Retry-After on a 429, in seconds; none without it")] = None
    error_rate: Annotated[Rate, Meta(description="rate of 5xx answers")] = 0.0
    error_status: Annotated[int, Meta(ge=500, le=599, description="which 5xx")] = 503
    silence_rate: Annotated[Rate, Meta(description="rate of requests that never get an answer")] = 0.0
    cut_rate: Annotated[Rate, Meta(description="rate of connections closed instead of an answer")] = 0.0
    reset_rate: Annotated[Rate, Meta(description="rate of connections reset instead of an answer")] = 0.0
    strike: Annotated[
        Literal["before", "after", "either"],
        Meta(description="errors, silence, cuts and resets come before or after the operation took effect"),
    ] = "either"
    parallel_conflicts: Annotated[
        bool, Meta(description="409 on a change of a pending certificate while another is under way")
    ] = True
    conflict_rate: Annotated[Rate, Meta(description="rate of the same 409, as if the service itself were at it")] = 0.0
    token_lifetime: Annotated[int, Meta(ge=1, le=A_YEAR, description="seconds that new tokens live")] = 24 * 3600
    seed: Annotated[int | None, Meta(description="seed of all chance; the same one, the same faults")] = None


KIND = Unkindness()


def changed(current: Unkindness, changes: Mapping[str, Any], *, lax: bool = False) -> Unkindness:
    """The switches with some of them set anew; `lax` also reads numbers out of text, as a command line has them.

    Raises msgspec.ValidationError, which names the switch.
    """
    return msgspec.convert(msgspec.structs.asdict(current) | dict(changes), Unkindness, strict=not lax)


def described() -> dict[str, str]:
    """What each switch does."""
    hints = get_type_hints(Unkindness, include_extras=True)
    return {name: str(hints[name].__metadata__[-1].description) for name in Unkindness.__struct_fields__}
