"""Which way of signing in is set. It is asked while functions are indexed, because the host checks
keys where they decide: so this module imports nothing that a cold start would wait for.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class AuthMode(StrEnum):
    """What lets a caller in: an access token of Entra ID, which Certflow validates, or a function
    key, which the host checks.
    """

    ENTRA = "entra"
    KEYS = "keys"


def auth_mode(env: Mapping[str, str]) -> AuthMode:
    """Returns the mode; `keys` if none is set.

    A value that is neither counts as `entra`, where nobody gets in until it is right (sign_in.py):
    it was written to close something. So does `keys` beside an access file, which could not hold
    where a key may do all: whoever turned sign-in off would turn the file off, too.
    """
    given = env.get("CERTFLOW_AUTH", "").strip().lower()
    keys = given in {"", AuthMode.KEYS} and not env.get("CERTFLOW_ACCESS", "").strip()
    return AuthMode.KEYS if keys else AuthMode.ENTRA
