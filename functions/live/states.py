"""What the endpoints of a vault, or of one certificate, were at the last look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from functions.app.context_parts import HasLive
from functions.model.inventory.endpoints import (
    Endpoint,
    EndpointRows,
    endpoints_of,
)
from functions.model.inventory.record import CertificateRecord
from functions.model.live.state import EndpointState

NO_ROWS = EndpointRows()


@dataclass(frozen=True, slots=True)
class CertificateEndpoints:
    """The endpoints of a certificate, each with what it was at the last look: None before the first
    one at the current version, and where live is off. There is a sentence in `faults` for each part
    of its tag that cannot be read.
    """

    looked_at: tuple[tuple[Endpoint, EndpointState | None], ...] = ()
    faults: tuple[str, ...] = ()


async def endpoint_states(certflow: HasLive, alias: str) -> Mapping[str, tuple[EndpointState, ...]]:
    """The states of the endpoints of each certificate of a vault, by its name in lower case; empty
    where live is off. An endpoint that was not looked at yet has none. Raises Unavailable.
    """
    if certflow.live is None:
        return {}
    return {one.name.lower(): one.states for one in await certflow.live.checks.of_vault(alias)}


async def endpoints_of_certificate(
    certflow: HasLive, alias: str, record: CertificateRecord
) -> CertificateEndpoints:
    """The endpoints that a certificate's tag and the file name now; without those of the file where
    live is off. `alias` is lower-case. Raises Unavailable.
    """
    live, rows, states = certflow.live, NO_ROWS, dict[str, EndpointState]()
    if live is not None:
        rows, check = await live.file.rows(), await live.checks.get(alias, record.name)
        current = record.current
        # A new version is expected from an event on: until then states are about the one before.
        if check and current and check.expected.sha256 == current.sha256:
            states = {one.endpoint: one for one in check.states}
    read = endpoints_of(alias, record.name, record.tags, rows)
    looked_at = tuple((one, states.get(str(one))) for one in read.endpoints)
    return CertificateEndpoints(looked_at, read.faults)
