"""What has been found in a file: certificates, and what there is to say of everything else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from functions.issuance.certificate import Certificate
from functions.issuance.describe import printed, several, subject_of
from functions.issuance.file_kinds import CSR, ELSE, Kind
from functions.issuance.findings import ChainProblem, Finding, too_large

# A hundred names are 3 KiB. Names are slow to parse, and each is held against each name constraint.
MAX_CERTIFICATE_BYTES = 64 * 1024
MAX_PARTS = 1000  # that are no certificates
MAX_NOTES = 20  # what is said of single parts; a file of nothing but broken parts has thousands
LOST = "unreadable-part"
OUR_PLACES = ("the file", "base64 in ", "what is signed in ")
IF_NEEDED = "If the chain is not complete without it, "
AGAIN = f"{IF_NEEDED}drop it once more, whole: copied from BEGIN to END, or the file again as the CA gave it."
ANOTHER = f"{IF_NEEDED}ask the CA for one that keeps to RFC 5280, and send it this sentence."


@dataclass(frozen=True, slots=True)
class Limits:
    """How many certificates a file may hold, and how many bytes of them."""

    certificates: int
    size: int


OF_CHAINS = Limits(100, 400 * 1024)
OF_LISTS = Limits(1000, 1024 * 1024)  # CAs that are trusted: Mozilla's list has about 150, Windows' 500


@dataclass(frozen=True, slots=True)
class Contents:
    """The certificates of a file, each once, in the file's order, and what there is to say of the rest."""

    certificates: tuple[Certificate, ...]
    findings: tuple[Finding, ...]

    @property
    def lost(self) -> tuple[Finding, ...]:
        """What is said of the parts that look like certificates and could not be read: a chain may lack them."""
        return tuple(one for one in self.findings if one.code == LOST)


@dataclass
class Found:
    """What has been found so far: certificates and how often, what is lost, what is something else, what is closed."""

    certificates: dict[Certificate, int] = field(default_factory=dict)
    lost: list[Finding] = field(default_factory=list)
    others: list[tuple[str, Kind]] = field(default_factory=list)
    closed: list[Finding] = field(default_factory=list)
    more: int = 0
    size: int = 0  # of the certificates, in bytes
    limits: Limits = OF_CHAINS

    @property
    def full(self) -> bool:
        """Whether these are more certificates than a chain has."""
        return len(self.certificates) > self.limits.certificates or self.size > self.limits.size

    @property
    def enough(self) -> bool:
        """Whether this is too much for a chain already, so that nothing more need be read."""
        return self.full or self.more > MAX_PARTS

    @property
    def nothing(self) -> bool:
        """Whether nothing at all is known of what was looked at."""
        return not (self.certificates or self.lost or self.others or self.closed or self.more)

    def add(self, certificate: Certificate, where: str, count: int = 1) -> None:
        """A certificate, unless there are too many."""
        if certificate in self.certificates:
            self.certificates[certificate] += count
        elif not self.full:
            self.size += len(certificate.der)
            if len(certificate.der) > MAX_CERTIFICATE_BYTES:
                self.loses(where, f"a certificate of more than {MAX_CERTIFICATE_BYTES:,} bytes", ANOTHER)
            else:
                self.certificates[certificate] = count

    def loses(self, where: str, what: str, step: str = AGAIN) -> None:
        """Something that looks like a certificate and cannot be read."""
        sentence = f"{begun(where)}: {printed(what, 400)}."
        self._note(self.lost, Finding(LOST, sentence, step))

    def other(self, where: str, kind: Kind) -> None:
        """Something that is no certificate."""
        self._note(self.others, (where, kind))

    def closes(self, finding: Finding) -> None:
        """Something that cannot be looked into."""
        self._note(self.closed, finding)

    def take(self, found: Found) -> None:
        """What has been found in a part of it."""
        for certificate, count in found.certificates.items():
            self.add(certificate, "the file", count)
        for notes, more in ((self.lost, found.lost), (self.closed, found.closed)):
            for one in more:
                self._note(notes, one)
        for other in found.others:
            self._note(self.others, other)
        self.more += found.more

    def contents(self) -> Contents:
        """All of it. Raises ChainProblem: no certificate, too much, or what cannot be looked into."""
        if self.closed:
            raise ChainProblem.of((*self.closed, *self.lost))
        if self.full:
            raise ChainProblem(
                "too-many-certificates",
                f"The file holds more than {self.limits.certificates:,} certificates, or {self.limits.size:,} bytes "
                "of them.",
                "Drop the certificate and its own chain alone, not a CA bundle.",
            )
        if self.more > MAX_PARTS:
            raise too_large(f"The file has more than {MAX_PARTS:,} parts that are no certificates")
        if not self.certificates:
            raise self._no_certificate()
        return Contents(tuple(self.certificates), tuple(self._notes()))

    def _note[T](self, notes: list[T], note: T) -> None:
        if len(notes) < MAX_NOTES:
            notes.append(note)
        else:
            self.more += 1

    def _no_certificate(self) -> ChainProblem:
        kinds = [kind for _, kind in self.others]
        seen = printed(", ".join(sorted({kind.name for kind in kinds})))
        what = f" It holds {seen}." if seen else ""
        steps = [kind.step for kind in kinds if kind.step != ELSE]
        if self.lost:
            lost = "; ".join(one.sentence[:-1] for one in dict.fromkeys(self.lost))
            what = f" {printed(lost, 500)}."
            steps.append(self.lost[0].next_step)
        step = CSR.step if CSR in kinds else sentence_of(next(iter(steps), ELSE).removeprefix(IF_NEEDED))
        return ChainProblem("not-a-certificate", f"No certificate could be read from the file.{what}", step)

    def _notes(self) -> Iterator[Finding]:
        yield from dict.fromkeys(self.lost)
        for where, kind in dict.fromkeys(self.others):
            yield Finding("part-ignored", f"{begun(where)} holds {printed(kind.name)}; it is not needed.")
        if self.more:
            yield Finding("part-ignored", f"{self.more:,} more parts of the file are no certificates.")
        twice = [subject_of(one) for one, count in self.certificates.items() if count > 1]
        if twice:
            yield Finding("duplicate-dropped", f"More than once in the file: {several(twice)}.")


def begun(where: str) -> str:
    """A place as the beginning of a sentence. The name of a file stays as it is."""
    return sentence_of(where) if where.startswith(OUR_PLACES) else where


def sentence_of(text: str) -> str:
    """The text with a capital letter."""
    return text[:1].upper() + text[1:]


def best_of(views: Iterable[Found]) -> Found:
    """What has been found in several views of one text: each certificate of any; of what is lost what the best says."""
    some = list(views)
    best = max(some, key=lambda one: (len(one.certificates), not one.nothing, -len(one.lost)))
    together = Found(limits=best.limits, lost=best.lost, others=best.others, more=best.more)
    for view in (best, *some):
        # What differs from a certificate of a better view has been damaged by the wrapping.
        known = {(one.issuer_key, one.serial_number) for one in together.certificates}
        for certificate, count in view.certificates.items():
            if (certificate.issuer_key, certificate.serial_number) not in known:
                together.add(certificate, "the file", count)
        if len(view.certificates) == len(best.certificates):
            together.closed += [one for one in view.closed if one not in together.closed]
    return together
