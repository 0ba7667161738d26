"""Remembers the CA certificates of the chains that were merged last, to complete the chain of a
file that has only the leaf: CAs mostly return the certificate by itself.

These CAs are not trusted because they are remembered: a chain that they complete is validated as
any other.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from functions.app.context_parts import HasIssuingCas
from functions.app.contexts import ValidateContext
from functions.chains.validation.build import Chain
from functions.model.errors import Unavailable
from functions.model.log import record
from functions.ports.issuing_cas import IssuingCa
from functions.x509.certificate import Certificate, load

MAX_KEPT_CAS = 20  # CAs that are kept for a vault: those that were seen last
RENEWED = timedelta(days=1)  # a CA that was seen within this time is not written again


async def remember(certflow: ValidateContext, vault: str, chain: Chain) -> None:
    """Keeps the CAs of a chain that was merged in a vault (alias). Raises nothing if they cannot be
    written, because the chain is merged.
    """
    now = certflow.now()
    try:
        known = {one.sha256: one for one in await certflow.issuing_cas.list_cas(vault)}
        recent = {one.sha256 for one in known.values() if one.at >= now - RENEWED}
        cas = [IssuingCa(one.sha256, one.der, now) for one in chain.path[1:]]
        for one in cas:
            if one.sha256 not in recent:
                await certflow.issuing_cas.put(vault, one)
                known[one.sha256] = one
        for one in sorted(known.values(), key=lambda one: one.at, reverse=True)[MAX_KEPT_CAS:]:
            await certflow.issuing_cas.remove(vault, one.sha256)
    except Unavailable as error:
        record("issuing-cas-not-kept", level=logging.WARNING, vault=vault, reason=str(error))


async def fillers(
    certflow: HasIssuingCas, vault: str, certificates: Sequence[Certificate]
) -> list[Certificate]:
    """The CAs that are kept for a vault (alias) and are not among these certificates. Raises
    Unavailable.
    """
    there = {one.sha256 for one in certificates}
    return [
        load(one.der)
        for one in await certflow.issuing_cas.list_cas(vault)
        if one.sha256 not in there
    ]
