"""The product's adapter, against Key Vault as it was seen to answer and as it is documented."""

from __future__ import annotations

import pytest

from functions.adapters.key_vault.client import KeyVault
from functions.model.request.operation import Status
from keyvault_emulator import running_emulator
from keyvault_emulator.profile import PROFILES, ProfileName
from keyvault_emulator.tls import LocalCa
from testkit.tokens import AnyToken

POLICY = {
    "key_props": {"kty": "EC", "crv": "P-256"},
    "x509_props": {"subject": "CN=web.example.com"},
    "issuer": {"name": "Self"},
}


@pytest.mark.parametrize("profile", PROFILES)
async def test_the_products_adapter(trusted_ca: LocalCa, profile: ProfileName) -> None:
    async with running_emulator(trusted_ca, issuing_delay=0, any_token=True, profile=profile) as emulator:
        vault = KeyVault("main", f"https://localhost:{emulator.port}", AnyToken(), verify_challenge=False)
        started = await vault.create("web-1", {"policy": POLICY})
        assert started.operation.status is Status.IN_PROGRESS
        assert (await vault.pending("web-1")).operation.status is Status.COMPLETED
        await vault.close()
