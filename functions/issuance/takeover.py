"""What a start or a merge changes of a certificate that is there already: its owner hears of it, whoever is the next
one; where nobody owns it, whoever gets what is nobody else's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.issuance.addresses import spelled
from functions.issuance.describe import printed
from functions.issuance.events import CHANGED_BY_OTHERS, Event
from functions.issuance.requests import Actor, TrackedRequest, caller_of
from functions.issuance.tags import MUTE, OURS, OWNER, RENEW, SIGNER

# More than a body of ours can change (bodies.py): what is left out could be what matters. The event is one property of
# a table row, which takes 32,768 characters: a change has at most 900, when all of it has to be escaped.
MOST_CHANGES = 30
# What Key Vault fills in where a policy leaves it out (protocol §3), by path.
DEFAULTS: dict[str, Any] = {
    "issuer.name": "Unknown",
    "key_props.kty": "RSA",
    "key_props.exportable": True,
    "key_props.reuse_key": False,
    "secret_props.contentType": "application/x-pkcs12",
    "x509_props.ekus": ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"],
    "x509_props.key_usage": ["digitalSignature", "keyEncipherment"],
    "x509_props.validity_months": 12,
    "x509_props.basic_constraints.ca": False,
}
OF_THE_SERVICE = {"id", "attributes"}  # of a stored policy; what a caller gives of them is told by itself
TELLING = ("issuer.", "x509_props.subject", "x509_props.sans")  # the paths that are told first


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that is changed: `owner`, a tag of ours, the other tags, an attribute, or `policy.` and a path. None:
    there is none.
    """

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Takeover:
    """Whose certificate it was before a start or a merge (None: nobody's), and what that changes of it."""

    owner: str | None
    changes: tuple[Changed, ...] = ()

    def of_owner(self) -> Takeover:
        """The same for a pending request that is adopted: its policy and tags stay as they are."""
        return Takeover(self.owner, tuple(change for change in self.changes if change.what == "owner"))


def takeover_of(
    owner: str | None,
    tags: Mapping[str, str],
    policy: Mapping[str, Any] | None,
    body: Mapping[str, Any],
) -> Takeover | None:
    """What a create with this body does to a certificate; None if there was none, or nobody's that stays as it is.

    `tags` and `policy` are those that it has before; the body has all the tags of the new version. The changes that
    matter most come first.
    """
    if not owner and not tags and policy is None:
        return None
    new = body.get("tags") or {}
    pairs: list[tuple[str, Any, Any]] = [("owner", owner, new.get(OWNER))]
    pairs += [(f"tags.{tag}", tags.get(tag), new.get(tag)) for tag in (SIGNER, RENEW, MUTE)]
    if owner:  # what others of the tags are for, their owner knows
        pairs.append(("tags", _others(tags), _others(new)))
    given = {**((body.get("policy") or {}).get("attributes") or {}), **(body.get("attributes") or {})}
    pairs += [(f"attributes.{name}", None, value) for name, value in sorted(given.items()) if value is not True]
    if body.get("policy") is not None and policy is not None:
        before, after = _filled_in(policy), _filled_in(body["policy"])
        paths = sorted({*before, *after}, key=lambda path: (not path.startswith(TELLING), path))
        pairs += [(f"policy.{path}", before.get(path), after.get(path)) for path in paths]
    changes = tuple(_changed(what, old, to) for what, old, to in pairs if _whole(old) != _whole(to))
    return Takeover(owner, changes[:MOST_CHANGES]) if owner or changes else None


def changed_by_merge(owner: str | None, tags: Mapping[str, str], more: Mapping[str, Any]) -> Takeover | None:
    """What the other fields of a merge change of a certificate, whose tags stay as they are if none are given; None for
    nothing: of the merge itself its owner hears anyway.
    """
    takeover = takeover_of(owner, tags, {}, {"tags": {**tags, OWNER: owner}, **more})
    return takeover if takeover and takeover.changes else None


def taken_over(
    takeover: Takeover | None, request: TrackedRequest, how: str, by: Actor, now: datetime
) -> tuple[Event, ...]:
    """The event for the owner before, if there is something that this owner does not know. `how` it came about:
    `created`, `adopted` or `merged`.

    Only a signed-in name counts as the owner's own: what callers say of themselves can be typed.
    """
    if takeover is None or not (takeover.owner or takeover.changes):
        return ()
    themselves = by.verified and (by.name or "").lower() in spelled(takeover.owner)
    if themselves and not takeover.changes:
        return ()
    data = {
        "vault": request.vault,
        "name": request.name,
        "request_id": request.request_id,
        "issuer": request.issuer,
        "subject": request.subject,
        "names": request.names.split() or None,
        "owner": takeover.owner,
        "signer": request.signer,
        "requested_by": by.name,
        "caused_by": caller_of(by),
        "how": how,
        "changes": [{"what": one.what, "before": one.before, "after": one.after} for one in takeover.changes],
    }
    event = Event(
        id=f"{request.vault}:{request.name.lower()}:{request.request_id}:changed-by-others{_which(how, takeover)}",
        type=CHANGED_BY_OTHERS,
        subject=f"vaults/{request.vault}/certificates/{request.name}",
        time=now,
        vault=request.vault,
        name=request.name,
        data={key: value for key, value in data.items() if value is not None},
    )
    return (event,)


def _others(tags: Mapping[str, str]) -> list[str]:
    """The tags that are not ours."""
    return [f"{name} = {value}" for name, value in tags.items() if name not in OURS]


def _which(how: str, takeover: Takeover) -> str:
    """What tells apart what is told of one request: a merge may be refused, and come again with something else; and
    where a start was cut off, it may be another's that is found. Whoever sends the same again changes nothing more.
    """
    what = f"{[(one.what, one.after) for one in takeover.changes]}"
    return f":{how}:{hashlib.sha256(what.encode()).hexdigest()[:16]}"


def _filled_in(policy: Mapping[str, Any]) -> dict[str, Any]:
    """A policy by the paths of its values, with Key Vault's defaults."""
    given = dict(_leaves({name: value for name, value in policy.items() if name not in OF_THE_SERVICE}))
    found = {**DEFAULTS, **given}
    if str(found["key_props.kty"]).startswith("EC"):
        found = {"key_props.crv": "P-256", **found}
        found.pop("key_props.key_size", None)  # it follows from the curve
    else:
        found = {"key_props.key_size": 2048, **found}
    if "lifetime_actions" not in found:
        action = "EmailContacts" if str(found["issuer.name"]).lower() == "unknown" else "AutoRenew"
        found["lifetime_actions"] = [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": action}}]
    return found


def _leaves(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """The values that are given, by path. An empty list of names is none; an empty list of usages is one."""
    for name, one in value.items():
        if isinstance(one, Mapping):
            yield from _leaves(one, f"{path}{name}.")
        elif one is not None and not (one == [] and path.endswith("sans.")):
            yield f"{path}{name}", one


def _changed(what: str, old: Any, to: Any) -> Changed:
    """A change as it is shown: of two long lists, what only one of them has."""
    if isinstance(old, list) and isinstance(to, list):
        before, after = set(map(str, old)), set(map(str, to))
        old, to = sorted(before - after), sorted(after - before)
    return Changed(what, _text(old), _text(to))


def _whole(value: Any) -> list[str] | str | None:
    """A value as it is compared."""
    if value is None:
        return None
    return sorted(map(str, value)) if isinstance(value, list) else str(value)


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, list):
        return printed(str(value))
    names = ", ".join(sorted(map(str, value)))
    shown = printed(names)
    return shown if shown == names else printed(f"{len(value)} in all: {names}")  # what is cut off may be what matters
