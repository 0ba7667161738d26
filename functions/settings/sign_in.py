"""Reads the settings of sign-in. They are read apart from the others too, so that a caller has to
sign in before any other wrong setting is told.

A wrong one never lets anybody in: where it is not known whose tokens to accept, nobody is.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from functions.model.caller import is_guid
from functions.model.errors import BadSettings
from functions.ports.sign_in import PageSignIn, Registration
from functions.settings.auth_mode import AuthMode, auth_mode
from functions.settings.values import Env, Faults, entries, https, required, text

AUTH, AUTH_TENANT, AUTH_API = "CERTFLOW_AUTH", "CERTFLOW_AUTH_TENANT", "CERTFLOW_AUTH_API"
AUTH_PAGE, AUTH_CLIENTS = "CERTFLOW_AUTH_PAGE", "CERTFLOW_AUTH_CLIENTS"
AUTH_AUTHORITY, PUBLIC_CLOUD = "CERTFLOW_AUTH_AUTHORITY", "https://login.microsoftonline.com"
AUTH_KEYS, AUTH_KEYS_UNTIL = "CERTFLOW_AUTH_KEYS", "CERTFLOW_AUTH_KEYS_UNTIL"
# The same in every tenant (Learn, "First-party Microsoft applications in sign-in reports").
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
KEY_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class SignInSettings:
    """How callers sign in. `registration` says which tokens are accepted; None with `keys`, and
    while `fault` keeps everybody out. `keys` are SHA-256 digests of function keys that count beside
    tokens, up to the end of the day `keys_until` (UTC). `page` is the console's application id.
    """

    mode: AuthMode
    registration: Registration | None = None
    fault: str = ""
    keys: frozenset[str] = frozenset()
    keys_until: date | None = None
    page: str = ""


def page_sign_in_of(given: SignInSettings) -> PageSignIn:
    """Returns what the console has to know of these settings."""
    if given.mode is AuthMode.KEYS:
        return PageSignIn(without="keys")
    if given.registration is None:
        return PageSignIn(without="setting")
    if not given.page:
        return PageSignIn(without="page")
    return PageSignIn(given.registration, given.page)


def sign_in_of(env: Env, faults: Faults) -> SignInSettings:
    """Reads the settings of sign-in, and notes what is wrong with them."""
    mode = auth_mode(env)
    if mode is AuthMode.KEYS:
        return SignInSettings(mode)
    page = _page(env, faults)
    try:
        registration = _registration(env, page, faults)
    except BadSettings as error:
        faults.tell(f"{error} Until then the API lets nobody in.")
        return SignInSettings(mode, fault=str(error))
    until = faults.taken(lambda: _keys_until(env), None)
    keys = _keys(env, faults) if until else frozenset[str]()
    return SignInSettings(mode, registration, keys=keys, keys_until=until, page=page)


def _registration(env: Env, page: str, faults: Faults) -> Registration:
    """Raises BadSettings where it is not known whose tokens to accept."""
    given = text(env, AUTH).lower()
    if given in {"", AuthMode.KEYS}:
        raise BadSettings(
            f"{AUTH}: write entra, or take the access file (CERTFLOW_ACCESS) away; it cannot hold "
            "where keys decide."
        )
    if given != AuthMode.ENTRA:
        raise BadSettings(f"{AUTH}: write {' or '.join(AuthMode)}.")
    return Registration(
        tenant=_guid(AUTH_TENANT, required(env, AUTH_TENANT)),
        api=_guid(AUTH_API, required(env, AUTH_API)),
        clients=frozenset([page] if page else []) | _clients(env, faults),
        authority=_authority(text(env, AUTH_AUTHORITY) or PUBLIC_CLOUD),
    )


def _guid(name: str, value: str) -> str:
    if not is_guid(value.lower()):
        raise BadSettings(f"{name}: this is no GUID, such as {AZURE_CLI}.")
    return value.lower()


def _authority(url: str) -> str:
    address = https(AUTH_AUTHORITY, url).lower()
    if address != f"https://{urlsplit(address).netloc}" or "@" in address:
        raise BadSettings(
            f"{AUTH_AUTHORITY}: write an address without tenant and path, such as {PUBLIC_CLOUD}."
        )
    return address


def _page(env: Env, faults: Faults) -> str:
    """The application id of our own page; none where it is wrong, and so nobody calls from it."""
    page = faults.taken(lambda: text(env, AUTH_PAGE), "")
    return faults.taken(lambda: _guid(AUTH_PAGE, page), "") if page else ""


def _clients(env: Env, faults: Faults) -> frozenset[str]:
    """Reads application ids, separated by commas. An entry that is none lets no application in, and
    where there are only such ones the default does not stand in.
    """
    try:
        given = [one.lower() for one in entries(env, AUTH_CLIENTS)] or [AZURE_CLI]
    except BadSettings as error:
        faults.tell(f"{error} Until then it allows no application.")
        return frozenset()
    for number, one in enumerate(given, 1):
        if not is_guid(one):
            faults.tell(f"{AUTH_CLIENTS}: entry {number} is no GUID, and allows no application.")
    return frozenset(one for one in given if is_guid(one))


def _keys_until(env: Env) -> date | None:
    given = text(env, AUTH_KEYS_UNTIL)
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise BadSettings(
            f"{AUTH_KEYS_UNTIL}: write a date, such as 2027-03-31. Until then no key counts."
        ) from None


def _keys(env: Env, faults: Faults) -> frozenset[str]:
    """Reads digests, separated by commas. They are not secret: a function key has 32 random bytes
    and more, which nobody guesses from its digest.
    """
    given = [one.lower() for one in faults.taken(lambda: entries(env, AUTH_KEYS), list[str]())]
    for number, one in enumerate(given, 1):
        if not KEY_DIGEST.fullmatch(one):
            faults.tell(f"{AUTH_KEYS}: entry {number} is no SHA-256 (64 hexadecimal digits).")
    return frozenset(one for one in given if KEY_DIGEST.fullmatch(one))
