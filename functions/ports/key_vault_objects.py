"""The objects of the Key Vault REST API (protocol §3, §4), with the fields that we know. Each field
may be missing, and Key Vault may add others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict


class KeyProperties(TypedDict, total=False):
    """`policy.key_props`."""

    kty: str
    key_size: int
    crv: str
    exportable: bool
    reuse_key: bool


# `policy.x509_props.sans`, by kind: `dns_names` and others.
type AlternativeNames = Mapping[str, Sequence[str]]


class X509Properties(TypedDict, total=False):
    """`policy.x509_props`."""

    subject: str
    sans: AlternativeNames
    ekus: Sequence[str]
    key_usage: Sequence[str]
    validity_months: int
    basic_constraints: Mapping[str, object]


class IssuerParameters(TypedDict, total=False):
    """`policy.issuer`."""

    name: str
    cty: str
    cert_transparency: bool


class LifetimeTrigger(TypedDict, total=False):
    """`policy.lifetime_actions[].trigger`."""

    lifetime_percentage: int
    days_before_expiry: int


class ActionType(TypedDict, total=False):
    """`policy.lifetime_actions[].action`."""

    action_type: str


class LifetimeAction(TypedDict, total=False):
    """`policy.lifetime_actions[]`."""

    trigger: LifetimeTrigger
    action: ActionType


class Attributes(TypedDict, total=False):
    """`attributes` of a certificate or a policy; times are in Unix seconds."""

    enabled: bool
    nbf: int
    exp: int
    created: int
    updated: int
    recoveryLevel: str
    recoverableDays: int


class Policy(TypedDict, total=False):
    """A certificate's policy."""

    id: str
    key_props: KeyProperties
    secret_props: Mapping[str, object]
    x509_props: X509Properties
    lifetime_actions: Sequence[LifetimeAction]
    issuer: IssuerParameters
    attributes: Attributes


class MergeFields(TypedDict, total=False):
    """The fields of a merge's body other than the chain."""

    attributes: Attributes
    tags: Mapping[str, str]


class CreateFields(MergeFields, total=False):
    """The body of a create."""

    policy: Policy
    preserveCertOrder: bool
