"""Events about an approval that waits: asked for, and a reminder of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Self

from functions.model.events.approvals.approval import (
    APPROVAL_IDS,
    ApprovalEvent,
    approval_sample,
)
from functions.model.events.event import Plural, Scene
from functions.model.events.wire import Says
from functions.model.events.wording import Message
from functions.model.humanize import moment
from functions.model.links import Links
from functions.model.people.readers import OPERATORS, OWNER, Readers

TOLD_WHO_MAY = Readers(
    (OPERATORS, OWNER), remark="in place of the operators those whom `tell` of the condition names"
)


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A field of what was approved last for the certificate, and of what is asked for now."""

    field: Annotated[str, Says("The field of the effective policy.")]
    before: Annotated[str, Says("What was approved.")]
    after: Annotated[str, Says("What is asked for.")]


@dataclass(frozen=True, kw_only=True)
class WaitingApproval(ApprovalEvent):
    """A request waits for an approval; nothing was started in Key Vault for it."""

    readers = TOLD_WHO_MAY

    to: Annotated[
        tuple[str, ...] | None, Says("The mail addresses that the conditions name (`tell`).")
    ] = None
    difference: Annotated[
        tuple[Difference, ...] | None,
        Says("What has changed since the last approval for the certificate."),
    ] = None

    def waits(self) -> str:
        """Returns the sentence on what it waits for."""
        return (
            f"{self.what} waits for approval by {self.who_has_to}, until {moment(self.expires)}. "
            f"{'It is not merged' if self.of == 'elsewhere' else 'Nothing is started'} before."
        )

    def next_step(self, links: Links) -> str:
        """Returns where to decide; nothing is decided by opening a link."""
        if links.console:
            return (
                "If you may approve it: open the approval in Certflow, see what is asked for, and "
                "approve or refuse it there."
            )
        return (
            f"If you may approve it: see what is asked for (GET {self.address(links)}), then "
            f'POST {self.address(links)}/approve with the body {{"digest": "{self.digest}"}}, or '
            f"POST {self.address(links)}/refuse with a reason, too; {links.credentials}."
        )

    def happened(self) -> Iterable[tuple[str, object]]:
        """Lists until when it can be decided, and what has changed."""
        return (
            ("Until", moment(self.expires)),
            *(
                (f"Changed: {one.field}", f"{one.before} → {one.after}")
                for one in self.difference or ()
            ),
        )


@dataclass(frozen=True, kw_only=True)
class ApprovalAsked(WaitingApproval):
    """A request waits for an approval from now on; nothing was started in Key Vault for it."""

    type = "Certflow.Approval.Asked"
    ids = f"{APPROVAL_IDS}asked$"
    plural = Plural("requests that wait for approval")

    def words(self, links: Links) -> Message:
        """Says what waits, and for whom."""
        return Message(
            f"Waits for approval: {self.which}", self.waits(), self.next_step(links), remark=""
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a wildcard."""
        return cls(**approval_sample(at), to=("pki-team@example.com",))


@dataclass(frozen=True, kw_only=True)
class ApprovalReminded(WaitingApproval):
    """Nobody has decided for three days. This is the only reminder."""

    type = "Certflow.Approval.Reminded"
    ids = f"{APPROVAL_IDS}reminded$"
    plural = Plural("requests that still wait for approval")

    def words(self, links: Links) -> Message:
        """Says what still waits, and what becomes of it if nobody decides."""
        return Message(
            f"Still waits for approval: {self.which}",
            f"{self.waits()} If nobody decides by then, it expires. There is no other reminder.",
            self.next_step(links),
            remark="",
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a wildcard."""
        return cls(**approval_sample(at), to=("pki-team@example.com",))
