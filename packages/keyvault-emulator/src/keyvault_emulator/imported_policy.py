"""The policy that import makes of a certificate when the caller sends none, or only parts (protocol §3 and §4.7)."""

from __future__ import annotations

from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtensionOID
from msgspec import UNSET, UnsetType

from keyvault_emulator.distinguished_names import format_name
from keyvault_emulator.imports import Imported
from keyvault_emulator.keys_and_csrs import CURVES, USER_PRINCIPAL_NAME, PrivateKey
from keyvault_emulator.policy import (
    KEY_USAGES,
    AlternativeNames,
    BasicConstraints,
    KeyProperties,
    Policy,
    SecretProperties,
    X509Properties,
    lay_over,
)
from keyvault_emulator.policy_rules import MAX_VALIDITY_MONTHS, check_x509


def policy_for(imported: Imported, sent: dict[str, Any]) -> Policy:
    """What the caller sent, laid over what the certificate says of itself.

    `x509_props` are the certificate's whatever was sent, an empty subject included (recorded: C++ 2022, Java 2023), and
    so are kind and size of the key. What was sent in vain must be well-formed all the same. Raises KeyVaultError.
    """
    made = _policy_of(imported)
    policy, fact = lay_over(made, _without_empty_subject(sent)), made.key_props
    check_x509(policy)
    kty = policy.key_props.kty if policy.key_props.kty.removesuffix("-HSM") == fact.kty else fact.kty
    key = msgspec.structs.replace(policy.key_props, kty=kty, key_size=fact.key_size, crv=fact.crv)
    return msgspec.structs.replace(policy, key_props=key, x509_props=made.x509_props)


def _without_empty_subject(sent: dict[str, Any]) -> dict[str, Any]:
    """The C++ SDK sends `"subject": ""` where its caller names none."""
    props = sent.get("x509_props")
    if not isinstance(props, dict) or props.get("subject") != "":
        return sent
    return sent | {"x509_props": {key: value for key, value in props.items() if key != "subject"}}


def _policy_of(imported: Imported) -> Policy:
    """Lifetime actions are left to the issuer: mail where nobody can renew, renewal under `Self` (recorded)."""
    leaf = imported.chain[0]
    return Policy(
        key_props=_key_properties(imported.key),
        secret_props=SecretProperties(content_type=imported.content_type),
        x509_props=X509Properties(
            subject=format_name(leaf.subject) or UNSET,
            sans=_alternative_names(leaf),
            ekus=_extended_key_usages(leaf),
            key_usage=_key_usages(leaf),
            validity_months=_months(leaf),
            basic_constraints=BasicConstraints(ca=_is_ca(leaf)),
        ),
    )


def _key_properties(key: PrivateKey) -> KeyProperties:
    if isinstance(key, rsa.RSAPrivateKey):
        return KeyProperties(key_size=key.key_size)
    curve = next((name for name, kind in CURVES.items() if isinstance(key.curve, kind)), key.curve.name)
    return KeyProperties(kty="EC", key_size=key.key_size, crv=curve)


def _months(leaf: x509.Certificate) -> int:
    """Begun months count: 13 for twelve months and ten minutes (recorded)."""
    start, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    months = (end.year - start.year) * 12 + end.month - start.month
    begun = (end.day, end.time()) > (start.day, start.time())
    return min(max(months + begun, 0), MAX_VALIDITY_MONTHS)


def _extension(leaf: x509.Certificate, oid: x509.ObjectIdentifier) -> Any:
    """The value of an extension; None if there is none, or if it cannot be read: that is no reason to refuse it."""
    try:
        return leaf.extensions.get_extension_for_oid(oid).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None


def _is_ca(leaf: x509.Certificate) -> bool:
    """As its basic constraints have it (recorded: Go 2022, Java 2023)."""
    constraints = _extension(leaf, ExtensionOID.BASIC_CONSTRAINTS)
    return isinstance(constraints, x509.BasicConstraints) and constraints.ca


def _key_usages(leaf: x509.Certificate) -> list[str]:
    usage = _extension(leaf, ExtensionOID.KEY_USAGE)
    if not isinstance(usage, x509.KeyUsage):
        return []
    flags = [
        usage.digital_signature,
        usage.content_commitment,
        usage.key_encipherment,
        usage.data_encipherment,
        usage.key_agreement,
        usage.key_cert_sign,
        usage.crl_sign,
        usage.key_agreement and usage.encipher_only,
        usage.key_agreement and usage.decipher_only,
    ]
    return [name for name, flag in zip(KEY_USAGES, flags, strict=True) if flag]


def _extended_key_usages(leaf: x509.Certificate) -> list[str]:
    return [oid.dotted_string for oid in _extension(leaf, ExtensionOID.EXTENDED_KEY_USAGE) or []]


def _alternative_names(leaf: x509.Certificate) -> AlternativeNames | UnsetType:
    names = _extension(leaf, ExtensionOID.SUBJECT_ALTERNATIVE_NAME)
    if not isinstance(names, x509.SubjectAlternativeName):
        return UNSET
    return AlternativeNames(
        emails=names.get_values_for_type(x509.RFC822Name) or UNSET,
        dns_names=names.get_values_for_type(x509.DNSName) or UNSET,
        upns=_principal_names(names) or UNSET,
        uris=names.get_values_for_type(x509.UniformResourceIdentifier) or UNSET,
        ip_addresses=[str(address) for address in names.get_values_for_type(x509.IPAddress)] or UNSET,
    )


def _principal_names(names: x509.SubjectAlternativeName) -> list[str]:
    found = []
    for name in names.get_values_for_type(x509.OtherName):
        if name.type_id == USER_PRINCIPAL_NAME:
            try:
                found.append(asn1.decode_der(str, name.value))
            except ValueError:
                continue  # not the UTF8String that it must be
    return found
