"""What a create needs made before it can begin: a key, a CSR, and the certificate that the issuer will hand over."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.serialization import Encoding

from keyvault_emulator.issuing_ca import Chain, issuing_ca, self_sign
from keyvault_emulator.keys_and_csrs import PrivateKey, generate_key, make_csr
from keyvault_emulator.policy import Policy


@dataclass(frozen=True)
class Order:
    """A create that has passed every check.

    `provider` is None where no CA of ours signs: `Self`, `Unknown`, others. `due` is when the issuer decides, if there
    is one, in the vault's time.
    """

    name: str
    policy: Policy
    enabled: bool
    tags: dict[str, str] | None
    provider: str | None
    due: float
    reuse_key: PrivateKey | None
    preserve_order: bool | None


@dataclass(frozen=True)
class Material:
    """What was made for it."""

    key: PrivateKey
    csr: bytes
    signed: Chain


def make_material(order: Order) -> Material:
    """Slow: call it in a thread.

    The certificate is signed here, dated for the moment when it is due, and kept back until then; so the vault itself
    never signs, and needs no lock.
    """
    policy = order.policy
    key = order.reuse_key or generate_key(policy.key_props)
    csr = make_csr(policy, key)
    signed: Chain = ()
    if order.provider:
        signed = issuing_ca(order.provider).issue(policy, csr, order.due)
    elif policy.issuer.is_self:
        signed = self_sign(policy, csr, order.due, key)
    return Material(key, csr.public_bytes(Encoding.DER), signed)
