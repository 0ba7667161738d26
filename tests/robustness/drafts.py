"""A chain that is to be made, and what is made of it: `tests.robustness.mutations` change the draft."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from tests.certificates import DAY, Ca, Key, Wish, csr_of, resigned, rsa_key, version_1
from tests.clock import fixed_now

HOST = "web.example.com"
YEARS = Wish(start=-400 * DAY, end=3650 * DAY)


def name(common_name: str, *, organisation: str = "Example Org", country: str = "DE") -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, country), (NameOID.ORGANIZATION_NAME, organisation)]
    return x509.Name([x509.NameAttribute(*part) for part in [*parts, (NameOID.COMMON_NAME, common_name)] if part[1]])


@dataclass
class Tier:
    """A CA that is to be made. `called`: its name as it is written in what it issues, if not as in its own."""

    name: x509.Name
    key: Key
    wish: Wish = YEARS
    called: x509.Name | None = None
    version_1: bool = False
    sha1: bool = False


@dataclass
class Draft:
    """A chain that is to be made, from the root (`tiers[0]`) to the CA that issues the leaf.

    `hidden` are the tiers that are not in the file, `trusted` those that the vault trusts. Each of `afterwards` adds
    to what was made, or changes it.
    """

    random: Random
    tiers: list[Tier]
    key: Key
    leaf: Wish
    host: str = HOST
    subject: x509.Name = field(default_factory=lambda: name(HOST))
    hidden: set[int] = field(default_factory=set)
    trusted: set[int] = field(default_factory=lambda: {0})
    leaf_sha1: bool = False
    afterwards: list[Callable[[Draft, Made], None]] = field(default_factory=list)

    def new_key(self) -> Key:
        return new_key(self.random)

    def any_tier(self, start: int = 0) -> int:
        """One of the CAs, from `start` on if there is one."""
        return self.random.randrange(min(start, len(self.tiers) - 1), len(self.tiers))

    def change(self, tier: int, **wish: object) -> None:
        """Changes what a CA's certificate says."""
        self.tiers[tier].wish = changed(self.tiers[tier].wish, **wish)

    def change_leaf(self, **wish: object) -> None:
        self.leaf = changed(self.leaf, **wish)

    def change_any(self, **wish: object) -> None:
        """Changes one of the certificates, the leaf's or a CA's."""
        tier = self.random.randrange(-1, len(self.tiers))
        if tier < 0:
            self.change_leaf(**wish)
        else:
            self.change(tier, **wish)

    def add(self, *extensions: tuple[x509.ExtensionType, bool], tier: int | None = None) -> None:
        """Adds extensions to a CA's certificate, or to the leaf."""
        if tier is None:
            self.change_leaf(more=(*self.leaf.more, *extensions))
        else:
            self.change(tier, more=(*self.tiers[tier].wish.more, *extensions))

    def add_any(self, *extensions: tuple[x509.ExtensionType, bool]) -> None:
        tier = self.random.randrange(-1, len(self.tiers))
        self.add(*extensions, tier=None if tier < 0 else tier)


@dataclass
class Made:
    """What came of a draft. `leaves` are the certificates for the key that was asked for, `roots` what clients know."""

    cas: list[Ca]
    leaves: list[x509.Certificate]
    file: list[x509.Certificate]
    trusted: list[x509.Certificate]
    roots: list[x509.Certificate]


def changed(wish: Wish, **changes: object) -> Wish:
    new = replace(wish, **changes)  # type: ignore[arg-type]
    return replace(new, start=min(new.start, new.end - DAY))


def new_key(random: Random) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(random.getrandbits(250) + 1, ec.SECP256R1())


@functools.cache
def an_rsa_key(bits: int, use: str) -> rsa.RSAPrivateKey:
    """One of a few RSA keys, which take long to make; for each use another one."""
    return rsa_key(bits)


def made_of(draft: Draft) -> Made:
    """The certificates of a draft."""
    cas: list[Ca] = []
    for number, tier in enumerate(draft.tiers):
        if number:
            above = draft.tiers[number - 1]
            ca = cas[-1].ca(tier.name, tier.wish, tier.key, issuer=above.called)
        else:
            ca = Ca.root(tier.name, tier.wish, tier.key, at=fixed_now)
        signer = cas[-1] if number else ca
        certificate = ca.certificate
        if tier.version_1 and isinstance(signer.key, ec.EllipticCurvePrivateKey):
            certificate = version_1(certificate, signer.key)
        if tier.sha1 and isinstance(signer.key, rsa.RSAPrivateKey):
            certificate = resigned(certificate, signer, hashes.SHA1())  # noqa: S303
        cas.append(replace(ca, certificate=certificate))
    leaf = leaf_of(draft, cas[-1])
    file = [leaf, *(ca.certificate for number, ca in reversed([*enumerate(cas)]) if number not in draft.hidden)]
    trusted = [cas[number].certificate for number in sorted(draft.trusted)]
    return Made(cas, [leaf], file, trusted, [cas[0].certificate])


def leaf_of(draft: Draft, by: Ca, **wish: object) -> x509.Certificate:
    """The leaf of a draft, with changes."""
    csr = csr_of(draft.key, HOST)
    wished = changed(draft.leaf, **wish)
    leaf = by.signs(csr, wished, subject=draft.subject, issuer=draft.tiers[-1].called)
    if draft.leaf_sha1 and isinstance(by.key, rsa.RSAPrivateKey):
        leaf = resigned(leaf, by, hashes.SHA1())  # noqa: S303
    return leaf
