"""Refusals as Entra words them: an OAuth error, and an AADSTS code with a sentence.

The codes are those of https://learn.microsoft.com/entra/identity-platform/reference-error-codes.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(eq=False)
class EntraError(Exception):
    """What is refused, and why: `error` is OAuth's word, `code` the number behind AADSTS."""

    error: str
    code: int
    text: str
    status: int = 400
    trace: str = field(default_factory=lambda: str(uuid.uuid4()))

    def description(self, now: float) -> str:
        """The sentence with its code, ids and time."""
        return (
            f"AADSTS{self.code}: {self.text} Trace ID: {self.trace} "
            f"Correlation ID: {self.correlation} Timestamp: {_timestamp(now)}"
        )

    @property
    def correlation(self) -> str:
        """An id of the request, beside that of the answer."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, self.trace))

    def body(self, now: float) -> dict[str, Any]:
        """What the token endpoint answers."""
        return {
            "error": self.error,
            "error_description": self.description(now),
            "error_codes": [self.code],
            "timestamp": _timestamp(now),
            "trace_id": self.trace,
            "correlation_id": self.correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={self.code}",
        }


def _timestamp(now: float) -> str:
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def unknown_tenant(tenant: str) -> EntraError:
    """No such tenant."""
    return EntraError("invalid_request", 90002, f"Tenant '{tenant}' not found.")


def missing(parameter: str) -> EntraError:
    """A parameter that has to be there."""
    return EntraError(
        "invalid_request", 900144, f"The request body must contain the following parameter: '{parameter}'."
    )


def malformed() -> EntraError:
    """Nothing that can be read."""
    return EntraError("invalid_request", 9002313, "Invalid request. Request is malformed or invalid.")


def invalid_grant(code: int, text: str) -> EntraError:
    """A code or refresh token that is worth nothing."""
    return EntraError("invalid_grant", code, text)


def unknown_client(client_id: str, tenant: str) -> EntraError:
    """No such application."""
    text = f"Application with identifier '{client_id}' was not found in the directory '{tenant}'."
    return EntraError("unauthorized_client", 700016, text)


def redirect_mismatch(uri: str, client_id: str) -> EntraError:
    """A redirect URI that is not registered."""
    text = (
        f"The redirect URI '{uri}' specified in the request does not match the redirect URIs configured for the "
        f"application '{client_id}'."
    )
    return EntraError("invalid_request", 50011, text)


def unknown_resource(resource: str, tenant: str) -> EntraError:
    """A scope of an API that is not in the tenant."""
    text = f"The resource principal named {resource} was not found in the tenant named {tenant}."
    return EntraError("invalid_resource", 500011, text)


def invalid_scope(scope: str) -> EntraError:
    """A scope that cannot be asked for."""
    text = f"The provided value for the input parameter 'scope' is not valid. The scope '{scope}' is not valid."
    return EntraError("invalid_scope", 70011, text)


def invalid_client(code: int, text: str) -> EntraError:
    """A client that does not prove who it is."""
    return EntraError("invalid_client", code, text, 401)
