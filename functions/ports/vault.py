"""The port to Key Vault, the records of its answers, and what may be under a name, or None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from functions.model.errors import Refused
from functions.model.request.operation import CertificateVersion, Operation
from functions.ports.key_vault_objects import CreateFields, MergeFields, Policy

NOT_FOUND = 404


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """A pending operation: as the core reads it, and the fields as Key Vault sent them, except that
    the status is spelled as in Status.
    """

    operation: Operation
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A certificate version: as the core reads it, and the fields just as Key Vault sent them."""

    version: CertificateVersion
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CertificateItem:
    """A certificate as the list of a vault has it (protocol §3).

    `thumbprint` is the SHA-1 of the leaf's DER (hex); None while the only version is the incomplete
    one of a pending request. `not_before`, `not_after` and `updated`, when the version's attributes
    or tags last changed, are UTC.
    """

    name: str
    thumbprint: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    enabled: bool = True
    tags: Mapping[str, str] = field(default_factory=dict)
    updated: datetime | None = None

    @property
    def complete(self) -> bool:
        """Whether there is a version that can be used."""
        return self.thumbprint is not None


@dataclass(frozen=True, slots=True)
class CertificatePage:
    """One page of the certificates of a vault, and the token of the next; None after the last."""

    certificates: tuple[CertificateItem, ...]
    token: str | None


class Vault(Protocol):
    """One Key Vault. All methods raise Refused on its 4xx, and Unavailable if it does not answer.
    All but `create` and `merge` are safe to repeat.

    `request_id` is a filter: if another request is pending, Key Vault does nothing and answers 404.
    """

    async def create(self, name: str, body: CreateFields) -> PendingOperation:
        """Starts a request. Not to be repeated: a repeat gets 409 while the first is pending."""
        ...

    async def pending(self, name: str, request_id: str | None = None) -> PendingOperation:
        """The pending operation; Refused (404) if there is none."""
        ...

    async def cancel(self, name: str, request_id: str | None = None) -> PendingOperation:
        """Asks the issuer to cancel. Whether it does is seen later, by `pending`."""
        ...

    async def delete_pending(self, name: str, request_id: str | None = None) -> PendingOperation:
        """Deletes the pending operation; returns it as it was."""
        ...

    async def merge(
        self, name: str, chain: Sequence[bytes], more: MergeFields | None = None
    ) -> Bundle:
        """Completes the pending request with certificates (DER), leaf first. The answer to a repeat
        proves nothing about the first call.

        `more` are the other fields of Key Vault's merge body (attributes, tags).
        """
        ...

    async def certificate(self, name: str) -> Bundle | None:
        """The current version; None if there is none yet, or only the incomplete one of a pending
        request (protocol §4.3).
        """
        ...

    async def versions(self, name: str) -> Mapping[str, str]:
        """All versions of a certificate by the SHA-1 of the leaf's DER (hex; Key Vault's x5t).
        Empty if there is none.
        """
        ...

    async def page(self, token: str | None = None) -> CertificatePage:
        """One page of all certificates, with names for which only a request is pending. A token can
        be used by another process; Refused (4xx) if Key Vault does not accept it any more.
        """
        ...

    async def tags(self, name: str) -> Mapping[str, str]:
        """The tags of a certificate, also of one that is only pending; empty if there is no such
        certificate.
        """
        ...

    async def set_tags(self, name: str, tags: Mapping[str, str]) -> Bundle:
        """Gives the current version these tags in place of its own; returns it. Refused (404) if
        there is no such certificate.
        """
        ...

    async def policy(self, name: str) -> Policy:
        """The stored policy; Refused (404) if there is none."""
        ...

    async def issuers(self) -> list[str]:
        """The names of the issuers that the vault has."""
        ...

    async def providers(self) -> Mapping[str, str]:
        """The provider of each issuer that the vault has, by the issuer's name."""
        ...


async def get_pending_or_none(
    vault: Vault, name: str, request_id: str | None = None
) -> PendingOperation | None:
    """The pending operation of a name, or None; with `request_id`, only that of this request.
    Raises Refused (not for 404), Unavailable.
    """
    try:
        return await vault.pending(name, request_id)
    except Refused as error:
        if error.status != NOT_FOUND:
            raise
        return None


async def stored_policy(vault: Vault, name: str) -> Policy | None:
    """The policy that is stored for a name, or None. Raises Refused (not for 404), Unavailable."""
    try:
        return await vault.policy(name)
    except Refused as error:
        if error.status != NOT_FOUND:
            raise
        return None
