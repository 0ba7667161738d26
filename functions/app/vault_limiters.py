"""Applies the rate limits of the vaults to all calls of this process that no caller asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from functions.app.contexts import RateLimitContext
from functions.app.rate_limiter import RateLimiter, limit_calls


def rate_limited[Context: RateLimitContext](
    certflow: Context, alias: str, share: float = 1
) -> Context:
    """The same context, with the calls to that vault limited to its budget, and to a share of it.

    One limiter of a vault serves all that no caller asked for in this process: checks, first checks
    and scans are within the budget together, and a pause that the vault asked for holds for the
    next run, too.
    """
    vault = limit_calls(certflow.vaults[alias], _rate_limiter(certflow, alias))
    if share < 1:
        vault = limit_calls(
            vault, RateLimiter(certflow.options.budget * share, certflow.now, certflow.sleep)
        )
    return certflow.with_vault(alias, vault)


def rate_limited_to_spare[Context: RateLimitContext](
    certflow: Context, alias: str, share: float, ends: datetime
) -> Context:
    """The same context, with the calls to that vault limited to a share of its budget (one limiter
    for all callers of this function in the process), and to slots for which no other call waits.
    From `ends` on the calls raise TimeoutError.
    """
    pace = _rate_limiter(certflow, alias)
    vault = limit_calls(certflow.vaults[alias], pace, ends)
    vault = limit_calls(vault, _rate_limiter(certflow, alias, share), ends)
    return certflow.with_vault(alias, vault)


def _rate_limiter(certflow: RateLimitContext, alias: str, share: float = 1) -> RateLimiter:
    """The rate limiter of a vault in this process, or of a share of it, made on first use."""
    key = alias if share == 1 else f"{alias}:{share}"  # no alias has a colon
    if key not in certflow.rate_limiters:
        certflow.rate_limiters[key] = RateLimiter(
            certflow.options.budget * share, certflow.now, certflow.sleep
        )
    return certflow.rate_limiters[key]


def is_paused(certflow: RateLimitContext, alias: str) -> bool:
    """Whether that vault asked this process for a pause that is longer than calls wait."""
    return alias in certflow.rate_limiters and certflow.rate_limiters[alias].is_paused


def has_answered(certflow: RateLimitContext, alias: str, within: timedelta) -> bool:
    """Whether that vault has answered a rate-limited call of this process within this time."""
    return alias in certflow.rate_limiters and certflow.rate_limiters[alias].has_answered(within)
