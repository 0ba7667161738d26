"""`python -m local.keyvault`: the old name of `python -m keyvault_emulator`, with the same options."""

import sys

from keyvault_emulator.__main__ import main

sys.exit(main())
