"""Events about the end of a request: completed, failed, cancelled, deleted, overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from functions.model.events.event import Plural, Scene
from functions.model.events.fields import Error, RequestId, Time, Who, done_by
from functions.model.events.request import AT_ITS_END, REQUEST_IDS, Request, sample_of
from functions.model.events.wire import Says
from functions.model.events.wording import Message, again, span
from functions.model.humanize import moment
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OWNER, Readers

MAX_TOLD_WARNINGS = 2  # in a message; the report has them all

# Key Vault's two failure codes, and who has to act (protocol §1).
NEXT_STEP_BY_ERROR = {
    "Certificate issuer error": "The fault is the issuer's: ask its support, or try again later",
    "Request rejected": "The issuer refused what was asked for: correct the request (names, "
    "organisation, account) and "
    "start it again",
}


@dataclass(frozen=True, kw_only=True)
class Ended(Request):
    """A request that has ended."""

    definition: ClassVar = "ended"
    readers = AT_ITS_END
    lasted: ClassVar = "After"  # the label of `took`; "Took" where the work itself took that long

    took: Annotated[int, Says("Seconds from `created` to the end, as it was seen.", minimum=0)]
    error: Error | None = None
    by: Annotated[
        str | None,
        Says(
            "Who ended the request, as in the history. Missing if Key Vault or the issuer ended "
            "it, or if the caller did not say who it was."
        ),
    ] = None
    actor: Annotated[
        Who | None,
        Says(
            "Who ended the request, in full; of `system`, `upload` is a file in `chains`. Missing "
            "if Key Vault or the issuer ended it."
        ),
    ] = None

    def happened(self) -> Iterable[tuple[str, object]]:
        """Lists why it ended, and after how long."""
        return (
            ("Error code", self.error and self.error.code),
            ("Error message", self.error and self.error.message),
            (self.lasted, span(self.took)),
        )

    def done(self) -> Iterable[tuple[str, object]]:
        """Lists who ended it."""
        itself = self.actor is not None and self.actor.kind == "system"
        return (("Done by", None if itself else done_by(self.actor, self.by)),)


@dataclass(frozen=True, kw_only=True)
class WentBefore:
    """An earlier end of a request that was completed after all."""

    status: Annotated[
        Literal["failed", "cancelled", "cancelling"],
        Says(
            "How the request had ended before; `cancelling`: a caller had asked for its "
            "cancellation."
        ),
    ]
    at: Annotated[Time, Says("When, UTC.")]
    by: Annotated[str | None, Says("Who had asked for the cancellation.")] = None
    actor: Annotated[Who | None, Says("Who it was, in full.")] = None

    def __str__(self) -> str:
        if self.status == "cancelling":
            return f"Somebody had asked for its cancellation ({moment(self.at)})."
        had = "failed" if self.status == "failed" else "been cancelled"
        return f"Before that, the request had {had} ({moment(self.at)})."


@dataclass(frozen=True, kw_only=True)
class Completed(Ended):
    """The certificate is complete: its issuer issued it, or its chain was merged. This may also
    follow Failed or Cancelled.
    """

    type = "Certflow.Issuance.Completed"
    ids = f"{REQUEST_IDS}completed$"
    plural = Plural("certificates issued", "These certificates are complete.")
    readers = Readers((OWNER,))
    lasted = "Took"

    status: Literal["completed"]
    version: Annotated[
        str | None,
        Says(
            "The certificate's version in Key Vault. Missing if a newer one was current when the "
            "end was seen."
        ),
    ] = None
    not_after: Annotated[
        Time | None, Says("Until when it is valid, UTC. Missing where `version` is.")
    ] = None
    warnings: Annotated[
        tuple[str, ...] | None, Says("Warnings for its owner about the chain that was merged.")
    ] = None
    went_before: Annotated[
        WentBefore | None, Says("The earlier end of a request that was completed after all.")
    ] = None

    def words(self, links: Links) -> Message:
        """Says that it is complete, and which services load a new version by themselves."""
        del links
        valid = f" It is valid until {self.not_after[:10]}." if self.not_after else ""
        before = str(self.went_before or "")
        return Message(
            f"Certificate issued: {self.which}",
            f"The certificate {self.name} in vault {self.vault} is "
            f"complete.{valid}{' ' if before else ''}{before}",
            "See that it is in use: the server shows the new certificate's end. Application "
            "Gateway takes the new version within 4 hours and App Service within 24, if they name "
            "the certificate without a version. A service that names a version, or reads the "
            "certificate only when it starts, keeps the old one until you change or restart it.",
            Severity.INFO,
            good=True,
            remark=before,
        )

    def happened(self) -> Iterable[tuple[str, object]]:
        """Lists until when it is valid, and the warnings about its chain."""
        return (
            *super().happened(),
            ("Valid until", self.not_after and moment(self.not_after)),
            ("Version", self.version),
            *(("Warning", sentence) for sentence in (self.warnings or ())[:MAX_TOLD_WARNINGS]),
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a certificate from an issuer."""
        ends = (at.now + timedelta(days=20)).isoformat()
        return cls(
            **sample_of(at.now, at.vault, "completed"), took=95, not_after=ends, version="0" * 32
        )


@dataclass(frozen=True, kw_only=True)
class Failed(Ended):
    """The issuer did not issue the certificate; `error` says why. A chain that is obtained in
    another way can still be merged, and then Completed follows.
    """

    type = "Certflow.Issuance.Failed"
    ids = f"{REQUEST_IDS}failed$"
    plural = Plural("certificate requests failed")
    readers = Readers((OWNER,))
    lasted = "Took"

    status: Literal["failed"]

    def words(self, links: Links) -> Message:
        """Says why it failed, and who has to act."""
        code = (self.error and self.error.code) or "no code"
        message = (self.error and self.error.message) or "no message"
        step = NEXT_STEP_BY_ERROR.get(
            code, "Read the reason above, correct the request, and start it again"
        )
        return Message(
            f"Certificate request failed: {self.which}",
            f"{self.issuer} did not issue {self.name} in vault {self.vault}. {code}: {message}",
            f"{step} ({again(links, self.vault, self.name)}). A chain got from the CA in another "
            f"way can still be dropped into {links.container}.",
            Severity.CRITICAL,
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a request that the issuer refused."""
        error = Error(
            code="Request rejected", message="The domain sample.example.com is not validated."
        )
        return cls(**sample_of(at.now, at.vault, "failed"), took=95, error=error)


@dataclass(frozen=True, kw_only=True)
class Cancelled(Ended):
    """The issuer has cancelled the request, as it was asked to. A chain can still be merged, and
    then Completed follows.
    """

    type = "Certflow.Issuance.Cancelled"
    ids = f"{REQUEST_IDS}cancelled$"
    plural = Plural("certificate requests cancelled")

    status: Literal["cancelled"]

    def words(self, links: Links) -> Message:
        """Says that it was cancelled."""
        return Message(
            f"Certificate request cancelled: {self.which}",
            f"The request for {self.name} in vault {self.vault} was cancelled before "
            f"{self.issuer} issued it.",
            "Start it again if the certificate is still wanted "
            f"({again(links, self.vault, self.name)}).",
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """One that an issuer worked on."""
        return cls(**sample_of(at.now, at.vault, "cancelled"), took=95)


@dataclass(frozen=True, kw_only=True)
class Deleted(Ended):
    """Somebody deleted the pending request."""

    type = "Certflow.Issuance.Deleted"
    ids = f"{REQUEST_IDS}deleted$"
    plural = Plural("certificate requests deleted")

    status: Literal["deleted"]

    def words(self, links: Links) -> Message:
        """Says that a chain for the request is not accepted any more."""
        return Message(
            f"Certificate request deleted: {self.which}",
            f"Somebody deleted the pending request for {self.name} in vault {self.vault}.",
            "Start it again if the certificate is still wanted "
            f"({again(links, self.vault, self.name)}): a chain for the deleted request is not "
            "taken any more.",
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """One that an issuer worked on."""
        return cls(**sample_of(at.now, at.vault, "deleted"), took=95)


@dataclass(frozen=True, kw_only=True)
class Overwritten(Ended):
    """Another request, `replaced_by`, has taken the place of this one."""

    type = "Certflow.Issuance.Overwritten"
    ids = f"{REQUEST_IDS}overwritten$"
    plural = Plural("certificate requests replaced")

    status: Literal["overwritten"]
    replaced_by: Annotated[RequestId, Says("The request that has taken its place.")]

    def words(self, links: Links) -> Message:
        """Says which request counts now."""
        return Message(
            f"Certificate request replaced: {self.which}",
            f"The request {self.replaced_by} now stands in place of this one for {self.name} in "
            f"vault {self.vault}.",
            "Unless an issuer works on the new request, have its CSR signed (GET "
            f"{self.address(links)}/pending/csr, {links.credentials}): a chain for the old one "
            "is not taken any more."
            if self.manual
            else "Nothing to do, if that is right: the new request is watched. A chain for the "
            "old one is not taken "
            "any more.",
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """One that an issuer worked on."""
        return cls(**sample_of(at.now, at.vault, "overwritten"), took=95, replaced_by="1" * 32)
