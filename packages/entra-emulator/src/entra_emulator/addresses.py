"""Where the tenant answers: one place for all addresses that documents and tokens name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Addresses:
    """`base` is known once the server listens; until then nobody asks."""

    tenant: str
    base: str = ""  # in place of https://login.microsoftonline.com

    @property
    def issuer(self) -> str:
        """`iss` of all tokens."""
        return f"{self.base}/{self.tenant}/v2.0"

    @property
    def authorize(self) -> str:
        """Where a browser goes to sign in."""
        return f"{self.base}/{self.tenant}/oauth2/v2.0/authorize"

    @property
    def token(self) -> str:
        """Where tokens are fetched."""
        return f"{self.base}/{self.tenant}/oauth2/v2.0/token"

    @property
    def keys(self) -> str:
        """The key set."""
        return f"{self.base}/{self.tenant}/discovery/v2.0/keys"
