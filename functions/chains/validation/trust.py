"""Reads the CA certificates that are set as trusted for a vault."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

from functions.chains.parsing.parse import parse_list
from functions.model.errors import BadSettings
from functions.model.findings import ChainProblem
from functions.x509.certificate import CanonicalName, Certificate
from functions.x509.describe import subject_of
from functions.x509.rewrite import DECISIVE

PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Trust:
    """The trusted CA certificates of a vault.

    `anchors` are the certificates by subject, empty if none are set. `place` says where they are
    set, in words. `ignored` has a sentence for each certificate in these files that cannot be used.
    """

    anchors: Mapping[CanonicalName, tuple[Certificate, ...]]
    place: str
    ignored: tuple[str, ...] = ()

    def named(self, subject: CanonicalName) -> tuple[Certificate, ...]:
        """Returns the trusted certificates of CAs with this name."""
        return self.anchors.get(subject, ())

    def holds(self, certificate: Certificate) -> bool:
        """Whether a certificate is one of a trusted CA: it has that CA's name and key (RFC 5280
        §6.1.1 d).
        """
        return any(
            one.identity == certificate.identity for one in self.named(certificate.subject_key)
        )


def trust_of(files: Mapping[str, bytes], place: str) -> Trust:
    """Reads files of trusted CA certificates, by name, in any format that a dropped file may have.

    Raises BadSettings for a file without any usable CA certificate: without it, the vault would
    accept the certificates of any CA. Unusable certificates beside usable ones are in `ignored`.
    """
    anchors: dict[CanonicalName, list[Certificate]] = {}
    ignored: list[str] = []
    for name, content in files.items():
        found = _cas(name, content)
        ignored += found.ignored
        for certificate in found.certificates:
            anchors.setdefault(certificate.subject_key, []).append(certificate)
    newest_first = {
        subject: tuple(
            sorted(dict.fromkeys(same), key=lambda one: one.not_valid_after_utc, reverse=True)
        )
        for subject, same in anchors.items()
    }
    return Trust(newest_first, place, tuple(ignored))


def says_public(content: bytes) -> bool:
    """Whether a file holds the word `public`, which stands for Mozilla's list, and nothing else but
    blank lines and comments (`#`).
    """
    try:
        lines = [line.strip() for line in content.decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        return False
    return [line for line in lines if line and not line.startswith("#")] == [PUBLIC]


@dataclass(frozen=True, slots=True)
class _Cas:
    certificates: tuple[Certificate, ...]
    ignored: tuple[str, ...]


@functools.lru_cache(maxsize=32)
def _cas(name: str, content: bytes) -> _Cas:
    """Returns the CA certificates of a file, and sentences about what in it cannot be used. Raises
    BadSettings if nothing can.
    """
    try:
        contents = parse_list(content)
    except ChainProblem as problem:
        raise BadSettings(
            f"{name} holds no CA certificate that can be read, and not the word 'public' either: "
            f"{problem.finding.sentence} Until it does, chains that depend on it are not merged."
        ) from None
    reasons = {one: _unusable(one) for one in contents.certificates}
    ignored = [f"{name}: {subject_of(one)} {why}." for one, why in reasons.items() if why]
    ignored += [
        f"{name}: {one.sentence}" for one in contents.findings if one.code == "unreadable-part"
    ]
    usable = tuple(one for one, why in reasons.items() if not why)
    if not usable:
        raise BadSettings(
            f"{' '.join(ignored)} Put the certificate of a CA there: no chain is merged without "
            "one."
        )
    return _Cas(usable, tuple(ignored))


def _unusable(certificate: Certificate) -> str | None:
    """Returns why a certificate cannot be a trusted CA's, as the end of a sentence; None if it
    can.
    """
    if decisive := [one.name for one in certificate.unread if one.oid in DECISIVE]:
        return f"has an extension that cannot be read ({', '.join(decisive)})"
    if not is_ca(certificate):
        return "is no CA (basic constraints, key usage): take it out"
    if certificate.key_sha256 is None:
        return "has a key that cannot be read, so nothing can be verified with it"
    return None


def is_ca(certificate: Certificate) -> bool:
    """Whether a certificate is that of a CA that may sign certificates (RFC 5280 §4.2.1.9,
    §4.2.1.3). Old roots (version 1) cannot say so: they count if they are self-issued.
    """
    if certificate.version is x509.Version.v1:
        return certificate.self_issued
    basic = certificate.extension(x509.BasicConstraints)
    usage = certificate.extension(x509.KeyUsage)
    return basic is not None and basic.ca and (usage is None or usage.key_cert_sign)
