"""Collects what was found in a file: certificates, and findings about everything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from functions.chains.parsing.file_kinds import CSR, ELSE, Kind
from functions.model.findings import ChainProblem, Finding, too_large_error
from functions.x509.certificate import Certificate
from functions.x509.describe import printed, several, subject_of

# A hundred names need 3 KiB. Names are slow to parse, and OpenSSL compares each name with each name
# constraint.
MAX_CERTIFICATE_BYTES = 64 * 1024
MAX_PARTS = 1000  # parts of a file that are no certificates
MAX_NOTES = 20  # findings of one kind; a file of nothing but damaged parts has thousands
LOST = "unreadable-part"
OUR_PLACES = ("the file", "base64 in ", "what is signed in ")
IF_NEEDED = "If the chain is not complete without it, "
DROP_AGAIN = (
    f"{IF_NEEDED}drop it once more, whole: copied from BEGIN to END, or the file again as the CA "
    "gave it."
)
ANOTHER = f"{IF_NEEDED}ask the CA for one that keeps to RFC 5280, and send it this sentence."


@dataclass(frozen=True, slots=True)
class Limits:
    """How many certificates a file may hold, and their size in bytes, all together."""

    certificates: int
    size: int


OF_CHAINS = Limits(100, 400 * 1024)
# For lists of trusted CAs: Mozilla's has about 150 certificates, Windows' 500.
OF_LISTS = Limits(1000, 1024 * 1024)


@dataclass(frozen=True, slots=True)
class Contents:
    """The certificates of a file, each once, in the file's order, and findings about the rest."""

    certificates: tuple[Certificate, ...]
    findings: tuple[Finding, ...]

    @property
    def lost(self) -> tuple[Finding, ...]:
        """The findings about parts that look like certificates and could not be read: the chain may
        need them.
        """
        return tuple(one for one in self.findings if one.code == LOST)


@dataclass
class Collected:
    """What has been found so far in a file, or in a part of it.

    `certificates` counts how often each was found. `lost` are findings about certificates that
    cannot be read, `others` the place and kind of parts that are no certificates, `closed` findings
    about parts that cannot be opened. `more` counts what MAX_NOTES left out of these three.
    """

    certificates: dict[Certificate, int] = field(default_factory=dict)
    lost: list[Finding] = field(default_factory=list)
    others: list[tuple[str, Kind]] = field(default_factory=list)
    closed: list[Finding] = field(default_factory=list)
    more: int = 0
    size: int = 0  # of the certificates, in bytes
    limits: Limits = OF_CHAINS

    @property
    def full(self) -> bool:
        """Whether the certificates exceed the limits."""
        return len(self.certificates) > self.limits.certificates or self.size > self.limits.size

    @property
    def enough(self) -> bool:
        """Whether the file is refused for its size in any case, so nothing more need be read."""
        return self.full or self.more > MAX_PARTS

    @property
    def nothing(self) -> bool:
        """Whether nothing at all was found, not even a part of another kind."""
        return not (self.certificates or self.lost or self.others or self.closed or self.more)

    def add(self, certificate: Certificate, where: str, count: int = 1) -> None:
        """Adds a certificate, found `count` times, unless the limits are exceeded already."""
        if certificate in self.certificates:
            self.certificates[certificate] += count
        elif not self.full:
            self.size += len(certificate.der)
            if len(certificate.der) > MAX_CERTIFICATE_BYTES:
                self.loses(
                    where, f"a certificate of more than {MAX_CERTIFICATE_BYTES:,} bytes", ANOTHER
                )
            else:
                self.certificates[certificate] = count

    def loses(self, where: str, what: str, step: str = DROP_AGAIN) -> None:
        """Reports something that looks like a certificate and cannot be read."""
        sentence = f"{begun(where)}: {printed(what, 400)}."
        self._note(self.lost, Finding(LOST, sentence, step))

    def other(self, where: str, kind: Kind) -> None:
        """Reports a part that is no certificate."""
        self._note(self.others, (where, kind))

    def closes(self, finding: Finding) -> None:
        """Reports a part that cannot be opened."""
        self._note(self.closed, finding)

    def take(self, found: Collected) -> None:
        """Adds everything that was found in a part."""
        for certificate, count in found.certificates.items():
            self.add(certificate, "the file", count)
        for notes, more in ((self.lost, found.lost), (self.closed, found.closed)):
            for one in more:
                self._note(notes, one)
        for other in found.others:
            self._note(self.others, other)
        self.more += found.more

    def contents(self) -> Contents:
        """Returns the result. Raises ChainProblem if there is no certificate, if there is too much,
        or if a part cannot be opened.
        """
        if self.closed:
            raise ChainProblem.of((*self.closed, *self.lost))
        if self.full:
            raise ChainProblem(
                "too-many-certificates",
                f"The file holds more than {self.limits.certificates:,} certificates, or "
                f"{self.limits.size:,} bytes of them.",
                "Drop the certificate and its own chain alone, not a CA bundle.",
            )
        if self.more > MAX_PARTS:
            raise too_large_error(
                f"The file has more than {MAX_PARTS:,} parts that are no certificates"
            )
        if not self.certificates:
            raise self._no_certificate()
        return Contents(tuple(self.certificates), tuple(self._notes()))

    def _note[T](self, notes: list[T], note: T) -> None:
        if len(notes) < MAX_NOTES:
            notes.append(note)
        else:
            self.more += 1

    def _no_certificate(self) -> ChainProblem:
        """Returns the error for a file without a certificate, with the most useful next step."""
        kinds = [kind for _, kind in self.others]
        seen = printed(", ".join(sorted({kind.name for kind in kinds})))
        what = f" It holds {seen}." if seen else ""
        steps = [kind.step for kind in kinds if kind.step != ELSE]
        if self.lost:
            lost = "; ".join(one.sentence[:-1] for one in dict.fromkeys(self.lost))
            what = f" {printed(lost, 500)}."
            steps.append(self.lost[0].next_step)
        step = sentence_of(next(iter(steps), ELSE).removeprefix(IF_NEEDED))
        if CSR in kinds:
            step = CSR.step
        return ChainProblem(
            "not-a-certificate", f"No certificate could be read from the file.{what}", step
        )

    def _notes(self) -> Iterator[Finding]:
        yield from dict.fromkeys(self.lost)
        for where, kind in dict.fromkeys(self.others):
            yield Finding(
                "part-ignored", f"{begun(where)} holds {printed(kind.name)}; it is not needed."
            )
        if self.more:
            yield Finding(
                "part-ignored", f"{self.more:,} more parts of the file are no certificates."
            )
        twice = [subject_of(one) for one, count in self.certificates.items() if count > 1]
        if twice:
            yield Finding("duplicate-dropped", f"More than once in the file: {several(twice)}.")


def begun(where: str) -> str:
    """Returns a place as the beginning of a sentence. The name of a file is not capitalised."""
    return sentence_of(where) if where.startswith(OUR_PLACES) else where


def sentence_of(text: str) -> str:
    """Returns the text with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def best_of(views: Iterable[Collected]) -> Collected:
    """Combines what was found in several views of one text: the certificates of all views, and the
    other findings of the best view, which has the most certificates.
    """
    some = list(views)
    best = max(some, key=lambda one: (len(one.certificates), not one.nothing, -len(one.lost)))
    together = Collected(limits=best.limits, lost=best.lost, others=best.others, more=best.more)
    for view in (best, *some):
        # A certificate with the same issuer and serial as one of a better view, but other bytes,
        # was damaged by the wrapping.
        known = {(one.issuer_key, one.serial_number) for one in together.certificates}
        for certificate, count in view.certificates.items():
            if (certificate.issuer_key, certificate.serial_number) not in known:
                together.add(certificate, "the file", count)
        if len(view.certificates) == len(best.certificates):
            together.closed += [one for one in view.closed if one not in together.closed]
    return together
