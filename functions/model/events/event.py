"""The base of all events: a record of one event (Event), and the class from which each type of
event is derived (EventType). Events are CloudEvents 1.0 on the topic.

The class of a type holds its fields, the texts that people get, and a sample. It is in the module
of its family, and registry.py lists all of them. The pages and schemas under docs/ are generated
from the classes: `python -m tests.event_docs --write`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, NamedTuple, Self

from functions.model.events.wire import as_json
from functions.model.events.wording import Message
from functions.model.links import Links
from functions.model.messages import Line
from functions.model.people.readers import Readers

# The pattern of the subjects of events about a certificate.
CERTIFICATES = "^vaults/[0-9a-z-]{1,24}/certificates/[0-9a-zA-Z-]{1,127}$"


type EventFields = dict[str, Any]  # of `data`, by name, as JSON or as what becomes of them


@dataclass(frozen=True, slots=True)
class Event:
    """One event. Its id is made of what happened, so that subscribers recognise an event that is
    sent twice.

    `vault` and `name` are those of the certificate that it belongs to, None for a dropped file
    without a request. `data` is JSON.
    """

    id: str
    type: str
    subject: str
    time: datetime
    vault: str | None = None
    name: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


class Plural(NamedTuple):
    """The title of several messages of one type, without their number, and a sentence that stands
    for all of them; if that is empty, each message shows its own.
    """

    title: str
    sentence: str = ""


class Scene(NamedTuple):
    """The time, the alias of a vault, and the address of a CSR that a sample is made with."""

    now: datetime
    vault: str
    csr_url: str


class About(NamedTuple):
    """The vault and the certificate that an event is about; None where it is about none."""

    vault: str | None
    name: str | None


@dataclass(frozen=True, kw_only=True)
class EventType(ABC):
    """The base class of all types of events. The fields of a subclass are those of `data`, and its
    docstring is the description in its schema.

    `ids` and `subjects` are regular expressions for the ids and subjects of its events. `plural` is
    the title of several of its messages. `readers` are the roles that are told; None if people are
    not told.
    """

    type: ClassVar[str]
    ids: ClassVar[str]
    subjects: ClassVar[str]
    plural: ClassVar[Plural] = Plural("messages")
    readers: ClassVar[Readers | None] = None

    def words(self, links: Links) -> Message | None:
        """Returns the message for people; None if only programs are told."""
        del links
        return None

    def details(self) -> Iterable[tuple[str, object]]:
        """Returns the facts below the message, as labels and values. Whoever shows them leaves out
        those without a value.
        """
        return ()

    def lines(self) -> Sequence[Line]:
        """Returns the requests that it is about."""
        return ()

    def elsewhere(self, links: Links) -> str:
        """Says where all events of the type can be seen, for those that do not fit in a message."""
        del links
        return ""

    @property
    def about(self) -> About:
        """The certificate that it is about."""
        return About(getattr(self, "vault", None), getattr(self, "name", None))

    @property
    def listed(self) -> bool:
        """Whether work lists have it, at the times that are set for them: so it is for a CSR that
        waits for a person, and for a reminder of one.
        """
        return False

    @classmethod
    @abstractmethod
    def sample(cls, at: Scene) -> Self:
        """Returns an example, to be shown in a test of the notifications and in docs/."""

    @classmethod
    def what_happened(cls) -> str:
        """Returns the last word of the type in lower case, in which ids end."""
        return cls.type.rpartition(".")[2].lower()

    def event(
        self,
        id_: str,
        subject: str,
        now: datetime,
        *,
        vault: str | None = None,
        name: str | None = None,
    ) -> Event:
        """Returns the event with these fields. `vault` and `name` are those of the certificate that
        it belongs to.
        """
        return Event(id_, self.type, subject, now, vault, name, as_json(self))
