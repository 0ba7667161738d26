"""Distinguished names: the policy's subject string, and the DER name that Key Vault makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cryptography import x509

# Not exported, and the only way to choose a string type: the default, UTF8String, is not what Key Vault writes.
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

KINDS = {
    "CN": NameOID.COMMON_NAME,
    "C": NameOID.COUNTRY_NAME,
    "L": NameOID.LOCALITY_NAME,
    "S": NameOID.STATE_OR_PROVINCE_NAME,
    "ST": NameOID.STATE_OR_PROVINCE_NAME,
    "O": NameOID.ORGANIZATION_NAME,
    "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
    "STREET": NameOID.STREET_ADDRESS,
    "POSTALCODE": NameOID.POSTAL_CODE,
    "DC": NameOID.DOMAIN_COMPONENT,
    "UID": NameOID.USER_ID,
    "E": NameOID.EMAIL_ADDRESS,
    "EMAIL": NameOID.EMAIL_ADDRESS,
    "EMAILADDRESS": NameOID.EMAIL_ADDRESS,
    "G": NameOID.GIVEN_NAME,
    "GIVENNAME": NameOID.GIVEN_NAME,
    "SN": NameOID.SURNAME,
    "SURNAME": NameOID.SURNAME,
    "T": NameOID.TITLE,
    "TITLE": NameOID.TITLE,
    "SERIALNUMBER": NameOID.SERIAL_NUMBER,
}
NAMES = {oid: kind for kind, oid in reversed(KINDS.items())}  # the first of several spellings
PRINTABLE = re.compile(r"[A-Za-z0-9 '()+,\-./:=?]*")
# These have a string type of their own (RFC 5280, appendix A), which cryptography knows.
OWN_TYPE = {
    NameOID.COUNTRY_NAME: PRINTABLE,
    NameOID.SERIAL_NUMBER: PRINTABLE,
    NameOID.DOMAIN_COMPONENT: re.compile(r"[ -~]*"),
    NameOID.EMAIL_ADDRESS: re.compile(r"[ -~]*"),
}
DOTTED = re.compile(r"(?:OID\.)?([0-2](?:\.[0-9]+)+)", re.IGNORECASE)


def parse_name(text: str) -> x509.Name:
    """Parses `CN=www.example.com, O="Example, Inc."`; raises ValueError if it is no X.500 name.

    The DER order is the string's order reversed (protocol §3). Values may be quoted, as .NET writes them, or escaped
    with a backslash, as RFC 4514 does.
    """
    if not text.strip():
        return x509.Name([])
    name = x509.Name([_parse_rdn(part) for part in reversed(list(_split(text, ",;\n")))])
    name.public_bytes()  # raises what would otherwise be raised when the name is put to use
    return name


def _parse_rdn(text: str) -> x509.RelativeDistinguishedName:
    return x509.RelativeDistinguishedName([_parse_attribute(part) for part in _split(text, "+")])


def _parse_attribute(text: str) -> x509.NameAttribute[str]:
    kind, equals, value = text.partition("=")
    if not equals:
        raise ValueError(f"no '=' in {text!r}")
    oid, value = _oid_of(kind.strip()), _unquote(value.strip())
    if not value.isprintable():
        raise ValueError(f"control characters in {value!r}")
    if oid in OWN_TYPE:
        if not OWN_TYPE[oid].fullmatch(value):  # cryptography would write it all the same
            raise ValueError(f"characters in {value!r} that its type has not")
        return x509.NameAttribute(oid, value)
    printable = PRINTABLE.fullmatch(value)
    return x509.NameAttribute(oid, value, _ASN1Type.PrintableString if printable else _ASN1Type.UTF8String)


def _oid_of(kind: str) -> x509.ObjectIdentifier:
    if kind.upper() in KINDS:
        return KINDS[kind.upper()]
    if dotted := DOTTED.fullmatch(kind):
        return x509.ObjectIdentifier(dotted[1])
    raise ValueError(f"unknown attribute {kind!r}")


def _split(text: str, separators: str) -> Iterator[str]:
    """Cuts at separators that are neither quoted nor escaped; the marks stay in the parts."""
    part, quoted, escaped = "", False, False
    for char in text:
        if char in separators and not quoted and not escaped:
            yield part
            part = ""
            continue
        quoted ^= char == '"' and not escaped
        escaped = char == "\\" and not escaped and not quoted  # in quotes a backslash is a backslash, as for .NET
        part += char
    if quoted or escaped:
        raise ValueError(f"unfinished quote in {text!r}")
    yield part


def _unquote(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return value[1:-1].replace('""', '"')
    return re.sub(r"\\(.)", r"\1", value)


def format_name(name: x509.Name) -> str:
    """The reverse of `parse_name`, as .NET writes names: `S` for a state, quotes around what would be misread."""
    return ", ".join(" + ".join(_format_attribute(item) for item in rdn) for rdn in reversed(name.rdns))


def _format_attribute(attribute: x509.NameAttribute[str | bytes]) -> str:
    value = attribute.value if isinstance(attribute.value, str) else attribute.value.decode("latin-1")
    if value != value.strip() or any(char in value for char in ',;+="\n\\<>#') or not value:
        value = '"' + value.replace('"', '""') + '"'
    return f"{NAMES.get(attribute.oid, attribute.oid.dotted_string)}={value}"
