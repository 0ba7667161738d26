"""The base of all events about a request: the request, its owner and its signer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal

from functions.model.events.event import CERTIFICATES, EventType
from functions.model.events.fields import (
    SHA256,
    CausedBy,
    CsrUrl,
    Issuer,
    Name,
    Names,
    Owner,
    RequestId,
    Signer,
    Time,
    Vault,
    Who,
    shown_actor,
)
from functions.model.events.wire import Says
from functions.model.issuers import is_manual
from functions.model.links import Links
from functions.model.messages import Line
from functions.model.people.readers import OWNER, SIGNER, Readers

REQUEST_IDS = "^[0-9a-z-]{1,24}:[0-9a-z-]{1,127}:[0-9a-f]{32}:"
# The signer of a manual request is told, too, because its CSR is of no use after such an end.
AT_ITS_END = Readers((OWNER,), manual=(OWNER, SIGNER))

Status = Literal["inProgress", "completed", "failed", "cancelled", "deleted", "overwritten"]
KeySha256 = Annotated[
    str,
    Says(
        "With `csr_url`: SHA-256 of the CSR's key (DER of its SubjectPublicKeyInfo), to compare "
        "with a CSR that was read from storage.",
        pattern=SHA256,
    ),
]


@dataclass(frozen=True, kw_only=True)
class Request(EventType):
    """A tracked request, as every Certflow.Issuance event has it."""

    definition: ClassVar = "request"
    subjects = CERTIFICATES

    vault: Vault
    name: Name
    request_id: RequestId
    issuer: Issuer
    subject: Annotated[str, Says("The subject that the CSR asks for, RFC 4514.")]
    names: Names | None = None
    owner: Owner | None = None
    signer: Signer | None = None
    requested_by: Annotated[
        str | None, Says("Who asked for the certificate, if that was said.")
    ] = None
    requester: Annotated[Who | None, Says("Who asked, in full.")] = None
    caused_by: CausedBy | None = None
    origin: Annotated[
        Literal["caller", "renewal", "found"] | None,
        Says(
            "Where the request comes from: started over the API, by Certflow as a renewal, or "
            "found in Key Vault. Missing in requests of older versions."
        ),
    ] = None
    status: Annotated[Status, Says("The state of the request now.")]
    created: Annotated[Time, Says("When Certflow began to track it, UTC.")]

    @property
    def manual(self) -> bool:
        """Whether no issuer works on it."""
        return is_manual(self.issuer or "")

    @property
    def which(self) -> str:
        """The certificate, for a title: with its vault, because several may have the name."""
        return f"{self.name} in {self.vault}"

    def address(self, links: Links) -> str:
        """Returns the address of the certificate in this API, as a person can type it."""
        return links.address_of(self.vault, self.name)

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists what the request is for, what has happened to it, and whose it is."""
        return (
            ("Vault", self.vault),
            ("Certificate", self.name),
            ("Subject", self.subject),
            ("Issuer", None if self.manual else self.issuer),
            *self.happened(),
            ("Request", self.request_id),
            ("Owner", self.owner),
            ("Signer", self.signer),
            *self.done(),
            ("Requested by", shown_actor(self.requester, self.requested_by)),
        )

    def happened(self) -> Iterable[tuple[str, object]]:
        """Lists what has happened to the request, for the details."""
        return ()

    def done(self) -> Iterable[tuple[str, object]]:
        """Lists who has done something to the request, for the details."""
        return ()

    def lines(self) -> Sequence[Line]:
        """Returns the request."""
        if self.request_id is None:  # in an event of an older version
            return ()
        since = datetime.fromisoformat(self.created) if self.created else None
        names = " ".join(self.names or ())
        return (
            Line(
                self.vault,
                self.name,
                self.request_id,
                names,
                self.owner,
                since,
                csr=self.to_be_signed,
            ),
        )

    @property
    def to_be_signed(self) -> bool:
        """Whether the message asks for a signature of the CSR, which then is attached to it."""
        return False

    def elsewhere(self, links: Links) -> str:
        """Says where all requests are."""
        return f"All requests: GET {links.api}/requests, {links.credentials}."


SOMEBODY = Who(  # who acts in the samples
    kind="person",
    name="somebody@example.com",
    tid="00000000-0000-0000-0000-000000000001",
    oid="00000000-0000-0000-0000-000000000002",
    azp="00000000-0000-0000-0000-000000000003",
)


def sample_of(now: datetime, vault: str, status: Status = "inProgress") -> dict[str, Any]:
    """Returns the fields of the request of a sample, which has an integrated issuer."""
    return {
        "vault": vault,
        "name": "sample",
        "request_id": "0" * 32,
        "issuer": "DigiCert",
        "subject": "CN=sample.example.com",
        "requested_by": "somebody@example.com",
        "requester": SOMEBODY,
        "status": status,
        "created": (now - timedelta(seconds=95)).isoformat(),
    }


@dataclass(frozen=True, kw_only=True)
class ToBeSigned(Request):
    """A request whose CSR may wait for a person's signature."""

    readers = Readers((SIGNER,))

    csr_url: CsrUrl | None = None
    key_sha256: KeySha256 | None = None

    @property
    def to_be_signed(self) -> bool:
        """Whether the CSR is published."""
        return self.csr_url is not None

    def happened(self) -> Iterable[tuple[str, object]]:
        """Lists where the CSR is."""
        return (("CSR", self.csr_url), ("SHA-256 of its key", self.key_sha256))

    def elsewhere(self, links: Links) -> str:
        """Says where all open CSRs are."""
        return f"All open CSRs as one zip: GET {links.api}/csrs, {links.credentials}."
