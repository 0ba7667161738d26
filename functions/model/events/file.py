"""The base of all events about a dropped file: the file, the request it is for, and a short form of
its report.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from functions.model.events.event import About, EventType
from functions.model.events.fields import SHA256, Names, Owner, Signer, Time, Which
from functions.model.events.wire import Says
from functions.model.events.wording import Message
from functions.model.links import Links
from functions.model.messages import Line, Severity

MAX_TOLD_LEAVES = 20  # certificates in a message; the report has all of them
MAX_ALSO = 2  # further errors in a message; the report has all of them

Outcome = Literal["merged", "already-merged", "rejected", "quarantined", "waiting"]


@dataclass(frozen=True, kw_only=True)
class File:
    """The dropped file."""

    definition: ClassVar = "file"

    name: Annotated[str, Says("As it was dropped.")]
    size: Annotated[int, Says("Bytes.", minimum=0)]
    sha256: Annotated[
        str | None, Says("Of its content, hex; missing if the file was not read.", pattern=SHA256)
    ] = None
    etag: Annotated[str, Says("The blob's.")]
    dropped: Annotated[Time, Says("When, UTC.")]
    metadata: Annotated[Mapping[str, str], Says("The blob's metadata, as the uploader set it.")]


@dataclass(frozen=True, kw_only=True)
class ToldFinding:
    """One thing to say about a file; docs/findings.md has every code."""

    definition: ClassVar = "finding"

    code: Annotated[str, Says(pattern="^[a-z-]+$")]
    severity: Literal["error", "warning", "note"]
    sentence: str
    next_step: str


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """What became of one certificate of the file."""

    definition: ClassVar = "leaf"

    outcome: Literal["merged", "already-merged", "rejected", "waiting"]
    subject: Annotated[str, Says("The certificate's, RFC 4514.")]
    request: Which | None = None
    version: Annotated[str | None, Says("The version that it is in Key Vault.")] = None
    findings: Annotated[tuple[str, ...], Says("Codes of `findings`.")]

    def __str__(self) -> str:
        which = f"{self.request.name} in {self.request.vault}" if self.request else self.subject
        return f"{which}: {self.outcome.replace('-', ' ')}"


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """How many entries are missing, if there are very many."""

    findings: Annotated[int | None, Says("Missing findings.", minimum=0)] = None
    leaves: Annotated[int | None, Says("Missing leaves.", minimum=0)] = None
    metadata: Annotated[int | None, Says("Missing entries of the file's metadata.", minimum=0)] = (
        None
    )


@dataclass(frozen=True, kw_only=True)
class OfFile(EventType):
    """An event about a dropped file."""

    what: ClassVar[str]  # what became of the file, for the title
    severity: ClassVar[Severity] = Severity.WARNING
    subjects = "^chains/[0-9a-f]{16}-[0-9a-z]{1,16}$"

    sentence: Annotated[str, Says("What became of it and why, for people.")]
    next_step: Annotated[str | None, Says("What to do, where something is to be done.")] = None
    file: File
    request: Which | None = None
    names: Names | None = None
    owner: Owner | None = None
    signer: Signer | None = None

    def words(self, links: Links) -> Message | None:
        """Says what the report says."""
        del links
        return self.said(self.what, self.severity)

    def said(self, what: str, severity: Severity) -> Message:
        """Returns the message with this title, the sentence of the report and its next step."""
        more = len({(one.vault, one.name) for one in self.requests()}) - 1
        others = f" and {more} more" if more > 0 else ""
        whose = (
            f" (for {self.request.name} in {self.request.vault}{others})" if self.request else ""
        )
        return Message(
            f"{what}: {self.file.name}{whose}", self.sentence, self.next_step or "", severity
        )

    def requests(self) -> list[Which]:
        """Returns the requests that the file is for."""
        return [self.request] if self.request else []

    @property
    def about(self) -> About:
        """The certificate of the first request that the file is for."""
        return About(self.request.vault, self.request.name) if self.request else About(None, None)

    def lines(self) -> Sequence[Line]:
        """Returns the request that the file is for."""
        if self.request is None:
            return ()
        names = " ".join(self.names or ())
        return (
            Line(self.request.vault, self.request.name, self.request.request_id, names, self.owner),
        )

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists whose request it is for, and which file it is."""
        request = self.request
        return (
            ("Vault", request and request.vault),
            ("Certificate", request and request.name),
            ("Request", request and request.request_id),
            ("Owner", self.owner),
            ("Signer", self.signer),
            ("File", self.file.name),
            ("SHA-256", self.file.sha256),
        )


@dataclass(frozen=True, kw_only=True)
class Handled(OfFile):
    """A file that was validated, with a short form of its report. If the file was moved, the whole
    report is beside it.
    """

    definition: ClassVar = "handled"

    outcome: Outcome
    findings: tuple[ToldFinding, ...]
    leaves: tuple[Leaf, ...]
    left_out: Annotated[
        LeftOut | None, Says("How many entries are missing here, if there are very many.")
    ] = None
    moved_to: Annotated[str | None, Says("Container and folder where file and report are.")] = None

    def requests(self) -> list[Which]:
        """Returns the request that the file is for, then those of its certificates."""
        return super().requests() + [leaf.request for leaf in self.leaves or () if leaf.request]

    @property
    def several(self) -> tuple[Leaf, ...]:
        """The first MAX_TOLD_LEAVES certificates of a file with several; empty for a file with
        one.
        """
        leaves = self.leaves or ()
        return leaves[:MAX_TOLD_LEAVES] if len(leaves) > 1 else ()

    def lines(self) -> Sequence[Line]:
        """Returns the requests that the file is for."""
        first = super().lines()
        if not first:
            return ()
        others = [
            leaf.request for leaf in self.several if leaf.request and leaf.request != self.request
        ]
        return (*first, *(Line(one.vault, one.name, one.request_id) for one in others))

    def details(self) -> Iterable[tuple[str, object]]:
        """Lists further errors, what became of each certificate, whose request the file is for, and
        where it is now.
        """
        wrong = [one.sentence for one in self.findings or () if one.severity == "error"]
        return (
            *(("Also", sentence) for sentence in wrong[1 : 1 + MAX_ALSO]),
            *(("Of the file", str(leaf)) for leaf in self.several),
            *super().details(),
            ("Now in", self.moved_to),
        )
