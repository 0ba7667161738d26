"""Keys with their versions: those of one's own, and the same view of a certificate's key. Plain data, no clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from keyvault_emulator.certificate import Certificate, Recovery, Version
from keyvault_emulator.keys_and_csrs import PrivateKey

RSA_OPERATIONS = ("encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey")  # recorded, in this order
EC_OPERATIONS = ("sign", "verify")  # the same
OF_USAGES = {  # what the usages of a certificate let its key do (protocol §4.16)
    "digitalsignature": ("sign", "verify"),
    "keyencipherment": ("wrapKey", "unwrapKey"),
    "dataencipherment": ("encrypt", "decrypt"),
}


@dataclass
class KeyVersion:
    """One version of a key. `managed`: it is a certificate's, and changes with that only."""

    id: str
    key: PrivateKey
    kty: str  # as asked for, with -HSM
    curve: str | None  # of an EC key: P-256, P-384, P-521 or P-256K
    operations: list[str]  # `key_ops`
    enabled: bool
    not_before: int | None  # Unix seconds
    expires: int | None  # the same
    created: int
    updated: int
    tags: dict[str, str] | None  # None: none were ever sent
    managed: bool = False


@dataclass
class OwnKey:
    """A key that no certificate has made, with its versions in their order."""

    name: str  # as spelled by the first create
    recovery: Recovery
    versions: dict[str, KeyVersion] = field(default_factory=dict)
    readable_from: float = 0.0  # a recovered key is not found at once

    @property
    def current(self) -> KeyVersion:
        """The newest version."""
        return list(self.versions.values())[-1]


def of_certificate(version: Version) -> KeyVersion:
    """The key of a whole version of a certificate, which has its id."""
    curve = version.policy.key_props.crv
    return KeyVersion(
        id=version.id,
        key=version.key,
        kty=version.policy.key_props.kty,
        curve=curve if isinstance(curve, str) else None,
        operations=_operations_of(version),
        enabled=version.enabled,
        not_before=version.nbf,
        expires=version.exp,
        created=version.created,
        updated=version.updated,
        tags=version.tags,
        managed=True,
    )


def versions_of(certificate: Certificate) -> dict[str, KeyVersion]:
    """The keys of all whole versions of a certificate: a half-made one has none (protocol §4.3)."""
    return {version.id: of_certificate(version) for version in certificate.versions.values() if version.chain}


def _operations_of(version: Version) -> list[str]:
    """What the key usages allow; a certificate that names none allows everything."""
    usages = {usage.lower() for usage in version.policy.x509_props.key_usage} or OF_USAGES.keys()
    return [operation for usage, operations in OF_USAGES.items() if usage in usages for operation in operations]
