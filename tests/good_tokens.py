"""Tokens that are accepted, to the limits of what is, and whom they name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from functions.model.caller import Caller
from functions.model.request.actor import Actor, ActorKind
from tests.entra_tokens import ANN, CLI, PAGE, PIPELINE, PIPELINE_APP, TENANT, Forge

READER = frozenset({"Certflow.Reader", "team-pay"})


@dataclass(frozen=True)
class GoodToken:
    """A header Authorization, and the caller whom it names (for a Forge with its usual registration)."""

    name: str
    header: Callable[[Forge], str]
    caller: Caller

    def __str__(self) -> str:
        return self.name


def _person(name: str | None = "ann@example.com", azp: str = PAGE, roles: frozenset[str] = READER) -> Caller:
    return Caller(Actor(ActorKind.PERSON, name, tid=TENANT, oid=ANN, azp=azp), roles)


def _app(name: str | None = None) -> Caller:
    return Caller(
        Actor(ActorKind.APP, name, tid=TENANT, oid=PIPELINE, azp=PIPELINE_APP), frozenset({"Certflow.Requester"})
    )


GOOD_TOKENS = (
    GoodToken("a person", lambda forge: forge.bearer(forge.person()), _person()),
    GoodToken("a person with the Azure CLI", lambda forge: forge.bearer(forge.person(azp=CLI)), _person(azp=CLI)),
    GoodToken("a person without idtyp", lambda forge: forge.bearer(forge.person(idtyp=None)), _person()),
    GoodToken(
        "a person without roles", lambda forge: forge.bearer(forge.person(roles=None)), _person(roles=frozenset())
    ),
    GoodToken(
        "several scopes", lambda forge: forge.bearer(forge.person(scp="profile access_as_user email")), _person()
    ),
    GoodToken("a machine", lambda forge: forge.bearer(forge.machine()), _app()),
    GoodToken("59 s after its end", lambda forge: forge.bearer(forge.person(exp=forge.at(seconds=-59))), _person()),
    GoodToken("60 s before its begin", lambda forge: forge.bearer(forge.person(nbf=forge.at(seconds=60))), _person()),
    GoodToken("bearer in lower case", lambda forge: f"bearer  {forge.signed(forge.person())} ", _person()),
    GoodToken("without typ", lambda forge: forge.bearer(forge.person(), typ=None), _person()),
    GoodToken("a long one", lambda forge: forge.bearer(forge.person(filler="x" * 10_000)), _person()),
    GoodToken(
        "a name without an address",
        lambda forge: forge.bearer(forge.person(preferred_username=None)),
        _person("Ann Example"),
    ),
    GoodToken(
        "no name at all", lambda forge: forge.bearer(forge.person(preferred_username=None, name=None)), _person(None)
    ),
    GoodToken("a list as name", lambda forge: forge.bearer(forge.person(preferred_username=["a"])), _person(None)),
    GoodToken(
        "a name with line ends",
        lambda forge: forge.bearer(forge.person(preferred_username="ann\r\n\u202eadmin\x00 x")),
        _person("ann admin x"),
    ),
    GoodToken(
        "a long name", lambda forge: forge.bearer(forge.person(preferred_username="a" * 500)), _person("a" * 120)
    ),
    GoodToken("a name of blanks", lambda forge: forge.bearer(forge.machine(name=" \n")), _app()),
)
