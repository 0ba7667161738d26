"""Events about the expiry of certificates: near expiry, and expired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from functions.model.events.event import CERTIFICATES, EventType, Plural, Scene
from functions.model.events.fields import (
    Name,
    Owner,
    Signer,
    Thumbprint,
    Time,
    Vault,
)
from functions.model.events.wire import Says
from functions.model.events.wording import DAY_SECONDS, Message
from functions.model.humanize import duration, moment
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OWNER, Readers

SAMPLE_NAME = "sample"


@dataclass(frozen=True, kw_only=True)
class Ending(EventType):
    """A certificate that is near expiry or has expired."""

    definition: ClassVar = "certificate"
    ids = "^[0-9a-z-]{1,24}:[0-9a-z-]{1,127}:[0-9a-z]+:expiry:[1-9][0-9]*$"
    subjects = CERTIFICATES
    readers = Readers((OWNER,))

    vault: Vault
    name: Name
    thumbprint: Thumbprint
    owner: Owner | None = None
    signer: Signer | None = None
    not_before: Annotated[Time | None, Says("The certificate's, UTC.")] = None
    not_after: Annotated[Time, Says("The certificate's, UTC.")]
    left: Annotated[
        int | None,
        Says(
            "Seconds from the event's time to `not_after`; below zero since it has expired.",
            always=True,
        ),
    ] = None
    rung: Annotated[
        int,
        Says(
            "How far down CERTFLOW_EXPIRY_LADDER it is, from 1; `rungs` + 1 is expired.", minimum=1
        ),
    ]
    rungs: Annotated[int, Says("How many shares of lifetime the ladder has.", minimum=1)]
    renewal: Annotated[Literal["notify", "auto"], Says("What the tag certflow-renew says.")]

    def renewal_step(self, links: Links) -> str:
        """Says how the next version is started."""
        address = links.address_of(self.vault, self.name)
        if self.renewal == "auto":
            return (
                "Its tag has the next version started by itself, and that has not happened: see "
                f"what is pending (GET {address}/pending, {links.credentials}); if nothing is, "
                f"start it (POST {address}/create; an empty body keeps its policy)."
            )
        return (
            f"Start its next version (POST {address}/create {links.credentials}; an empty body "
            "keeps its policy), or tag it certflow-renew = auto."
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


@dataclass(frozen=True, kw_only=True)
class NearExpiry(Ending):
    """A certificate has reached a rung of `CERTFLOW_EXPIRY_LADDER`: no more than that share of its
    lifetime is left. Sent once for each rung and version.
    """

    type = "Certflow.Certificate.NearExpiry"
    plural = Plural("certificates near their end")

    def words(self, links: Links) -> Message:
        """Says how long it is still valid."""
        last, ends = self.rung >= self.rungs, self.not_after[:10]
        days, left = "", f"is valid until {ends}"
        if self.left is not None:
            days = f", {duration(max(self.left // DAY_SECONDS, 1) * DAY_SECONDS)} left"
            left = f"expires in {duration(self.left)}, on {ends}"
        return Message(
            f"Certificate near its end: {self.name} in {self.vault}{days}",
            f"The certificate {self.name} in vault {self.vault} {left}.",
            self.renewal_step(links),
            Severity.CRITICAL if last else Severity.WARNING,
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a certificate on the first rung."""
        ends = (at.now + timedelta(days=20)).isoformat()
        return cls(
            vault=at.vault,
            name=SAMPLE_NAME,
            thumbprint="0" * 40,
            not_after=ends,
            left=20 * DAY_SECONDS,
            rung=1,
            rungs=3,
            renewal="notify",
        )


@dataclass(frozen=True, kw_only=True)
class Expired(Ending):
    """A certificate is not valid any more, and no newer version took its place."""

    type = "Certflow.Certificate.Expired"
    plural = Plural("certificates expired")

    def words(self, links: Links) -> Message:
        """Says since when it has not been valid."""
        ago = "" if self.left is None else f" ({duration(-self.left)} ago)"
        return Message(
            f"Certificate expired: {self.name} in {self.vault}",
            f"The certificate {self.name} in vault {self.vault} has not been valid since "
            f"{self.not_after[:10]}{ago}.",
            f"{self.renewal_step(links)} If it is not used any more: disable it.",
            Severity.CRITICAL,
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a certificate that expired yesterday."""
        ended = (at.now - timedelta(days=1)).isoformat()
        return cls(
            vault=at.vault,
            name=SAMPLE_NAME,
            thumbprint="0" * 40,
            not_after=ended,
            left=-DAY_SECONDS,
            rung=4,
            rungs=3,
            renewal="notify",
        )
