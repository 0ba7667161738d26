"""What a start or a merge changes of an existing certificate, and the event that tells its owner
before. Where nobody owned it, the default recipients are told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime

from functions.access.policy import DEFAULT_EKUS, DEFAULT_KEY_USAGE, DEFAULT_MONTHS
from functions.model.events.certificates import Change, ChangedByOthers
from functions.model.events.event import Event
from functions.model.people.addresses import spelled
from functions.model.request.actor import Actor, ActorKind, caller_of
from functions.model.request.certificate_changes import Changed, Takeover
from functions.model.request.request_event import who
from functions.model.request.tracked import TrackedRequest
from functions.model.tags import MUTE_TAG, OUR_TAGS, OWNER_TAG, RENEW_TAG, SIGNER_TAG
from functions.ports.key_vault_objects import CreateFields, MergeFields, Policy
from functions.x509.describe import printed

# Changes in an event: more than a body of ours can make (triggers/http/bodies.py), because one that
# is left out could be the one that matters. The event is one property of a table row, which takes
# 32,768 characters; a change has at most 900, when all of it has to be escaped.
MAX_CHANGES = 30
# What Key Vault fills in where a policy leaves it out (protocol §3), by path.
DEFAULTS: dict[str, object] = {
    "issuer.name": "Unknown",
    "key_props.kty": "RSA",
    "key_props.exportable": True,
    "key_props.reuse_key": False,
    "secret_props.contentType": "application/x-pkcs12",
    "x509_props.ekus": list(DEFAULT_EKUS),
    "x509_props.key_usage": list(DEFAULT_KEY_USAGE),
    "x509_props.validity_months": DEFAULT_MONTHS,
    "x509_props.basic_constraints.ca": False,
}
# Fields of a stored policy that Key Vault sets; attributes that a caller gives are compared apart.
OF_THE_SERVICE = {"id", "attributes"}
SHOWN_FIELDS = ("issuer.", "x509_props.subject", "x509_props.sans")  # the paths that are told first

# What is compared, and its value before and after.
type Pair = tuple[str, object, object]


def takeover_of(
    owner: str | None,
    tags: Mapping[str, str],
    policy: Policy | None,
    body: CreateFields,
) -> Takeover | None:
    """What a create with this body changes of a certificate; None if there was no certificate, or
    if it has no owner and stays as it is.

    `owner`, `tags` and `policy` are those before; the body has all tags of the new version. The
    changes that matter most come first.
    """
    if not owner and not tags and policy is None:
        return None
    pairs = (
        *_tag_pairs(owner, tags, body.get("tags") or {}),
        *_attribute_pairs(body),
        *_policy_pairs(policy, body.get("policy")),
    )
    changes = tuple(_changed(what, old, to) for what, old, to in pairs if _whole(old) != _whole(to))
    return Takeover(owner, changes[:MAX_CHANGES]) if owner or changes else None


def _tag_pairs(
    owner: str | None, tags: Mapping[str, str], new: Mapping[str, str]
) -> Iterator[Pair]:
    yield "owner", owner, new.get(OWNER_TAG)
    for tag in (SIGNER_TAG, RENEW_TAG, MUTE_TAG):
        yield f"tags.{tag}", tags.get(tag), new.get(tag)
    if owner:  # only an owner knows what the other tags are for
        yield "tags", _others(tags), _others(new)


def _attribute_pairs(body: CreateFields) -> Iterator[Pair]:
    """The attributes that the body sets; a true one (`enabled`) is the default, and no change."""
    of_policy = (body.get("policy") or {}).get("attributes") or {}
    given = {**of_policy, **(body.get("attributes") or {})}
    for name, value in sorted(given.items()):
        if value is not True:
            yield f"attributes.{name}", None, value


def _policy_pairs(policy: Policy | None, new: Policy | None) -> Iterator[Pair]:
    """The values of both policies by path; none if either is missing, as then nothing changes."""
    if policy is None or new is None:
        return
    before, after = filled_in(policy), filled_in(new)
    for path in sorted(
        {*before, *after}, key=lambda path: (not path.startswith(SHOWN_FIELDS), path)
    ):
        yield f"policy.{path}", before.get(path), after.get(path)


def changed_by_merge(
    owner: str | None, tags: Mapping[str, str], more: MergeFields
) -> Takeover | None:
    """What the tags and attributes of a merge change of a certificate; its tags stay if none are
    given. None for nothing: the owner is told of the merge itself anyway.
    """
    kept = {name: value for name, value in tags.items() if name != OWNER_TAG}
    if owner:
        kept[OWNER_TAG] = owner
    body: CreateFields = {"tags": more.get("tags", kept), "attributes": more.get("attributes", {})}
    takeover = takeover_of(owner, tags, {}, body)
    return takeover if takeover and takeover.changes else None


def takeover_events(
    takeover: Takeover | None, request: TrackedRequest, how: str, by: Actor, now: datetime
) -> tuple[Event, ...]:
    """The event that tells the owner before, if there is something that this owner does not know
    already. `how` it came about: `created`, `adopted` or `merged`; `now` is UTC.

    Of a start that changes nothing its owner is not told, if that owner is signed in. A name for
    show is enough for that alone: whatever changes, the owner before hears of it in any case.
    """
    if takeover is None or not (takeover.owner or takeover.changes):
        return ()
    themselves = by.kind is ActorKind.PERSON and (by.name or "").lower() in spelled(takeover.owner)
    if themselves and not takeover.changes:
        return ()
    return (_changed_by_others(takeover, request, how, by, now),)


def _changed_by_others(
    takeover: Takeover, request: TrackedRequest, how: str, by: Actor, now: datetime
) -> Event:
    told = ChangedByOthers(
        vault=request.vault,
        name=request.name,
        request_id=request.request_id,
        issuer=request.issuer,
        subject=request.subject,
        names=tuple(request.names.split()) or None,
        owner=takeover.owner,
        signer=request.signer,
        requested_by=by.shown,
        requester=who(by),
        caused_by=caller_of(by),
        how=how,
        changes=tuple(
            Change(what=one.what, before=one.before, after=one.after) for one in takeover.changes
        ),
    )
    whose = f"{request.vault}:{request.name.lower()}:{request.request_id}"
    id_ = f"{whose}:changed-by-others{_which(how, takeover)}"
    subject = f"vaults/{request.vault}/certificates/{request.name}"
    return told.event(id_, subject, now, vault=request.vault, name=request.name)


def _others(tags: Mapping[str, str]) -> list[str]:
    """The tags that are not ours."""
    return [f"{name} = {value}" for name, value in tags.items() if name not in OUR_TAGS]


def _which(how: str, takeover: Takeover) -> str:
    """The part of the event's id that tells several events of one request apart.

    A merge may be refused and be repeated with other fields, and after a start that was cut off the
    request of another may be found. The same changes again have the same id, and are told once.
    """
    what = f"{[(one.what, one.after) for one in takeover.changes]}"
    return f":{how}:{hashlib.sha256(what.encode()).hexdigest()[:16]}"


def filled_in(policy: Policy) -> dict[str, object]:
    """The values of a policy by path, with Key Vault's defaults (protocol §3)."""
    given = dict(
        _leaves({name: value for name, value in policy.items() if name not in OF_THE_SERVICE})
    )
    found = {**DEFAULTS, **given}
    if str(found["key_props.kty"]).startswith("EC"):
        found = {"key_props.crv": "P-256", **found}
        found.pop("key_props.key_size", None)  # it follows from the curve
    else:
        found = {"key_props.key_size": 2048, **found}
    if "lifetime_actions" not in found:
        action = "EmailContacts" if str(found["issuer.name"]).lower() == "unknown" else "AutoRenew"
        found["lifetime_actions"] = [
            {"trigger": {"lifetime_percentage": 80}, "action": {"action_type": action}}
        ]
    return found


def _leaves(value: Mapping[str, object], path: str = "") -> Iterator[tuple[str, object]]:
    """The values that are given, by path. An empty list of names counts as not given; an empty list
    of usages counts as given.
    """
    for name, one in value.items():
        if isinstance(one, Mapping):
            yield from _leaves(one, f"{path}{name}.")
        elif one is not None and not (one == [] and path.endswith("sans.")):
            yield f"{path}{name}", one


def _changed(what: str, old: object, to: object) -> Changed:
    """A change as it is shown: of two lists, only what the other does not have."""
    if isinstance(old, list) and isinstance(to, list):
        before, after = set(map(str, old)), set(map(str, to))
        old, to = sorted(before - after), sorted(after - before)
    return Changed(what, _shown_text(old), _shown_text(to))


def _whole(value: object) -> list[str] | str | None:
    """A value as it is compared: lists regardless of order."""
    if value is None:
        return None
    return sorted(map(str, value)) if isinstance(value, list) else str(value)


def _shown_text(value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, list):
        return printed(str(value))
    names = ", ".join(sorted(map(str, value)))
    if printed(names) == names:
        return names
    return printed(f"{len(value)} in all: {names}")  # what is cut off may be what matters
