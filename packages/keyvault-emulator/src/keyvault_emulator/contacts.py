"""The contacts of one vault: whom Key Vault mails when a certificate is about to expire (protocol §4.15)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from keyvault_emulator.errors import contacts_not_found
from keyvault_emulator.policy import parse_body


class Contact(Struct, kw_only=True):
    """A person; a missing name or phone stays missing."""

    email: str
    name: str | UnsetType = UNSET
    phone: str | UnsetType = UNSET


class ContactList(Struct, kw_only=True):
    """The body of PUT, and of every answer."""

    contacts: list[Contact]


class Contacts:
    """None until they are set."""

    def __init__(self) -> None:
        self.list: ContactList | None = None

    def put(self, body: dict[str, Any]) -> ContactList:
        """Sets them all; those before are gone."""
        self.list = parse_body(body, ContactList)
        return self.list

    def get(self) -> ContactList:
        """Returns them; 404 if there are none."""
        if self.list is None:
            raise contacts_not_found()
        return self.list

    def delete(self) -> ContactList:
        """Removes and returns them."""
        found = self.get()
        self.list = None
        return found
