"""Tokens that the running stack's own Entra signs, with any claims: a bad one is refused for what is bad in it."""

from __future__ import annotations

import base64
import json
import ssl
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
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

    def signed(self, claims: Claims | bytes, *, key: RSAPrivateKey | None = None, **header: Any) -> str:
        """A token with these claims."""
        elsewhere = {"alg", "crit", "jwk", "kid"} & header.keys()
        if key is not None or elsewhere or isinstance(claims, bytes) or inf in claims.values():
            return super().signed(claims, key=key or signing_key(), **header)
        usual = claims_in(self._asked("reader", {}, {}))
        return self._asked("reader", {**dict.fromkeys(usual), **claims}, header)

    def _asked(self, name: str, claims: Mapping[str, Any], header: Mapping[str, Any]) -> str:
        body = json.dumps({"name": name, "claims": claims, "header": header}).encode()
        request = urllib.request.Request(f"{self.control}/tokens", body, {"Content-Type": "application/json"})  # noqa: S310
        trust = ssl.create_default_context(cafile=self.ca_file)
        with urllib.request.urlopen(request, context=trust) as answer:  # noqa: S310  the stack's own address
            return str(json.load(answer)["access_token"])


def claims_in(token: str) -> dict[str, Any]:
    """The claims of a token."""
    payload = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return found


def forge_of(stack: Mapping[str, Any]) -> StackForge:
    """The forge of a running stack."""
    auth = stack["auth"]
    registration = Registration(auth["tenant"], auth["api"], frozenset({auth["page"], CLI}), auth["authority"])
    first = StackForge(real_now(), registration, page=auth["page"], control=auth["control"], ca_file=stack["ca_file"])
    header = first.signed(first.person()).split(".")[0]
    kid = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]
    return StackForge(
        real_now(), registration, kid=kid, page=auth["page"], control=auth["control"], ca_file=stack["ca_file"]
    )
