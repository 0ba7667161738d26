"""What a token is asked for: scopes of the API, and those of OpenID Connect."""

from __future__ import annotations

from dataclasses import dataclass

from entra_emulator import errors
from entra_emulator.directory import Directory

OPENID = frozenset({"openid", "profile", "email", "offline_access"})
DEFAULT = ".default"


@dataclass(frozen=True)
class Scopes:
    """The scopes of a request: those of the API without its name, and those of OpenID Connect."""

    api: tuple[str, ...]
    openid: frozenset[str]

    def written(self, uri: str) -> str:
        """As the token endpoint repeats them."""
        return " ".join([*(f"{uri}/{scope}" for scope in self.api), *sorted(self.openid)])


def delegated(text: str, directory: Directory) -> Scopes:
    """What a person may ask for. `.default` stands for all scopes of the API. Raises EntraError."""
    asked = text.split()
    openid = frozenset(asked) & OPENID
    of_api = [_of_api(scope, directory) for scope in asked if scope not in OPENID]
    if DEFAULT in of_api:
        if len(of_api) > 1:
            raise errors.invalid_scope(text)
        of_api = [*directory.api.scopes]
    if not asked or any(scope not in directory.api.scopes for scope in of_api):
        raise errors.invalid_scope(text)
    return Scopes(tuple(of_api), openid)


def of_machine(text: str, directory: Directory) -> None:
    """A machine asks for `.default` of one API and nothing else. Raises EntraError."""
    asked = text.split()
    if len(asked) != 1 or not asked[0].endswith(f"/{DEFAULT}"):
        said = (
            f"The provided value for scope {text} is not valid. Client credential flows must have a scope value with "
            "/.default suffixed to the resource identifier (application ID URI)."
        )
        raise errors.EntraError("invalid_scope", 1002012, said)
    _of_api(asked[0], directory)


def _of_api(scope: str, directory: Directory) -> str:
    resource, _, name = scope.rpartition("/")
    if resource.rstrip("/").lower() not in (directory.api.uri, directory.api.client_id):
        # A scope without a resource is one of Microsoft Graph, which is not here.
        raise errors.unknown_resource(resource or "https://graph.microsoft.com", directory.tenant)
    return name
