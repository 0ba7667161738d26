"""The name of the issuer by which Key Vault says that no issuer works on a request."""

from __future__ import annotations


def is_manual(issuer: str) -> bool:
    """Whether an issuer's name, in any case, means that there is none: `Unknown` (protocol §3)."""
    return issuer.lower() == "unknown"
