"""Where operators set whose certificates the vaults accept: the container of trusted CAs, with a
folder for each vault and one for all of them.
"""

from __future__ import annotations

CA_CONTAINER = "trusted-cas"
ALL_VAULTS = "*"  # the folder whose files count for all of them


def place_of(vault: str) -> str:
    """The folder whose files say whose certificates a vault (alias) accepts, as messages name
    it.
    """
    return f"{CA_CONTAINER}/{vault}/"
