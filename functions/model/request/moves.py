"""The moves of a request: which status may follow which."""

from __future__ import annotations

from functions.model.request.operation import Status

# Which status may follow which (protocol §5). A failed or cancelled request is completed by merging
# a chain that a CA issued outside Key Vault.
MOVES: dict[Status, frozenset[Status]] = {
    Status.IN_PROGRESS: frozenset(Status) - {Status.IN_PROGRESS},
    Status.FAILED: frozenset({Status.COMPLETED}),
    Status.CANCELLED: frozenset({Status.COMPLETED}),
    Status.COMPLETED: frozenset(),
    Status.DELETED: frozenset(),
    Status.OVERWRITTEN: frozenset(),
}
MERGEABLE = frozenset(status for status, then in MOVES.items() if Status.COMPLETED in then)
