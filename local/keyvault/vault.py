"""One vault: its certificates, what may be done to them, and what time does to them. The clock is passed in.

Making keys and signing is slow, so create and merge come in two steps: `order` and `to_merge` check and say what is
needed; `begin` and `merge` check again and change the vault. Nothing between those checks and the change awaits.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from local.keyvault import errors
from local.keyvault.issuers import Issuers
from local.keyvault.issuing_ca import Chain, validity
from local.keyvault.keys_and_csrs import PrivateKey
from local.keyvault.operation import Operation, Outcome
from local.keyvault.ordering import Material, Order
from local.keyvault.policy import CreateBody, MergeBody, Policy, parse_body
from local.keyvault.policy_rules import check_tags, complete_policy

NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
RETENTION = 90 * 24 * 3600  # protocol §3


@dataclass
class Version:
    """One version of a certificate; half-made until it has a chain (protocol §4.3)."""

    id: str
    key: PrivateKey
    nbf: int
    exp: int
    created: int
    updated: int
    enabled_when_made: bool
    tags: dict[str, str]
    signed: Chain = ()  # what the issuer will hand over when its time has come
    chain: Chain = ()

    @property
    def enabled(self) -> bool:
        """A half-made version is disabled, whatever was asked for."""
        return bool(self.chain) and self.enabled_when_made

    @property
    def leaf(self) -> x509.Certificate | None:
        """The certificate itself, once there is one."""
        return self.chain[0] if self.chain else None

    def put_in_place(self, chain: Chain, now: float) -> None:
        """Makes it whole. Its dates become the certificate's own; it counts as created now (recorded)."""
        leaf = chain[0]
        self.chain, self.signed = chain, ()
        self.nbf, self.exp = int(leaf.not_valid_before_utc.timestamp()), int(leaf.not_valid_after_utc.timestamp())
        self.created = self.updated = int(now)


@dataclass
class Certificate:
    """A certificate with all its versions, and its pending object."""

    name: str  # as spelled by the first create
    policy: Policy
    versions: dict[str, Version] = field(default_factory=dict)
    operation: Operation | None = None
    merges: int = 0

    @property
    def current(self) -> Version:
        """The newest whole version, or the newest half-made one if none is whole."""
        versions = list(self.versions.values())
        return next((version for version in reversed(versions) if version.chain), versions[-1])


@dataclass
class Deleted:
    """A soft-deleted certificate."""

    certificate: Certificate
    date: int

    @property
    def scheduled_purge(self) -> int:
        """When it would be purged by itself."""
        return self.date + RETENTION


type Announce = Callable[[Certificate, Version, str], None]


class Vault:
    """What answers under one host name. Every method that takes `now` first lets time have its way."""

    def __init__(
        self, host: str, *, issuing_delay: float, outcome_for: Callable[[str, str], Outcome], announce: Announce
    ) -> None:
        self.host = host
        self.issuers = Issuers()
        self.deleted: dict[str, Deleted] = {}
        self.certificates: dict[str, Certificate] = {}
        self._issuing_delay = issuing_delay
        self._outcome_for = outcome_for
        self._announce = announce

    # --- time ---

    def next_due(self) -> float | None:
        """When an issuer decides next."""
        return min((operation.due for operation in self._operations() if operation.due is not None), default=None)

    def settle(self, now: float) -> None:
        """Carries out what issuers have decided by now."""
        for certificate in self.certificates.values():
            operation = certificate.operation
            if operation and operation.decide(now):
                version = certificate.versions[operation.version]
                self._complete(certificate, version, version.signed, operation, now)

    def apply_outcomes(self, now: float) -> int:
        """Gives requests in progress the fate that is now asked for them, and returns how many it changed."""
        self.settle(now)
        changed = 0
        for certificate in self.certificates.values():
            operation, outcome = certificate.operation, self._outcome_for(self.host, certificate.name)
            if operation and operation.is_issuers_to_decide and operation.outcome != outcome:
                operation.expect(outcome, start=now, issuing_delay=self._issuing_delay)
                changed += 1
        return changed

    # --- create (protocol §4.1) ---

    def order(self, name: str, body: dict[str, Any], now: float) -> Order:
        """Checks a create and says what is to be made; raises KeyVaultError."""
        self.settle(now)
        asked = parse_body(body, CreateBody)
        tags = check_tags(asked.tags)
        old = self.certificates.get(name.lower())
        if asked.policy:
            policy = complete_policy(asked.policy, now=now, replaces=old.policy if old else None)
        elif old:
            policy = old.policy
        else:
            raise errors.invalid_property("policy")  # text not known
        issuer = policy.issuer
        provider = None if issuer.is_unknown or issuer.is_self else self.issuers.provider_of(issuer.name)
        self._check_free(name)
        same_kind = old is not None and old.policy.key_props == policy.key_props
        reuse = old.current.key if old and same_kind and policy.key_props.reuse_key else None
        outcome = self._outcome_for(self.host, name)
        delay = self._issuing_delay if outcome.delay is None else outcome.delay
        return Order(name, policy, asked.attributes.enabled, tags, provider, delay, reuse)

    def begin(self, order: Order, material: Material, url: str, now: float) -> tuple[Certificate, Operation]:
        """Starts the operation. It is in progress even if its time has already come (protocol §4.1)."""
        self.settle(now)
        self._check_free(order.name)
        certificate = self.certificates.setdefault(order.name.lower(), Certificate(order.name, order.policy))
        certificate.policy = order.policy
        not_before, not_after = validity(now, order.policy.x509_props.validity_months)
        version = Version(
            id=uuid.uuid4().hex,
            key=material.key,
            nbf=int(not_before.timestamp()),
            exp=int(not_after.timestamp()),
            created=int(now),
            updated=int(now),
            enabled_when_made=order.enabled,
            tags=order.tags,
            signed=material.signed,
        )
        certificate.versions[version.id] = version
        issuer = order.policy.issuer.name
        operation = Operation(uuid.uuid4().hex, version.id, issuer, material.csr, url)
        outcome = self._outcome_for(self.host, order.name)
        operation.expect(outcome, start=now, issuing_delay=self._issuing_delay)
        certificate.operation = operation
        return certificate, operation

    def _check_free(self, name: str) -> None:
        if name.lower() in self.deleted:
            raise errors.deleted_but_recoverable(name)
        old = self.certificates.get(name.lower())
        if old and old.operation and old.operation.in_progress:
            raise errors.pending_in_progress()

    # --- the pending object (protocol §4.2, §4.4, §4.5) ---

    def pending(self, name: str, request_id: str | None, now: float) -> tuple[Certificate, Operation]:
        """The operation; 404 if there is none, or if another one is asked for."""
        self.settle(now)
        certificate = self.certificates.get(name.lower())
        operation = certificate.operation if certificate else None
        if not certificate or not operation or (request_id is not None and request_id != operation.request_id):
            raise errors.pending_not_found(name)
        return certificate, operation

    def cancel(self, name: str, request_id: str | None, now: float) -> tuple[Certificate, Operation]:
        """Asks for cancellation; the operation is still in progress."""
        certificate, operation = self.pending(name, request_id, now)
        if not operation.in_progress:
            raise errors.update_needs_progress()
        operation.request_cancellation(now=now, issuing_delay=self._issuing_delay)
        return certificate, operation

    def delete_pending(self, name: str, request_id: str | None, now: float) -> tuple[Certificate, Operation]:
        """Removes the operation, whatever its status; the half-made version stays."""
        certificate, operation = self.pending(name, request_id, now)
        certificate.operation = None
        return certificate, operation

    # --- merge (protocol §4.6) ---

    def to_merge(self, name: str, request_id: str | None, now: float) -> Version:
        """The version that a chain may be merged into now; raises KeyVaultError. Looks at no chain."""
        return self._mergeable(name, request_id, now)[2]

    def merge(
        self, name: str, request_id: str | None, chain: Chain, body: MergeBody, now: float
    ) -> tuple[Certificate, Version]:
        """Completes the operation with a chain that was read for `to_merge`'s key."""
        certificate, operation, version = self._mergeable(name, request_id, now)
        if chain[0].public_key() != version.key.public_key():  # another request has taken the place
            raise errors.wrong_key()
        if body.tags:
            version.tags = check_tags(body.tags)
        if body.attributes:
            version.enabled_when_made = body.attributes.enabled
        operation.complete_by_merge()
        certificate.merges += 1
        self._complete(certificate, version, chain, operation, now)
        return certificate, version

    def _mergeable(self, name: str, request_id: str | None, now: float) -> tuple[Certificate, Operation, Version]:
        try:
            certificate, operation = self.pending(name, request_id, now)
        except errors.KeyVaultError:
            raise errors.pending_to_merge_not_found(name) from None
        if operation.in_progress and not operation.awaits_merge:
            raise errors.merge_under_issuer(operation.issuer)
        if operation.status == "completed":
            raise errors.merge_after_completed(name)
        return certificate, operation, certificate.versions[operation.version]

    def _complete(
        self, certificate: Certificate, version: Version, chain: Chain, operation: Operation, now: float
    ) -> None:
        version.put_in_place(chain, now)
        # The newest whole version is the current one, also if a later half-made one was left behind.
        certificate.versions[version.id] = certificate.versions.pop(version.id)
        if version.enabled:
            self._announce(certificate, version, operation.vault_url)

    # --- reading and deleting (protocol §4.8, §4.12) ---

    def get(self, name: str, now: float) -> Certificate:
        """The certificate; 404 if there is none."""
        self.settle(now)
        if name.lower() not in self.certificates:
            raise errors.certificate_not_found(name)
        return self.certificates[name.lower()]

    def get_version(self, name: str, version: str, now: float) -> tuple[Certificate, Version]:
        """One version, half-made ones too."""
        certificate = self.get(name, now)
        if version.lower() not in certificate.versions:
            raise errors.certificate_not_found(f"{name}/{version}")
        return certificate, certificate.versions[version.lower()]

    def delete(self, name: str, now: float) -> Deleted:
        """Soft-deletes; what was in progress never ends."""
        certificate = self.get(name, now)
        del self.certificates[name.lower()]
        self.deleted[name.lower()] = Deleted(certificate, int(now))
        return self.deleted[name.lower()]

    def get_deleted(self, name: str) -> Deleted:
        """A soft-deleted certificate; 404 if there is none."""
        if name.lower() not in self.deleted:
            raise errors.deleted_certificate_not_found(name)
        return self.deleted[name.lower()]

    def purge(self, name: str) -> None:
        """Removes a soft-deleted certificate for good; its name is free again."""
        self.get_deleted(name)
        del self.deleted[name.lower()]

    def _operations(self) -> list[Operation]:
        return [certificate.operation for certificate in self.certificates.values() if certificate.operation]
