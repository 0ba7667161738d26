"""The old name of the plugin `keyvault_emulator.pytest_plugin`, with its old names."""

from keyvault_emulator.pytest_plugin import (
    EmulatorCredential,
    KeyVault,
    key_vault,
    key_vault_in_thread,
    pytest_configure,
)

StandInCredential = EmulatorCredential

__all__ = ["KeyVault", "StandInCredential", "key_vault", "key_vault_in_thread", "pytest_configure"]
