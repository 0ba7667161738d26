"""What the endpoints of a vault were at the last look."""

from __future__ import annotations

from collections.abc import Mapping

from functions.app.context_parts import HasLive
from functions.model.live.state import EndpointState


async def endpoint_states(certflow: HasLive, alias: str) -> Mapping[str, tuple[EndpointState, ...]]:
    """The states of the endpoints of each certificate of a vault, by its name in lower case; empty
    where live is off. An endpoint that was not looked at yet has none. Raises Unavailable.
    """
    if certflow.live is None:
        return {}
    return {one.name.lower(): one.states for one in await certflow.live.checks.of_vault(alias)}
