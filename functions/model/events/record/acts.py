"""The event that acts cannot be written to their record."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

from functions.model.events.event import EventType, Plural, Scene
from functions.model.events.wire import Says
from functions.model.events.wording import Message
from functions.model.humanize import moment
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OPERATORS, Readers


@dataclass(frozen=True, kw_only=True)
class ActsWaiting(EventType):
    """The record of acts cannot be written for some minutes: its container refuses, or does not
    answer. The acts wait, and are written once it does. Sent once.
    """

    type = "Certflow.Acts.Waiting"
    ids = "^acts:[0-9]{8}T[0-9]{6}$"
    subjects = "^acts$"
    plural = Plural("notes that the record of acts cannot be written")
    readers = Readers((OPERATORS,))

    since: Annotated[str, Says("Since when, UTC.", format="date-time")]
    reason: Annotated[str, Says("What the storage answers.")]
    stops: Annotated[bool, Says("No request is started meanwhile (CERTFLOW_ACTS).")]

    @property
    def _since(self) -> str:
        return moment(datetime.fromisoformat(self.since))

    def words(self, links: Links) -> Message:
        """Says why, and what goes on."""
        del links
        meanwhile = (
            "No request is started meanwhile, because CERTFLOW_ACTS is required"
            if self.stops
            else "Everything else goes on meanwhile"
        )
        return Message(
            "The record of acts cannot be written",
            f"Acts wait since {self._since}: {self.reason.rstrip('.')}. {meanwhile}; nothing is "
            "lost.",
            "See that the container acts is in the chain storage, and that the identity of the app "
            "has its role there (deploy the template again). The acts are then written by "
            "themselves.",
            Severity.CRITICAL,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists since when."""
        return (("Since", self._since),)

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a role that is missing."""
        reason = "The record of acts: the app's managed identity has no access"
        return cls(since=at.now.isoformat(), reason=reason, stops=False)
