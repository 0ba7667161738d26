"""The subject alternative names of certificates and CSRs, by kind, with Key Vault's words for the
kinds.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.oid import NameOID

from functions.x509.certificate import Certificate, extension_of
from functions.x509.describe import printed

MAX_ASKED = 1000  # characters of a CSR's names, which each event of its request contains
UPN = "1.3.6.1.4.1.311.20.2.3"  # the type of the OtherName that holds a user principal name
WORDS = {
    "dns_names": "DNS name",
    "emails": "e-mail address",
    "uris": "URI",
    "ipAddresses": "IP address",
    "upns": "user principal name",
}


def names_of(holder: Certificate | x509.CertificateSigningRequest) -> dict[str, set[str]]:
    """Returns the subject alternative names by kind (protocol §3: `sans`); a kind without names has
    an empty set. DNS names are in lower case.
    """
    given = extension_of(holder, x509.SubjectAlternativeName) or x509.SubjectAlternativeName([])
    others = given.get_values_for_type(x509.OtherName)
    return {
        "dns_names": {name.lower() for name in given.get_values_for_type(x509.DNSName)},
        "emails": set(given.get_values_for_type(x509.RFC822Name)),
        "uris": set(given.get_values_for_type(x509.UniformResourceIdentifier)),
        # An address; a certificate that breaks RFC 5280 can have a network here.
        "ipAddresses": {str(address) for address in given.get_values_for_type(x509.IPAddress)},
        "upns": {
            one.value[2:].decode(errors="replace")
            for one in others
            if one.type_id.dotted_string == UPN
        },
    }


def asked_names(csr: bytes) -> str:
    """Returns the first alternative names that a CSR (DER) asks for, separated by blanks, DNS names
    first, below MAX_ASKED characters. Messages show them, and routing rules match them.

    Without an alternative name, returns the common name if that counts as one (`names_in`). Returns
    "" if there is no name, or if the CSR cannot be read.
    """
    try:
        read = x509.load_der_x509_csr(csr)
        found = names_of(read)
        if not any(found.values()):
            found |= names_in(read.subject)
    except ValueError:
        return ""
    line = ""
    in_order = (name for of_kind in found.values() for name in sorted(of_kind))
    for name in in_order:
        shown = "_".join(printed(name).split())
        if len(line) + len(shown) >= MAX_ASKED:
            break
        line += f" {shown}"
    return line.strip()


def common_names(subject: x509.Name) -> Iterator[str]:
    """Yields the common names in lower case, in the ASCII form of DNS where possible (RFC 3490
    §4.1).
    """
    for attribute in subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        name = str(attribute.value).lower()
        try:
            yield name.encode("idna").decode() if not name.isascii() else name
        except UnicodeError:
            yield name


def names_in(subject: x509.Name) -> dict[str, set[str]]:
    """Returns the first common name that is an IP address or can be a host's name, by kind; {} if
    there is none. It counts where there is no alternative name (RFC 6125 §6.4.4).
    """
    for name in common_names(subject):
        try:
            return {"ipAddresses": {str(ipaddress.ip_address(name))}}
        except ValueError:
            if "." in name and not set(name) & set(" /@:"):
                return {"dns_names": {name}}
    return {}
