"""The rules of the audit about what is in a certificate. Each returns a sentence, or None."""

from __future__ import annotations

from collections.abc import Iterator

from functions.model.humanize import join_limited
from functions.model.inventory.audited import Audited
from functions.model.inventory.distrusted_cas import DISTRUSTED_CAS
from functions.x509.usages import CLIENT

MIN_BITS = {"RSA": 2048, "EC": 256}
MAX_CAS_ABOVE = 8  # that are followed
MAX_NAMES_SAID = 5


def distrusted_ca(one: Audited) -> str | None:
    """Whether browsers do not trust the CA, or one that is known to be above it."""
    current = one.valid
    if current is None or current.not_before is None:
        return None
    for key in _cas_above(one, current.ca_key):
        found = DISTRUSTED_CAS.get(key)
        if found and current.not_before >= found.since:
            return (
                f"Browsers do not trust what {found.name} has issued since {found.since:%Y-%m-%d}."
            )
    return None


def _cas_above(one: Audited, key: str) -> Iterator[str]:
    """The key identifiers of the CA and of those above, as far as they are known."""
    for _ in range(MAX_CAS_ABOVE):
        if not key:
            return
        yield key
        key = one.around.parents.get(key, "")


def untrusted_ca(one: Audited) -> str | None:
    """Whether the CA is known, and the vault does not trust it."""
    current = one.valid
    if current is None or current.self_signed or one.around.trusted.get(current.ca_key, True):
        return None
    return f"The vault does not trust its CA, {current.ca}."


def self_signed(one: Audited) -> str | None:
    """Whether no CA signed it."""
    return "It is signed with its own key." if one.valid and one.valid.self_signed else None


def weak_key(one: Audited) -> str | None:
    """Whether its key is too short. Of a type that is not known nothing is said."""
    current = one.valid
    if current is None or not 0 < current.key_size < MIN_BITS.get(current.key_type, 0):
        return None
    return f"Its key is {current.key_type} with {current.key_size} bits."


def key_reused(one: Audited) -> str | None:
    """Whether the next version keeps the key."""
    reused = one.is_made_by_policy and one.policy.reuse_key
    return "Its policy keeps the key for the next version." if reused else None


def client_auth(one: Audited) -> str | None:
    """Whether the policy asks for what public CAs do not grant."""
    asked = one.is_made_by_policy and one.is_public and CLIENT in one.policy.ekus
    return "Its policy asks for client authentication." if asked else None


def other_names(one: Audited) -> str | None:
    """Whether it has other names than the policy asks for, regardless of case."""
    current, policy = one.valid, one.policy
    if current is None or current.unread or not policy.names or not one.is_made_by_policy:
        return None
    has, asked = (frozenset(map(str.lower, names)) for names in (current.names, policy.names))
    lacks, added = sorted(asked - has), sorted(has - asked - set(_common_names(policy.subject)))
    return _differs(lacks, added)


def _differs(lacks: list[str], added: list[str]) -> str | None:
    """What is missing and what is there beside what was asked for, in words."""
    parts = []
    if lacks:
        parts.append(f"lacks {join_limited(lacks, MAX_NAMES_SAID)}")
    if added:
        parts.append(f"has {join_limited(added, MAX_NAMES_SAID)} beside what is asked for")
    return f"It {' and '.join(parts)}." if parts else None


def _common_names(subject: str) -> Iterator[str]:
    """The common names in a policy's subject, in lower case; a CA adds them to the names."""
    for part in subject.split(","):
        kind, _, value = part.partition("=")
        if kind.strip().upper() == "CN":
            yield value.strip().strip('"').lower()


def wildcard(one: Audited) -> str | None:
    """Whether a name stands for many hosts."""
    found = [name for name in one.valid.names if "*" in name] if one.valid else []
    return f"It is for {join_limited(found, MAX_NAMES_SAID)}." if found else None


def exportable(one: Audited) -> str | None:
    """Whether the key can leave the vault."""
    return "Its key can be exported." if one.valid and one.policy.exportable else None
