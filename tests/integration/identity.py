"""The app's identity, for tests of what asks for a token by itself."""

from __future__ import annotations

import pytest

from keyvault_emulator import Emulator


def use_identity(patch: pytest.MonkeyPatch, emulator: Emulator) -> None:
    """Points `ManagedIdentityCredential` at an emulator's identity endpoint."""
    for name, value in (("ENDPOINT", emulator.identity_endpoint), ("HEADER", emulator.identity_header)):
        patch.setenv(f"IDENTITY_{name}", value)
