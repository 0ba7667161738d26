"""All vaults as one JSON document and back, with the private keys. What file it stands in: `keeper.py`.

Not in it: outcomes, switches, grants, backups and the log of calls, which a trial sets anew.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Protocol

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from msgspec import Struct

from keyvault_emulator.certificate import Certificate, Deleted, Recovery, Version
from keyvault_emulator.contacts import ContactList
from keyvault_emulator.issuers import Issuer
from keyvault_emulator.issuing_ca import CAS, Chain, IssuingCa
from keyvault_emulator.keys_and_csrs import PrivateKey
from keyvault_emulator.operation import Operation
from keyvault_emulator.own_keys import KeyVersion, OwnKey
from keyvault_emulator.policy import Policy
from keyvault_emulator.vault import Vault

FORMAT = 1  # raised whenever a document of before can no longer be read


class KeptVersion(Struct):
    """A `Version`: its key as PEM (PKCS#8), its certificates as DER."""

    id: str
    key: str
    nbf: int
    exp: int
    created: int
    updated: int
    enabled_when_made: bool
    tags: dict[str, str] | None
    policy: Policy
    preserve_order: bool | None
    signed: list[bytes]
    chain: list[bytes]
    given: list[bytes]
    imported: bool


class KeptCertificate(Struct):
    """A `Certificate` with its versions in their order."""

    name: str
    policy: Policy
    versions: list[KeptVersion]
    operation: Operation | None
    merges: int
    readable_from: float


class KeptDeleted(Struct):
    """A `Deleted`."""

    certificate: KeptCertificate
    date: int
    settled: float


class KeptKeyVersion(Struct):
    """A `KeyVersion` of one's own: its key as PEM (PKCS#8)."""

    id: str
    key: str
    kty: str
    curve: str | None
    operations: list[str]
    enabled: bool
    not_before: int | None
    expires: int | None
    created: int
    updated: int
    tags: dict[str, str] | None


class KeptKey(Struct):
    """An `OwnKey` with its versions in their order."""

    name: str
    versions: list[KeptKeyVersion]
    readable_from: float


class KeptDeletedKey(Struct):
    """A `Deleted` key."""

    key: KeptKey
    date: int
    settled: float


class KeptVault(Struct):
    """A vault under the name of its host. The keys came later than the format: a document may lack them."""

    host: str
    certificates: list[KeptCertificate]
    deleted: list[KeptDeleted]
    issuers: list[tuple[str, Issuer]]
    contacts: ContactList | None
    keys: list[KeptKey] = []
    deleted_keys: list[KeptDeletedKey] = []


class KeptCa(Struct):
    """The CA that plays a provider. The key of its root is needed no more."""

    key: str
    root: bytes
    intermediate: bytes


class KeptState(Struct):
    """The document. `ahead` is the number of seconds by which the vaults' clock was moved."""

    format: int = FORMAT
    ahead: float = 0.0
    vaults: list[KeptVault] = []
    cas: dict[str, KeptCa] = {}


class HasVaults(Protocol):
    """What the document is made of."""

    by_host: dict[str, Vault]
    ahead: float

    def called(self, host: str) -> Vault:
        """The vault of a name; the first call makes it."""


def state_of(vaults: HasVaults) -> KeptState:
    """The document of what is there now."""
    cas = {provider: KeptCa(_pem(ca.key), *_ders((ca.root, ca.intermediate))) for provider, ca in CAS.items()}
    return KeptState(FORMAT, vaults.ahead, [_kept_vault(vault) for vault in vaults.by_host.values()], cas)


def restore(state: KeptState, vaults: HasVaults) -> None:
    """Puts the document's content into vaults that are empty yet. Raises ValueError for a key or a certificate that
    cannot be read.
    """
    vaults.ahead = state.ahead
    for provider, ca in state.cas.items():
        key = read_key(ca.key)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError(f"the key of the CA of {provider} is no RSA key")
        root, intermediate = _chain([ca.root, ca.intermediate])
        CAS[provider] = IssuingCa(key, root, intermediate)
    for kept in state.vaults:
        vault = vaults.called(kept.host)
        recovery = vault.recovery
        for one in kept.certificates:
            vault.take_back(_certificate(one, recovery))
        for deleted in kept.deleted:
            vault.deleted.take_back(Deleted(_certificate(deleted.certificate, recovery), deleted.date, deleted.settled))
        for name, issuer in kept.issuers:
            vault.issuers.take_back(name, issuer)
        vault.contacts.list = kept.contacts
        for own in kept.keys:
            vault.keys.own[own.name.lower()] = _own_key(own, recovery)
        for gone in kept.deleted_keys:
            vault.keys.deleted.take_back(Deleted(_own_key(gone.key, recovery), gone.date, gone.settled))


def _kept_vault(vault: Vault) -> KeptVault:
    return KeptVault(
        vault.host,
        [_kept_certificate(one) for one in vault.certificates.values()],
        [KeptDeleted(_kept_certificate(one.item), one.date, one.settled) for one in vault.deleted.all()],
        [named for _, named in vault.issuers.items()],
        vault.contacts.list,
        [_kept_key(one) for one in vault.keys.own.values()],
        [KeptDeletedKey(_kept_key(one.item), one.date, one.settled) for one in vault.keys.deleted.all()],
    )


def _kept_certificate(one: Certificate) -> KeptCertificate:
    versions = [_kept_version(version) for version in one.versions.values()]
    return KeptCertificate(one.name, one.policy, versions, one.operation, one.merges, one.readable_from)


def _certificate(kept: KeptCertificate, recovery: Recovery) -> Certificate:
    versions = {version.id: _version(version) for version in kept.versions}
    return Certificate(kept.name, kept.policy, recovery, versions, kept.operation, kept.merges, kept.readable_from)


def _kept_version(version: Version) -> KeptVersion:
    as_it_is = {field.name: getattr(version, field.name) for field in fields(version)}
    chains = {name: _ders(as_it_is[name]) for name in ("signed", "chain", "given")}
    return KeptVersion(**as_it_is | chains | {"key": _pem(version.key)})


def _version(kept: KeptVersion) -> Version:
    chains = {name: _chain(getattr(kept, name)) for name in ("signed", "chain", "given")}
    return Version(**msgspec.structs.asdict(kept) | chains | {"key": read_key(kept.key)})


def _kept_key(one: OwnKey) -> KeptKey:
    kept_fields = KeptKeyVersion.__struct_fields__
    versions = [
        KeptKeyVersion(**{name: getattr(version, name) for name in kept_fields} | {"key": _pem(version.key)})
        for version in one.versions.values()
    ]
    return KeptKey(one.name, versions, one.readable_from)


def _own_key(kept: KeptKey, recovery: Recovery) -> OwnKey:
    versions = {one.id: KeyVersion(**msgspec.structs.asdict(one) | {"key": read_key(one.key)}) for one in kept.versions}
    return OwnKey(kept.name, recovery, versions, kept.readable_from)


def _pem(key: PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def read_key(pem: str) -> PrivateKey:
    """An RSA or elliptic-curve key, as PEM (PKCS#8). Raises ValueError, TypeError, UnsupportedAlgorithm."""
    # Proving that an RSA key is sound takes 40 ms for each; these we have made or checked ourselves.
    key = load_pem_private_key(pem.encode(), None, unsafe_skip_rsa_key_validation=True)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise TypeError("a key is neither RSA nor of an elliptic curve")
    return key


def _ders(chain: Chain) -> list[bytes]:
    return [one.public_bytes(Encoding.DER) for one in chain]


def _chain(ders: list[bytes]) -> Chain:
    return tuple(x509.load_der_x509_certificate(der) for der in ders)
