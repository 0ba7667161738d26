"""Parses the JSON bodies of requests, field by field: Key Vault's fields (protocol §3, §4.1, §4.4,
§4.6), and those that Certflow adds.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any, Literal, cast

import msgspec
from msgspec import Meta, Struct

from functions.model.errors import InvalidRequest
from functions.model.tags import OUR_TAGS, OWNER_TAG, SIGNER_TAG
from functions.ports.key_vault_objects import CreateFields, MergeFields
from functions.triggers.http.plain_text import MAX_TEXT_LETTERS, check_person, check_texts

# Service limits: protocol §6.
Days = Annotated[int, Meta(ge=1)]
Percentage = Annotated[int, Meta(ge=1, le=99)]
# Like all texts, of characters that can be seen; plain_text.py checks that.
Plain = Annotated[str, Meta(min_length=1, max_length=MAX_TEXT_LETTERS)]
CERTIFICATE_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
# Routes of the data plane, which cannot be certificate names (protocol §2).
RESERVED = {"issuers", "contacts", "restore"}


class KeyProperties(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """`policy.key_props`."""

    kty: Literal["RSA", "RSA-HSM", "EC", "EC-HSM"] | None = None
    key_size: Literal[256, 384, 521, 2048, 3072, 4096] | None = None
    crv: Literal["P-256", "P-384", "P-521", "P-256K"] | None = None
    exportable: bool | None = None
    reuse_key: bool | None = None


class SecretProperties(
    Struct, forbid_unknown_fields=True, omit_defaults=True, rename={"content_type": "contentType"}
):
    """`policy.secret_props`."""

    content_type: Literal["application/x-pkcs12", "application/x-pem-file"] | None = None


class AlternativeNames(
    Struct, forbid_unknown_fields=True, omit_defaults=True, rename={"ip_addresses": "ipAddresses"}
):
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


# A tag's name and its value have 512 characters (Learn, "About Azure Key Vault secrets", Secret
# tags).
TagText = Annotated[str, Meta(max_length=512)]
Tags = Annotated[dict[TagText, TagText], Meta(max_length=15)]


class CreateBody(
    Struct,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename={"preserve_cert_order": "preserveCertOrder"},
):
    """The whole body of a create."""

    policy: Policy | None = None
    attributes: Attributes | None = None
    tags: Tags | None = None
    preserve_cert_order: bool | None = None
    owner: Plain | None = None
    signer: Plain | None = None
    if_pending: Literal["reject", "adopt", "replace"] = "reject"
    requested_by: Plain | None = None


class CancelBody(Struct, forbid_unknown_fields=True):
    """The body of `PATCH …/pending`. Only true has a meaning: a request for cancellation is not
    taken back.
    """

    cancellation_requested: bool
    requested_by: Plain | None = None


class MergeBody(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The JSON body of `POST …/pending/merge`: certificates as base64 of DER, in any order."""

    x5c: Annotated[list[str], Meta(min_length=1, max_length=100)]
    attributes: Attributes | None = None
    tags: Tags | None = None
    requested_by: Plain | None = None


class RetryBody(Struct, forbid_unknown_fields=True):
    """The body of `POST chains/retry`: a file's name in the container, folders included (at most
    1,024 characters).
    """

    name: Annotated[str, Meta(min_length=1, max_length=1024)]


class AcknowledgeBody(Struct, forbid_unknown_fields=True):
    """The body of `POST …/pending/acknowledge`: until when no reminders are wanted, and why."""

    until: Annotated[str, Meta(min_length=2, max_length=40)]
    why: Plain
    requested_by: Plain | None = None


class RehearseBody(Struct, forbid_unknown_fields=True):
    """The body of `POST notifications/test`: which events; none named means one of each."""

    events: Annotated[list[str], Meta(max_length=50)] = []


class RebuildBody(Struct, forbid_unknown_fields=True):
    """The body of `POST rebuild`: the aliases of the vaults; none named means all."""

    vaults: Annotated[list[str], Meta(max_length=500)] = []
    requested_by: Plain | None = None


def check_name(name: str) -> str:
    """Returns a certificate name unchanged. Raises InvalidRequest for one that Key Vault cannot
    have (protocol §2).
    """
    if not CERTIFICATE_NAME.fullmatch(name) or name.lower() in RESERVED:
        raise InvalidRequest(
            "name",
            f"'{name}' is no certificate name. Allowed: 1 to 127 letters, digits and hyphens.",
        )
    return name


def parse[T](body: bytes, kind: type[T]) -> T:
    """Reads a JSON body as a type. Raises InvalidRequest, which names the wrong field by its
    path.
    """
    try:
        parsed = msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), kind) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidRequest("$", f"The body is no JSON: {error}") from None
    # Except the name of a file: its uploader chose it, and it has to be found by that name.
    if kind is not RetryBody:
        check_texts(msgspec.to_builtins(parsed))
    return parsed


def parse_create(body: bytes) -> tuple[CreateBody, CreateFields]:
    """Reads the body of a create, and returns it with the fields that go to Key Vault. An empty
    body, or an empty policy in it, means a next version with the policy of the last. Raises
    InvalidRequest.
    """
    parsed = parse(body or b"{}", CreateBody)
    check_person("owner", parsed.owner)
    check_person("signer", parsed.signer)
    _check_tags(parsed.tags or {})
    fields: dict[str, Any] = msgspec.to_builtins(parsed)
    for ours in ("owner", "signer", "if_pending", "requested_by"):
        fields.pop(ours, None)
    if not fields.get("policy"):
        fields.pop("policy", None)
    return parsed, cast(CreateFields, fields)


def parse_cancel(body: bytes) -> CancelBody:
    """Reads the body of a cancellation. Raises InvalidRequest."""
    asked = parse(body, CancelBody)
    if not asked.cancellation_requested:
        raise InvalidRequest(
            "cancellation_requested", "Only true can be asked for; it cannot be taken back."
        )
    return asked


def parse_merge(body: bytes) -> tuple[list[bytes], MergeFields, str | None]:
    """Reads the JSON body of a merge: returns the certificates (DER), the other fields that go to
    Key Vault, and `requested_by`. Raises InvalidRequest.

    A certificate may be encoded twice as base64, because some SDKs do so (protocol §4.6).
    """
    asked = parse(body, MergeBody)
    _check_tags(asked.tags or {})
    items = [_der_of(index, item) for index, item in enumerate(asked.x5c)]
    more: dict[str, Any] = msgspec.to_builtins(asked)
    for ours in ("x5c", "requested_by"):
        more.pop(ours, None)
    return items, cast(MergeFields, more), asked.requested_by


def _check_tags(tags: dict[str, str]) -> None:
    """Raises InvalidRequest for a wrong owner or signer, and for a tag that differs from one of
    Certflow's only in case or blanks: people would take it for Certflow's, and Key Vault's
    documentation does not say whether names of tags differ by case.
    """
    for tag in (OWNER_TAG, SIGNER_TAG):
        check_person(f"tags.{tag}", tags.get(tag))
    for name in tags:
        meant = name.strip().lower()
        if meant in OUR_TAGS and name != meant:
            raise InvalidRequest(f"tags.{name}", f"Write {meant}: only so it is a tag of Certflow.")


def _der_of(index: int, item: str) -> bytes:
    try:
        der = base64.b64decode(item, validate=True)
        return der if der[:1] == b"\x30" else base64.b64decode(der, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidRequest(f"x5c[{index}]", "This is no base64 of a certificate (DER).") from None


def _invalid(text: str, kind: type[Any]) -> InvalidRequest:
    """Returns the error for a text of msgspec. That is "what is wrong - at `$.path`" (for a key of
    an object "at `key` in `$.path`"), and has the name of an unknown field in its sentence. It does
    not say what is allowed there, so this is added.
    """
    message, _, path = text.partition(" - at ")
    path = path.removeprefix("`key` in ")
    field = path.strip("`").removeprefix("$").removeprefix(".") or "$"
    allowed = ", ".join(_allowed(kind, field.removeprefix("$")))
    unknown = re.search(r"unknown field `([^`]+)`", message)
    if unknown:
        field = unknown[1] if field == "$" else f"{field}.{unknown[1]}"
        message = f"This field is not known here. Allowed: {allowed}"
    elif message.startswith("Invalid enum value"):
        message = f"{message}. Allowed: {allowed}"
    return InvalidRequest(field, f"{message}.")


def _allowed(kind: type[Any], path: str) -> list[str]:
    """Returns the fields of the object at a path, or the values that are allowed there."""
    options: list[Any] = [msgspec.inspect.type_info(kind)]
    for step in re.findall(r"[^.\[\]]+|\[[^\[\]]*\]", path):
        found = _types_at(step, options)
        options = [one for some in found for one in getattr(some, "types", (some,))]
    choices = [one for one in options if isinstance(one, msgspec.inspect.LiteralType)]
    values = [str(value) for one in choices for value in one.values]
    return [field.encode_name for field in _struct_fields(options)] or values


def _types_at(step: str, options: list[Any]) -> list[Any]:
    """Returns the types below `options`: of the items for `[…]`, else of the field of this name."""
    if step.startswith("["):
        return [one.item_type for one in options if isinstance(one, msgspec.inspect.ListType)]
    return [field.type for field in _struct_fields(options) if field.encode_name == step]


def _struct_fields(options: list[Any]) -> list[Any]:
    return [
        field
        for one in options
        if isinstance(one, msgspec.inspect.StructType)
        for field in one.fields
    ]
