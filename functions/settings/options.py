"""Reads the settings that say how Certflow works (`Options`), and not with which systems. A wrong
one is a fault, and a safe value takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import timedelta

from functions.model.errors import BadSettings
from functions.model.findings import REFUSABLE
from functions.model.options import ActsMode, DigestWhen, Options, Takes
from functions.model.timing import ReminderDelays
from functions.settings.live import live_options_of
from functions.settings.values import (
    Env,
    Faults,
    entries,
    flag,
    number,
    period,
    shares,
    word,
)

VAULTS = "CERTFLOW_VAULTS"
ISSUERS, DOMAINS = "CERTFLOW_ISSUERS", "CERTFLOW_OWNER_DOMAINS"
# At least two labels of letters, digits and hyphens (RFC 1123 §2.1). The last one is not a number,
# which would make it an IP address.
DOMAIN = re.compile(
    r"\*|(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)
QUIET_CHECK = "CERTFLOW_QUIET_CHECK"
# Scans come once an hour; a request that nobody has seen for longer than a week is no news.
SHORTEST_QUIET, LONGEST_QUIET = timedelta(hours=1), timedelta(days=7)
# The board shows requests for 30 days after their end; 27 years are for ever.
SHORTEST_KEPT, LONGEST_KEPT = timedelta(days=30), timedelta(days=9999)
ACTS_MODE = "CERTFLOW_ACTS"
TRUSTED, REFUSED = "CERTFLOW_TRUSTED_CAS", "CERTFLOW_REFUSED_WARNINGS"
ISSUER_NAME = re.compile(r"\*|[0-9A-Za-z-]{1,127}")
# Calls to a vault in 10 seconds. With fewer, the checks under way and one page of a scan take
# longer than the lease of a vault lasts (vault_run.py, HELD).
MIN_BUDGET = 50


def options_of(
    env: Env, faults: Faults, observed: frozenset[str], vaults: Collection[str]
) -> Options:
    """Reads what the operator may choose, with a safe value in place of each wrong setting.
    `observed` are the aliases of vaults that are only watched, `vaults` those of all.
    """
    usual = Options()
    seconds = int(usual.gathers.total_seconds())
    return Options(
        budget=_number_or_default(
            env, faults, "CERTFLOW_VAULT_BUDGET", MIN_BUDGET, 4000, usual.budget
        ),
        reminder_delays=_patience(env, faults, usual.reminder_delays),
        ladder=faults.taken(
            lambda: shares(env, "CERTFLOW_EXPIRY_LADDER", usual.ladder), usual.ladder
        ),
        # Safe is False: whoever writes this setting means to turn renewals off, so none is started
        # while it cannot be read. Owners are told of expiry instead.
        renews=flag_or_safe(env, faults, "CERTFLOW_RENEW", default=usual.renews, safe=False),
        max_renewals=_number_or_default(
            env, faults, "CERTFLOW_RENEW_MOST", 0, 100_000, usual.max_renewals
        ),
        quiet_check=faults.taken(lambda: _quiet_check(env), None),
        renewal_minutes=_number_or_default(
            env, faults, "CERTFLOW_RENEWAL_MINUTES", 0, 1440, usual.renewal_minutes
        ),
        digest=_digest_when(env, faults, usual.digest),
        gathers=timedelta(
            seconds=_number_or_default(env, faults, "CERTFLOW_GATHER", 0, 600, seconds)
        ),
        read_only_vaults=observed,
        owner_domains=_owner_domains(env, faults),
        issuers=_issuers(env, faults, usual.issuers),
        refused_warnings=_refused_warnings(env, faults),
        trusted=_trusted(env, faults, vaults),
        live=live_options_of(env, faults),
        keep_requests=_kept(env, faults, "CERTFLOW_KEEP_REQUESTS", usual.keep_requests),
        keep_messages=_kept(env, faults, "CERTFLOW_KEEP_MESSAGES", usual.keep_messages),
        acts=_acts_mode(env, faults),
    )


def _number_or_default(
    env: Env, faults: Faults, name: str, lowest: int, highest: int, default: int
) -> int:
    return faults.taken(lambda: number(env, name, lowest, highest, default), default)


def _patience(env: Env, faults: Faults, usual: ReminderDelays) -> ReminderDelays:
    def read(name: str, default: timedelta) -> timedelta:
        return faults.taken(lambda: period(env, name, default), default)

    return ReminderDelays(
        issuer=read("CERTFLOW_PATIENCE_ISSUER", usual.issuer),
        manual=read("CERTFLOW_PATIENCE_MANUAL", usual.manual),
    )


def _kept(env: Env, faults: Faults, name: str, usual: timedelta | None) -> timedelta | None:
    """Reads how long something is kept. While that is wrong, it is kept for ever, because what is
    deleted by mistake does not come back.
    """

    def read() -> timedelta | None:
        given = period(env, name, usual or LONGEST_KEPT)
        if not SHORTEST_KEPT <= given <= LONGEST_KEPT:
            raise BadSettings(
                f"{name}: write a period from {SHORTEST_KEPT.days}d to {LONGEST_KEPT.days}d, such "
                "as 400d. Until then nothing is deleted."
            )
        return given

    return faults.taken(read, None)


def _quiet_check(env: Env) -> timedelta | None:
    """Reads a period from an hour to a week; None without one."""
    given = period(env, QUIET_CHECK, timedelta(0))
    if given and not SHORTEST_QUIET <= given <= LONGEST_QUIET:
        raise BadSettings(f"{QUIET_CHECK}: write a period from 1h to 7d, such as 24h.")
    return given or None


def _digest_when(env: Env, faults: Faults, usual: DigestWhen) -> DigestWhen:
    read = faults.taken(lambda: word(env, "CERTFLOW_DIGEST", tuple(DigestWhen), usual), usual.value)
    return DigestWhen(read)


def _acts_mode(env: Env, faults: Faults) -> ActsMode:
    """Safe is required: whoever writes this setting means that nothing goes unrecorded."""
    usual, safe = ActsMode.BEST_EFFORT, ActsMode.REQUIRED.value
    return ActsMode(faults.taken(lambda: word(env, ACTS_MODE, tuple(ActsMode), usual), safe))


def _owner_domains(env: Env, faults: Faults) -> tuple[str, ...]:
    """Reads domains, separated by commas. An entry that is not a domain lets no address get
    mail.
    """
    given = [one.lower() for one in faults.taken(lambda: entries(env, DOMAINS), list[str]())]
    for number_, one in enumerate(given, 1):
        if not DOMAIN.fullmatch(one):
            faults.tell(
                f"{DOMAINS}: entry {number_} is no domain. Write example.com, *.example.com for "
                "all below it, or * for any; one that is not ASCII as xn--…. Until then nobody "
                "there gets mail."
            )
    return tuple(one for one in given if DOMAIN.fullmatch(one))


def _issuers(env: Env, faults: Faults, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Reads names of issuers, separated by commas; `*` stands for any but Self. An entry that is
    not a name allows no issuer.
    """
    try:
        given = entries(env, ISSUERS)
    except BadSettings as error:
        faults.tell(f"{error} Until then no issuer may be used.")
        return ()
    for number_, one in enumerate(given, 1):
        if not ISSUER_NAME.fullmatch(one):
            faults.tell(
                f"{ISSUERS}: entry {number_} is no issuer's name, and allows none; write "
                "DigiCert,Unknown or *."
            )
    return tuple(one for one in given if ISSUER_NAME.fullmatch(one)) if given else usual


def _refused_warnings(env: Env, faults: Faults) -> frozenset[str]:
    """Reads codes of findings, separated by commas. An entry that is not such a code has no
    effect.
    """
    given = [one.lower() for one in faults.taken(lambda: entries(env, REFUSED), list[str]())]
    for number_, one in enumerate(given, 1):
        if one not in REFUSABLE:
            allowed = ", ".join(sorted(REFUSABLE))
            faults.tell(
                f"{REFUSED}: entry {number_} is none of {allowed}. Until then it keeps nothing "
                "back."
            )
    return REFUSABLE & frozenset(given)


def _trusted(env: Env, faults: Faults, vaults: Collection[str]) -> dict[str, Takes]:
    """Reads one word for all vaults, or `alias=word` for each vault that does not go by its files
    alone; separated by commas. An entry that cannot be read has no effect: its vault goes by its
    files.
    """
    given = [one.lower() for one in faults.taken(lambda: entries(env, TRUSTED), list[str]())]
    if len(given) == 1 and given[0] in Takes:
        return dict.fromkeys(vaults, Takes(given[0]))
    named: dict[str, Takes] = {}
    for number_, entry in enumerate(given, 1):
        alias, _, takes = (part.strip() for part in entry.partition("="))
        if fault := _trusted_fault(alias, takes, vaults):
            faults.tell(f"{TRUSTED}: entry {number_}{fault} Until then it counts for nothing.")
        elif alias in named:
            faults.tell(
                f"{TRUSTED}: entry {number_} names an alias that another names. Until then it "
                "takes the files'."
            )
            named[alias] = Takes.FILES
        else:
            named[alias] = Takes(takes)
    return {alias: takes for alias, takes in named.items() if takes is not Takes.FILES}


def _trusted_fault(alias: str, takes: str, vaults: Collection[str]) -> str:
    """Says what is wrong with `alias=takes`; empty if nothing is."""
    if takes not in Takes:
        words = " or ".join(Takes)
        return f": write {words} for all vaults, or alias={words}."
    return "" if alias in vaults else f" names no alias of {VAULTS}."


def flag_or_safe(env: Env, faults: Faults, name: str, *, default: bool, safe: bool) -> bool:
    """Reads `true` or `false`; `safe` where it is neither, which is a fault."""
    return faults.taken(lambda: flag(env, name, default=default), safe)
