"""GUIDs, the ids of tenants, applications, people and machines in Entra ID."""

from __future__ import annotations

from uuid import UUID


def is_guid(value: object) -> bool:
    """Whether a value is a GUID as Entra ID writes it: lower-case, with hyphens. `UUID` takes more
    ways to write one.
    """
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False
