"""Microsoft's own tests of their client, and recorded traffic of the service, against the emulator."""
