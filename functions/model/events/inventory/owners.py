"""The event that tells the owner of a certificate that somebody else is its owner now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Self

from functions.model.events.event import CERTIFICATES, EventType, Plural, Scene
from functions.model.events.fields import CausedBy, Name, Owner, Vault, Who, done_by
from functions.model.events.request import SOMEBODY
from functions.model.events.wire import Says
from functions.model.events.wording import Message
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OWNER, Readers


@dataclass(frozen=True, kw_only=True)
class OwnerReplaced(EventType):
    """Somebody made another the owner of a certificate over the API, or nobody. `owner` is the
    owner before, who gets the message. If Key Vault's answer to the change was lost, it may not
    have been made.
    """

    type = "Certflow.Certificate.OwnerReplaced"
    ids = "^[0-9a-z-]{1,24}:[0-9a-z-]{1,127}:owner-replaced:[0-9a-f]{16}$"
    subjects = CERTIFICATES
    plural = Plural("certificates with another owner")
    readers = Readers((OWNER,), remark="the one before")

    vault: Vault
    name: Name
    owner: Annotated[Owner, Says("The owner before.")]
    new_owner: Annotated[str | None, Says("The owner now; missing for nobody.")] = None
    by: Annotated[str | None, Says("Who did it, if that was said.")] = None
    actor: Annotated[Who | None, Says("Who it was, in full.")] = None
    caused_by: CausedBy | None = None

    def words(self, links: Links) -> Message:
        """Says who is the owner now, and how that is undone."""
        return Message(
            f"Another owner: {self.name} in {self.vault}",
            f"{self.new_owner or 'Nobody'} is the owner of the certificate {self.name} in vault "
            f"{self.vault} now, in place of {self.owner}.",
            "Nothing to do, if you know of it. Otherwise ask who did it, and make the owner of "
            f"before the owner again (PATCH {links.address_of(self.vault, self.name)}, "
            f"{links.credentials}).",
            Severity.WARNING,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the certificate, both owners, and who did it."""
        return (
            ("Vault", self.vault),
            ("Certificate", self.name),
            ("Owner before", self.owner),
            ("Owner now", self.new_owner or "none"),
            ("Done by", done_by(self.actor, self.by)),
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a change between two owners."""
        return cls(
            vault=at.vault,
            name="sample",
            owner="owner@example.com",
            new_owner="other@example.com",
            by="somebody@example.com",
            actor=SOMEBODY,
        )
