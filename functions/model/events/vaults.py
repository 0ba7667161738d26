"""Events about a whole vault: its first inventory scan, a rebuild, failures of its issuers, and
the CAs that it trusts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal, Self

from functions.model.events.event import EventType, Plural, Scene
from functions.model.events.fields import SHA256, Error, Issuer, Name, RequestId, Time, Vault
from functions.model.events.wire import Says
from functions.model.events.wording import Message
from functions.model.humanize import join_limited, join_of_count, moment
from functions.model.issuers import is_manual
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OPERATORS, Readers

MAX_EVENT_NAMES = 10
# The kinds of certificates that an inventory scan counts, with the words for people.
COUNTED_KINDS = {
    "pending": "pending",
    "failed": "failed",
    "cancelled": "cancelled",
    "near_expiry": "near their end",
    "expired": "expired",
    "unowned": "without an owner",
    "muted": "muted",
    "silenced": "near an end that a tag keeps quiet",
    "tags_unread": "with a certflow tag that cannot be understood",
    "passed_over": "that Key Vault could not tell of",
}


@dataclass(frozen=True, kw_only=True)
class FailedRequest:
    """A request that failed."""

    name: Name
    request_id: RequestId


@dataclass(frozen=True, kw_only=True)
class IssuerTroubled(EventType):
    """Three requests to one issuer of a vault failed with the same error of its account within a
    day.
    """

    type = "Certflow.Issuer.Troubled"
    ids = "^[0-9a-z-]{1,24}:issuer:.+:[0-9a-f]{32}$"
    subjects = "^vaults/[0-9a-z-]{1,24}/issuers/.+$"
    plural = Plural("issuers in trouble")
    readers = Readers((OPERATORS,))

    vault: Vault
    issuer: Issuer
    error: Annotated[Error, Says("The error of the last of these requests.")]
    failed: Annotated[
        tuple[FailedRequest, ...],
        Says("The requests that failed so; each has an event of its own, too.", minItems=3),
    ]
    since: Annotated[Time, Says("When the first of them failed, UTC.")]

    def words(self, links: Links) -> Message:
        """Says with which error they failed, and where to look for its cause."""
        return Message(
            f"Issuer in trouble: {self.issuer} in {self.vault}",
            f"{len(self.failed)} requests to {self.issuer} in vault {self.vault} failed with the "
            f"same error. {self.error.code}: {self.error.message}",
            "Look at the issuer's account and its credentials in the vault (Certificates → "
            "Certificate Authorities); then start the failed requests again, each by its NAME "
            f"(POST {links.address_of(self.vault, 'NAME')}/create, {links.credentials}).",
            Severity.CRITICAL,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the requests, and the error."""
        return (
            ("Vault", self.vault),
            ("Issuer", None if is_manual(self.issuer or "") else self.issuer),
            ("Failed", join_limited((one.name for one in self.failed or ()), MAX_EVENT_NAMES)),
            ("Error code", self.error.code),
            ("Error message", self.error.message),
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of an account whose credentials are wrong."""
        return cls(
            vault=at.vault,
            issuer="DigiCert",
            error=Error(
                code="Certificate issuer error",
                message="The account's credentials were not accepted.",
            ),
            failed=tuple(
                FailedRequest(name=f"sample-{one}", request_id=str(one) * 32) for one in range(1, 4)
            ),
            since=at.now.isoformat(),
        )


State = Literal["set", "public", "any", "ending", "none", "unreadable"]
FilesSha256 = Annotated[str, Says(pattern=SHA256)]


@dataclass(frozen=True, kw_only=True)
class TrustedCa:
    """A CA whose certificates are taken."""

    subject: Annotated[str, Says("Its subject.")]
    sha256: Annotated[str, Says("Of the certificate's DER, hex.", pattern="^[0-9a-fA-F:]{64,95}$")]


@dataclass(frozen=True, kw_only=True)
class TrustChanged(EventType):
    """The CAs whose certificates a vault takes have changed, or are seen for the first time. It has
    the hash of the files, and says whether anything is merged in the vault. It is also sent on each
    day without a digest while certificates of any CA are taken.
    """

    type = "Certflow.Trust.Changed"
    ids = "^[0-9a-z-]{1,24}:trust:([0-9]+|any:[0-9]{4}-[0-9]{2}-[0-9]{2})$"
    subjects = "^vaults/[0-9a-z-]{1,24}/trusted-cas$"
    plural = Plural("messages about trusted CAs")
    readers = Readers((OPERATORS,))

    vault: Vault
    takes: Annotated[
        str,
        Says(
            "What the setting CERTFLOW_TRUSTED_CAS says of the vault.",
            enum=["files", "public", "any"],
        ),
    ]
    state: Annotated[
        State,
        Says(
            "Whose certificates are taken: the CAs' in its files; the public CAs', too; anybody's; "
            "anybody's until a day; nobody's, for want of a file; nobody's, as a file cannot be "
            "read."
        ),
    ]
    was: Annotated[
        State | None, Says("The state before; missing when it is seen for the first time.")
    ] = None
    merges: Annotated[bool, Says("Whether anything is merged in the vault.")]
    count: Annotated[int, Says("How many CA certificates count.", minimum=0)]
    cas: Annotated[tuple[TrustedCa, ...], Says("The first of them.", maxItems=MAX_EVENT_NAMES)]
    sha256: Annotated[
        FilesSha256 | None, Says("Over names and contents of the files, hex; missing for none.")
    ] = None
    before: Annotated[FilesSha256 | None, Says("The same before.")] = None
    why: Annotated[str | None, Says("Why nothing is merged, for people.")] = None
    until: Annotated[Time | None, Says("Until when anybody's certificates are taken, UTC.")] = None
    ignored: Annotated[
        tuple[str, ...] | None,
        Says(
            "What of the files does not count, and why; missing if all of them do.",
            maxItems=MAX_EVENT_NAMES,
        ),
    ] = None

    def words(self, links: Links) -> Message:
        """Says whose certificates are taken now; and where to put that of a CA, if nobody's or
        anybody's are.
        """
        place = links.place(f"trusted-cas/{self.vault}/")
        if not self.merges:
            return self._none(place)
        if self.until or self.state == "any":
            return self._anybodys(place)
        public = ", the public CAs among them" if self.state == "public" else ""
        return Message(
            f"Trusted CAs{' changed' if self.was else ''}: vault {self.vault}",
            f"Vault {self.vault} takes the certificates of {self.count} "
            f"CA{'' if self.count == 1 else 's'} now"
            f"{public}.",
            "Nothing to do, if that is right: the CAs and the hash of the files are named here.",
            Severity.WARNING if self.was else Severity.INFO,
            good=not self.was,
        )

    def _none(self, place: str) -> Message:
        return Message(
            f"Nothing is merged {'any more' if self.was else 'yet'}: vault {self.vault}",
            f"Vault {self.vault} accepts no certificates at the moment. {self.why}",
            f"Put the certificate of the CA into {place}, or fix the problem named here. What is "
            "dropped waits until then.",
            Severity.CRITICAL,
        )

    def _anybodys(self, place: str) -> Message:
        if not self.until:
            return Message(
                f"Any CA's certificates are taken: vault {self.vault}",
                f"Vault {self.vault} takes any CA's certificates now: CERTFLOW_TRUSTED_CAS says "
                "so, and no file says otherwise.",
                f"If that was not meant: put the certificate of the CA into {place}.",
            )
        return Message(
            f"Merging is about to end: vault {self.vault}",
            f"Nothing says whose certificates vault {self.vault} takes. Until now any CA's were, "
            f"and from {moment(self.until)} on none is.",
            f"Put the certificate of the CA into {place} before that; the word public in a file "
            f"there stands for the public CAs. Or set CERTFLOW_TRUSTED_CAS to {self.vault}=public.",
            Severity.CRITICAL,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the CAs, and the hash of the files."""
        return (
            ("Vault", self.vault),
            ("Why", self.why),
            ("SHA-256", self.sha256),
            ("SHA-256 before", self.before),
            *(("CA", f"{one.subject}, SHA-256 {one.sha256}") for one in self.cas or ()),
            ("Does not count", " ".join(self.ignored or ())),
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a vault whose only file was removed."""
        why = f"There is no CA's certificate in trusted-cas/{at.vault}/ any more."
        return cls(
            vault=at.vault,
            takes="files",
            state="none",
            merges=False,
            count=0,
            cas=(),
            was="set",
            why=why,
        )


@dataclass(frozen=True, kw_only=True)
class TrustMisplaced(EventType):
    """Files in trusted-cas count for no vault: they are in no folder, or in a folder that is not
    the alias of a vault. Sent once for each change of them.
    """

    type = "Certflow.Trust.Misplaced"
    ids = "^trust:misplaced:[0-9]+$"
    subjects = "^trusted-cas$"
    plural = Plural("messages about trusted CAs where no vault looks")
    readers = Readers((OPERATORS,))

    files: Annotated[
        tuple[str, ...], Says("The first of their names.", minItems=1, maxItems=MAX_EVENT_NAMES)
    ]
    count: Annotated[int, Says("How many there are.", minimum=1)]
    vaults: Annotated[
        tuple[Vault, ...], Says("Aliases that would count.", maxItems=MAX_EVENT_NAMES)
    ]

    def words(self, links: Links) -> Message:
        """Says where to put the files."""
        return Message(
            "Trusted CAs where no vault looks",
            f"{self.count} file{'' if self.count == 1 else 's'} in trusted-cas count for no vault: "
            f"{', '.join(self.files)}{' …' if self.count > len(self.files) else ''}.",
            f"Put them under a vault's alias ({', '.join(self.vaults)}), or under * for all "
            f"vaults, in {links.place('trusted-cas')}.",
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the files."""
        return (("Files", join_limited(self.files or (), MAX_EVENT_NAMES)),)

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a folder with a misspelt name."""
        return cls(files=("mian/root.pem",), count=1, vaults=(at.vault,))


Certificates = Annotated[int, Says("How many certificates the vault has.", minimum=0)]
Counts = Annotated[
    Mapping[str, Annotated[int, Says(minimum=1)]],
    Says(
        "How many of each kind; a kind that is missing has none.",
        propertyNames={"enum": [*COUNTED_KINDS]},
    ),
]
Names = Annotated[
    Mapping[str, Annotated[tuple[Name, ...], Says(maxItems=8)]],
    Says("Some names of each kind but `silenced`, 8 at most."),
]


@dataclass(frozen=True, kw_only=True)
class VaultSurveyed(EventType):
    """The first inventory scan of a vault is complete. Requests that were there before are tracked
    from now on, and this summary is the only message about them.
    """

    type = "Certflow.Vault.Surveyed"
    ids = "^[0-9a-z-]{1,24}:surveyed$"
    subjects = "^vaults/[0-9a-z-]{1,24}$"
    plural = Plural("vaults watched from now on")
    readers = Readers((OPERATORS,))

    vault: Vault
    certificates: Certificates
    counts: Counts
    names: Names

    def words(self, links: Links) -> Message:
        """Says how many certificates there are, and which of them need attention."""
        del links
        return Message(
            f"Now watching vault {self.vault}",
            f"{counted_words(self.certificates, self.counts)}. From now on Certflow reports what "
            "changes.",
            "Tag certificates with certflow-owner, so that the right people get its messages."
            if self.counts.get("unowned")
            else "Nothing to do.",
            Severity.INFO,
            good=True,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the vault."""
        return (("Vault", self.vault),)

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a small vault."""
        names = {"pending": ("sample",)}
        return cls(
            vault=at.vault,
            certificates=12,
            counts={"pending": 2, "near_expiry": 1, "unowned": 5},
            names=names,
        )


@dataclass(frozen=True, kw_only=True)
class VaultRebuilt(EventType):
    """A rebuild of a vault that somebody asked for (`POST rebuild`) is complete: Certflow knows
    again what Key Vault knows. It is the only message about what the rebuild found.
    """

    type = "Certflow.Vault.Rebuilt"
    ids = "^[0-9a-z-]{1,24}:rebuilt:[0-9]{8}T[0-9]{6}Z$"
    subjects = "^vaults/[0-9a-z-]{1,24}$"
    plural = Plural("vaults rebuilt")
    readers = Readers((OPERATORS,))

    vault: Vault
    certificates: Certificates
    counts: Counts
    names: Names
    requested_by: Annotated[str | None, Says("Who asked for it, for show.")] = None

    def words(self, links: Links) -> Message:
        """Says what there is, where the CSRs are, and what does not come back."""
        found, step = counted_words(self.certificates, self.counts), self._steps(links)
        csrs = links.place(f"csr/{self.vault}/")
        return Message(
            f"Rebuilt from Key Vault: vault {self.vault}",
            f"{found}. Pending requests are watched again; the CSRs of those that wait for a CA of "
            f"your own are in {csrs}. Nobody was told of them, nor of ends that are near already. "
            "What only lost tables held does not come back: the history, who asked, "
            "acknowledgements, and messages that waited.",
            step or "Nothing to do.",
            Severity.INFO,
            good=not step,
            remark=f"{found}. Nobody was told of them. CSRs: {csrs}",
        )

    def _steps(self, links: Links) -> str:
        """What to do about that of which nobody is told; empty for nothing."""
        status = f"GET {links.api}/status, {links.credentials}, names some of each."
        steps = (
            ("near_expiry", "See to the certificates that are near their end"),
            ("expired", "renew those that have expired, or disable them"),
            ("failed", "start what failed again"),
            ("passed_over", "read in the app's log why some could not be looked at (passed-over)"),
        )
        found = "; ".join(step for kind, step in steps if self.counts.get(kind))
        return f"{found[0].upper()}{found[1:]}. {status}" if found else ""

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the vault, and names of what nobody is told of."""
        kinds = ("pending", "near_expiry", "expired", "failed", "cancelled", "passed_over")
        words = {**COUNTED_KINDS, "passed_over": "not looked at"}
        return (
            ("Vault", self.vault),
            ("Requested by", self.requested_by),
            *((words[kind].capitalize(), self._some(kind)) for kind in kinds),
        )

    def _some(self, kind: str) -> str:
        return join_of_count(self.names.get(kind, ()), self.counts.get(kind, 0))

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a small vault."""
        names = {"pending": ("sample",)}
        return cls(
            vault=at.vault,
            certificates=12,
            counts={"pending": 2, "near_expiry": 1, "unowned": 5},
            names=names,
        )


def counted_words(certificates: int, counts: Mapping[str, int]) -> str:
    """What an inventory scan counted, for people, without a full stop."""
    found = ", ".join(
        f"{counts[kind]} {word}" for kind, word in COUNTED_KINDS.items() if counts.get(kind)
    )
    total = f"{certificates} certificate{'' if certificates == 1 else 's'}"
    return f"{total}: {found}" if found else total
