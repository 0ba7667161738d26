"""Events for the operators of the app: about a wrong setting, the access file, and a refused
message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from functions.model.events.event import EventType, Plural, Scene
from functions.model.events.fields import SHA256, CausedBy, CsrUrl, Owner, Signer, Vault
from functions.model.events.wire import Says
from functions.model.events.wording import Message
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OPERATORS, Readers

MAX_TOLD_FAULTS = 10  # that one event names


@dataclass(frozen=True, kw_only=True)
class SettingWrong(EventType):
    """A setting, or the file of endpoints, is wrong, and everything else works. Sent each hour
    while it is wrong, with the same id for a week.
    """

    type = "Certflow.Setting.Wrong"
    ids = "^settings:[0-9]{4}-W[0-9]{2}:[0-9a-f]{32}$"
    subjects = "^settings/[A-Za-z_]+$"
    plural = Plural("settings that cannot work")
    readers = Readers((OPERATORS,))

    setting: Annotated[str, Says("Its name.")]
    sentence: Annotated[str, Says("What is wrong, and its cure.")]

    def words(self, links: Links) -> Message:
        """Says what is wrong with it, and where to change it: a file has a path."""
        del links
        is_file = "/" in self.setting
        change = "Correct this file" if is_file else "Change this setting of the app"
        return Message(
            f"A {'file' if is_file else 'setting'} cannot work: {self.setting}",
            f"{self.setting}: {self.sentence}",
            f"{change}. Everything else goes on meanwhile.",
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a setting that does not exist."""
        del at
        return cls(setting="CERTFLOW_SAMPLE", sentence="this is a sample.")


AccessDecides = Literal["roles", "file", "last-good", "operators"]
AccessPlace = Annotated[
    str, Says("Where the file is: container/name, or the setting; empty if none is set.")
]
AccessSha256 = Annotated[str, Says(pattern=SHA256)]
DECIDES = "What decides: app roles, as there is no file; the file; the last good file; operators."
# What decides, as the end of a sentence.
DECIDES_NOW = {
    "roles": "the app roles of Certflow decide, for all vaults",
    "file": "the file decides",
    "last-good": "the last good file decides",
    "operators": "nobody but those with the role Certflow.Operator may do anything, because there "
    "was no good file yet",
}


def _hashes(
    place: str, sha256: str | None, before: str | None
) -> tuple[tuple[str, str | None], ...]:
    """What the details of a changed file list."""
    return ("Place", place), ("SHA-256", sha256), ("SHA-256 before", before)


@dataclass(frozen=True, kw_only=True)
class AccessChanged(EventType):
    """The file that says who may do what has changed, is good again after a fault, or is seen for
    the first time; or no file is set any more.
    """

    type = "Certflow.Access.Changed"
    ids = "^access:[0-9]+$"
    subjects = "^access$"
    plural = Plural("changes of who may do what")
    readers = Readers((OPERATORS,))

    place: AccessPlace
    state: Annotated[AccessDecides, Says(DECIDES)]
    was: Annotated[
        AccessDecides | None, Says("The same before; missing when a file is first seen.")
    ] = None
    sha256: Annotated[AccessSha256 | None, Says("Of the file, hex; missing for none.")] = None
    before: Annotated[AccessSha256 | None, Says("Of the file that decided before.")] = None

    def words(self, links: Links) -> Message:
        """Says what decides now, and how to find out who changed it."""
        del links
        return Message(
            f"Who may do what {'has changed' if self.was else 'is set'}",
            f"{DECIDES_NOW[self.state][0].upper()}{DECIDES_NOW[self.state][1:]} now"
            f"{f' ({self.place}, SHA-256 {self.sha256})' if self.sha256 else ''}.",
            "Nothing to do, if that was meant. Who wrote the file stands in the log of its "
            "storage account, or, of a setting, in the activity log of the app.",
            Severity.WARNING,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the hashes."""
        return _hashes(self.place, self.sha256, self.before)

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a file that was replaced."""
        del at
        return cls(
            place="access/access.json",
            state="file",
            was="file",
            sha256="5" * 64,
            before="4" * 64,
        )


@dataclass(frozen=True, kw_only=True)
class RulesChanged(EventType):
    """The rules that say who gets which messages have changed, or there are none any more."""

    type = "Certflow.Rules.Changed"
    ids = "^rules:[0-9]+$"
    subjects = "^rules$"
    plural = Plural("changes of who gets which messages")
    readers = Readers((OPERATORS,))

    place: Annotated[str, Says("Where they are: container/name, or the setting.")]
    sha256: Annotated[
        str | None, Says("Of the table as it is written, hex; missing for none.", pattern=SHA256)
    ] = None
    before: Annotated[str | None, Says("Of the table before.", pattern=SHA256)] = None

    def words(self, links: Links) -> Message:
        """Says what counts now, and how to find out who changed it."""
        del links
        now = f"SHA-256 {self.sha256}" if self.sha256 else "there are none any more"
        return Message(
            "Who gets which messages has changed",
            f"The rules in {self.place} are other ones now ({now}).",
            "Nothing to do, if that was meant. Who wrote them stands in the log of the storage "
            "account, or, of a setting, in the activity log of the app.",
            Severity.WARNING,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the hashes."""
        return _hashes(self.place, self.sha256, self.before)

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a table that was replaced."""
        del at
        return cls(place="rules/notify.json", sha256="5" * 64, before="4" * 64)


@dataclass(frozen=True, kw_only=True)
class FaultOfAccess:
    """One fault of the file; `row` and `field` are missing for what concerns all of it."""

    row: Annotated[str | None, Says("Its row, such as grants[1].")] = None
    field: Annotated[str | None, Says("The field of that row.")] = None
    sentence: Annotated[str, Says("What is wrong, and what would be right.")]


@dataclass(frozen=True, kw_only=True)
class AccessFaulty(EventType):
    """The file that says who may do what has a fault, is gone, or cannot be read. Sent once for
    each fault. Until it is good again the last good file counts.
    """

    type = "Certflow.Access.Faulty"
    ids = "^access:[0-9]+$"
    subjects = "^access$"
    plural = Plural("faults of the file that says who may do what")
    readers = Readers((OPERATORS,))

    place: AccessPlace
    state: Annotated[AccessDecides, Says(DECIDES)]
    faults: Annotated[
        tuple[FaultOfAccess, ...], Says("The first of them.", minItems=1, maxItems=MAX_TOLD_FAULTS)
    ]
    count: Annotated[int, Says("How many there are.", minimum=1)]
    sha256: Annotated[
        AccessSha256 | None, Says("Of the last good file, hex; missing if there was none yet.")
    ] = None

    def words(self, links: Links) -> Message:
        """Says what is wrong first, and what decides until that is fixed."""
        del links
        more = f" (and {self.count - 1} more)" if self.count > 1 else ""
        return Message(
            "The file that says who may do what has a fault",
            f"{self.place}: {fault_text(self.faults[0])}{more} Until this is fixed "
            f"{DECIDES_NOW[self.state]}.",
            f"Fix the problem named here in {self.place}. A person whose access has to end now "
            "does not lose it before that.",
            Severity.CRITICAL,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the faults, and the hash of the file that decides."""
        return (
            *(("Fault", fault_text(one)) for one in self.faults or ()),
            ("SHA-256 of the last good file", self.sha256),
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a misspelt field."""
        del at
        fault = FaultOfAccess(row="grants[1]", field="whom", sentence="There is no such field.")
        return cls(
            place="access/access.json", state="last-good", faults=(fault,), count=1, sha256="4" * 64
        )


def fault_text(fault: FaultOfAccess) -> str:
    """Returns a fault as a sentence that begins with its row and field."""
    place = ".".join(part for part in (fault.row, fault.field) if part)
    return f"{place}: {fault.sentence}" if place else fault.sentence


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
