"""A read-only vault, which Certflow only observes: calls that would change something in it are
refused before they are sent.
"""

from __future__ import annotations

from typing import NoReturn, cast

from functions.app.context_parts import HasOptions
from functions.model.errors import Refused
from functions.ports.vault import Vault

CHANGES = {
    "create": "started",
    "cancel": "cancelled",
    "delete_pending": "deleted",
    "merge": "merged",
    "set_tags": "changed",
}
FORBIDDEN, REASON = 403, "observed"


def read_only(alias: str, vault: Vault) -> Vault:
    """The same vault, but what would change something raises Refused."""
    return cast(Vault, _ReadOnlyVault(alias, vault))


class _ReadOnlyVault:
    def __init__(self, alias: str, vault: Vault) -> None:
        self._alias, self._vault = alias, vault

    def __getattr__(self, method: str) -> object:
        if method not in CHANGES:
            return getattr(self._vault, method)

        async def refuse(*_given: object, **_more: object) -> NoReturn:
            raise _refusal(self._alias, method)

        return refuse


def refuse_if_read_only(certflow: HasOptions, alias: str) -> None:
    """Raises Refused if nothing can be started in a vault, before anybody is asked about it."""
    if alias.lower() in certflow.options.read_only_vaults:
        raise _refusal(alias.lower(), "create")


def _refusal(alias: str, method: str) -> Refused:
    return Refused(
        FORBIDDEN,
        "Forbidden",
        f"Certflow only observes the vault '{alias}' (CERTFLOW_VAULTS), so nothing "
        f"is {CHANGES[method]} there. Do it in Key Vault.",
        reason=REASON,
    )
