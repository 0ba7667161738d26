"""The old name of `keyvault_emulator` (packages/keyvault-emulator), for a release: its command and pytest plugin."""
