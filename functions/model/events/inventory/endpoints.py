"""Events about what servers show: the current version of a certificate (Live), or not (NotLive)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from functions.model.events.event import CERTIFICATES, EventType, Plural, Scene
from functions.model.events.fields import (
    SHA256,
    Name,
    Owner,
    Thumbprint,
    Time,
    Vault,
)
from functions.model.events.wire import Says
from functions.model.events.wording import Message
from functions.model.humanize import duration, moment
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OWNER, Readers

SAMPLE_NAME, SAMPLE_HOST = "sample", "www.example.com"
# The end of an id: the version (SHA-1), a hash of the endpoint, what it is about.
ENDPOINT_IDS = "^[0-9a-z-]{1,24}:[0-9a-z-]{1,127}:[0-9a-f]{40}:[0-9a-f]{16}:"

NotLiveState = Literal["not-live", "other", "wrong-chain", "expired", "unreachable"]
# The likely cause, and what to do, by state.
CAUSES = {
    "not-live": "Most often the service names the certificate with a version (a secret id with a "
    "version at its end), or has not been restarted or reloaded since. A deployment slot or a node "
    "behind the same name may have been left out.",
    "other": "Another certificate was installed there, the name leads to another server, or a "
    "firewall between the app and the server inspects TLS and shows a certificate of its own.",
    "wrong-chain": "The server was given the certificate without those of its CA, or these in the "
    "wrong order. Some clients fail with that. Take the chain as it is in Key Vault.",
    "expired": "The service never took the next version. Clients refuse it now.",
    "unreachable": "The server is down, its name leads nowhere, or a firewall does not let the app "
    "in.",
}
SHOWN = {
    "not-live": "still shows an earlier version of",
    "other": "shows a certificate that is no version of",
    "wrong-chain": "shows the current version in a wrong chain for",
    "expired": "shows an expired certificate for",
    "unreachable": "could not be reached three times in a row, so that nobody knows whether it has",
}


@dataclass(frozen=True, kw_only=True)
class AtEndpoint(EventType):
    """What a server shows for a certificate."""

    definition: ClassVar = "endpoint"
    subjects = CERTIFICATES
    readers = Readers((OWNER,))

    vault: Vault
    name: Name
    thumbprint: Thumbprint
    owner: Owner | None = None
    endpoint: Annotated[
        str, Says("The server: host, port unless it is 443, and address if one is set.")
    ]
    expected: Annotated[
        str, Says("SHA-256 of the current version's certificate, hex.", pattern=SHA256)
    ]
    changed: Annotated[Time, Says("Since when that is the current version, UTC.")]

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the certificate and the server."""
        return (
            ("Vault", self.vault),
            ("Certificate", self.name),
            ("Server", self.endpoint),
            *self.shown(),
            ("Expected SHA-256", self.expected),
            ("Current since", self.changed and moment(self.changed)),
            ("Owner", self.owner),
        )

    def shown(self) -> Iterable[tuple[str, object]]:
        """Lists what the server shows."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Live(AtEndpoint):
    """A server shows the new version of a certificate, at all of its addresses. Sent once for each
    version and endpoint.
    """

    type = "Certflow.Endpoint.Live"
    ids = f"{ENDPOINT_IDS}live$"
    plural = Plural("certificates served", "These servers show the new version.")

    since: Annotated[Time, Says("When that was first seen, UTC.")]
    after: Annotated[int, Says("Seconds from `changed` to `since`.", minimum=0)]

    def words(self, links: Links) -> Message:
        """Says since when, and how long it took."""
        del links
        since = f"{moment(self.since)}, {duration(self.after)} after the new version came"
        return Message(
            f"Served: {self.name} in {self.vault} at {self.endpoint}",
            f"{self.endpoint} has served the new version of {self.name} in vault {self.vault} "
            f"since {since}.",
            "Nothing to do.",
            Severity.INFO,
            good=True,
            remark=f"since {since}",
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one three minutes after a merge."""
        merged = at.now - timedelta(minutes=3)
        return cls(
            **_sample(at),
            changed=merged.isoformat(),
            since=at.now.isoformat(),
            after=180,
        )


@dataclass(frozen=True, kw_only=True)
class NotLive(AtEndpoint):
    """A server does not show the current version of a certificate, although the time that its
    service may take for that is over; or it shows an expired one; or it could not be reached three
    times in a row. Sent once for each version, endpoint and state, and once more when the
    certificate that it shows is near its end.
    """

    type = "Certflow.Endpoint.NotLive"
    ids = f"{ENDPOINT_IDS}(not-live|other|wrong-chain|expired|unreachable)(:critical)?$"
    plural = Plural("servers that do not show the current version")

    state: Annotated[
        NotLiveState,
        Says(
            "`not-live`: an earlier version. `other`: no version of this name. `wrong-chain`: the "
            "current version, in a chain out of order. `expired`: what it shows is not valid any "
            "more. `unreachable`: nothing was seen."
        ),
    ]
    served: Annotated[
        str | None,
        Says("SHA-256 of the certificate that it shows, hex. Missing if none.", pattern=SHA256),
    ] = None
    not_after: Annotated[Time | None, Says("Until when that is valid, UTC.")] = None
    address: Annotated[str | None, Says("At which address this was seen.")] = None
    sentence: Annotated[str, Says("What was seen, for people.")]
    critical: Annotated[
        bool, Says("Whether what it shows has ended, or 1/20 of its lifetime is left at most.")
    ]
    command: Annotated[str, Says("The command that shows what the server shows.")]

    def words(self, links: Links) -> Message:
        """Says what it shows, why that may be, and how to see it."""
        del links
        return Message(
            f"Not served: {self.name} in {self.vault} at {self.endpoint}",
            f"{self.endpoint} {SHOWN.get(self.state, 'does not show')} {self.name} in vault "
            f"{self.vault}. {self.sentence}",
            f"{CAUSES.get(self.state, '')} The command here shows what it shows.",
            Severity.CRITICAL if self.critical else Severity.WARNING,
            remark=self.sentence,
        )

    def shown(self) -> Iterable[tuple[str, object]]:
        """Lists the certificate that it shows, and where."""
        return (
            ("Address", self.address),
            ("Served SHA-256", self.served),
            ("Served until", self.not_after and moment(self.not_after)),
            ("Command", self.command),
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a server that kept the old version."""
        return cls(
            **_sample(at),
            changed=(at.now - timedelta(hours=6)).isoformat(),
            state="not-live",
            served="1" * 64,
            not_after=(at.now + timedelta(days=20)).isoformat(),
            address="192.0.2.1",
            sentence="It shows an earlier version.",
            critical=False,
            command=command_for(SAMPLE_HOST, 443, "192.0.2.1"),
        )


def command_for(host: str, port: int, address: str) -> str:
    """The command that shows what a server shows. `host` is a host name or an IP address, as an
    endpoint has it, so that nothing in it means anything to a shell.
    """
    where = f"[{address}]" if ":" in address else address
    return (
        f"openssl s_client -connect {where}:{port} -servername {host} -showcerts </dev/null | "
        "openssl x509 -noout -fingerprint -sha256 -subject -enddate"
    )


def _sample(at: Scene) -> dict[str, str]:
    return {
        "vault": at.vault,
        "name": SAMPLE_NAME,
        "thumbprint": "0" * 40,
        "endpoint": SAMPLE_HOST,
        "expected": "0" * 64,
    }
