"""Tells the operators what of the file of endpoints cannot be read: its servers are not looked at,
and nobody would hear of that.
"""

from __future__ import annotations

import logging

from functions.app.contexts import LiveContext
from functions.app.setting_faults import tell_setting
from functions.live.graces import file_faults
from functions.model.inventory.endpoints import ENDPOINT_FILE
from functions.model.log import record

MAX_FAULTS_TOLD = 3  # in one message; GET status has more


async def tell_file_faults(certflow: LiveContext) -> None:
    """Tells the operators of faults of the file, once a week, and anew when they change. Safe to
    repeat. Raises Unavailable.
    """
    if certflow.live is None:
        return
    faults = file_faults(await certflow.live.file.rows(), certflow.options.live)
    if not faults:
        return
    record("endpoint-file-faults", level=logging.ERROR, file=ENDPOINT_FILE, faults=len(faults))
    more = len(faults) - MAX_FAULTS_TOLD
    others = f" There are {more} more; GET status lists them." if more > 0 else ""
    sentence = f"what cannot be read has no effect. {' '.join(faults[:MAX_FAULTS_TOLD])}{others}"
    await tell_setting(certflow, "\n".join(faults), ENDPOINT_FILE, sentence)
