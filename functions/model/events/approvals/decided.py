"""Events about the end of an approval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Self

from functions.model.events.approvals.approval import (
    APPROVAL_IDS,
    ApprovalEvent,
    AskedFor,
    Yes,
    approval_sample,
)
from functions.model.events.event import Plural, Scene
from functions.model.events.fields import Who, shown_actor
from functions.model.events.wire import Says
from functions.model.events.wording import Message, again
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OPERATORS, OWNER, Readers

TOLD_THE_ASKER = Readers((OWNER,), remark="and who asked")
APPROVER = Who(kind="person", name="approver@example.com", tid="t", oid="a")


@dataclass(frozen=True, kw_only=True)
class ApprovalDecided(ApprovalEvent):
    """Somebody has decided about an approval."""

    readers = TOLD_THE_ASKER

    by: Annotated[str | None, Says("Who decided, for show.")] = None
    actor: Annotated[Who, Says("Who decided, in full.")]
    reason: Annotated[str | None, Says("The reason that was given.")] = None

    @property
    def who_decided(self) -> str:
        """Who decided, as sentences have it."""
        return shown_actor(self.actor, self.by) or "somebody"

    def happened(self) -> Iterable[tuple[str, object]]:
        """Lists the reason."""
        return (("Why", self.reason),)


@dataclass(frozen=True, kw_only=True)
class ApprovalGiven(ApprovalDecided):
    """All who had to have said yes: the request is started, or merged if it was started elsewhere.
    `actor` is who said it last.
    """

    type = "Certflow.Approval.Approved"
    ids = f"{APPROVAL_IDS}approved$"
    plural = Plural("requests that were approved")

    def words(self, links: Links) -> Message:
        """Says that it goes on."""
        del links
        goes_on = "is started now" if self.of != "elsewhere" else "may be merged now"
        step = "Nothing to do: what comes of the request is reported as for any other."
        if self.of == "elsewhere":
            step = "Hand in its chain, or hand it in again if it was set aside."
        return Message(
            f"Approved: {self.which}",
            f"{self.what} {goes_on}. It was approved by {', '.join(self.approvers)}.",
            step,
            Severity.INFO,
            good=True,
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a wildcard."""
        given = Yes(by=APPROVER, at=at.now.isoformat())
        needs = (AskedFor(approvals=1, by=("role:pki",), given=(given,)),)
        return cls(
            **(approval_sample(at) | {"needs": needs}), by="approver@example.com", actor=APPROVER
        )


@dataclass(frozen=True, kw_only=True)
class ApprovalFailed(ApprovalEvent):
    """A request was approved, and cannot be started."""

    type = "Certflow.Approval.Failed"
    ids = f"{APPROVAL_IDS}failed$"
    plural = Plural("approved requests that cannot be started")
    readers = TOLD_THE_ASKER

    error: Annotated[str, Says("Why.")]

    def words(self, links: Links) -> Message:
        """Says why, and that it has to be asked for again."""
        return Message(
            f"Approved, and not started: {self.which}",
            f"{self.what} was approved, and cannot be started: {self.error}",
            f"Fix the problem named here, then ask again: {again(links, self.vault, self.name)}.",
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one that Key Vault has refused."""
        return cls(**approval_sample(at), error="Conflict: A request is pending.")


@dataclass(frozen=True, kw_only=True)
class ApprovalRefused(ApprovalDecided):
    """Somebody who may approve a request has refused it, and said why."""

    type = "Certflow.Approval.Refused"
    ids = f"{APPROVAL_IDS}refused$"
    plural = Plural("requests that were refused")

    def words(self, links: Links) -> Message:
        """Says who refused it."""
        return Message(
            f"Refused: {self.which}",
            f"{self.what} was refused by {self.who_decided}. Nothing was started.",
            "Talk to who refused it. Then change what is asked for, and ask again: "
            f"{again(links, self.vault, self.name)}.",
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a wildcard."""
        return cls(
            **approval_sample(at),
            by="approver@example.com",
            actor=APPROVER,
            reason="Name the hosts instead.",
        )


@dataclass(frozen=True, kw_only=True)
class ApprovalExpired(ApprovalEvent):
    """Nobody has decided for seven days."""

    type = "Certflow.Approval.Expired"
    ids = f"{APPROVAL_IDS}expired$"
    plural = Plural("requests that nobody has decided about")
    readers = Readers((OWNER, OPERATORS), remark="and who asked")

    def words(self, links: Links) -> Message:
        """Says that nobody decided."""
        return Message(
            f"Nobody has decided: {self.which}",
            f"{self.what} waited seven days for approval by {self.who_has_to}, and has expired. "
            "Nothing was started.",
            "Ask one of those who may approve it. Then ask again: "
            f"{again(links, self.vault, self.name)}.",
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a wildcard."""
        return cls(**approval_sample(at))


@dataclass(frozen=True, kw_only=True)
class ApprovalWithdrawn(ApprovalDecided):
    """Who asked, or somebody who may delete it, does not want the request any more."""

    type = "Certflow.Approval.Withdrawn"
    ids = f"{APPROVAL_IDS}withdrawn$"
    plural = Plural("requests that were withdrawn")

    def words(self, links: Links) -> Message:
        """Says who withdrew it."""
        return Message(
            f"Withdrawn: {self.which}",
            f"{self.what} was withdrawn by {self.who_decided} while it waited for approval. "
            "Nothing was started.",
            "Nothing to do, if that was meant. Otherwise ask again: "
            f"{again(links, self.vault, self.name)}.",
            Severity.INFO,
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a wildcard."""
        return cls(
            **approval_sample(at),
            by="somebody@example.com",
            actor=Who(kind="person", name="somebody@example.com", tid="t", oid="o"),
        )
