"""Files that wait for a fault of Certflow's own: whoever runs it hears of it once for all of them, and again each day.

Whoever handed a file in can do nothing about it, and hears in plain words that the file waits.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta

from functions.issuance.certflow import Certflow
from functions.issuance.describe import printed
from functions.issuance.errors import BadSettings, Refused, Unavailable
from functions.issuance.events import CHAIN_HELD_UP, Event
from functions.issuance.journal import record
from functions.issuance.outbox import send
from functions.issuance.trust import CONTAINER, place_of
from functions.issuance.watchbook import TrustState

A_DAY = timedelta(hours=24)
MOST_WHY, MOST_NAMES, MOST_SHOWN = 1000, 10, 200  # characters; files in an event, and characters of each name
WAIT = "Nothing to do: whoever runs Certflow has been told, and the file is taken up by itself once that is mended."
ACCESS = (
    "See that the app's identity has its roles on the vaults and on the storage of the chains, and that firewalls let "
    'it in (README, "What the identity needs"); or correct the setting that is named. The files are then taken up by '
    "themselves."
)


def is_own_fault(error: Exception) -> bool:
    """Whether it is a fault of our settings or of the app's access, which no other file would change."""
    return isinstance(error, BadSettings) or (isinstance(error, Refused | Unavailable) and error.of_access)


async def tell_of_own_fault(certflow: Certflow, error: Exception) -> None:
    """Tells the operators of such a fault, if nobody did today. Raises Unavailable."""
    await _tell(certflow, "settings" if isinstance(error, BadSettings) else "access", str(error), ACCESS)


async def tell_of_lasting_distrust(certflow: Certflow, vault: str) -> None:
    """Tells them, once a day, of files that wait since a vault takes nobody's certificates. Of the first day they know:
    Certflow.Trust.Changed says so. Raises Unavailable.
    """
    note = await certflow.watchbook.trust(vault)
    if note is None or note.state not in {TrustState.NONE, TrustState.UNREADABLE} or note.since is None:
        return
    if certflow.now() - note.since >= A_DAY:
        place = place_of(vault)
        step = f"Put the certificate of the CA into {place}, or correct what is named. The files are then taken up."
        await _tell(certflow, f"{CONTAINER}/{vault}", note.why or "", step, vault)


async def _tell(certflow: Certflow, what: str, why: str, next_step: str, vault: str | None = None) -> None:
    now, held = certflow.now(), f"held-up:{what}"
    token = await certflow.watchbook.hold(held, now, now + A_DAY)
    if token is None:
        return
    try:
        lying = await certflow.drops.lying(now)
        record("drops-held-up", level=logging.ERROR, what=what, files=len(lying), reason=why)
        data = {
            "vault": vault,
            "sentence": printed(why, MOST_WHY),
            "next_step": next_step,
            "count": len(lying),
            "files": [printed(one.name, MOST_SHOWN) for one in lying[:MOST_NAMES]],
        }
        event = Event(
            id=f"held-up:{hashlib.sha256(what.encode()).hexdigest()[:32]}:{int(now.timestamp())}",
            type=CHAIN_HELD_UP,
            subject="chains",
            time=now,
            vault=vault,
            data={key: value for key, value in data.items() if value is not None},
        )
        await send(certflow, event)
    except Exception:
        await certflow.watchbook.let_go(held, token)
        raise
