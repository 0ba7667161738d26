"""A token credential for Azurite's `--oauth basic`, which reads the claims and checks no signature."""

from __future__ import annotations

import base64
import json
from typing import Any, Self

from azure.core.credentials import AccessToken

from testkit.clock import real_now


def _part(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


class AnyToken:
    """Hands out an unsigned-looking token for whatever resource is asked for."""

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        now = int(real_now().timestamp())
        claims = {
            "aud": scopes[0].removesuffix("/.default"),
            "iss": "https://sts.windows.net/00000000-0000-0000-0000-000000000000/",
            "iat": now - 60,
            "nbf": now - 60,
            "exp": now + 3600,
        }
        return AccessToken(f"{_part({'alg': 'RS256', 'typ': 'JWT'})}.{_part(claims)}.c2ln", now + 3600)

    async def close(self) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        pass
