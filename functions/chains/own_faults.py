"""Files that wait because of a fault of Certflow's own: the operators are told once for all of
them, and again each day.

Whoever handed a file in can do nothing about that, and is only told that the file waits.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta

from functions.app.contexts import OwnFaultsContext
from functions.app.outbox import send
from functions.model.errors import BadSettings, Refused, Unavailable
from functions.model.events.chains import HeldUp
from functions.model.log import record
from functions.model.trusted_places import CA_CONTAINER, place_of
from functions.ports.monitoring_store import TrustState
from functions.x509.describe import printed

A_DAY = timedelta(hours=24)
MAX_WHY = 1000  # characters of the reason
MAX_NAMED_FILES, MAX_NAME_LETTERS = 10, 200  # files in an event, and characters of each name
WAIT = (
    "Nothing to do: the operators of Certflow have a message about it, and the file is handled by "
    "itself once they have fixed it."
)
ACCESS = (
    "See that the app's identity has its roles on the vaults and on the storage of the chains, "
    'and that firewalls let it in (docs/security.md, "What the identity needs"); or correct the '
    "setting that is named. The files are then taken up by themselves."
)


def is_own_fault(error: Exception) -> bool:
    """Whether an error is a fault of Certflow's settings or of the app's access, and not of the
    file.
    """
    return isinstance(error, BadSettings) or (
        isinstance(error, Refused | Unavailable) and error.of_access
    )


async def tell_of_own_fault(certflow: OwnFaultsContext, error: Exception) -> None:
    """Tells the operators of a fault of Certflow's own, once in 24 hours. Raises Unavailable."""
    what = "settings" if isinstance(error, BadSettings) else "access"
    await _tell(certflow, what, str(error), ACCESS)


async def tell_of_lasting_distrust(certflow: OwnFaultsContext, vault: str) -> None:
    """Tells the operators, once in 24 hours, of files that wait because a vault accepts nobody's
    certificates; not on the first day, of which Certflow.Trust.Changed has told them. Raises
    Unavailable.
    """
    note = await certflow.monitoring_store.trust(vault)
    if note is None or note.since is None:
        return
    if note.state not in {TrustState.NONE, TrustState.UNREADABLE}:
        return
    if certflow.now() - note.since >= A_DAY:
        place = place_of(vault)
        step = (
            f"Put the certificate of the CA into {place}, or correct what is named. The files "
            "are then taken up."
        )
        await _tell(certflow, f"{CA_CONTAINER}/{vault}", note.why or "", step, vault)


async def _tell(
    certflow: OwnFaultsContext, what: str, why: str, next_step: str, vault: str | None = None
) -> None:
    now, held = certflow.now(), f"held-up:{what}"
    token = await certflow.monitoring_store.acquire(held, now, now + A_DAY)
    if token is None:
        return
    try:
        lying = await certflow.chain_files.unprocessed(now)
        record("drops-held-up", level=logging.ERROR, what=what, files=len(lying), reason=why)
        told = HeldUp(
            vault=vault,
            sentence=printed(why, MAX_WHY),
            next_step=next_step,
            count=len(lying),
            files=tuple(printed(one.name, MAX_NAME_LETTERS) for one in lying[:MAX_NAMED_FILES]),
        )
        id_ = f"held-up:{hashlib.sha256(what.encode()).hexdigest()[:32]}:{int(now.timestamp())}"
        await send(certflow, told.event(id_, "chains", now, vault=vault))
    except Exception:
        await certflow.monitoring_store.release(held, token)
        raise
