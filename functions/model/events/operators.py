"""Events for the operators of the app: about a wrong setting, and about a refused message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from functions.model.events.event import EventType, Plural, Scene
from functions.model.events.fields import CausedBy, CsrUrl, Owner, Signer, Vault
from functions.model.events.wire import Says
from functions.model.events.wording import Message
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OPERATORS, Readers


@dataclass(frozen=True, kw_only=True)
class SettingWrong(EventType):
    """A setting is wrong, and everything else works. Sent each hour while it is wrong, with the
    same id for a week.
    """

    type = "Certflow.Setting.Wrong"
    ids = "^settings:[0-9]{4}-W[0-9]{2}:[0-9a-f]{32}$"
    subjects = "^settings/[A-Za-z_]+$"
    plural = Plural("settings that cannot work")
    readers = Readers((OPERATORS,))

    setting: Annotated[str, Says("Its name.")]
    sentence: Annotated[str, Says("What is wrong, and its cure.")]

    def words(self, links: Links) -> Message:
        """Says what is wrong with the setting."""
        del links
        return Message(
            f"A setting cannot work: {self.setting}",
            f"{self.setting}: {self.sentence}",
            "Change this setting of the app. Everything else goes on meanwhile.",
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a setting that does not exist."""
        del at
        return cls(setting="CERTFLOW_SAMPLE", sentence="this is a sample.")


@dataclass(frozen=True, kw_only=True)
class RefusedNotice:
    """What a message said."""

    title: str
    sentence: str
    next_step: str
    severity: Literal["info", "warning", "critical"]


@dataclass(frozen=True, kw_only=True)
class NoticeRefused(EventType):
    """Teams, the mail server or another channel has refused a message for good. Its text is sent on
    the other channels.
    """

    type = "Certflow.Notice.Refused"
    ids = "^.+:refused:.+$"
    subjects = "^channels/.+$"
    plural = Plural("messages that another channel has refused")
    readers = Readers((OPERATORS,))

    channel: Annotated[str, Says("The channel's name: teams, teams:payments, email, urls:1 …")]
    reason: Annotated[str, Says("What it answered, and what to do about it. Never its address.")]
    event_id: Annotated[str, Says("The id of the event that the message was about.")]
    notice: Annotated[RefusedNotice, Says("What the message said.")]
    vault: Vault | None = None
    name: Annotated[str | None, Says("The certificate's name, if it was about one.")] = None
    owner: Owner | None = None
    signer: Signer | None = None
    caused_by: CausedBy | None = None
    csr_url: CsrUrl | None = None  # without it, nobody could act on a message about a CSR

    def words(self, links: Links) -> Message:
        """Says what the message said, and why it was refused."""
        del links
        said = self.notice
        return Message(
            said.title,
            f"{said.sentence} (The channel {self.channel} has refused this message: "
            f"{self.reason}.)",
            said.next_step,
            Severity(said.severity),
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists which certificate the message was about."""
        return (
            ("Vault", self.vault),
            ("Certificate", self.name),
            ("CSR", self.csr_url),
            ("Owner", self.owner),
            ("Signer", self.signer),
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a channel that does not exist."""
        del at
        said = RefusedNotice(
            title="A message",
            sentence="It was meant for another channel.",
            next_step="See why that channel has refused it.",
            severity="warning",
        )
        return cls(channel="none", reason="this is a sample", event_id="sample", notice=said)
