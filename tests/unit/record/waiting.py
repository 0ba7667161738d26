"""Acts that wait for their record."""

from __future__ import annotations

from datetime import timedelta

from functions.model.acts.act import act_of_history
from functions.model.request.actor import RENEWAL
from functions.model.request.history import HistoryEntry
from functions.model.request.operation import Status
from functions.ports.record.acts import WaitingAct
from tests.clock import NOW


def waiting(count: int, first: int = 0) -> list[WaitingAct]:
    """Acts in the outbox, of two partitions."""
    found = []
    for number in range(first, first + count):
        entry = HistoryEntry("created", NOW + timedelta(seconds=number), f"r{number}", Status.IN_PROGRESS, RENEWAL)
        act = act_of_history("main", "web", entry)
        found.append(WaitingAct(act.id, act.text, f"main|{number % 2}", f"oa|{number:06}|{act.id}"))
    return found
