"""The subject of a policy, as text: `CN=www.example.com, O=Example`.

Key Vault reads it as .NET does (X500DistinguishedName), which is neither RFC 4514 nor written down.
So only what every reader takes for the same is read here: no escapes, no `+`, and quotation marks
only around a whole value, for a comma in it.
"""

from __future__ import annotations

from dataclasses import dataclass

# What a common name can be called: its OID (X.520 §6.2.2), with and without .NET's prefix, too.
COMMON_NAME_KINDS = frozenset({"CN", "COMMONNAME", "2.5.4.3", "OID.2.5.4.3"})
# With one of these, the same text is read in several ways.
UNCLEAR = frozenset('+;"\\<>#=\r\n')


@dataclass(frozen=True, slots=True)
class SubjectField:
    """One field: its type in upper case (`CN`, `O`), and its value."""

    kind: str
    value: str

    def __str__(self) -> str:
        return f"{self.kind}={self.value}"


def read_subject(text: str) -> tuple[SubjectField, ...]:
    """Reads a subject; "" has no fields. Raises ValueError for one that can be read in two ways."""
    fields, rest = list[SubjectField](), text.strip()
    while rest:
        kind, equals, rest = rest.partition("=")
        if not equals:
            raise ValueError(f"'{kind}' is no field of a subject.")
        kind, (value, rest) = kind.strip(), _value(rest.lstrip())
        if not kind.isascii() or not kind.replace(".", "").isalnum():
            raise ValueError(f"'{kind}' is no type of a subject's field.")
        kind = kind.upper()
        fields.append(SubjectField("CN" if kind in COMMON_NAME_KINDS else kind, value))
    return tuple(fields)


def _value(rest: str) -> tuple[str, str]:
    """Returns the value at the beginning of a text, and the text after its comma."""
    if rest.startswith('"'):
        value, quote, rest = rest[1:].partition('"')
        after, comma, rest = rest.partition(",")
        if not quote or after.strip():
            raise ValueError("A quotation mark stands alone, or inside of a value.")
    else:
        value, comma, rest = rest.partition(",")
        value = value.strip()
    if not value or not value.isprintable() or UNCLEAR & set(value) or (comma and not rest.strip()):
        raise ValueError("A value is empty, or has a character with a second meaning.")
    return value, rest.strip()
