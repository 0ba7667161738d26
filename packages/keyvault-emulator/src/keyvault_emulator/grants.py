"""Grants: which data actions each identity has, as role assignments on a vault would give them.

An action is written as Azure writes it, with or without `Microsoft.KeyVault/vaults/` in front; `*` stands for any part,
as in the built-in roles: `certificates/*`. The grants count in every vault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

from keyvault_emulator import errors
from keyvault_emulator.events import VAULTS
from keyvault_emulator.tokens import ISSUER, Caller

PREFIX = "Microsoft.KeyVault/vaults/"
CLIENT_ID = "5c1e7ab1-0000-4000-8000-0000000000a1"  # the default identity: who asks without a client_id
EVERYTHING = ("*",)

# The data actions of Key Vault's resource provider that reach certificates, what hangs on them, and keys.
ACTIONS = (
    "certificates/read",
    "certificates/create/action",
    "certificates/update/action",
    "certificates/import/action",
    "certificates/delete",
    "certificates/recover/action",
    "certificates/purge/action",
    "certificates/backup/action",
    "certificates/restore/action",
    "certificatecas/read",
    "certificatecas/write",
    "certificatecas/delete",
    "certificatecontacts/write",
    "keys/read",
    "keys/create/action",
    "keys/import/action",
    "keys/update/action",
    "keys/delete",
    "keys/recover/action",
    "keys/purge/action",
    "keys/sign/action",
    "keys/verify/action",
    "secrets/getSecret/action",
    "secrets/readMetadata/action",
)


class Grants:
    """Who may do what. The default identity may do everything until told otherwise."""

    def __init__(self, identities: Mapping[str, Iterable[str]] | None = None) -> None:
        self._by_client: dict[str, tuple[str, ...]] = {CLIENT_ID: EVERYTHING}
        for client_id, actions in (identities or {}).items():
            self.set(client_id, actions)

    def set(self, client_id: str, actions: Iterable[str]) -> None:
        """Replaces what an identity may do, and makes the identity if it is new. Raises ValueError."""
        kept = tuple(actions)
        for action in kept:
            if not any(_covers(action, known) for known in ACTIONS):
                raise ValueError(f"'{action}' is no data action of this vault. Known: {', '.join(ACTIONS)}")
        self._by_client[client_id.lower()] = kept

    def knows(self, client_id: str) -> bool:
        """Whether there is such an identity."""
        return client_id.lower() in self._by_client

    def items(self) -> dict[str, list[str]]:
        """All identities with what they may do."""
        return {client_id: list(actions) for client_id, actions in self._by_client.items()}

    def require(self, caller: Caller, action: str, host: str, path: str) -> None:
        """Raises KeyVaultError (403) if the caller has no grant for the action."""
        if caller.client_id is None:
            return
        granted = self._by_client.get(caller.client_id.lower(), ())
        if not any(_covers(one, action) for one in granted):
            item = "/".join(segment for segment in path.split("/") if segment).lower()
            resource = f"{VAULTS.lower()}/{host}/{item}"
            raise errors.forbidden_by_rbac(
                caller.client_id, caller.object_id, ISSUER, PREFIX + _short(action), resource
            )


def _covers(granted: str, action: str) -> bool:
    return fnmatchcase(_short(action).lower(), _short(granted).lower())


def _short(action: str) -> str:
    return action[len(PREFIX) :] if action.lower().startswith(PREFIX.lower()) else action
