"""Which channels get messages. A channel that no rule names gets what goes to the default, and one
that no message can reach is reported.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from functions.app.context_parts import HasChannels, HasOptions, HasVaults
from functions.app.contexts import ReachContext
from functions.model.errors import BadSettings, Unavailable
from functions.model.people.signers import matches
from functions.notifications.routing import ALL_URLS, EMAIL, ESCALATED_TO
from functions.ports.rules import Rule

NO_SUCH_VAULT = "The rules that name it are for vaults that do not exist: correct their `vaults`."
TAKEN_BEFORE = "Rule {} takes every message before it: name the channel there, or add `also` to it."


def unnamed_channels(certflow: ReachContext, rules: Sequence[Rule]) -> tuple[str, ...]:
    """The names of the channels that neither a rule nor another setting names. They get what goes
    to the default, as the general channels and the notification URLs do.
    """
    named = {*_named_by_settings(certflow), *(one for rule in rules for one in rule.to)}
    return tuple(channel for channel in _further(certflow) if channel not in named)


async def unreached_now(certflow: ReachContext) -> list[tuple[str, str]]:
    """Each channel that no message can reach by the rules as they are now, and why. None while
    the rules cannot be read: every message says so then, or waits.
    """
    try:
        return list(unreached_channels(certflow, await certflow.rules.read()))
    except (BadSettings, Unavailable):
        return []


def unreached_channels(certflow: ReachContext, rules: Sequence[Rule]) -> Iterator[tuple[str, str]]:
    """Each channel that no message can reach, with a sentence that says why and what to change.

    The channels of escalations, of operators and of signers are always reached.
    """
    last = next((number for number, rule in enumerate(rules, 1) if rule.takes_all), None)
    tried = rules[:last]
    reached = _named_by_settings(certflow) | _named_by_rules(certflow, tried)
    if last is None:
        reached |= {*unnamed_channels(certflow, rules)}
    for channel in _further(certflow):
        if channel not in reached:
            named = any(channel in rule.to for rule in tried)
            yield channel, NO_SUCH_VAULT if named else TAKEN_BEFORE.format(last)


def _named_by_rules(certflow: HasVaults, rules: Iterable[Rule]) -> set[str]:
    """What the rules name that can fit a message: those for vaults that do not exist cannot."""
    vaults = [*certflow.vaults, None]
    return {one for rule in rules if matches(rule.vaults, vaults) for one in rule.to}


def _named_by_settings(certflow: HasOptions) -> set[str]:
    signers = certflow.options.signers
    return {*certflow.options.operators, *(one for row in signers for one in row.to)}


def _further(certflow: HasChannels) -> Iterator[str]:
    """The names of the channels other than `email`, the general ones and the notification URLs:
    those get what goes to the default, and escalations.
    """
    for channel in certflow.channels:
        if channel.name.partition(":")[0] != ALL_URLS and channel.name not in {
            EMAIL,
            *ESCALATED_TO,
        }:
            yield channel.name
