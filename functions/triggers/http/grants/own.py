"""What of lists a caller sees, and what a caller is told of the own access."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from functions.access.permissions import may
from functions.access.verbs import Verb
from functions.app.context import Certflow
from functions.model.request_filter import RequestFilter
from functions.triggers.http.context import Context
from functions.triggers.http.types.access import AccessFileAnswer, CallerAnswer, OwnAccessAnswer

ALL = {"may": [verb.value for verb in Verb]}


def seen_by(context: Context, wanted: RequestFilter) -> RequestFilter:
    """Returns a filter that shows a caller no other requests than those that the caller may read.
    Raises UnknownVault, and Forbidden for a vault in which there are none, whether or not it
    exists.
    """
    app, access = context.certflow(), context.access
    for alias in sorted(wanted.vaults):
        if access is not None:
            access.require_in(Verb.READ, alias)
        app.vault(alias)
    return wanted if access is None else replace(wanted, may_see=app.may_see)


def verbs_of(context: Context) -> Callable[[str, str], tuple[Verb, ...]]:
    """Returns the function that says of a vault (alias) and a name what the caller may do there."""
    return (lambda _vault, _name: tuple(Verb)) if context.access is None else context.access.verbs()


def operates_all(context: Context) -> bool:
    """Whether the caller operates the whole app."""
    return context.access is None or context.access.decide(Verb.OPERATE).allowed


def operated(context: Context) -> Certflow:
    """Returns the dependencies with the vaults that the caller operates with all of their names:
    what a vault's status counts and names is not told of one name alone.
    """
    app, access = context.certflow(), context.access
    if access is None:
        return app
    whole = [alias for alias in app.vaults if access.decide(Verb.OPERATE, alias).allowed]
    return app.narrowed(whole, app.may_see)


def require_vaults(context: Context, aliases: Sequence[str]) -> None:
    """Raises Forbidden unless the caller operates each of these vaults, whether or not it exists;
    with none given, the whole app.
    """
    if context.access is not None:
        for alias in aliases or (None,):
            context.access.require(Verb.OPERATE, alias)


def access_answer(context: Context) -> OwnAccessAnswer:
    """Returns who calls, what is granted to the caller and what is denied, and by what."""
    actor, access = context.caller.actor, context.access
    caller = CallerAnswer(
        kind=actor.kind.value,
        name=actor.name,
        tid=actor.tid,
        oid=actor.oid,
        azp=actor.azp,
        roles=sorted(context.caller.roles) or None,
    )
    if access is None:
        return OwnAccessAnswer(caller, [dict(ALL)], [])
    rows, in_force = may(access.rules, context.caller), access.in_force
    return OwnAccessAnswer(
        caller,
        [dict(one) for one in rows.grants],
        [dict(one) for one in rows.conditions],
        AccessFileAnswer(in_force.state.value, in_force.sha256 or None),
        access.who_grants,
    )
