"""One file for each system outside. The SDKs' exceptions stop here."""
