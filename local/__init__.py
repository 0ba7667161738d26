"""The embedded default: everything that Azure would provide, on this machine. Nothing in `functions/` imports it."""
