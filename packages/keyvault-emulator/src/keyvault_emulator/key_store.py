"""The keys of one vault: those of one's own, and those of its certificates, which can be read and used besides.

Every method that takes `now` reads the time from there. Making an RSA key is slow: `order` checks and says what is to
be made, `put` checks again and keeps it. Nothing between that check and the change awaits.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import UNSET

from keyvault_emulator import errors, key_errors
from keyvault_emulator.certificate import Certificate, Deleted, Recovery
from keyvault_emulator.deletions import Deletions
from keyvault_emulator.key_rules import KeyCreateBody, KeyUpdateBody, allowed_operations, properties
from keyvault_emulator.keys_and_csrs import PrivateKey
from keyvault_emulator.own_keys import KeyVersion, OwnKey, of_certificate, versions_of
from keyvault_emulator.policy import KeyProperties
from keyvault_emulator.policy_rules import check_tags


@dataclass(frozen=True)
class KeyOrder:
    """A key to be made, checked."""

    name: str
    props: KeyProperties
    operations: list[str]
    asked: KeyCreateBody
    tags: dict[str, str] | None


@dataclass(frozen=True)
class Found:
    """A version of a key, its name as spelled first, and what the vault does with it when it is deleted."""

    name: str
    recovery: Recovery
    version: KeyVersion


class Keys:
    """The keys of a vault, by name, case ignored. A name is either a certificate's or a key's of one's own."""

    def __init__(
        self,
        host: str,
        recovery: Recovery,
        certificates: Mapping[str, Certificate],
        deleted_certificates: Deletions[Certificate],
    ) -> None:
        self.own: dict[str, OwnKey] = {}
        self.deleted = Deletions[OwnKey](host, "key")
        self.recovery_delay = 0.0
        self._recovery = recovery
        self._certificates = certificates
        self._deleted_certificates = deleted_certificates

    # --- making and changing ---

    def order(self, name: str, asked: KeyCreateBody, now: float) -> KeyOrder:
        """Checks a create; raises KeyVaultError."""
        props, tags = properties(asked), check_tags(asked.tags)
        self._check_free(name, now)
        return KeyOrder(name, props, allowed_operations(asked.kty, asked.operations), asked, tags)

    def put(self, order: KeyOrder, key: PrivateKey, now: float) -> Found:
        """Keeps a key that was made as a new version, which is the current one from then on."""
        self._check_free(order.name, now)
        own = self.own.setdefault(order.name.lower(), OwnKey(order.name, self._recovery))
        attributes = order.asked.attributes
        version = KeyVersion(
            id=uuid.uuid4().hex,
            key=key,
            kty=order.props.kty,
            curve=order.props.crv if isinstance(order.props.crv, str) else None,
            operations=order.operations,
            enabled=attributes.enabled is not False,
            not_before=None if attributes.not_before is UNSET else attributes.not_before,
            expires=None if attributes.expires is UNSET else attributes.expires,
            created=int(now),
            updated=int(now),
            tags=order.tags,
        )
        own.versions[version.id] = version
        return Found(own.name, own.recovery, version)

    def update(self, name: str, version_id: str | None, asked: KeyUpdateBody, now: float) -> Found:
        """Changes what the body names; the tags are replaced as a whole. 403 for a certificate's key."""
        found, tags = self.get(name, version_id, now), check_tags(asked.tags)
        version, attributes = found.version, asked.attributes
        if version.managed:
            raise key_errors.managed_key("update", name)
        if asked.operations is not UNSET:
            version.operations = allowed_operations(version.kty, asked.operations)
        version.enabled = version.enabled if attributes.enabled is UNSET else attributes.enabled
        version.not_before = version.not_before if attributes.not_before is UNSET else attributes.not_before
        version.expires = version.expires if attributes.expires is UNSET else attributes.expires
        version.tags = version.tags if tags is None else tags
        version.updated = int(now)
        return found

    def check_free_for_certificate(self, name: str, now: float) -> None:
        """Refuses a name that a key of one's own has, or had until it was deleted (409)."""
        self.deleted.check_free(name, now)
        if name.lower() in self.own:
            raise key_errors.name_taken("certificate", "key", name)

    def _check_free(self, name: str, now: float) -> None:
        self.deleted.check_free(name, now)
        self._deleted_certificates.check_free(name, now)
        if name.lower() in self._certificates:
            raise key_errors.name_taken("key", "certificate", name)

    # --- reading ---

    def get(self, name: str, version_id: str | None, now: float) -> Found:
        """A version, disabled ones too; the current one if none is named. 404 if there is none."""
        wanted = name if version_id is None else f"{name}/{version_id}"
        found = self._own(name, version_id, now) or self._certificates_key(name, version_id, now)
        if found is None:
            raise errors.not_found("key", wanted)
        return found

    def to_use(self, operation: str, name: str, version_id: str | None, now: float) -> Found:
        """A version for a cryptographic operation. 403 if it is disabled, if its `key_ops` do not name the operation,
        or, for what makes something new, outside of its dates: what exists is verified then, too (Microsoft's page on
        the attributes of keys).
        """
        found = self.get(name, version_id, now)
        version = found.version
        if not version.enabled:
            raise key_errors.key_disabled(operation)
        if operation not in version.operations:
            raise key_errors.operation_forbidden(operation)
        if operation == "sign" and version.not_before is not None and now < version.not_before:
            raise key_errors.key_not_yet_valid(operation)
        if operation == "sign" and version.expires is not None and now >= version.expires:
            raise key_errors.key_expired(operation)
        return found

    def items(self) -> list[tuple[str, Found]]:
        """All keys by their name, each with its current version, in the order of the lists."""
        own = {name: Found(key.name, key.recovery, key.current) for name, key in self.own.items()}
        managed = {
            name: Found(one.name, one.recovery, of_certificate(one.current))
            for name, one in self._certificates.items()
            if one.current.chain
        }
        return _by_key(managed | own)

    def versions(self, name: str) -> list[tuple[str, Found]]:
        """All versions of a key by their id; none for an unknown name."""
        own, certificate = self.own.get(name.lower()), self._certificates.get(name.lower())
        if own:
            return _by_key({each: Found(own.name, own.recovery, one) for each, one in own.versions.items()})
        if certificate:
            name, recovery = certificate.name, certificate.recovery
            return _by_key({each: Found(name, recovery, one) for each, one in versions_of(certificate).items()})
        return []

    def _own(self, name: str, version_id: str | None, now: float) -> Found | None:
        own = self.own.get(name.lower())
        if own is None or now < own.readable_from:
            return None
        version = own.current if version_id is None else own.versions.get(version_id.lower())
        return Found(own.name, own.recovery, version) if version else None

    def _certificates_key(self, name: str, version_id: str | None, now: float) -> Found | None:
        certificate = self._certificates.get(name.lower())
        if certificate is None or now < certificate.readable_from:
            return None
        version = certificate.current if version_id is None else certificate.versions.get(version_id.lower())
        if version is None or not version.chain:
            return None
        return Found(certificate.name, certificate.recovery, of_certificate(version))

    # --- deleting ---

    def delete(self, name: str, now: float) -> Deleted[OwnKey]:
        """Soft-deletes a key with all its versions; 403 for a certificate's, which goes with that."""
        if self.get(name, None, now).version.managed:
            raise key_errors.managed_key("delete", name)
        return self.deleted.put(self.own.pop(name.lower()), now)

    def recover(self, name: str, now: float) -> Found:
        """Takes a soft-deleted key back, as it was."""
        own = self.deleted.recover(name, now)
        own.readable_from = now + self.recovery_delay
        self.own[name.lower()] = own
        return Found(own.name, own.recovery, own.current)


def _by_key(found: dict[str, Found]) -> list[tuple[str, Found]]:
    return sorted(found.items(), key=lambda item: item[0])
