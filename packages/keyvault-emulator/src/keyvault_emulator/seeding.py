"""Certificates that a test puts into a vault as they are, by the control door: thousands in a second, and such as no
client could have made here: old ones, weak keys, policies that Key Vault took once, requests that have failed.

Nothing of it is held against Key Vault's rules, and no event tells of it.
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import replace
from typing import Annotated

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import Meta, Struct

from keyvault_emulator.certificate import NAME, Certificate, Version
from keyvault_emulator.chains import is_for
from keyvault_emulator.errors import KeyVaultError
from keyvault_emulator.issuing_ca import Chain, validity
from keyvault_emulator.kept import read_key
from keyvault_emulator.keys_and_csrs import PrivateKey, make_csr
from keyvault_emulator.operation import Operation, Outcome, Status
from keyvault_emulator.outcomes import Host
from keyvault_emulator.policy import Policy
from keyvault_emulator.vault import Vault


class Seed(Struct, forbid_unknown_fields=True, kw_only=True):
    """A certificate: `key` is PEM (PKCS#8), `x5c` its certificates (base64 of DER), the leaf first; none: it is
    half-made. `created` is in Unix seconds.

    `request` is the status of the request that is shown under its name: `completed` is the one that the certificate
    came of, any other one is for the next version. Without it the certificate is an import.
    """

    name: Annotated[str, Meta(pattern=f"^{NAME.pattern}$")]
    key: str
    policy: Policy
    x5c: list[str] = []
    tags: dict[str, str] | None = None
    enabled: bool = True
    created: int | None = None
    request: Status | None = None


class SeedsBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of POST /control/certificates."""

    vault: Host
    certificates: list[Seed]


def put_seeds(vault: Vault, seeds: list[Seed], now: float) -> None:
    """Puts all of them into a vault, or none. Raises ValueError that names the one that cannot be there."""
    made = dict[str, Certificate]()
    for seed in seeds:
        name = seed.name.lower()
        if name in made or not _is_free(vault, name, now):
            raise ValueError(f"{seed.name}: this name is taken")
        try:
            made[name] = _certificate(vault, seed, now)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{seed.name}: {error}") from error
    for certificate in made.values():
        vault.take_back(certificate)
    vault.unsaved = True


def _is_free(vault: Vault, name: str, now: float) -> bool:
    try:
        vault.check_free(name, now)
    except KeyVaultError:
        return False
    return name not in vault.certificates


def _certificate(vault: Vault, seed: Seed, now: float) -> Certificate:
    key, chain = read_key(seed.key), tuple(x509.load_der_x509_certificate(base64.b64decode(one)) for one in seed.x5c)
    if chain and not is_for(chain[0], key):
        raise ValueError("the first of x5c is not for this key")
    if not chain and seed.request in {None, Status.COMPLETED}:
        raise ValueError("without x5c there must be a request that is not completed")
    certificate = Certificate(seed.name, seed.policy, vault.recovery)
    chains = [chain] if chain else []
    if seed.request not in {None, Status.COMPLETED}:
        chains.append(())  # of the next version
    versions = [_version(seed, key, one, now) for one in chains]
    certificate.versions |= {one.id: one for one in versions}
    if seed.request is not None:
        certificate.operation = _operation(vault, seed, key, versions[-1].id)
    return certificate


def _version(seed: Seed, key: PrivateKey, chain: Chain, now: float) -> Version:
    """A whole version with the dates of its leaf, or one that is half-made."""
    created = int(now) if seed.created is None else seed.created
    not_before, not_after = validity(created, seed.policy.x509_props.validity_months)
    version = Version(
        id=uuid.uuid4().hex,
        key=key,
        nbf=int(not_before.timestamp()),
        exp=int(not_after.timestamp()),
        created=created,
        updated=created,
        enabled_when_made=seed.enabled,
        tags=seed.tags,
        policy=seed.policy,
        imported=seed.request is None,
    )
    if chain:
        version.put_in_place(chain, chain, created)
    return version


def _operation(vault: Vault, seed: Seed, key: PrivateKey, version: str) -> Operation:
    """The request; no issuer decides one that is in progress."""
    csr, status = make_csr(seed.policy, key).public_bytes(Encoding.DER), seed.request or Status.COMPLETED
    operation = Operation(
        uuid.uuid4().hex, version, seed.policy.issuer.name, csr, f"https://{vault.host}", seed.enabled, seed.tags
    )
    error = (Outcome.code, Outcome.message) if status is Status.FAILED else None
    return replace(operation, status=status, error=error, cancellation_requested=status is Status.CANCELLED)
