"""A vault of fakes whose list says what a test wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from functions.model.errors import Refused
from functions.ports.vault import CertificateItem, CertificatePage
from tests.certificates import Ca
from tests.clock import NOW, fixed_now
from tests.unit.fakes import FakeVault, World, signed, version_of

CA = Ca.root("Root", at=fixed_now)


@dataclass
class Listing(FakeVault):
    """A vault whose list says what a test wants it to say of some certificates."""

    listed: dict[str, CertificateItem] = field(default_factory=dict)
    taken: bool = True  # the token of a page

    def _listed(self, name: str) -> CertificateItem:
        return self.listed.get(name) or super()._listed(name)

    async def page(self, token: str | None = None) -> CertificatePage:
        if token is not None and not self.taken:
            raise Refused(400, "BadParameter", "The token has expired.")
        return await super().page(token)


def issue(world: World, name: str) -> None:
    """A certificate that is complete, and far from its end."""
    vault = world.vault
    assert isinstance(vault, Listing)
    vault.certificates[name] = version_of(signed(CA, vault.start(name)))
    vault.listed[name] = CertificateItem(name, "t1", NOW - timedelta(days=10), NOW + timedelta(days=300))
    del vault.operations[name]
