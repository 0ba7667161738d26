"""One vault: its certificates, what may be done to them, and what time does to them. The clock is passed in.

Making keys and signing is slow, so create and merge come in two steps: `order` and `to_merge` check and say what is
needed; `begin` and `merge` check again and change the vault. Nothing between those checks and the change awaits.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from msgspec import UNSET

from keyvault_emulator import errors
from keyvault_emulator.backups import read_backup
from keyvault_emulator.certificate import Certificate, Deleted, Recovery, Version
from keyvault_emulator.contacts import Contacts
from keyvault_emulator.deletions import Deletions
from keyvault_emulator.dues import Dues
from keyvault_emulator.imported_policy import policy_for
from keyvault_emulator.imports import Imported
from keyvault_emulator.issuers import Issuers
from keyvault_emulator.issuing_ca import PROVIDERS, Chain, validity
from keyvault_emulator.key_store import Keys
from keyvault_emulator.operation import Operation, Outcome
from keyvault_emulator.ordering import Material, Order
from keyvault_emulator.policy import CreateBody, ImportBody, MergeBody, Policy, UpdateBody, lay_over, parse_body
from keyvault_emulator.policy_rules import check_tags, complete_policy

type Announce = Callable[[Certificate, Version, str], None]


class Vault:
    """What answers under one host name. Every method that takes `now` first lets time have its way."""

    def __init__(
        self,
        host: str,
        *,
        issuing_delay: float,
        outcome_for: Callable[[str, str, str], Outcome],
        announce: Announce,
    ) -> None:
        self.host = host
        self.issuers = Issuers()
        self.contacts = Contacts()
        self.deleted = Deletions[Certificate](host, "certificate")
        self.recovery = Recovery()
        self.certificates: dict[str, Certificate] = {}
        self.keys = Keys(host, self.recovery, self.certificates, self.deleted)
        self.issuing_delay = issuing_delay
        self.ignores_cancellation = False
        self.recovery_delay = 0.0
        self.unsaved = False  # whether it may differ from what is kept of it (keeper.py)
        self._dues = Dues()
        self._outcome_for = outcome_for
        self._announce = announce

    # --- time ---

    def next_due(self) -> float | None:
        """When to look again: an issuer decides then, if nothing has come between."""
        return self._dues.next()

    def settle(self, now: float) -> None:
        """Carries out what issuers have decided by now."""
        for certificate in self._dues.take(now):
            self.unsaved = True
            operation = certificate.operation
            if self.certificates.get(certificate.name.lower()) is not certificate:
                continue  # deleted meanwhile
            if operation and operation.decide(now):
                version = certificate.make_whole(operation)
                self._put_in_place(certificate, version, version.signed, version.signed, operation.vault_url, now)

    def apply_outcomes(self, now: float) -> int:
        """Gives requests in progress the fate that is now asked for them, and returns how many it changed."""
        self.settle(now)
        changed = 0
        for certificate in self.certificates.values():
            operation = certificate.operation
            if operation and operation.is_issuers_to_decide:
                outcome = self._outcome_of(certificate, operation)
                if operation.outcome != outcome:
                    operation.expect(outcome, start=now, issuing_delay=self.issuing_delay)
                    self._dues.add(certificate)
                    changed += 1
        self.unsaved |= changed > 0
        return changed

    def _outcome_of(self, certificate: Certificate, operation: Operation) -> Outcome:
        """What an issuer makes of a request. One that nobody here signs fails: our choice, and unkind."""
        outcome = self._outcome(certificate.name, certificate.policy)
        signed = certificate.versions[operation.version].signed
        if outcome.kind == "issue" and not signed and not operation.awaits_merge:
            message = f"The emulator issues for the providers {', '.join(PROVIDERS)} only."
            return Outcome("fail", "Certificate issuer error", message, outcome.delay)
        return outcome

    def _outcome(self, name: str, policy: Policy) -> Outcome:
        return self._outcome_for(self.host, name, policy.x509_props.subject or "")

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
        self.check_free(name, now)
        same_kind = old is not None and old.policy.key_props == policy.key_props
        reuse = old.current.key if old and same_kind and policy.key_props.reuse_key else None
        outcome = self._outcome(name, policy)
        delay = self.issuing_delay if outcome.delay is None else outcome.delay
        preserve = None if asked.preserve_order is UNSET else asked.preserve_order
        return Order(name, policy, asked.attributes.enabled, tags, provider, now + delay, reuse, preserve)

    def begin(self, order: Order, material: Material, url: str, now: float) -> tuple[Certificate, Operation]:
        """Starts the operation. It is in progress even if its time has already come (protocol §4.1)."""
        self.settle(now)
        self.check_free(order.name, now)
        certificate = self.certificates.setdefault(
            order.name.lower(), Certificate(order.name, order.policy, self.recovery)
        )
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
            policy=order.policy,
            preserve_order=order.preserve_order,
            signed=material.signed,
        )
        certificate.versions[version.id] = version
        issuer = order.policy.issuer.name
        operation = Operation(
            uuid.uuid4().hex, version.id, issuer, material.csr, url, enabled=order.enabled, tags=order.tags
        )
        outcome = self._outcome_of(certificate, operation)
        operation.expect(outcome, start=now, issuing_delay=self.issuing_delay)
        certificate.operation = operation
        self._dues.add(certificate)
        return certificate, operation

    def check_free(self, name: str, now: float) -> None:
        """Refuses a name under which nothing can be made now."""
        self.settle(now)
        self.deleted.check_free(name, now)
        self.keys.check_free_for_certificate(name, now)
        old = self.certificates.get(name.lower())
        if old and old.operation and old.operation.in_progress:
            raise errors.pending_in_progress()

    # --- import and update (protocol §4.7, §4.9, §4.11) ---

    def take_in(self, name: str, imported: Imported, asked: ImportBody, url: str, now: float) -> Certificate:
        """Makes a version of what was imported; a pending object that has ended is gone."""
        self.check_free(name, now)
        tags, old = check_tags(asked.tags), self.certificates.get(name.lower())
        policy = policy_for(imported, asked.policy or {})
        of_a_ca = policy.x509_props.basic_constraints.ca
        policy = complete_policy(policy, now=now, replaces=old.policy if old else None, of_a_ca=of_a_ca)
        certificate = self.certificates.setdefault(name.lower(), Certificate(name, policy, self.recovery))
        certificate.policy, certificate.operation = policy, None
        version = Version(
            id=uuid.uuid4().hex,
            key=imported.key,
            nbf=0,
            exp=0,
            created=0,
            updated=0,
            enabled_when_made=asked.attributes.enabled,
            tags=tags,
            policy=policy,
            preserve_order=None if asked.preserve_order is UNSET else asked.preserve_order,
            imported=True,
        )
        self._put_in_place(certificate, version, imported.chain, imported.given, url, now)
        return certificate

    def update(
        self, name: str, version_id: str | None, body: dict[str, Any], now: float
    ) -> tuple[Certificate, Version]:
        """Changes what the body names of a version, and of the policy, and leaves the rest."""
        certificate, version = self.get_version(name, version_id, now)
        asked = parse_body(body, UpdateBody)
        tags = check_tags(asked.tags)
        if asked.policy:
            self.update_policy(name, asked.policy, now)
        if tags is not None:
            version.tags = tags
        if asked.attributes.enabled is not UNSET:
            version.enabled_when_made = asked.attributes.enabled
        version.updated = int(now)
        return certificate, version

    def update_policy(self, name: str, changes: dict[str, Any], now: float) -> Certificate:
        """Changes what `changes` names; versions that are there or under way keep what they were made by."""
        certificate = self.get(name, now)
        old, policy = certificate.policy, lay_over(certificate.policy, changes)
        of_a_ca = old.x509_props.basic_constraints.ca
        certificate.policy = complete_policy(policy, now=now, replaces=old, of_a_ca=of_a_ca)
        return certificate

    # --- the pending object (protocol §4.2, §4.4, §4.5) ---

    def pending(self, name: str, request_id: str | None, now: float) -> tuple[Certificate, Operation]:
        """The operation; 404 if there is none, or if another one is asked for."""
        self.settle(now)
        certificate = self.certificates.get(name.lower())
        operation = certificate.operation if certificate else None
        if not certificate or not operation or (request_id is not None and request_id != operation.request_id):
            raise errors.pending_not_found(name)
        return certificate, operation

    def update_pending(
        self, name: str, request_id: str | None, now: float, *, cancel: bool
    ) -> tuple[Certificate, Operation]:
        """Asks for cancellation, or with `cancel` false for nothing (recorded in 2018): a wish is not taken back.

        The operation is still in progress.
        """
        certificate, operation = self.pending(name, request_id, now)
        if not operation.in_progress:
            raise errors.update_needs_progress()
        if cancel:
            operation.request_cancellation(now=now, issuing_delay=self.issuing_delay, ignored=self.ignores_cancellation)
            self._dues.add(certificate)
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
        self, name: str, request_id: str | None, chain: Chain, given: Chain, body: MergeBody, now: float
    ) -> tuple[Certificate, Version]:
        """Completes the operation with a chain that was read for `to_merge`'s key."""
        certificate, operation, half_made = self._mergeable(name, request_id, now)
        if chain[0].public_key() != half_made.key.public_key():  # another request has taken the place
            raise errors.wrong_key()
        tags = check_tags(body.tags)
        operation.complete_by_merge()
        version = certificate.make_whole(operation)
        if tags is not None:
            version.tags = tags
        if body.attributes:
            version.enabled_when_made = body.attributes.enabled
        certificate.merges += 1
        self._put_in_place(certificate, version, chain, given, operation.vault_url, now)
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

    def _put_in_place(
        self, certificate: Certificate, version: Version, chain: Chain, given: Chain, url: str, now: float
    ) -> None:
        version.put_in_place(chain, given, now)
        certificate.versions[version.id] = version
        if version.enabled:
            self._announce(certificate, version, url)

    # --- reading and deleting (protocol §4.8, §4.12) ---

    def get(self, name: str, now: float) -> Certificate:
        """The certificate; 404 if there is none."""
        self.settle(now)
        certificate = self.certificates.get(name.lower())
        if certificate is None or now < certificate.readable_from:
            raise errors.not_found("certificate", name)
        return certificate

    def get_version(self, name: str, version: str | None, now: float) -> tuple[Certificate, Version]:
        """One version, half-made ones too; the current one if none is named."""
        certificate = self.get(name, now)
        if version is None:
            return certificate, certificate.current
        if version.lower() not in certificate.versions:
            raise errors.not_found("certificate", f"{name}/{version}")
        return certificate, certificate.versions[version.lower()]

    def delete(self, name: str, now: float) -> Deleted[Certificate]:
        """Soft-deletes; what was in progress never ends."""
        certificate = self.get(name, now)
        del self.certificates[name.lower()]
        return self.deleted.put(certificate, now)

    def recover(self, name: str, now: float) -> Certificate:
        """Takes a soft-deleted certificate back, as it was."""
        certificate = self.deleted.recover(name, now)
        certificate.readable_from = now + self.recovery_delay
        self.certificates[name.lower()] = certificate
        self._dues.add(certificate)
        return certificate

    def take_back(self, certificate: Certificate) -> None:
        """Puts a certificate as it was kept, its pending operation with its due time."""
        self.certificates[certificate.name.lower()] = certificate
        self._dues.add(certificate)

    def restore(self, blob: str, url: str, now: float) -> Certificate:
        """Brings a backup back, all its versions with their ids; 409 if the name is taken."""
        certificate = replace(read_backup(blob), recovery=self.recovery)
        name = certificate.name
        if name.lower() in self.certificates:
            raise errors.already_exists(f"{url}/certificates/{name}/{certificate.current.id}")
        self.check_free(name, now)
        self.certificates[name.lower()] = certificate
        return certificate
