"""Events about a request in progress: started, still pending, acknowledged, cancellation asked for,
or a start with an unknown outcome.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal, Self

from functions.model.events.event import CERTIFICATES, EventType, Plural, Scene
from functions.model.events.fields import (
    Name,
    Owner,
    Signer,
    Time,
    Vault,
    Who,
    done_by,
    shown_actor,
)
from functions.model.events.request import AT_ITS_END, REQUEST_IDS, Request, ToBeSigned, sample_of
from functions.model.events.wire import Says
from functions.model.events.wording import DAY_SECONDS, Message, span
from functions.model.humanize import moment
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OPERATORS, OWNER, SIGNER, Readers


@dataclass(frozen=True, kw_only=True)
class Started(ToBeSigned):
    """A request was started, or was found in Key Vault and is tracked from now on. It has `csr_url`
    if a person is to have the CSR signed.
    """

    type = "Certflow.Issuance.Started"
    ids = f"{REQUEST_IDS}started$"
    plural = Plural(
        "CSRs ready to be signed", "These certificate requests wait for a CA's signature."
    )
    readers = Readers((SIGNER,), remark="only of a manual request")

    status: Literal["inProgress"]

    def words(self, links: Links) -> Message | None:
        """Says that the CSR is ready; None for a request with an integrated issuer."""
        if self.csr_url is None:
            return None
        return Message(
            f"CSR ready to be signed: {self.which}",
            f"The certificate request for {self.name} in vault {self.vault} waits for a CA's "
            "signature.",
            f"Have the CSR signed, and drop what the CA sends, as it is, into {links.container}.",
            Severity.INFO,
            good=True,
            remark="",
        )

    @property
    def listed(self) -> bool:
        """Whether a person has the CSR signed."""
        return self.manual

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a request that a person has signed."""
        manual = sample_of(at.now, at.vault) | {"issuer": "Unknown"}
        return cls(**manual, csr_url=at.csr_url, key_sha256="0" * 64)


@dataclass(frozen=True, kw_only=True)
class Stalled(ToBeSigned):
    """A reminder that a request is still pending, after one, two, four and seven times the
    configured patience. The last one has `escalated`.
    """

    type = "Certflow.Issuance.Stalled"
    ids = f"{REQUEST_IDS}stalled:[1-9][0-9]*$"
    plural = Plural("certificate requests still pending")
    readers = Readers((SIGNER,), remark="the last reminder also everybody else")

    status: Literal["inProgress"]
    reminder: Annotated[int, Says("Number of this reminder, starting at 1.", minimum=1)]
    escalated: Annotated[bool, Says("True for the last one, which goes to all roles.")]
    cancellation_requested: Annotated[
        Literal[True] | None,
        Says("There if somebody asked for its cancellation, and the issuer has not decided yet."),
    ] = None
    age: Annotated[int, Says("Seconds since `created`.", minimum=0)]

    def words(self, links: Links) -> Message:
        """Says what the request waits for, and how to suppress reminders."""
        waits, step = self._waits_and_step(links)
        return Message(
            f"{'Nobody acts on' if self.escalated else 'Still pending'}: {self.which}",
            f"The certificate request for {self.name} in vault {self.vault} waits for {waits}.",
            f"{step} For no reminders until a time: POST "
            f"{self.address(links)}/pending/acknowledge with "
            'the body {"until": "7d", "why": "ordered"}. Calls need '
            f"{links.credentials.removeprefix('with ')}.",
            Severity.CRITICAL if self.escalated else Severity.WARNING,
            remark=f"Waits for {waits}.",
        )

    def _waits_and_step(self, links: Links) -> tuple[str, str]:
        """Returns what the request waits for, and the next step."""
        delete = f"delete the request: DELETE {self.address(links)}/pending"
        if self.manual:
            return self._waits_for_a_person(delete, links.container)
        if self.cancellation_requested:
            return (
                f"{self.issuer} to decide about its cancellation",
                f"Ask {self.issuer}. Or: {delete}.",
            )
        step = (
            f"Look at the order at {self.issuer}: it may wait for somebody's approval or "
            "validation there."
        )
        return f"{self.issuer} to issue or refuse it", step

    def _waits_for_a_person(self, delete: str, chains: str) -> tuple[str, str]:
        # Key Vault records that cancellation was asked for, and nothing is known to follow: without
        # an integrated issuer nobody can cancel.
        if self.cancellation_requested:
            waits = (
                "its end: its cancellation was asked for, but no issuer works on it that could "
                "cancel it"
            )
            step = (
                f"{delete}; or have its CSR signed after all, and drop what the CA sends into "
                f"{chains}."
            )
            return waits, step
        waits = "a CA's signature: no chain for its CSR has been dropped yet"
        return (
            waits,
            f"Have the CSR signed, and drop what the CA sends into {chains}. Or: {delete}.",
        )

    def happened(self) -> Iterable[tuple[str, object]]:
        """Lists for how long the request has been pending, and where the CSR is."""
        return (("Pending for", span(self.age)), *super().happened())

    @property
    def listed(self) -> bool:
        """Whether a person has the CSR signed. An escalation does not wait for a work list."""
        return self.manual and not self.escalated

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns the first reminder of a request that a person has signed."""
        manual = sample_of(at.now, at.vault) | {"issuer": "Unknown"}
        age = 3 * DAY_SECONDS + 3600
        return cls(
            **manual, csr_url=at.csr_url, key_sha256="0" * 64, age=age, reminder=1, escalated=False
        )


@dataclass(frozen=True, kw_only=True)
class Acknowledged(Request):
    """Somebody suppressed the reminders of a pending request until `until`, 30 days at most, and
    said `why`.
    """

    type = "Certflow.Issuance.Acknowledged"
    ids = f"{REQUEST_IDS}acknowledged:[0-9a-f]{{16}}$"
    plural = Plural("requests without reminders for a while")
    readers = Readers((SIGNER,))

    until: Annotated[Time, Says("Until when there are no reminders, UTC.")]
    why: Annotated[str, Says("The reason that was given.")]
    acknowledged_by: Annotated[str | None, Says("Who did it, as the history has it.")] = None
    actor: Annotated[Who | None, Says("Who it was, in full.")] = None

    def words(self, links: Links) -> Message:
        """Says that there are no reminders until then."""
        del links
        return Message(
            f"Reminders held back: {self.which}",
            f"Somebody acknowledged the pending request for {self.name} in vault {self.vault}: no "
            f"reminders until {moment(self.until)}.",
            "Nothing to do, if that is right: the end of the request is reported all the same. "
            "Otherwise ask who it was, and why.",
            Severity.INFO,
        )

    def done(self) -> Iterable[tuple[str, object]]:
        """Lists why the reminders are suppressed, and by whom."""
        return (
            ("Why", self.why),
            ("Acknowledged by", done_by(self.actor, self.acknowledged_by)),
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one for a week."""
        until = (at.now + timedelta(days=7)).isoformat()
        manual = sample_of(at.now, at.vault) | {"issuer": "Unknown"}
        return cls(**manual, until=until, why="The CA is on holiday.", acknowledged_by="somebody")


@dataclass(frozen=True, kw_only=True)
class Cancelling(Request):
    """A caller asked for the cancellation of a request without an integrated issuer. Key Vault
    records that, and nothing is known to follow from it.
    """

    type = "Certflow.Issuance.Cancelling"
    ids = f"{REQUEST_IDS}cancelling$"
    plural = Plural("cancellations asked for")
    readers = AT_ITS_END

    by: Annotated[str | None, Says("Who asked for it, if that was said.")] = None
    actor: Annotated[Who | None, Says("Who it was, in full.")] = None

    def words(self, links: Links) -> Message:
        """Says that the request is not cancelled by that alone."""
        return Message(
            f"Cancellation asked for: {self.which}",
            f"Somebody asked for the cancellation of the request for {self.name} in vault "
            f"{self.vault}. Key Vault notes that, but no issuer works on the request that could "
            "cancel it.",
            "If the certificate is not wanted any more, delete the request (DELETE "
            f"{self.address(links)}/pending, {links.credentials}). Otherwise have its CSR signed "
            "all the same: its chain is still merged.",
        )

    def done(self) -> Iterable[tuple[str, object]]:
        """Lists who asked."""
        return (("Done by", done_by(self.actor, self.by)),)

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a request that a person has signed."""
        return cls(
            **(sample_of(at.now, at.vault) | {"issuer": "Unknown"}), by="somebody@example.com"
        )


@dataclass(frozen=True, kw_only=True)
class Unsettled(EventType):
    """Key Vault was asked to start a request, and for a day its outcome could not be found out.
    Certflow does not try any more.
    """

    type = "Certflow.Issuance.Unsettled"
    ids = f"{REQUEST_IDS}unsettled:[0-9]+$"
    subjects = CERTIFICATES
    plural = Plural("starts that could not be followed up")
    # The operators, since Key Vault has not answered for a day; and the owner, who waits for a
    # certificate.
    readers = Readers((OWNER, OPERATORS))

    vault: Vault
    name: Name
    owner: Owner | None = None
    signer: Signer | None = None
    requested_by: Annotated[str | None, Says("Who asked, if that was said.")] = None
    requester: Annotated[Who | None, Says("Who asked, in full.")] = None
    reason: Annotated[str, Says("Why, at the last try.")]

    def words(self, links: Links) -> Message:
        """Says what could not be found out, and where to look."""
        return Message(
            f"A start could not be followed up: {self.name} in {self.vault}",
            f"The certificate {self.name} was asked of vault {self.vault}, and for a day it could "
            f"not be found out what came of it ({self.reason.rstrip('.')}).",
            f"See what is pending there (GET {links.address_of(self.vault, self.name)}/pending, "
            f"{links.credentials}). Certflow finds a request with the next inventory scan.",
            Severity.CRITICAL,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the certificate, and who asked for it."""
        return (
            ("Vault", self.vault),
            ("Certificate", self.name),
            ("Owner", self.owner),
            ("Signer", self.signer),
            ("Requested by", shown_actor(self.requester, self.requested_by)),
        )

    def elsewhere(self, links: Links) -> str:
        """Says where all requests are."""
        return f"All requests: GET {links.api}/requests, {links.credentials}."

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a vault that did not answer."""
        return cls(
            vault=at.vault, name="sample", reason="Key Vault 'main' is not available (HTTP 503)."
        )
