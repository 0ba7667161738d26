"""The alternative names of certificates and CSRs, under the words that Key Vault's policy has for them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from functions.issuance.certificate import Certificate, extension_of
from functions.issuance.describe import printed

MOST_ASKED = 1000  # characters of the names of a CSR, which travel in each event of its request
UPN = "1.3.6.1.4.1.311.20.2.3"  # the OtherName of a user principal name
WORDS = {
    "dns_names": "DNS name",
    "emails": "e-mail address",
    "uris": "URI",
    "ipAddresses": "IP address",
    "upns": "user principal name",
}


def names_of(holder: Certificate | x509.CertificateSigningRequest) -> dict[str, set[str]]:
    """The subject alternative names by kind (protocol §3: `sans`), DNS names in lower case; empty sets for none."""
    given: Any = extension_of(holder, x509.SubjectAlternativeName) or x509.SubjectAlternativeName([])
    others = given.get_values_for_type(x509.OtherName)
    return {
        "dns_names": {name.lower() for name in given.get_values_for_type(x509.DNSName)},
        "emails": set(given.get_values_for_type(x509.RFC822Name)),
        "uris": set(given.get_values_for_type(x509.UniformResourceIdentifier)),
        "ipAddresses": {str(address) for address in given.get_values_for_type(x509.IPAddress)},  # or odd: a network
        "upns": {one.value[2:].decode(errors="replace") for one in others if one.type_id.dotted_string == UPN},
    }


def asked_names(csr: bytes) -> str:
    """The first alternative names that a CSR (DER) asks for, for people and for rules: with blanks between them, DNS
    names first; without any, the common name that counts as one. Empty for none, or for what cannot be read.
    """
    try:
        read = x509.load_der_x509_csr(csr)
        found = names_of(read)
        if not any(found.values()):
            found |= names_in(read.subject)
    except ValueError:
        return ""
    line = ""
    for name in (name for some in found.values() for name in sorted(some)):
        shown = "_".join(printed(name).split())
        if len(line) + len(shown) >= MOST_ASKED:
            break
        line += f" {shown}"
    return line.strip()


def common_names(subject: x509.Name) -> Iterator[str]:
    """The common names, as DNS would have them (RFC 3490 §4.1) and in lower case."""
    for attribute in subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        name = str(attribute.value).lower()
        try:
            yield name.encode("idna").decode() if not name.isascii() else name
        except UnicodeError:
            yield name


def names_in(subject: x509.Name) -> dict[str, set[str]]:
    """The common name, if it can be a host's (RFC 6125 §6.4.4: what counts where there is no alternative name)."""
    for name in common_names(subject):
        try:
            return {"ipAddresses": {str(ipaddress.ip_address(name))}}
        except ValueError:
            if "." in name and not set(name) & set(" /@:"):
                return {"dns_names": {name}}
    return {}
