"""The unit tests' fakes, as a simulated week needs them: a ledger with an index, a queue on its clock, and a vault of
certificates whose list is not read anew for each page.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from functions.model.due_mark import DueCheck, due_check_of
from functions.model.events.event import Event
from functions.model.request.operation import CertificateVersion, Status
from functions.model.request.tracked import Change, TrackedRequest
from functions.ports.vault import CertificateItem, CertificatePage
from functions.x509.public_keys import sha1_of
from tests.certificates import DAY, Ca, Wish
from tests.clock import fixed_now
from tests.unit.fakes import A_PAGE, FakeLedger, FakeVault, FakeWork, version_of


class IndexedLedger(FakeLedger):
    """The unit tests' ledger, which finds what is due, and a name's requests, without reading all."""

    def __init__(self) -> None:
        super().__init__()
        self._due: list[tuple[datetime, tuple[str, str, str]]] = []

    def _stored(self, change: Change) -> TrackedRequest:
        self.acts.clear()
        return self._indexed(super()._stored(change))

    def told(self, events: Sequence[Event]) -> None:
        """Nobody reads the outbox here."""

    def _indexed(self, request: TrackedRequest) -> TrackedRequest:
        if request.next_check:
            key = request.vault, request.name.lower(), request.request_id
            heapq.heappush(self._due, (request.next_check, key))
        return request

    async def due(self, vault: str, now: datetime, most: int) -> list[DueCheck]:  # noqa: ARG002  there is one vault
        """As the tables do: the marks up to now, which stay until they are moved."""
        found = {}
        while self._due and self._due[0][0] <= now:
            at, key = heapq.heappop(self._due)
            if self.tracked[key].next_check == at:
                found[key] = due_check_of(self.tracked[key])
        for key, look in found.items():
            heapq.heappush(self._due, (look.at, key))
        return list(found.values())[:most]

    async def move_marks(self, moves: Sequence[tuple[DueCheck, DueCheck]]) -> None:
        """The marks go into the index, too."""
        await super().move_marks(moves)
        for before, _after in moves:
            self._indexed(self.tracked[before.vault, before.name.lower(), before.request_id or ""])

    async def by_name(self, vault: str, name: str) -> list[TrackedRequest]:
        """Each name has one request here."""
        return [one for one in [self.tracked.get((vault, name, request_id_of(name)))] if one]


class Queue(FakeWork):
    """The queue of looks on the simulated clock."""

    def __init__(self, later: Callable[[timedelta, Mapping[str, Any]], None]) -> None:
        super().__init__()
        self._later = later

    async def put(
        self,
        queue: str,  # noqa: ARG002  there is one
        message: Mapping[str, Any],
        after: timedelta = timedelta(0),
        lasts: timedelta | None = None,  # noqa: ARG002  each is taken when it comes
    ) -> None:
        """A message comes when it can be seen."""
        self._later(after, message)


@dataclass
class WeekVault(FakeVault):
    """A vault in which one certificate is under each name, or none, and all come of one CSR."""

    items: dict[str, CertificateItem] = field(default_factory=dict)  # what its list says
    names: list[str] = field(default_factory=list)
    next_version: CertificateVersion | None = None

    def fill(self, names: Sequence[str], csr: bytes) -> None:
        """Puts a certificate under each name, far from its end, as DigiCert's."""
        ca = Ca.root("Root", at=fixed_now)
        first, second = (
            version_of(ca.signs(csr, Wish(start=-start * DAY, end=300 * DAY)).public_bytes(Encoding.DER), f"v{number}")
            for number, start in enumerate((60, 10), 1)
        )
        policy = {"issuer": {"name": "DigiCert"}, "x509_props": {"subject": "CN=web.example.com"}}
        self.next_version, self.names = second, sorted(names)
        for name in names:
            self.certificates[name], self.policies[name] = first, policy
            self.tagged[name] = {"certflow-owner": "ann@example.com"}
            self.items[name] = super()._listed(name)

    def finish(self, name: str, status: Status) -> None:
        """Ends a request; a success brings the next version, where there was one before."""
        self.operations[name] = replace(self.operations[name], status=status)
        if status is Status.COMPLETED and name in self.items and self.next_version:
            self.certificates[name] = self.next_version
            sha1 = sha1_of(self.next_version.der)
            self.items[name] = replace(self.items[name], thumbprint=sha1)

    async def page(self, token: str | None = None) -> CertificatePage:
        """A page of its list."""
        self.calls.append("page")
        start = int(token or 0)
        end = start + A_PAGE
        listed = tuple(self.items[name] for name in self.names[start:end])
        return CertificatePage(listed, str(end) if end < len(self.names) else None)


def request_id_of(name: str) -> str:
    """The id of the one request of a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]
