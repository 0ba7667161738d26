"""Events about the next version of a certificate: somebody other than its owner started it
(ChangedByOthers), or it was not started (RenewalStopped).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from functions.model.events.event import CERTIFICATES, EventType, Plural, Scene
from functions.model.events.fields import (
    CausedBy,
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
from functions.model.events.request import SOMEBODY
from functions.model.events.wire import Says
from functions.model.events.wording import Message, again
from functions.model.humanize import join_words, moment
from functions.model.issuers import is_manual
from functions.model.links import Links
from functions.model.messages import Line, Severity
from functions.model.people.readers import OPERATORS, OWNER, Readers

MAX_SHOWN_CHANGES = 8  # in a message; the event may have more
SAMPLE_NAME = "sample"

Reason = Literal[
    "too-many-versions",
    "names-would-be-lost",
    "issuer-not-allowed",
    "denied",
    "approval-needed",
    "refused",
    "cap",
]


@dataclass(frozen=True, kw_only=True)
class Change:
    """What somebody else changes."""

    what: Annotated[
        str,
        Says(
            "`owner`, `tags.` and a tag of Certflow, `tags` for the others, `attributes.` and one "
            "of Key Vault's, or `policy.` and a path in its policy."
        ),
    ]
    before: Annotated[str | None, Says("Null: there was none.")]
    after: Annotated[str | None, Says("Null: there is none any more.")]

    def __str__(self) -> str:
        return f"{self.before or 'none'} → {self.after or 'none'}"


@dataclass(frozen=True, kw_only=True)
class ChangedByOthers(EventType):
    """Somebody other than the owner of a certificate started its next version, or a start or a
    merge changes its owner, issuer, policy, attributes or tags. `owner` is the owner before; if
    there was none, the default mailboxes get the message about changes.
    """

    type = "Certflow.Certificate.ChangedByOthers"
    ids = (
        "^[0-9a-z-]{1,24}:[0-9a-z-]{1,127}:[0-9a-f]{32}:changed-by-others:(created|adopted|"
        "merged):[0-9a-f]{16}$"
    )
    subjects = CERTIFICATES
    plural = Plural("certificates changed or started by somebody else")
    readers = Readers((OWNER,), remark="the one before")

    vault: Vault
    name: Name
    request_id: RequestId
    issuer: Issuer
    subject: Annotated[str, Says("The subject that the new CSR asks for, RFC 4514.")]
    owner: Annotated[Owner | None, Says("The owner before; none where nobody owned it.")] = None
    names: Names | None = None
    signer: Signer | None = None
    requested_by: Annotated[str | None, Says("Who asked, as the history has it.")] = None
    requester: Annotated[Who | None, Says("Who asked, in full.")] = None
    caused_by: CausedBy | None = None
    how: Annotated[
        str,
        Says(
            "`adopted`: a request that was pending already. `merged`: what the tags and "
            "attributes of a merge change.",
            enum=["created", "adopted", "merged"],
        ),
    ]
    changes: Annotated[
        tuple[Change, ...],
        Says(
            "What is changed, what matters most first; empty where a start only makes the next "
            "version.",
            maxItems=30,
        ),
    ]

    def words(self, links: Links) -> Message:
        """Says what was done, and how it is undone."""
        name, vault, changes = self.name, self.vault, self.changes
        did = {"adopted": "adopted the pending request for", "merged": "merged the chain of"}
        changed = f" This changes {join_words(one.what for one in changes)}." if changes else ""
        undo = (
            "delete the pending request before it completes (DELETE "
            f"{self._address(links)}/pending, {links.credentials})"
        )
        if self.how == "merged":
            undo = "set its tags and attributes right in Key Vault"
        return Message(
            f"{'Changed' if changes else 'Started'} by somebody else: {name} in {vault}",
            f"Somebody else {did.get(self.how, 'started the next version of')} the certificate "
            f"{name} in vault {vault}.{changed}{'' if self.owner else ' It had no owner before.'}",
            f"Nothing to do, if {'its owner' if self.owner else 'somebody'} knows of it. "
            f"Otherwise {undo}, and ask who it was.",
            Severity.WARNING if changes else Severity.INFO,
        )

    def _address(self, links: Links) -> str:
        return links.address_of(self.vault, self.name)

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the certificate, and for each change what it is now and was before."""
        return (
            ("Vault", self.vault),
            ("Certificate", self.name),
            ("Subject", self.subject),
            ("Issuer", None if is_manual(self.issuer or "") else self.issuer),
            *(
                (f"Changed: {one.what}", str(one))
                for one in (self.changes or ())[:MAX_SHOWN_CHANGES]
            ),
            ("Request", self.request_id),
            ("Owner", self.owner),
            ("Signer", self.signer),
            ("Requested by", shown_actor(self.requester, self.requested_by)),
        )

    def lines(self) -> Sequence[Line]:
        """Returns the request; none for an event of an older version without a request_id."""
        if not self.request_id:
            return ()
        names = " ".join(self.names or ())
        return (Line(self.vault, self.name, self.request_id, names, self.owner),)

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns the start of a version with another issuer."""
        return cls(
            vault=at.vault,
            name=SAMPLE_NAME,
            request_id="0" * 32,
            issuer="DigiCert",
            subject="CN=sample.example.com",
            owner="owner@example.com",
            requested_by="somebody@example.com",
            requester=SOMEBODY,
            how="created",
            changes=(Change(what="policy.issuer.name", before="DigiCert", after="GlobalSign"),),
        )


@dataclass(frozen=True, kw_only=True)
class RenewalStopped(EventType):
    """The next version of a certificate was not started, although its tag asks for that; or, with
    the reason `cap`, no more versions are started in a vault today.
    """

    type = "Certflow.Certificate.RenewalStopped"
    ids = (
        "^[0-9a-z-]{1,24}:([0-9a-z-]{1,127}:[0-9a-z]+:renewal-stopped|"
        "renewals:[0-9]{4}-[0-9]{2}-[0-9]{2})$"
    )
    subjects = "^vaults/[0-9a-z-]{1,24}(/certificates/[0-9a-zA-Z-]{1,127})?$"
    plural = Plural("renewals stopped")
    readers = Readers((OWNER,), general=(OPERATORS,))
    steps: ClassVar = {
        "cap": "They go on tomorrow. If as many are right, raise CERTFLOW_RENEW_MOST",
        "names-would-be-lost": "Put the names into the certificate's policy",
        "issuer-not-allowed": "Give its policy another issuer, or add this one to CERTFLOW_ISSUERS",
        "denied": "Have the access file's condition changed if it is not meant so",
        "approval-needed": "Talk to those who may approve it",
        "too-many-versions": "See why its versions live so short",
    }

    vault: Vault
    name: Name | None = None
    owner: Owner | None = None
    signer: Signer | None = None
    reason: Annotated[
        Reason,
        Says(
            "`cap`: as many as CERTFLOW_RENEW_MOST allows were started today, and there is no "
            "`name`. `refused`: by Key Vault. `issuer-not-allowed`: CERTFLOW_ISSUERS does not list "
            "the policy's issuer. `denied`: by a condition of the access file. `approval-needed`: "
            "the approval that such a condition asks for was refused, withdrawn, or not decided."
        ),
    ]
    sentence: Annotated[str, Says("The reason for people.")]
    not_after: Annotated[Time | None, Says("Until when the certificate is valid, UTC.")] = None

    def words(self, links: Links) -> Message:
        """Says why it was not started, and what has to be fixed first."""
        what, title, start = f"further certificates in vault {self.vault}", "", ""
        if self.name:
            what, title = self.name, f"{self.name} in {self.vault}"
            address = again(links, self.vault, self.name)
            start = f"; then start its next version ({address}; an empty body keeps its policy)"
        return Message(
            f"Renewal stopped: {title or what}",
            f"The next version of {what} was not started: {self.sentence}.",
            f"{self.steps.get(self.reason, 'Fix the problem named here')}{start}.",
            Severity.CRITICAL,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the certificate."""
        return (
            ("Vault", self.vault),
            ("Certificate", self.name),
            ("Valid until", self.not_after and moment(self.not_after)),
            ("Owner", self.owner),
            ("Signer", self.signer),
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a certificate whose versions follow each other too fast."""
        return cls(
            vault=at.vault,
            name=SAMPLE_NAME,
            reason="too-many-versions",
            sentence="two were started within a day",
            not_after=(at.now + timedelta(days=20)).isoformat(),
        )
