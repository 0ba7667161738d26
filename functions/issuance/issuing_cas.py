"""The CAs below the root of the chains that were merged last: they fill a chain where a file has the leaf alone.

What a CA returns most often is the certificate by itself. The CAs kept here are never trusted for that: a chain that
they fill is judged as any other.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from functions.issuance.certificate import Certificate, load
from functions.issuance.chains import Chain
from functions.issuance.errors import Unavailable
from functions.issuance.journal import record

if TYPE_CHECKING:
    from functions.issuance.certflow import Certflow

MOST = 20  # of a vault: the last ones
RENEWED = timedelta(days=1)  # a CA that was seen within this is not written again


@dataclass(frozen=True, slots=True)
class Kept:
    """A CA's certificate (DER), by its SHA-256 (hex), and when a chain with it was last merged (UTC)."""

    sha256: str
    der: bytes
    at: datetime


class IssuingCas(Protocol):
    """Where they are kept, by vault alias. Raises Unavailable."""

    async def kept(self, vault: str) -> list[Kept]:
        """Those of a vault, in no order."""
        ...

    async def keep(self, vault: str, one: Kept) -> None:
        """Keeps one, in place of an earlier mark of it."""
        ...

    async def forget(self, vault: str, sha256: str) -> None:
        """Forgets one. Gone already is fine."""
        ...


async def remember(certflow: Certflow, vault: str, chain: Chain) -> None:
    """Keeps the CAs of a chain that was merged. It is merged all the same if that cannot be written."""
    now = certflow.now()
    try:
        known = {one.sha256: one for one in await certflow.issuing_cas.kept(vault)}
        new = [Kept(one.sha256, one.der, now) for one in chain.path[1:]]
        new = [one for one in new if one.sha256 not in known or known[one.sha256].at < now - RENEWED]
        for one in new:
            await certflow.issuing_cas.keep(vault, one)
        known |= {one.sha256: one for one in new}
        for one in sorted(known.values(), key=lambda one: one.at, reverse=True)[MOST:]:
            await certflow.issuing_cas.forget(vault, one.sha256)
    except Unavailable as error:
        record("issuing-cas-not-kept", level=logging.WARNING, vault=vault, reason=str(error))


async def fillers(certflow: Certflow, vault: str, certificates: Sequence[Certificate]) -> list[Certificate]:
    """Those that are kept for a vault and are not among these. Raises Unavailable."""
    there = {one.sha256 for one in certificates}
    return [load(one.der) for one in await certflow.issuing_cas.kept(vault) if one.sha256 not in there]
