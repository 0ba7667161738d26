"""Certificate policies and the bodies that carry them, as structs.

The structs' fields stand in the order in which Key Vault writes them (protocol §3). Fields that are not known here
are ignored, so that an SDK newer than this file still works. What values are allowed: `policy_rules.py`.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from keyvault_emulator.errors import invalid_property

PFX, PEM = "application/x-pkcs12", "application/x-pem-file"
SERVER_AUTH, CLIENT_AUTH = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
KEY_USAGES = (  # in the order of their bits (RFC 5280, 4.2.1.3)
    "digitalSignature",
    "nonRepudiation",
    "keyEncipherment",
    "dataEncipherment",
    "keyAgreement",
    "keyCertSign",
    "cRLSign",
    "encipherOnly",
    "decipherOnly",
)


class KeyProperties(Struct, kw_only=True):
    """The key to make. `key_size` and `crv` are filled in by `policy_rules.complete_policy`."""

    exportable: bool = True
    kty: str = "RSA"
    key_size: int | UnsetType = UNSET
    reuse_key: bool = False
    crv: str | UnsetType = UNSET


class SecretProperties(Struct, kw_only=True):
    """The form in which the certificate with its key is handed out."""

    content_type: str = msgspec.field(default=PFX, name="contentType")


class AlternativeNames(Struct, kw_only=True):
    """Subject alternative names, echoed as sent."""

    emails: list[str] | UnsetType = UNSET
    dns_names: list[str] | UnsetType = UNSET
    upns: list[str] | UnsetType = UNSET
    uris: list[str] | UnsetType = UNSET
    ip_addresses: list[str] | UnsetType = msgspec.field(default=UNSET, name="ipAddresses")

    def any(self) -> bool:
        """Whether there is a name at all: `{}` is a legal value."""
        return any((self.emails, self.dns_names, self.upns, self.uris, self.ip_addresses))


class BasicConstraints(Struct):
    """A CA only if it was imported: Key Vault makes none."""

    ca: bool = False


class X509Properties(Struct, kw_only=True):
    """What stands in the CSR."""

    subject: str | UnsetType = UNSET
    sans: AlternativeNames | UnsetType = UNSET
    ekus: list[str] = msgspec.field(default_factory=lambda: [SERVER_AUTH, CLIENT_AUTH])
    key_usage: list[str] = msgspec.field(default_factory=lambda: ["digitalSignature", "keyEncipherment"])
    validity_months: int = 12
    basic_constraints: BasicConstraints = msgspec.field(default_factory=BasicConstraints)


class Trigger(Struct, kw_only=True):
    """When a lifetime action is due: one of the two."""

    lifetime_percentage: int | UnsetType = UNSET
    days_before_expiry: int | UnsetType = UNSET


class Action(Struct):
    """What is then done."""

    action_type: str


class LifetimeAction(Struct):
    """A trigger and its action."""

    trigger: Trigger
    action: Action


class IssuerReference(Struct, kw_only=True):
    """Who signs: `Unknown` (a person merges), `Self`, or the name of an issuer that is set in the vault."""

    name: str = "Unknown"
    cty: str | UnsetType = UNSET
    cert_transparency: bool | UnsetType = UNSET

    @property
    def is_unknown(self) -> bool:
        """Nobody that the vault could ask signs this request."""
        return self.name.lower() == "unknown"

    @property
    def is_self(self) -> bool:
        """The certificate signs itself."""
        return self.name.lower() == "self"


class PlatformManaged(Struct, kw_only=True):
    """For Azure's own use: taken and echoed, nothing more. Its names in the body are camel case (protocol §3, §8)."""

    certificate_usage: str | UnsetType = msgspec.field(default=UNSET, name="certificateUsage")
    metadata: dict[str, Any] | UnsetType = UNSET


class PolicyAttributes(Struct, kw_only=True):
    """The policy's own dates."""

    enabled: bool = True
    created: int = 0
    updated: int = 0


class Policy(Struct, kw_only=True):
    """A certificate policy. One that came out of `policy_rules.complete_policy` is valid and has no gaps."""

    key_props: KeyProperties = msgspec.field(default_factory=KeyProperties)
    secret_props: SecretProperties = msgspec.field(default_factory=SecretProperties)
    x509_props: X509Properties = msgspec.field(default_factory=X509Properties)
    lifetime_actions: list[LifetimeAction] | UnsetType = UNSET
    issuer: IssuerReference = msgspec.field(default_factory=IssuerReference)
    platform_managed: PlatformManaged | UnsetType = msgspec.field(default=UNSET, name="platformManaged")
    attributes: PolicyAttributes = msgspec.field(default_factory=PolicyAttributes)


class CertificateAttributes(Struct, kw_only=True):
    """Attributes that a caller may set on a version."""

    enabled: bool = True


class CreateBody(Struct, kw_only=True):
    """The body of create (protocol §4.1)."""

    policy: Policy | UnsetType = UNSET
    attributes: CertificateAttributes = msgspec.field(default_factory=CertificateAttributes)
    tags: dict[str, str] | UnsetType = UNSET
    preserve_order: bool | UnsetType = msgspec.field(default=UNSET, name="preserveCertOrder")


class ImportBody(Struct, kw_only=True):
    """The body of import (protocol §4.7). The policy is laid over one that is made of the certificate."""

    value: str
    pwd: str | UnsetType = UNSET
    policy: dict[str, Any] | UnsetType = UNSET
    attributes: CertificateAttributes = msgspec.field(default_factory=CertificateAttributes)
    tags: dict[str, str] | UnsetType = UNSET
    preserve_order: bool | UnsetType = msgspec.field(default=UNSET, name="preserveCertOrder")


class ChangedAttributes(Struct, kw_only=True):
    """Attributes as an update names them."""

    enabled: bool | UnsetType = UNSET


class UpdateBody(Struct, kw_only=True):
    """The body of update (protocol §4.9). The policy is laid over the stored one."""

    attributes: ChangedAttributes = msgspec.field(default_factory=ChangedAttributes)
    tags: dict[str, str] | UnsetType = UNSET
    policy: dict[str, Any] | UnsetType = UNSET


class MergeBody(Struct, kw_only=True):
    """The body of merge (protocol §4.6)."""

    x5c: list[str] = []
    attributes: CertificateAttributes | UnsetType = UNSET
    tags: dict[str, str] | UnsetType = UNSET


class RestoreBody(Struct, kw_only=True):
    """The body of restore (protocol §4.13)."""

    value: str


class CancelBody(Struct, kw_only=True):
    """The body of PATCH pending (protocol §4.4)."""

    cancellation_requested: bool


def parse_body[Body](body: dict[str, Any], into: type[Body]) -> Body:
    """Turns JSON into one of the structs; raises KeyVaultError that names an ill-typed property by its path."""
    try:
        return msgspec.convert(_without_nulls(body), into)
    except msgspec.ValidationError as error:
        detail, _, path = str(error).partition(" - at `$")
        raise invalid_property(path.strip(".`"), detail) from None


def lay_over(policy: Policy, changes: dict[str, Any]) -> Policy:
    """A policy with what `changes` names in place of its own, group by group; not checked yet (protocol §4.11)."""
    merged = msgspec.to_builtins(policy)
    for group, value in _without_nulls(changes).items():
        old = merged.get(group)
        if isinstance(old, dict) and isinstance(value, dict):
            if group == "key_props" and {"kty", "crv"} & value.keys():
                old = {key: item for key, item in old.items() if key not in ("key_size", "crv")}  # of the other kind
            value = old | value
        merged[group] = value
    return parse_body(merged, Policy)


def _without_nulls(value: Any) -> Any:
    """A null is as good as a property that is not there."""
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value
