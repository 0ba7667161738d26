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
    """Returns the mode; `keys` if none is set. A value that is neither counts as `entra`, where
    nobody gets in until it is right (sign_in.py): it was written to close something.
    """
    given = env.get("CERTFLOW_AUTH", "").strip().lower()
    return AuthMode.KEYS if given in {"", AuthMode.KEYS} else AuthMode.ENTRA
