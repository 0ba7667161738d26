"""Whether a grant covers a request whole, and what it lacks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from functions.access.limits import Patterns, RequestLimits
from functions.access.matching import dns_names
from functions.access.matching.keys import read_key
from functions.access.matching.other_names import ip_granted, mail_granted, uri_granted
from functions.access.matching.patterns import matches_any
from functions.access.matching.subject import SubjectField
from functions.access.missing import Missing
from functions.access.policy import EffectivePolicy
from functions.model.people.addresses import read_addresses
from functions.x509.usages import SERVER, TLS_USAGES, eku_words

GRANTED_BY: Mapping[str, Callable[[str, str], bool]] = {
    "dns": dns_names.is_granted,
    "ips": ip_granted,
    "emails": mail_granted,
    "uris": uri_granted,
    "upns": mail_granted,
}
# A URI cannot be a common name that anybody reads as one.
KINDS_OF_COMMON_NAMES = ("dns", "ips", "emails", "upns")
OPEN = RequestLimits()


def lacking(
    limits: RequestLimits, policy: EffectivePolicy, owner: str, started_today: int
) -> tuple[Missing, ...]:
    """What a grant with these limits lacks for a request; nothing, if it covers it whole. An empty
    owner is nobody, whom every grant covers.
    """
    found = list[Missing]()
    if limits != OPEN:
        found += [
            Missing("policy", f"{path} cannot be read, so no grant with limits covers it")
            for path in sorted(policy.unread)
        ]
        found += _names(limits, policy) if limits.named else ()
        found += _values(limits, policy)
        found += _usages(limits, policy)
        found += _subject(limits, policy)
        found += _flags(limits, policy)
        found += _around(limits, owner, started_today)
    return tuple(sorted(found))


def _names(limits: RequestLimits, policy: EffectivePolicy) -> Iterator[Missing]:
    if not policy.common_names and not any(policy.names.values()):
        yield Missing("policy", "it has no name, and is granted by its names")
    for kind, names in policy.names.items():
        patterns = _patterns(limits, kind)
        for name in names:
            if not _granted(kind, patterns, name):
                yield Missing(kind, name, patterns)


def _values(limits: RequestLimits, policy: EffectivePolicy) -> Iterator[Missing]:
    if limits.issuers is not None and not matches_any(limits.issuers, policy.issuer):
        yield Missing("issuers", policy.issuer, limits.issuers)
    if limits.keys is not None and not any(policy.key in read_key(one) for one in limits.keys):
        yield Missing("keys", policy.key, limits.keys)
    if limits.months is not None and policy.months > limits.months:
        yield Missing("months", str(policy.months), (f"up to {limits.months}",))


def _usages(limits: RequestLimits, policy: EffectivePolicy) -> Iterator[Missing]:
    yield from _beyond("ekus", policy.ekus, limits.ekus, eku_words([SERVER]), limits)
    yield from _beyond("key_usage", policy.key_usage, limits.key_usage, TLS_USAGES, limits)


def _subject(limits: RequestLimits, policy: EffectivePolicy) -> Iterator[Missing]:
    if limits.named or limits.subject is not None:
        for one in policy.subject:
            if not _subject_granted(limits, one):
                yield Missing("subject", str(one), limits.subject or ())


def _flags(limits: RequestLimits, policy: EffectivePolicy) -> Iterator[Missing]:
    """A flag that the row does not have is open; `wildcard` and `ca` are closed where it says which
    names it grants.
    """
    closed = False if limits.named else None
    for field, asked, granted in (
        ("wildcard", policy.wildcard, closed if limits.wildcard is None else limits.wildcard),
        ("ca", policy.ca, closed if limits.ca is None else limits.ca),
        ("exportable", policy.exportable, limits.exportable),
        ("reuse_key", policy.reuse_key, limits.reuse_key),
        ("auto_renew", policy.auto_renew, limits.auto_renew),
    ):
        if asked and granted is False:
            yield Missing(field, "true", ("false",))


def _around(limits: RequestLimits, owner: str, started_today: int) -> Iterator[Missing]:
    if limits.owners is not None and not owner_granted(limits.owners, owner):
        yield Missing("owners", owner, limits.owners)
    if limits.a_day is not None and started_today >= limits.a_day:
        yield Missing("a_day", f"number {started_today + 1} of today", (str(limits.a_day),))


def _beyond(
    field: str,
    asked: frozenset[str],
    patterns: Patterns,
    usual: frozenset[str],
    limits: RequestLimits,
) -> Iterator[Missing]:
    """What goes beyond the usages of a row, or beyond the usual ones of a row that says which names
    it grants, and no usages.
    """
    if patterns is None and not limits.named:
        return
    granted = usual if patterns is None else frozenset(patterns)
    if "*" not in granted:
        for one in sorted(asked - granted):
            yield Missing(field, one, tuple(sorted(granted)))


def _subject_granted(limits: RequestLimits, field: SubjectField) -> bool:
    if field.kind == "CN" and any(
        _granted(kind, _patterns(limits, kind), field.value) for kind in KINDS_OF_COMMON_NAMES
    ):
        return True
    return any(_fits_field(pattern, field) for pattern in limits.subject or ())


def _fits_field(pattern: str, field: SubjectField) -> bool:
    """Whether a pattern such as `O=Example *` fits a field of a subject, letter by letter."""
    kind, _, wanted = pattern.partition("=")
    begin, star, end = wanted.partition("*")
    value = field.value
    long_enough = len(value) >= len(begin + end)
    between = star and long_enough and value.startswith(begin) and value.endswith(end)
    return kind == field.kind and (value == wanted or bool(between))


def owner_granted(patterns: tuple[str, ...], owner: str) -> bool:
    """Whether all whom a text names as owner are granted: each address in it, and each name without
    an address.
    """
    read = read_addresses(owner)
    return all(matches_any(patterns, one) for one in read.found) and all(
        "@" not in one and matches_any(patterns, one) for one in read.unread
    )


def _granted(kind: str, patterns: tuple[str, ...], name: str) -> bool:
    return any(GRANTED_BY[kind](pattern, name) for pattern in patterns)


def _patterns(limits: RequestLimits, kind: str) -> tuple[str, ...]:
    found: Patterns = getattr(limits, kind)
    return found or ()
