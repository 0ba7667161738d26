"""What a caller may do, for the caller to read; and which items of a list a caller sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from functions.access.decide import conditions_of, grants_of, needs_no_grant
from functions.access.matching.patterns import covers, matches_any, overlap
from functions.access.rules import AccessRules, Condition, Grant
from functions.access.verbs import Verb
from functions.model.caller import Caller

ALL_NAMES = ("*",)
MAX_KEPT_READERS = 64  # callers whose lists are under way; one that was dropped is made again
MAX_KEPT_VERBS, MAX_KEPT_NAMES = 8, 8192  # callers, and names of each: 2 MB at most for a caller

type Row = Mapping[str, object]
type Patterns = tuple[str, ...]
type Names = tuple[tuple[Patterns, ...], tuple[Patterns, ...]]  # granted and denied, a row each


@dataclass(frozen=True, slots=True)
class Permissions:
    """The rows that mean one caller, in the words of the file, each once.

    They have no `who`, which would name others, and of a condition's vaults and names only those
    that a grant of the caller meets: neither the number nor the names of others show.
    """

    grants: tuple[Row, ...]
    conditions: tuple[Row, ...] = ()


def may(access: AccessRules, caller: Caller) -> Permissions:
    """Returns what a caller may do, and what may keep the caller from it."""
    mine = grants_of(access, caller)
    if needs_no_grant(caller):
        mine.append(Grant((), frozenset(Verb)))
    conditions = [_shown_condition(one, mine) for one in conditions_of(access, caller)]
    return Permissions(
        _each_once(_shown_grant(one) for one in mine),
        _each_once(one for one in conditions if one),
    )


def visible(access: AccessRules, caller: Caller, vault: str, name: str) -> bool:
    """Whether a caller may read a name: as `decide` has it, made for lists of thousands."""
    return readable(access, caller)(vault, name)


def readable(access: AccessRules, caller: Caller) -> Callable[[str, str], bool]:
    """Returns the function that says of a vault and a name whether a caller may read it."""
    return granted(access, caller, Verb.READ)


@lru_cache(MAX_KEPT_READERS)
def granted(access: AccessRules, caller: Caller, verb: Verb) -> Callable[[str, str], bool]:
    """Returns the function that says of a vault and a name whether a caller may do this there; of
    `request`, whether the caller may request anything, as `decide_place` has it.
    """
    by_vault = dict[str, Names]()

    def is_granted(vault: str, name: str) -> bool:
        if vault not in by_vault:
            by_vault[vault] = _names_of(access, caller, verb, vault)
        return _is_among(by_vault[vault], name)

    return is_granted


@lru_cache(MAX_KEPT_VERBS)
def verbs_granted(access: AccessRules, caller: Caller) -> Callable[[str, str], tuple[Verb, ...]]:
    """Returns the function that says of a vault and a name what a caller may do there, as
    `granted`.
    """

    # A row mostly grants several verbs, and then it is looked at once for all of them.
    @cache
    def by_names(vault: str) -> dict[Names, list[Verb]]:
        found = dict[Names, list[Verb]]()
        for verb in Verb:
            found.setdefault(_names_of(access, caller, verb, vault), []).append(verb)
        return found

    @lru_cache(MAX_KEPT_NAMES)
    def verbs(vault: str, name: str) -> tuple[Verb, ...]:
        held = [some for names, some in by_names(vault).items() if _is_among(names, name)]
        found = {verb for some in held for verb in some}
        return tuple(verb for verb in Verb if verb in found)

    return verbs


def readable_beginnings(access: AccessRules, caller: Caller) -> frozenset[str]:
    """Returns with what all names begin that a caller may read, in lower case; none if with
    anything, as with a key, which no grant means.
    """
    grants = [one for one in grants_of(access, caller) if Verb.READ in one.may]
    patterns = [pattern for one in grants for pattern in one.names or ALL_NAMES]
    found = frozenset(pattern.lower().partition("*")[0] for pattern in patterns)
    return frozenset() if "" in found else found


def _names_of(access: AccessRules, caller: Caller, verb: Verb, vault: str) -> Names:
    """The patterns of names of the rows that grant a verb in a vault, and of those that deny it."""
    grants = [(one.vaults, one.names) for one in grants_of(access, caller) if verb in one.may]
    if needs_no_grant(caller):
        grants.append(((), ()))
    denies = [
        (one.vaults, one.names)
        for one in conditions_of(access, caller)
        if one.deny and not one.asks_for_policy and (not one.verbs or verb in one.verbs)
    ]
    return _names_in(vault, grants), _names_in(vault, denies)


def _names_in(vault: str, rows: list[tuple[Patterns, Patterns]]) -> tuple[Patterns, ...]:
    """The patterns of names of those rows that count in a vault."""
    return tuple(names for vaults, names in rows if covers(vaults, vault))


def _is_among(names: Names, name: str) -> bool:
    given, denied = names
    return _is_covered(given, name) and not _is_covered(denied, name)


def _is_covered(rows: tuple[Patterns, ...], name: str) -> bool:
    return any(not names or matches_any(names, name) for names in rows)


def _shown_grant(grant: Grant) -> Row:
    shown: dict[str, object] = {"may": _verbs(grant.may)}
    shown |= _present({"vaults": list(grant.vaults), "names": list(grant.names)})
    for field in type(grant.limits).__slots__:
        value = getattr(grant.limits, field)
        if value is not None:
            shown[field] = list(value) if isinstance(value, tuple) else value
    return shown


def _shown_condition(condition: Condition, mine: list[Grant]) -> Row | None:
    """A condition as the caller may see it; None if it is about what the caller is not granted."""
    met = [one for one in mine if _meet(condition, one)]
    if not met and not _is_addressed(condition):
        return None
    shown: dict[str, object] = {
        "verbs": _verbs(condition.verbs),
        "vaults": _met(condition.vaults, [one.vaults for one in met]),
        "names": _met(condition.names, [one.names for one in met]),
        "issuers": list(condition.issuers),
        "approvals": condition.approvals,
        "by": [str(one) for one in condition.by],
        "deny": condition.deny,
        "say": condition.say,
    }
    return _present(shown) | _flags_of(condition)


def _flags_of(condition: Condition) -> dict[str, object]:
    flags = {"wildcard": condition.wildcard, "exportable": condition.exportable}
    return {key: flag for key, flag in flags.items() if flag is not None}


def _is_addressed(condition: Condition) -> bool:
    """Whether a row that means the caller by name is about all vaults and names."""
    return bool(condition.who) and not condition.vaults and not condition.names


def _meet(condition: Condition, grant: Grant) -> bool:
    """Whether there is something that a grant grants and a condition is about."""
    verbs = not condition.verbs or bool(condition.verbs & grant.may)
    return (
        verbs
        and (not condition.vaults or bool(_met(condition.vaults, [grant.vaults])))
        and (not condition.names or bool(_met(condition.names, [grant.names])))
    )


def _met(patterns: tuple[str, ...], granted: list[tuple[str, ...]]) -> list[str]:
    """Those of a condition's patterns that describe something that is granted."""
    theirs = {pattern for some in granted for pattern in some or ALL_NAMES}
    return [one for one in patterns if any(overlap(one, other) for other in theirs)]


def _verbs(verbs: frozenset[Verb]) -> list[str]:
    return [verb.value for verb in Verb if verb in verbs]


def _present(fields: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in fields.items() if value}


def _each_once(rows: Iterable[Row]) -> tuple[Row, ...]:
    kept = list[Row]()
    for row in rows:
        if row not in kept:
            kept.append(row)
    return tuple(kept)
