"""The body of `POST …/create`: Key Vault's own create body (protocol §4.1, §3) and our `owner`, field by field."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from functions.issuance.errors import InvalidRequest
from functions.issuance.start import Order

# Service limits: protocol §6.
Days = Annotated[int, Meta(ge=1)]
Percentage = Annotated[int, Meta(ge=1, le=99)]
NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
RESERVED = {"issuers", "contacts", "restore"}  # routes of the data plane, not certificate names (protocol §2)


class KeyProperties(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`policy.key_props`."""

    kty: Literal["RSA", "RSA-HSM", "EC", "EC-HSM"] | None = None
    key_size: Literal[256, 384, 521, 2048, 3072, 4096] | None = None
    crv: Literal["P-256", "P-384", "P-521", "P-256K"] | None = None
    exportable: bool | None = None
    reuse_key: bool | None = None


class SecretProperties(Struct, forbid_unknown_fields=True, omit_defaults=True, rename={"content_type": "contentType"}):
    """`policy.secret_props`."""

    content_type: Literal["application/x-pkcs12", "application/x-pem-file"] | None = None


class AlternativeNames(Struct, forbid_unknown_fields=True, omit_defaults=True, rename={"ip_addresses": "ipAddresses"}):
    """`policy.x509_props.sans`."""

    dns_names: list[str] | None = None
    emails: list[str] | None = None
    upns: list[str] | None = None
    uris: list[str] | None = None
    ip_addresses: list[str] | None = None


class BasicConstraints(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`policy.x509_props.basic_constraints`."""

    ca: bool | None = None
    path_len_constraint: int | None = None


class X509Properties(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`policy.x509_props`."""

    subject: str | None = None
    sans: AlternativeNames | None = None
    ekus: list[str] | None = None
    key_usage: list[str] | None = None
    validity_months: Annotated[int, Meta(ge=0)] | None = None
    basic_constraints: BasicConstraints | None = None


class Trigger(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`policy.lifetime_actions[].trigger`."""

    lifetime_percentage: Percentage | None = None
    days_before_expiry: Days | None = None


class Action(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`policy.lifetime_actions[].action`."""

    action_type: Literal["AutoRenew", "EmailContacts"]


class LifetimeAction(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`policy.lifetime_actions[]`."""

    trigger: Trigger
    action: Action


class Issuer(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`policy.issuer`. Without a name, or `Unknown`: a person or a CA outside signs the CSR."""

    name: str | None = None
    cty: str | None = None
    cert_transparency: bool | None = None


class Attributes(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`attributes`, times in Unix seconds."""

    enabled: bool | None = None
    nbf: int | None = None
    exp: int | None = None


class Policy(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`policy`."""

    key_props: KeyProperties | None = None
    secret_props: SecretProperties | None = None
    x509_props: X509Properties | None = None
    lifetime_actions: list[LifetimeAction] | None = None
    issuer: Issuer | None = None
    attributes: Attributes | None = None


class CreateBody(
    Struct, forbid_unknown_fields=True, omit_defaults=True, rename={"preserve_cert_order": "preserveCertOrder"}
):
    """The whole body."""

    policy: Policy | None = None
    attributes: Attributes | None = None
    tags: Annotated[dict[str, str], Meta(max_length=15)] | None = None
    preserve_cert_order: bool | None = None
    owner: Annotated[str, Meta(min_length=1, max_length=254, pattern=r"^[^\x00-\x1f\x7f]+$")] | None = None


def check_name(name: str) -> str:
    """A certificate name that Key Vault can have (protocol §2), as it came. Raises InvalidRequest."""
    if not NAME.fullmatch(name) or name.lower() in RESERVED:
        raise InvalidRequest("name", f"'{name}' is no certificate name. Allowed: 1 to 127 letters, digits and hyphens.")
    return name


def parse_order(vault: str, name: str, body: bytes) -> Order:
    """The order in a request. Raises InvalidRequest, which names the field by its path."""
    check_name(name)
    try:
        parsed = msgspec.json.decode(body, type=CreateBody)
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except msgspec.DecodeError as error:
        raise InvalidRequest("$", f"The body is no JSON: {error}") from None
    fields: dict[str, Any] = msgspec.to_builtins(parsed)
    owner = fields.pop("owner", None) or (parsed.tags or {}).get("certflow-owner")
    return Order(vault, name, fields, owner)


def _invalid(text: str) -> InvalidRequest:
    """msgspec writes "what is wrong - at `$.path`", and for an unknown field its name in the sentence."""
    message, _, path = text.partition(" - at ")
    field = path.strip("`").removeprefix("$").removeprefix(".") or "$"
    unknown = re.search(r"unknown field `([^`]+)`", message)
    if unknown:
        field = unknown[1] if field == "$" else f"{field}.{unknown[1]}"
        message = "This field is not known here"
    return InvalidRequest(field, f"{message}.")
