"""The API versions that there are, and what a reply leaves out for callers of older ones (protocol §2, §3 and §8)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from keyvault_emulator.errors import api_version_missing, api_version_unknown

LATEST = "2026-04-01"
# Those of Microsoft's specifications and of azure-keyvault-certificates 4.12.0. A newer SDK's version is added here.
KNOWN = (
    "2016-10-01",
    "7.0-preview",
    "7.0",
    "7.1-preview",
    "7.1",
    "7.2-preview",
    "7.2",
    "7.3-preview",
    "7.3",
    "7.4-preview.1",
    "7.4",
    "7.5-preview.1",
    "7.5",
    "7.6-preview.1",
    "7.6-preview.2",
    "7.6",
    "2025-06-01-preview",
    "2025-07-01",
    "2026-01-01-preview",
    "2026-03-01-preview",
    LATEST,
    "2026-05-01-preview",
    "2026-07-01-preview",
)
ADDED = {
    "crv": "7.0",
    "cert_transparency": "7.0",
    "preserveCertOrder": "7.6",
    "platformManaged": "2026-03-01",
}


def check_version(version: str) -> None:
    """Raises KeyVaultError if there is no such API version."""
    if not version:
        raise api_version_missing()
    if version not in KNOWN:
        raise api_version_unknown(version, LATEST)


def as_of(version: str, body: Any) -> Any:
    """A bundle, operation or policy without the keys that came later than `version`."""
    return _without(_added_after(version), body)


@lru_cache(maxsize=64)
def _added_after(version: str) -> frozenset[str]:
    return frozenset(key for key, since in ADDED.items() if _rank(since) > _rank(version))


def _without(keys: frozenset[str], body: Any) -> Any:
    if isinstance(body, dict):
        return {key: _without(keys, value) for key, value in body.items() if key not in keys}
    return body


def _rank(version: str) -> tuple[int, str, int]:
    """2016-10-01 came first, then 7.0, 7.1 and so on, then dates again. A preview counts as what it previews."""
    number, _, _ = version.partition("-preview")
    if "-" in number:
        return (0 if number < "2017" else 2, number, 0)
    major, _, minor = number.partition(".")
    return (1, major, int(minor or 0)) if number else (0, "", 0)
