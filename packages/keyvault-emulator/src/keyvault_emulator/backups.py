"""Backups: what this process keeps of a certificate, behind a blob that only this process can read."""

from __future__ import annotations

import base64
import secrets
from dataclasses import replace

from keyvault_emulator.certificate import Certificate
from keyvault_emulator.errors import malformed_backup

# The real blob is encrypted for its geography; any vault there restores it. Here, any vault of this process.
_kept: dict[str, Certificate] = {}


def back_up(certificate: Certificate) -> str:
    """Keeps a certificate as it is now and returns the blob."""
    blob = base64.urlsafe_b64encode(secrets.token_bytes(96)).rstrip(b"=").decode()
    _kept[blob] = _copy(certificate)
    return blob


def read_backup(blob: str) -> Certificate:
    """Returns a copy of what was backed up; raises KeyVaultError if this process did not make the blob."""
    if blob not in _kept:
        raise malformed_backup()
    return _copy(_kept[blob])


def _copy(certificate: Certificate) -> Certificate:
    """Versions and policy, tags as they are, `{}` too; the pending object stays behind (both recorded)."""
    versions = {key: replace(version) for key, version in certificate.versions.items()}
    return replace(certificate, versions=versions, operation=None)
