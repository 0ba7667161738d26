"""Authorization codes and refresh tokens: what they stand for, once and for a time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

from entra_emulator.directory import Client, Person
from entra_emulator.errors import EntraError, invalid_grant
from entra_emulator.scopes import Scopes

CODE_TTL = 600  # seconds
# Of a page's refresh tokens; the next one ends when the first would have. Those of programs live longer, and are not
# handed out here.
REFRESH_TTL = 24 * 3600


@dataclass(frozen=True)
class Grant:
    """What a person allowed a client when they signed in."""

    person: Person
    client: Client
    scopes: Scopes
    redirect_uri: str
    challenge: str
    nonce: str | None
    ends: float


class Codes:
    """What is out and not redeemed."""

    def __init__(self) -> None:
        self._codes: dict[str, Grant] = {}
        self._redeemed: set[str] = set()
        self._refresh: dict[str, tuple[Grant, float]] = {}
        self._revoked: set[str] = set()

    def issue(self, grant: Grant) -> str:
        """A code for what was allowed."""
        code = f"1.A{secrets.token_urlsafe(48)}"
        self._codes[code] = grant
        return code

    def redeem(self, code: str, client: Client, redirect_uri: str, verifier: str, now: float) -> Grant:
        """What the code stands for. Whatever is wrong, the code is spent. Raises EntraError."""
        if code in self._redeemed:
            raise invalid_grant(
                54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code."
            )
        grant = self._codes.pop(code, None)
        if grant is None:
            raise EntraError("invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
        self._redeemed.add(code)
        if grant.client != client:
            raise invalid_grant(70000, "The provided authorization code was not issued for this client.")
        if grant.ends <= now:
            raise invalid_grant(
                70008, "The provided authorization code or refresh token has expired due to inactivity."
            )
        if grant.redirect_uri != redirect_uri:
            text = (
                f"The reply address '{redirect_uri}' does not match the reply address '{grant.redirect_uri}' provided "
                "when requesting Authorization code."
            )
            raise invalid_grant(500112, text)
        if not hmac.compare_digest(challenge_of(verifier).encode(), grant.challenge.encode()):
            text = "The Code_Verifier does not match the code_challenge supplied in the authorization request."
            raise invalid_grant(501481, text)
        return grant

    def refresh_token(self, grant: Grant, ends: float) -> str:
        """A refresh token that ends then."""
        token = f"1.A{secrets.token_urlsafe(64)}"
        self._refresh[token] = grant, ends
        return token

    def refresh(self, token: str, client: Client, now: float) -> tuple[Grant, float]:
        """What was allowed, and when the tokens of this sign-in end. The old token stays good, as the service's do."""
        if token in self._revoked:
            raise invalid_grant(
                50173, "The provided grant has expired due to it being revoked, a fresh auth token is needed."
            )
        grant, ends = self._refresh.get(token, (None, 0.0))
        if grant is None or grant.client != client:
            raise EntraError("invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.")
        if ends <= now:
            text = "The refresh token has expired. Single page apps get refresh tokens that live for 24 hours."
            raise invalid_grant(700084, text)
        return grant, ends

    def revoke(self) -> None:
        """Refresh tokens that are out are good no more, as after a new password or for a lost laptop."""
        self._revoked |= set(self._refresh)


def challenge_of(verifier: str) -> str:
    """PKCE's S256 (RFC 7636 §4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
