"""What a policy may say, and what is filled in where it says nothing (protocol §3, §4.1 and §6)."""

from __future__ import annotations

import logging

import msgspec
from msgspec import UNSET, UnsetType

from keyvault_emulator.distinguished_names import parse_name
from keyvault_emulator.errors import KeyVaultError, invalid_property
from keyvault_emulator.keys_and_csrs import requested_extensions
from keyvault_emulator.policy import (
    KEY_USAGES,
    Action,
    BasicConstraints,
    KeyProperties,
    LifetimeAction,
    Policy,
    PolicyAttributes,
    Trigger,
)

log = logging.getLogger(__name__)

CURVE_SIZES = {"P-256": 256, "P-384": 384, "P-521": 521, "P-256K": 256}
RSA_SIZES = (2048, 3072, 4096)
MAX_TAGS = 15  # protocol §6
MAX_VALIDITY_MONTHS = 1200  # the real bound is not known (protocol §6); this one keeps dates inside X.509's range


def check_tags(tags: dict[str, str] | UnsetType) -> dict[str, str] | None:
    """Refuses more tags than an object may have; None if none were sent, for `{}` is echoed (recorded)."""
    if tags is UNSET:
        return None
    if len(tags) > MAX_TAGS:
        raise _fault(f"{len(tags)} tags")
    return tags


def complete_policy(policy: Policy, *, now: float, replaces: Policy | None = None, of_a_ca: bool = False) -> Policy:
    """Checks a policy and fills in what was left out; raises KeyVaultError on a fault.

    `of_a_ca`: it is that of an imported CA certificate. Nobody can ask for one here.
    """
    check_x509(policy)
    props = policy.x509_props
    actions = policy.lifetime_actions
    if actions is UNSET:  # protocol §3, defaults
        action = "EmailContacts" if policy.issuer.is_unknown else "AutoRenew"
        actions = [LifetimeAction(Trigger(lifetime_percentage=80), Action(action))]
    _check_actions(actions, props.validity_months)
    created = replaces.attributes.created if replaces else int(now)
    return msgspec.structs.replace(
        policy,
        key_props=_complete_key(policy.key_props),
        x509_props=msgspec.structs.replace(
            props, key_usage=_in_key_vaults_order(props.key_usage), basic_constraints=BasicConstraints(ca=of_a_ca)
        ),
        lifetime_actions=actions,
        attributes=PolicyAttributes(enabled=policy.attributes.enabled, created=created, updated=int(now)),
    )


def _complete_key(key: KeyProperties) -> KeyProperties:
    kind = key.kty.removesuffix("-HSM")
    if key.exportable and kind != key.kty:
        raise _fault("a key in an HSM cannot be exportable")
    if kind == "RSA":
        size = key.key_size or 2048
        if size not in RSA_SIZES or key.crv:
            raise _fault(f"RSA key of {size} bits, curve {key.crv}")
        return msgspec.structs.replace(key, key_size=size)
    if kind != "EC":
        raise _fault(f"key type {key.kty}")
    curve = key.crv or next((name for name, size in CURVE_SIZES.items() if size == (key.key_size or 256)), "none")
    if curve not in CURVE_SIZES or key.key_size not in (UNSET, CURVE_SIZES[curve]):
        raise _fault(f"EC key of {key.key_size} bits, curve {key.crv}")
    return msgspec.structs.replace(key, crv=curve, key_size=CURVE_SIZES[curve])


def _in_key_vaults_order(usages: list[str]) -> list[str]:
    """Key usages spelled as RFC 5280 does, each once, sorted (recorded: .NET 2021, which sends `crlSign`)."""
    wanted = {usage.lower() for usage in usages}
    return sorted(usage for usage in KEY_USAGES if usage.lower() in wanted)


def check_x509(policy: Policy) -> None:
    """Raises KeyVaultError if a subject, names, validity, usages or an extension cannot be put into a certificate."""
    props = policy.x509_props
    try:
        subject = parse_name(props.subject or "")
    except ValueError as error:
        log.info("subject %r refused: %s", props.subject, error)
        raise invalid_property("policy.x509_props", "Invalid X.500 distinguished name") from None  # protocol §4.1
    if not subject.rdns and not (props.sans and props.sans.any()) and not policy.platform_managed:
        raise _fault("neither a subject nor an alternative name")
    if not 0 <= props.validity_months <= MAX_VALIDITY_MONTHS:
        raise _fault(f"validity of {props.validity_months} months")
    known = {usage.lower() for usage in KEY_USAGES}
    for usage in props.key_usage:
        if usage.lower() not in known:
            raise _fault(f"key usage {usage!r}")
    try:
        requested_extensions(policy)  # whoever makes them knows what can be encoded
    except ValueError as error:
        raise _fault(str(error)) from None


def _check_actions(actions: list[LifetimeAction], months: int) -> None:
    for action in actions:
        percentage, days = action.trigger.lifetime_percentage, action.trigger.days_before_expiry
        if (percentage is UNSET) == (days is UNSET):
            raise _fault("a trigger needs lifetime_percentage or days_before_expiry, not both")
        if percentage is not UNSET and not 1 <= percentage <= 99:
            raise _fault(f"lifetime_percentage {percentage}")
        if days is not UNSET and not 1 <= days <= months * 27:  # protocol §6
            raise _fault(f"days_before_expiry {days}")
        if action.action.action_type.lower() not in ("emailcontacts", "autorenew"):
            raise _fault(f"action {action.action.action_type!r}")


def _fault(reason: str) -> KeyVaultError:
    """Key Vault names no property for these (protocol §4.1), so the reason goes to the log."""
    log.info("policy refused: %s", reason)
    return invalid_property("")
