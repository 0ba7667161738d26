"""Whose event is it? Key Vault's documented examples disagree about case and blanks."""

from __future__ import annotations

from typing import Any

import pytest

from functions.triggers.event_grid import about

VAULTS = {"main": "https://kv.vault.azure.net", "local": "https://localhost:8443"}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"Id": "https://kv.vault.azure.net/certificates/web/1", "ObjectName": "web"}, ("main", "web")),
        ({"id": "https://KV.vault.azure.net/certificates/web/1", "ObjectName ": " web "}, ("main", "web")),
        ({"Id": "https://localhost:8443/certificates/web/1", "ObjectName": "web", "EXP": 5}, ("local", "web")),
        ({"Id": "https://other.vault.azure.net/certificates/web/1", "ObjectName": "web"}, (None, "web")),
        ({"Id": "https://kv.vault.azure.net/certificates/x", "ObjectName": "../secrets/x"}, ("main", None)),
        ({"Id": "https://kv.vault.azure.net/certificates/x", "ObjectName": "web%2f..%2fx"}, ("main", None)),
        ({}, (None, None)),
    ],
)
def test_vault_and_name_of_a_vault_event(data: dict[str, Any], expected: tuple[str | None, str | None]) -> None:
    assert about(data, VAULTS) == expected
