"""Events about dropped files (merged, rejected, quarantined, waiting, stuck, held up), and about
private keys that were sent to the API.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from functions.model.events.event import EventType, Plural, Scene
from functions.model.events.fields import (
    SHA256,
    CausedBy,
    Name,
    Names,
    Owner,
    Signer,
    Vault,
    Who,
    shown_actor,
)
from functions.model.events.file import File, Handled, OfFile, ToldFinding
from functions.model.events.wire import Says
from functions.model.events.wording import Message
from functions.model.findings import PRIVATE_KEY
from functions.model.humanize import join_limited
from functions.model.links import Links
from functions.model.messages import Severity
from functions.model.people.readers import OPERATORS, SIGNER, Readers

MAX_EVENT_FILES = 10
CHAIN_IDS = "^drop:[0-9a-f]{16}-[0-9a-z]{1,16}:"
Route = Literal["merge", "inspect", "return"]
SAMPLE_STEP = "Nothing: this is a sample."


def sample_of(now: datetime, sentence: str, **fields: Any) -> dict[str, Any]:
    """Returns the fields of a sample, of a file without a known request."""
    file = File(
        name="sample.pem",
        size=4096,
        sha256="0" * 64,
        etag='"0x8DD"',
        dropped=now.isoformat(),
        metadata={},
    )
    return {
        "file": file,
        "sentence": sentence,
        "next_step": SAMPLE_STEP,
        "findings": (),
        "leaves": (),
    } | fields


@dataclass(frozen=True, kw_only=True)
class Merged(Handled):
    """A dropped file was merged. The end of the request is another event, Completed, and people get
    a message about that one only.
    """

    type = "Certflow.Chain.Merged"
    ids = f"{CHAIN_IDS}merged$"

    outcome: Annotated[Literal["merged", "already-merged"], Says()]
    moved_to: str = field()

    def words(self, links: Links) -> None:
        """Returns nothing, because people are told of the end of the request."""
        del links

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a file whose chain was merged."""
        return cls(
            **sample_of(
                at.now, "The chain was merged.", outcome="merged", moved_to="chains-merged/sample"
            )
        )


@dataclass(frozen=True, kw_only=True)
class Rejected(Handled):
    """A certificate of a dropped file could not be merged; `findings` say why
    ([findings.md](findings.md)). Others of the same file may have been: see `leaves`.
    """

    type = "Certflow.Chain.Rejected"
    ids = f"{CHAIN_IDS}rejected$"
    plural = Plural("chains rejected")
    readers = Readers((SIGNER,))
    what = "Chain rejected"

    outcome: Annotated[Literal["rejected"], Says(enum=["rejected"])]
    next_step: str = field()
    moved_to: str = field()

    def elsewhere(self, links: Links) -> str:
        """Says where the reports are."""
        return f"The report of each lies beside its file, in {links.place('chains-rejected')}."

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a file that lacks a certificate."""
        sentence = "The certificate of an intermediate CA is missing."
        return cls(
            **sample_of(at.now, sentence, outcome="rejected", moved_to="chains-rejected/sample")
        )


@dataclass(frozen=True, kw_only=True)
class Quarantined(Handled):
    """A dropped file holds a private key, or may hold one because it cannot be opened, and was
    moved to a container that few can read.
    """

    type = "Certflow.Chain.Quarantined"
    ids = f"{CHAIN_IDS}quarantined$"
    plural = Plural("files put into quarantine")
    # The signer may have dropped the exposed key, and the operators know who can read the
    # containers.
    readers = Readers((SIGNER, OPERATORS))

    outcome: Annotated[Literal["quarantined"], Says(enum=["quarantined"])]
    next_step: str = field()
    moved_to: str = field()

    def words(self, links: Links) -> Message:
        """Tells of a key as critical, because it counts as exposed; a file that cannot be opened
        may be harmless.
        """
        del links
        if any(finding.code == PRIVATE_KEY for finding in self.findings or ()):
            return self.said("Private key dropped", Severity.CRITICAL)
        return self.said(
            "File put into quarantine, since it cannot be looked into", Severity.WARNING
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a file with a key."""
        sentence = "The file holds a private key."
        key = ToldFinding(
            code=PRIVATE_KEY, severity="error", sentence=sentence, next_step=SAMPLE_STEP
        )
        told = sample_of(at.now, sentence, outcome="quarantined", findings=(key,))
        return cls(**told, moved_to="chains-quarantine/sample")


@dataclass(frozen=True, kw_only=True)
class Waiting(Handled):
    """A dropped file cannot be merged yet. It stays where it is until somebody does what
    `next_step` says, and is then handled automatically. Sent once for each upload.
    """

    type = "Certflow.Chain.Waiting"
    ids = f"{CHAIN_IDS}waiting$"
    plural = Plural("chains wait")
    readers = Readers((SIGNER,))
    what = "Chain waits"

    outcome: Annotated[Literal["waiting"], Says(enum=["waiting"])]
    next_step: str = field()

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a vault without trusted CAs."""
        return cls(
            **sample_of(
                at.now, "Nothing says yet whose certificates the vault takes.", outcome="waiting"
            )
        )


@dataclass(frozen=True, kw_only=True)
class Stuck(OfFile):
    """A dropped file could not be handled, although that was tried several times. It is still where
    it was dropped.
    """

    type = "Certflow.Chain.Stuck"
    ids = f"{CHAIN_IDS}stuck$"
    plural = Plural("chains could not be handled")
    # The operators can fix what the app fails at; the signer waits for the file.
    readers = Readers((SIGNER, OPERATORS))
    what = "Chain could not be handled"
    severity = Severity.CRITICAL

    outcome: Literal["stuck"]
    next_step: Annotated[str, Says("What to do.")] = field()

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of any file."""
        told = sample_of(
            at.now, "The file could not be handled, although it was tried again and again."
        )
        return cls(
            outcome="stuck",
            sentence=told["sentence"],
            next_step=told["next_step"],
            file=told["file"],
        )


@dataclass(frozen=True, kw_only=True)
class HeldUp(EventType):
    """Dropped files cannot be handled because of a problem of the app itself: its settings, its
    access, or a vault that has taken nobody's certificates for a day. Sent once for all files, and
    then once a day while the problem lasts.
    """

    type = "Certflow.Chain.HeldUp"
    ids = "^held-up:[0-9a-f]{32}:[0-9]+$"
    subjects = "chains"
    plural = Plural("messages about dropped files that are held up")
    readers = Readers((OPERATORS,))

    vault: Vault | None = None
    sentence: Annotated[str, Says("What is wrong.")]
    next_step: Annotated[str, Says("What to do.")]
    count: Annotated[int, Says("How many files lie in the container.", minimum=0)]
    files: Annotated[tuple[str, ...], Says("The first of them.", maxItems=MAX_EVENT_FILES)]

    def words(self, links: Links) -> Message:
        """Says how many files wait, and what is wrong."""
        one = self.count == 1
        return Message(
            f"Dropped files are held up{f': vault {self.vault}' if self.vault else ''}",
            f"{self.count} file{' lies' if one else 's lie'} in {links.container}, and Certflow "
            f"cannot handle {'it' if one else 'them'} now. {self.sentence}",
            self.next_step,
            Severity.CRITICAL,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists the files."""
        return (("Vault", self.vault), ("Files", join_limited(self.files or (), MAX_EVENT_FILES)))

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a vault that denies the app access."""
        sentence = f"Vault '{at.vault}': the app's managed identity has no access."
        return cls(sentence=sentence, next_step=SAMPLE_STEP, count=1, files=("sample.pem",))


@dataclass(frozen=True, kw_only=True)
class KeyReceived(EventType):
    """A private key was sent to `…/pending/merge` or `chains/inspect`. Nothing of it was kept; it
    counts as exposed. Sent once for each different file.
    """

    type = "Certflow.Chain.KeyReceived"
    ids = "^key-received:[0-9a-f]{32}$"
    subjects = "^chains/(merge|inspect)$"
    plural = Plural("private keys sent")
    # The signer may have sent the exposed key; the operators run the app that received it.
    readers = Readers((SIGNER, OPERATORS))

    route: Annotated[Route, Says("Where it was sent.")]
    sha256: Annotated[str, Says("Of what was sent, hex.", pattern=SHA256)]
    size: Annotated[int, Says("Bytes.", minimum=0)]
    by: Annotated[str | None, Says("Who sent it, if that was said.")] = None
    actor: Annotated[Who | None, Says("Who it was, in full.")] = None
    vault: Vault | None = None
    name: Name | None = None
    owner: Owner | None = None
    names: Names | None = None
    signer: Signer | None = None
    caused_by: CausedBy | None = None

    def words(self, links: Links) -> Message:
        """Says where the key was sent, and that it counts as exposed."""
        merged = (
            f"{links.address_of(self.vault or '', self.name)}/pending/merge"
            if self.name
            else "a merge"
        )
        routes = {"inspect": f"{links.api}/chains/inspect", "return": f"{links.api}/chains"}
        route = f"POST {routes.get(self.route, merged)}"
        whose = f" for {self.name} in vault {self.vault}" if self.name else ""
        return Message(
            f"Private key sent{whose}",
            f"Somebody sent a private key to Certflow ({route}){whose}. Nothing of it was kept. "
            "No such key is wanted: Key Vault made that of the certificate itself.",
            "The key counts as exposed: find out whose it is, and replace it wherever it is used.",
            Severity.CRITICAL,
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists for which certificate it was sent, and by whom."""
        return (
            ("Vault", self.vault),
            ("Certificate", self.name),
            ("Owner", self.owner),
            ("Signer", self.signer),
            ("Done by", shown_actor(self.actor, self.by)),
            ("SHA-256", self.sha256),
        )

    @classmethod
    def sample(cls, at: Scene) -> Self:
        """Returns one of a key that was sent to chains/inspect."""
        del at
        return cls(route="inspect", sha256="0" * 64, size=1704, by="somebody@example.com")
