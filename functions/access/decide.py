"""The one function that decides who may do what. Pure and total: the same question has the same
answer on every host, and every question has one.
"""

from __future__ import annotations

from dataclasses import dataclass

from functions.access.coverage import lacking
from functions.access.matching.patterns import covers, matches_any
from functions.access.missing import Missing
from functions.access.policy import EffectivePolicy
from functions.access.rules import AccessRules, Condition, Grant
from functions.access.verbs import Verb
from functions.access.who import Who, means_any
from functions.model.caller import Caller
from functions.model.request.actor import ActorKind

# Whom no grant has to name: who has a function key, where keys rule (there is no file then), and
# Certflow itself. Conditions count for them.
UNGRANTED_KINDS = (ActorKind.KEY, ActorKind.SYSTEM)
DENIED = "Denied."  # where a row does not say why


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to do. `vault` (alias) or `name` None: all of them, the whole app.

    For `request`: `policy` is what the request would be for; None is never granted by a row with
    limits. `owner` is whom it would belong to, as text, and `started_today` how many requests the
    caller has started today.
    """

    verb: Verb
    vault: str | None = None
    name: str | None = None
    policy: EffectivePolicy | None = None
    owner: str | None = None
    started_today: int = 0


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """What one condition asks for: so many people out of `by` (none named: anybody who may approve
    it); `tell` hears of it.
    """

    count: int
    by: tuple[Who, ...] = ()
    tell: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided. Only `allowed` lets anything happen now.

    Otherwise one of these says why: `missing` is what no grant of the caller covers, `denied` the
    reason of a row that denies (of several, all), and `approvals` what has to be approved first,
    each on its own, while a grant covers all of it.
    """

    allowed: bool
    missing: tuple[Missing, ...] = ()
    denied: str | None = None
    approvals: tuple[Need, ...] = ()


def decide(access: AccessRules, caller: Caller, asked: Asked) -> Decision:
    """Decides what a caller may do.

    One grant has to cover what is asked for whole; a grant is never completed by another. A
    condition that denies wins over all grants. Neither the order of rows nor whether the name
    exists changes anything.
    """
    missing = () if needs_no_grant(caller) else _missing(grants_of(access, caller), asked)
    matching = [one for one in conditions_of(access, caller) if _matches(one, asked)]
    denies = [one for one in matching if one.deny]
    if denies:
        return Decision(False, missing, _reasons(denies, missing))
    if missing:
        return Decision(False, missing)
    needs = {Need(one.approvals, one.by, one.tell) for one in matching}
    return Decision(not needs, approvals=tuple(sorted(needs)))


def decide_anywhere(access: AccessRules, caller: Caller, verb: Verb) -> Decision:
    """Decides whether a caller may use a verb for any name at all: for lists, of which each item is
    then asked for by itself.
    """
    held = _verbs_of(grants_of(access, caller))
    granted = verb in held or needs_no_grant(caller)
    missing = () if granted else (_missing_verb(verb, held),)
    denies = [one for one in conditions_of(access, caller) if _denies_everywhere(one, verb)]
    return Decision(granted and not denies, missing, _reasons(denies, missing))


def decide_place(access: AccessRules, caller: Caller, vault: str, name: str) -> Decision:
    """Decides whether a caller may request anything for a name, while it is not known yet what. A
    row that denies only some requests is asked about when that is known.
    """
    asked = Asked(Verb.REQUEST, vault, name)
    found = () if needs_no_grant(caller) else _missing(grants_of(access, caller), asked)
    missing = tuple(one for one in found if one.is_place)
    denies = [
        one
        for one in conditions_of(access, caller)
        if one.deny and not one.asks_for_policy and _matches(one, asked)
    ]
    return Decision(not missing and not denies, missing, _reasons(denies, missing))


def grants_of(access: AccessRules, caller: Caller) -> list[Grant]:
    """The grants that mean a caller."""
    if access.tenant not in (None, caller.actor.tid):
        return []
    return [one for one in access.grants if means_any(one.who, caller)]


def conditions_of(access: AccessRules, caller: Caller) -> list[Condition]:
    """The conditions that mean a caller; one without `who` means everybody."""
    return [one for one in access.conditions if not one.who or means_any(one.who, caller)]


def needs_no_grant(caller: Caller) -> bool:
    """Whether a caller may all that no condition keeps it from."""
    return caller.actor.kind in UNGRANTED_KINDS


def _missing(grants: list[Grant], asked: Asked) -> tuple[Missing, ...]:
    """What the grants of a caller lack; nothing, if one of them covers all. Of several that cover
    the verb, the vault and the name, the one that lacks least is told.
    """
    with_verb = [one for one in grants if asked.verb in one.may]
    if not with_verb:
        return (_missing_verb(asked.verb, _verbs_of(grants)),)
    in_vault = [one for one in with_verb if covers(one.vaults, asked.vault)]
    if not in_vault:
        return (_missing_place("vault", asked.vault, [one.vaults for one in with_verb]),)
    return _missing_in_vault(in_vault, asked)


def _missing_in_vault(in_vault: list[Grant], asked: Asked) -> tuple[Missing, ...]:
    of_name = [one for one in in_vault if covers(one.names, asked.name)]
    if not of_name:
        return (_missing_place("name", asked.name, [one.names for one in in_vault]),)
    return _lacking_least(of_name, asked) if asked.verb is Verb.REQUEST else ()


def _verbs_of(grants: list[Grant]) -> set[Verb]:
    return {verb for one in grants for verb in one.may}


def _lacking_least(grants: list[Grant], asked: Asked) -> tuple[Missing, ...]:
    policy = asked.policy
    if policy is None:
        return (Missing("policy", "it is not known what the request is for"),)
    lacks = [lacking(one.limits, policy, asked.owner or "", asked.started_today) for one in grants]
    return min(lacks, key=lambda lack: (len(lack), lack))


def _missing_verb(verb: Verb, held: set[Verb]) -> Missing:
    return Missing("verb", verb.value, tuple(sorted(held)))


def _missing_place(what: str, asked: str | None, patterns: list[tuple[str, ...]]) -> Missing:
    granted = {pattern for some in patterns for pattern in some}
    return Missing(what, "the whole app" if asked is None else asked, tuple(sorted(granted)))


def _matches(condition: Condition, asked: Asked) -> bool:
    """Whether a condition that means the caller matches what is asked for. The whole app holds
    every vault and name, so conditions about some of them match it.
    """
    return (
        (not condition.verbs or asked.verb in condition.verbs)
        and _touches(condition.vaults, asked.vault)
        and _touches(condition.names, asked.name)
        and (condition.deny or asked.verb is Verb.REQUEST)
        and (not condition.asks_for_policy or _matches_policy(condition, asked))
    )


def _touches(patterns: tuple[str, ...], text: str | None) -> bool:
    return not patterns or text is None or matches_any(patterns, text)


def _matches_policy(condition: Condition, asked: Asked) -> bool:
    """Whether what a request is for matches. What cannot be read might match, so it does."""
    policy = asked.policy
    if policy is None or policy.unread:
        return asked.verb is Verb.REQUEST
    return (
        (not condition.issuers or matches_any(condition.issuers, policy.issuer))
        and condition.wildcard in (None, policy.wildcard)
        and condition.exportable in (None, policy.exportable)
    )


def _denies_everywhere(condition: Condition, verb: Verb) -> bool:
    about_some = condition.vaults or condition.names or condition.asks_for_policy
    return condition.deny and not about_some and (not condition.verbs or verb in condition.verbs)


def _reasons(denies: list[Condition], missing: tuple[Missing, ...]) -> str | None:
    """What the rows say that deny, each once. One that is for everybody is silent where the caller
    has no business: it may speak of others.
    """
    stranger = any(one.is_place for one in missing)
    said = {one.say or DENIED for one in denies if one.who or not stranger}
    return "; ".join(sorted(said)) or None
