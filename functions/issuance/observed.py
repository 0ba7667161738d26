"""A vault that Certflow only watches: what would change something there is refused before it gets there."""

from __future__ import annotations

from typing import Any, NoReturn, cast

from functions.issuance.errors import Refused
from functions.issuance.ports import Vault

CHANGES = {"create": "started", "cancel": "cancelled", "delete_pending": "deleted", "merge": "merged"}
FORBIDDEN, REASON = 403, "observed"


def observed(alias: str, vault: Vault) -> Vault:
    """The same vault, whose create, cancel, delete_pending and merge raise Refused."""
    return cast(Vault, _Observed(alias, vault))


class _Observed:
    def __init__(self, alias: str, vault: Vault) -> None:
        self._alias, self._vault = alias, vault

    def __getattr__(self, method: str) -> Any:
        if method not in CHANGES:
            return getattr(self._vault, method)

        async def refuse(*_given: Any, **_more: Any) -> NoReturn:
            raise Refused(
                FORBIDDEN,
                "Forbidden",
                f"Certflow only observes the vault '{self._alias}' (CERTFLOW_VAULTS), so nothing is {CHANGES[method]} "
                "there. Do it in Key Vault.",
                reason=REASON,
            )

        return refuse
