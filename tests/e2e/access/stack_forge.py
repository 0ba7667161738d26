"""Tokens that the running stack's own Entra signs, with any claims: a bad one is refused for what is bad in it."""

from __future__ import annotations

import base64
import functools
import json
import ssl
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from functions.ports.sign_in import Registration
from tests.clock import real_now
from tests.entra_tokens import CLI, Claims, Forge, signing_key


@dataclass(frozen=True)
class StackForge(Forge):
    """As a Forge, for what a key of the tenant signs; what another key or another algorithm signs is made here."""

    control: str = ""
    ca_file: str = ""
    usual: frozenset[str] = frozenset()  # claims that its Entra writes by itself

    def signed(self, claims: Claims | bytes, *, key: RSAPrivateKey | None = None, **header: Any) -> str:
        """A token with these claims."""
        elsewhere = {"alg", "crit", "jwk", "kid"} & header.keys()
        if key is not None or elsewhere or isinstance(claims, bytes) or inf in claims.values():
            return super().signed(claims, key=key or signing_key(), **header)
        return self.asked("reader", {**dict.fromkeys(self.usual), **claims}, header)

    def asked(self, name: str, claims: Mapping[str, Any], header: Mapping[str, Any]) -> str:
        body = json.dumps({"name": name, "claims": claims, "header": header}).encode()
        request = urllib.request.Request(f"{self.control}/tokens", body, {"Content-Type": "application/json"})  # noqa: S310
        trust = ssl.create_default_context(cafile=self.ca_file)
        with urllib.request.urlopen(request, context=trust) as answer:  # noqa: S310  the stack's own address
            return str(json.load(answer)["access_token"])


def part_of(token: str, number: int) -> dict[str, Any]:
    """The header (0) or the claims (1) of a token."""
    part = token.split(".")[number]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def forge_of(stack: Mapping[str, Any]) -> StackForge:
    """The forge of a running stack at the time of now; what it takes from the stack's Entra stays as it is."""
    auth = stack["auth"]
    forge = _forge(auth["tenant"], auth["api"], auth["page"], auth["authority"], auth["control"], stack["ca_file"])
    return replace(forge, now=real_now())


@functools.cache
def _forge(tenant: str, api: str, page: str, authority: str, control: str, ca_file: str) -> StackForge:
    registration = Registration(tenant, api, frozenset({page, CLI}), authority)
    forge = StackForge(real_now(), registration, page=page, control=control, ca_file=ca_file)
    token = forge.asked("reader", {}, {})
    return replace(forge, kid=part_of(token, 0)["kid"], usual=frozenset(part_of(token, 1)))
