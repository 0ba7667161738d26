"""One Key Vault: its client, the pipeline below it, and its bodies as the core reads them."""
