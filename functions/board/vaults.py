"""Whether the vaults of the board answer, by the heartbeats that their check runs leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from functions.app.context_parts import HasOptions, HasVaults

# A run comes each minute and may take one. Several in a row without a good one are no coincidence.
MISSED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class BoardVaultState:
    """A vault: whether it is only observed, when its last good check run was, and since when good
    runs are missing (None: they are not); UTC.
    """

    observed: bool
    checked: datetime | None
    down_since: datetime | None


class VaultsContext(HasVaults, HasOptions, Protocol):
    """The vaults, and which of them are only observed."""


def vault_states(
    certflow: VaultsContext, heartbeats: Mapping[str, datetime], now: datetime
) -> dict[str, BoardVaultState]:
    """The states of the vaults of this context, by alias. Of a vault that never had a good run it
    is not known since when it does not answer.
    """
    return {alias: _state(certflow, alias, heartbeats.get(alias), now) for alias in certflow.vaults}


def _state(
    certflow: HasOptions, alias: str, beat: datetime | None, now: datetime
) -> BoardVaultState:
    observed = alias in certflow.options.read_only_vaults
    late = beat is not None and now - beat > MISSED
    return BoardVaultState(observed, beat, beat if late else None)
