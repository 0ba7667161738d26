"""A version as its secret shows it: PFX or PEM, with the key if the policy lets it out (protocol §4.6 and §4.16)."""

from __future__ import annotations

import base64

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from keyvault_emulator.certificate import Version
from keyvault_emulator.chains import leaf_to_root
from keyvault_emulator.issuing_ca import Chain
from keyvault_emulator.pfx import write_pfx
from keyvault_emulator.policy import PEM


def content_type(version: Version) -> str:
    """The secret's content type."""
    return version.policy.secret_props.content_type


def secret_value(version: Version) -> str:
    """The secret itself: PEM text with the key first, or base64 of a PFX that an empty password opens."""
    pem = content_type(version).lower() == PEM
    chain = _exported_chain(version, root_first=not pem)
    key = version.key if version.policy.key_props.exportable else None
    if not pem:
        return base64.b64encode(write_pfx(key, version.chain[0], chain)).decode()
    parts = [certificate.public_bytes(Encoding.PEM) for certificate in chain]
    if key:
        parts.insert(0, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return b"".join(parts).decode()


def _exported_chain(version: Version, *, root_first: bool) -> Chain:
    if version.imported or version.preserve_order:
        return version.given
    ordered = leaf_to_root(version.chain)
    return ordered[::-1] if root_first else ordered
