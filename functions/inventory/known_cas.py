"""What is known of the CAs above the certificates of a vault: those that have signed what was
merged there, and those that the vault trusts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from functions.app.context_parts import HasIssuingCas, HasMonitoringStore
from functions.ports.monitoring_store import TrustState
from functions.x509.certificate import Certificate, load
from functions.x509.key_ids import key_id_above, own_key_ids

UNKNOWN = ""  # of a CA that does not say whose key signed it
TRUSTING = frozenset({TrustState.SET, TrustState.PUBLIC})


@dataclass(frozen=True, slots=True)
class KnownCas:
    """By key identifier (hex) of a CA that is known, those of the CAs above it: several where it
    has several certificates, none where it is a root.
    """

    above: Mapping[str, frozenset[str]]

    def parents(self) -> dict[str, str]:
        """By key identifier of a CA, that of one above it."""
        named = {own: sorted(above - {UNKNOWN}) for own, above in self.above.items()}
        return {own: keys[0] for own, keys in named.items() if keys}

    def trusted(self, anchors: Collection[str]) -> dict[str, bool]:
        """By key identifier of a CA, whether one of the trusted ones (`anchors`) is above it, or it
        is one. Of a CA of which that cannot be said there is nothing.
        """
        found = {own: self._leads_to(own, anchors) for own in self.above}
        return {own: trusted for own, trusted in found.items() if trusted is not None}

    def _leads_to(self, own: str, anchors: Collection[str]) -> bool | None:
        """Whether a way up from a CA meets a trusted one; None if a way is lost before."""
        seen, waiting = set[str](), {own}
        while waiting:
            if not waiting.isdisjoint(anchors):
                return True
            seen |= waiting
            waiting = {key for one in waiting for key in self.above.get(one, ())} - seen
        return None if UNKNOWN in seen else False


async def known_cas(certflow: HasIssuingCas, alias: str) -> KnownCas:
    """The CAs that have signed what was merged in a vault (alias). Raises Unavailable."""
    above = dict[str, frozenset[str]]()
    for one in await certflow.issuing_cas.list_cas(alias):
        try:
            certificate = load(one.der)
        except ValueError:
            continue
        ids = own_key_ids(certificate)
        for own in ids:
            above[own] = above.get(own, frozenset()) | _named_above(certificate, ids)
    return KnownCas(above)


def _named_above(certificate: Certificate, ids: frozenset[str]) -> frozenset[str]:
    """The key identifier of the CA above a CA; none above a root."""
    if certificate.self_issued:
        return frozenset({key_id_above(certificate)}) - ids - {UNKNOWN}
    return frozenset({key_id_above(certificate)})


async def anchors_of(certflow: HasMonitoringStore, alias: str) -> tuple[str, ...]:
    """The key identifiers (hex) of the CAs that a vault (alias) trusts; none where it takes any
    CA's certificates, or where it is not known whom it trusts. Raises Unavailable.
    """
    note = await certflow.monitoring_store.trust(alias)
    return (note.anchors or ()) if note and note.state in TRUSTING else ()
