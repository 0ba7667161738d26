"""From the claims of a token to the caller: what a v2.0 access token for this API has to say.

Only a token whose signature is right gets here, so it is one of Entra's: maybe for another API,
another tenant or another purpose. What Entra writes into a token, and when, is in platform §11.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from functions.model.caller import Caller, is_guid
from functions.model.errors import Unauthenticated
from functions.model.request.actor import Actor, ActorKind
from functions.ports.sign_in import Registration

V2 = "2.0"
API_SCOPE = "access_as_user"  # what a person lets the page, or the Azure CLI, do in their name
IDTYP_APP, IDTYP_USER = "app", "user"  # what `idtyp` says, if the registration asks for it
CLOCK_SKEW = 60  # seconds that Entra's clock and ours may differ
MAX_NAME = 120

type Claims = Mapping[str, object]


def caller_from(claims: Claims, registration: Registration, now: datetime) -> Caller:
    """Returns the caller whom these claims name at the time `now`. Raises Unauthenticated for a
    token that is not for this API, not valid at that time, or neither a person's nor a machine's.
    """
    _check_source(claims, registration)
    _check_time(claims, now.timestamp())
    oid, azp, roles = _guid(claims, "oid"), _guid(claims, "azp"), _roles(claims)
    kind = ActorKind.PERSON if "scp" in claims else ActorKind.APP
    if kind is ActorKind.PERSON:
        _check_person(claims, azp, registration)
    else:
        _check_machine(claims, roles)
    name = _name(claims)
    return Caller(Actor(kind, name, tid=registration.tenant, oid=oid, azp=azp), roles)


def _check_source(claims: Claims, registration: Registration) -> None:
    """Who made the token, and for whom. The version comes first: a v1.0 token differs in all of
    it, and is what an API gets whose registration does not ask for another.
    """
    if claims.get("ver") != V2:
        raise Unauthenticated(
            f"The token is not of version {V2}: the API's registration has to set "
            "requestedAccessTokenVersion to 2."
        )
    if claims.get("iss") != registration.issuer:
        raise Unauthenticated("The token was issued by somebody else (iss).")
    if claims.get("tid") != registration.tenant:
        raise Unauthenticated("The token is of another tenant (tid).")
    if claims.get("aud") != registration.api:
        raise Unauthenticated(
            f"The token is not for this API: its audience (aud) has to be {registration.api}."
        )


def _check_time(claims: Claims, now: float) -> None:
    if now >= _seconds(claims, "exp") + CLOCK_SKEW:
        raise Unauthenticated("The token has expired: get a new one.")
    if now < _seconds(claims, "nbf") - CLOCK_SKEW:
        raise Unauthenticated("The token is not valid yet (nbf).")


def _check_person(claims: Claims, azp: str, registration: Registration) -> None:
    scopes = claims.get("scp")
    if not isinstance(scopes, str) or API_SCOPE not in scopes.split(" "):
        raise Unauthenticated(f"The token does not have the scope {API_SCOPE} (scp).")
    if claims.get("idtyp", IDTYP_USER) != IDTYP_USER:
        raise Unauthenticated("The token has scopes (scp), but is not a person's (idtyp).")
    if azp not in registration.clients:
        raise Unauthenticated(
            "People may not call with this application (azp): it is not among the clients in "
            "CERTFLOW_AUTH_CLIENTS."
        )


def _check_machine(claims: Claims, roles: frozenset[str]) -> None:
    """An application may call if somebody has given it a role of this API. Any application of a
    tenant gets a token for an API that does not require assignment, but one without roles
    (platform §11).
    """
    if claims.get("idtyp") != IDTYP_APP:
        raise Unauthenticated(
            "The token is no access token of a person (scp) or of an application (idtyp); an ID "
            "token is neither."
        )
    if not roles:
        raise Unauthenticated("The application has no role of this API (roles): assign one to it.")


def _guid(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not is_guid(value):
        raise Unauthenticated(f"The token does not say {name}, or not as a GUID.")
    return value


def _seconds(claims: Claims, name: str) -> int:
    """Returns a time in seconds since 1970. A bool is an int in Python, and no time."""
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Unauthenticated(f"The token does not say {name}, or not as a whole number.")
    return value


def _roles(claims: Claims) -> frozenset[str]:
    roles = claims.get("roles", [])
    if not isinstance(roles, list) or not all(isinstance(one, str) for one in roles):
        raise Unauthenticated("The roles of the token are no list of texts.")
    return frozenset(roles)


def _name(claims: Claims) -> str | None:
    """Returns the name for show, as one line: it is read in messages, logs and lists. People choose
    it, or their administrators do, so nothing is decided by it.
    """
    found = claims.get("preferred_username") or claims.get("name")
    if not isinstance(found, str):
        return None
    line = "".join(one if one.isprintable() else " " for one in found)
    return " ".join(line.split())[:MAX_NAME] or None
