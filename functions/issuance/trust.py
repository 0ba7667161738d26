"""Whose certificates a vault takes: the CA certificates that are set for it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography import x509

from functions.issuance.certificate import CanonicalName, Certificate
from functions.issuance.describe import subject_of
from functions.issuance.errors import BadSettings
from functions.issuance.findings import ChainProblem
from functions.issuance.lenient import DECISIVE
from functions.issuance.reading import read_list

CONTAINER = "trusted-cas"
ALL_VAULTS = "*"  # the folder whose files count for all of them
PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Trust:
    """The CA certificates set, by subject; `place` is where they are set, in words. None set: `anchors` empty.

    `ignored` says of which certificates in these files no use can be made, and why, a sentence each.
    """

    anchors: Mapping[CanonicalName, tuple[Certificate, ...]]
    place: str
    ignored: tuple[str, ...] = ()

    def named(self, subject: CanonicalName) -> tuple[Certificate, ...]:
        """The trusted CAs of this name."""
        return self.anchors.get(subject, ())

    def holds(self, certificate: Certificate) -> bool:
        """Whether a certificate is of a trusted CA: its name and its key (RFC 5280 §6.1.1 d)."""
        return any(one.identity == certificate.identity for one in self.named(certificate.subject_key))


def place_of(vault: str) -> str:
    """Where it is set whose certificates a vault takes, in words."""
    return f"{CONTAINER}/{vault}/"


def trust_of(files: Mapping[str, bytes], place: str) -> Trust:
    """Reads the files that say whose certificates are taken, in whatever format a drop could have.

    Raises BadSettings for a file with no CA certificate at all: taking anybody's certificates instead is no way out.
    One that cannot be used beside others that can is among `ignored`.
    """
    anchors: dict[CanonicalName, list[Certificate]] = {}
    ignored: list[str] = []
    for name, content in files.items():
        found = _cas(name, content)
        ignored += found.ignored
        for certificate in found.certificates:
            anchors.setdefault(certificate.subject_key, []).append(certificate)
    newest_first = {
        subject: tuple(sorted(dict.fromkeys(same), key=lambda one: one.not_valid_after_utc, reverse=True))
        for subject, same in anchors.items()
    }
    return Trust(newest_first, place, tuple(ignored))


def says_public(content: bytes) -> bool:
    """Whether a file is the word `public` (for Mozilla's list), beside blank lines and comments (`#`)."""
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
    """The CA certificates of a file, and what in it cannot be used. Raises BadSettings if nothing can."""
    try:
        contents = read_list(content)
    except ChainProblem as problem:
        raise BadSettings(
            f"{name} holds no CA certificate that can be read, and not the word 'public' either: "
            f"{problem.finding.sentence} Until it does, no chain is merged that it would be about."
        ) from None
    reasons = {one: _unusable(one) for one in contents.certificates}
    ignored = [f"{name}: {subject_of(one)} {why}." for one, why in reasons.items() if why]
    ignored += [f"{name}: {one.sentence}" for one in contents.findings if one.code == "unreadable-part"]
    usable = tuple(one for one, why in reasons.items() if not why)
    if not usable:
        raise BadSettings(f"{' '.join(ignored)} Put the certificate of a CA there: no chain is merged without one.")
    return _Cas(usable, tuple(ignored))


def _unusable(certificate: Certificate) -> str | None:
    if decisive := [one.name for one in certificate.unread if one.oid in DECISIVE]:
        return f"has an extension that cannot be read ({', '.join(decisive)})"
    if not may_sign(certificate):
        return "is no CA (basic constraints, key usage): take it out"
    if certificate.key_sha256 is None:
        return "has a key that cannot be read, so nothing can be verified with it"
    return None


def may_sign(certificate: Certificate) -> bool:
    """Whether a certificate is a CA's (RFC 5280 §4.2.1.9, §4.2.1.3). Old roots (version 1) do not say so."""
    if certificate.version is x509.Version.v1:
        return certificate.self_issued
    basic, usage = certificate.extension(x509.BasicConstraints), certificate.extension(x509.KeyUsage)
    return basic is not None and basic.ca and (usage is None or usage.key_cert_sign)
