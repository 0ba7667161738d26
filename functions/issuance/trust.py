"""Whose certificates a vault takes: the CA certificates that are set for it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

from functions.issuance.errors import BadSettings
from functions.issuance.keys import key_sha256

CONTAINER = "trusted-cas"
PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Trust:
    """The CA certificates set, by subject; `place` is where they are set, in words. None set: `anchors` empty."""

    anchors: Mapping[x509.Name, tuple[x509.Certificate, ...]]
    place: str

    def named(self, subject: x509.Name) -> tuple[x509.Certificate, ...]:
        """The trusted CAs of this name."""
        return self.anchors.get(subject, ())

    def holds(self, certificate: x509.Certificate) -> bool:
        """Whether a certificate is of a trusted CA: its name and its key (RFC 5280 §6.1.1 d)."""
        named = self.named(certificate.subject)
        return bool(named) and key_sha256(certificate) in {key_sha256(one) for one in named}


def trust_of(files: Mapping[str, bytes], place: str) -> Trust:
    """Reads the files that say whose certificates are taken. Raises BadSettings: taking anybody's instead is no way."""
    anchors: dict[x509.Name, tuple[x509.Certificate, ...]] = {}
    for name, content in files.items():
        for certificate in _certificates(name, content):
            same = (*anchors.get(certificate.subject, ()), certificate)
            newest_first = sorted(same, key=lambda one: one.not_valid_after_utc, reverse=True)
            anchors[certificate.subject] = tuple(newest_first)
    return Trust(anchors, place)


def says_public(content: bytes) -> bool:
    """Whether a file is the word `public` (for Mozilla's list), beside blank lines and comments (`#`)."""
    try:
        lines = [line.strip() for line in content.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        return False
    return [line for line in lines if line and not line.startswith("#")] == [PUBLIC]


@functools.lru_cache(maxsize=32)
def _certificates(name: str, content: bytes) -> tuple[x509.Certificate, ...]:
    try:
        certificates = x509.load_pem_x509_certificates(content)
        for certificate in certificates:
            key_sha256(certificate)  # one with a key that cannot be read verifies nothing
    except ValueError:
        raise BadSettings(
            f"{name} holds no CA certificate as PEM, and not the word 'public' either. Until it does, no chain is "
            "merged that it would be about."
        ) from None
    for certificate in certificates:
        if not may_sign(certificate):
            raise BadSettings(f"{name}: {certificate.subject.rfc4514_string()} is no CA (basic constraints).")
    return tuple(certificates)


def may_sign(certificate: x509.Certificate) -> bool:
    """Whether a certificate is a CA's (RFC 5280 §4.2.1.9, §4.2.1.3). Old roots (version 1) do not say so."""
    if certificate.version is x509.Version.v1:
        return certificate.subject == certificate.issuer
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    try:
        return basic.ca and certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        return basic.ca
