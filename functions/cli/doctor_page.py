"""Formats the merge doctor's report for a terminal: the outcome, the chain from leaf to root, and
the next steps.
"""

from __future__ import annotations

import os
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa

from functions.chains.report import Outcome, Report
from functions.chains.validation.build import Chain, End
from functions.model.findings import FindingInReport
from functions.x509.certificate import Certificate
from functions.x509.describe import describe, subject_of
from functions.x509.public_keys import key_sha256
from functions.x509.san import names_of

MIN_WIDTH, USUAL_WIDTH, MAX_WIDTH = 40, 80, 100  # columns
MAX_PRINTED_NAMES = 30  # of one certificate
LABEL = 9  # columns: the widest label and a blank
# Replacements for terminals that can only show ASCII.
ASCII = {
    "┌": ",",
    "├": "|",
    "└": "`",
    "│": "|",
    "┆": ":",
    "→": "->",
    "✔": "OK:",
    "✘": "NO:",
    "…": "...",
    "–": "-",
}
PLAIN, BOLD, DIM, RED, YELLOW, GREEN, CYAN = "", "1", "2", "31", "33", "32", "36"
HEADLINES = {
    "would-merge": ("✔", GREEN, "Can be merged"),
    "would-reject": ("✘", RED, "Cannot be merged"),
    "would-quarantine": ("✘", RED, "Would go to quarantine: holds, or may hold, a private key"),
}
GROUPS = (("error", "Errors", RED), ("warning", "Warnings", YELLOW), ("note", "Notes", CYAN))
NOTHING = "Nothing to do."
# What is said of the issuer that a chain ends below, by the code of a finding.
MISSING = {
    "missing-intermediate": "its certificate is missing",
    "bad-signature": "its certificate is in the file, but its key did not make the signature",
    "issuer-may-not-sign": "its certificate is in the file, but is not one of a CA",
    "untrusted-ca": "certified by the CAs that it has certified; none of them is trusted",
    "root-not-in-file": "its certificate is not in the file; taken for the root",
}
CURVE_LABELS = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


@dataclass(frozen=True, slots=True)
class Style:
    """What an output can show: its width in columns, colours, and the characters of its
    encoding.
    """

    width: int = USUAL_WIDTH
    colour: bool = False
    encoding: str = "utf-8"

    @classmethod
    def of(cls, out: TextIO) -> Style:
        """Returns the style of an output: with colour only on a terminal, and unless NO_COLOR is
        set (https://no-color.org) or TERM is `dumb`.
        """
        terminal = out.isatty()
        wants = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        width = shutil.get_terminal_size((USUAL_WIDTH, 24)).columns if terminal else USUAL_WIDTH
        return cls(
            max(MIN_WIDTH, min(width, MAX_WIDTH)), terminal and wants, out.encoding or "ascii"
        )

    def text(self, text: str) -> str:
        """Returns a text that is safe for this output: characters that it cannot show, and those
        that are not printable, are replaced or escaped.
        """
        shown = text if self._draws() else "".join(ASCII.get(letter, letter) for letter in text)
        printed = "".join(
            one if one.isprintable() else one.encode("unicode_escape").decode() for one in shown
        )
        return printed.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def _draws(self) -> bool:
        try:
            "".join(ASCII).encode(self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def paint(self, text: str, colour: str) -> str:
        """Returns a text in a colour, if the output has colours."""
        return f"\x1b[{colour}m{text}\x1b[0m" if self.colour and colour and text else text

    def wrapped(self, text: str, first: str, then: str, colour: str = PLAIN) -> Iterator[str]:
        """Yields the lines of a text, wrapped at the width. `first` stands before the first line,
        `then` before the others.
        """
        first, then = self.text(first), self.text(then)
        room = self.width - max(len(first), len(then))
        lines = textwrap.wrap(self.text(text), room, break_on_hyphens=False) or [""]
        for index, line in enumerate(lines):
            yield (then if index else first) + self.paint(line, colour)


def page(
    report: Report,
    outcomes: Sequence[Outcome],
    certificates: Sequence[Certificate],
    now: datetime,
    style: Style,
) -> Iterator[str]:
    """Yields the report line by line."""
    yield from _headline(report, style)
    for outcome in outcomes:
        yield ""
        if len(outcomes) > 1:
            yield from _of_several(outcome, style)
        yield from _tree(outcome, now, style)
    if not outcomes and certificates:
        yield from _held(certificates, style)
    yield from _findings(report["findings"], style)


def _headline(report: Report, style: Style) -> Iterator[str]:
    """The outcome, and how many findings of each severity there are."""
    mark, colour, words = HEADLINES[report["outcome"]]
    codes = {one["code"] for one in report["findings"]}
    if report["outcome"] == "would-merge" and "not-compared" in codes:
        colour, words = YELLOW, "A good chain; not compared with any CSR"
    severities = Counter[str](one["severity"] for one in report["findings"])
    counts = {group: severities[group] for group, _, _ in GROUPS}
    told = [f"{count} {group}{'s' * (count > 1)}" for group, count in counts.items() if count]
    line = f"{style.text(mark)} {words}"
    yield style.paint(line, f"{BOLD};{colour}") + (f" ({', '.join(told)})" if told else "")


def _of_several(outcome: Outcome, style: Style) -> Iterator[str]:
    mark, colour, words = HEADLINES[outcome.word]
    yield from style.wrapped(f"{words}: {subject_of(outcome.leaf)}", f"{mark} ", "  ", colour)


def _tree(outcome: Outcome, now: datetime, style: Style) -> Iterator[str]:
    """The chain from leaf to root, and the issuer below which it ends if that is not in it."""
    chain = outcome.chain
    nodes = chain.all() if chain else (outcome.leaf,)
    ends_below = chain is not None and chain.end is End.OPEN
    for index, one in enumerate(nodes):
        last = index == len(nodes) - 1 and not ends_below
        bar = "  " if last else "│ "
        yield from style.wrapped(subject_of(one), f"{_mark(index, last=last)} ", bar, BOLD)
        rows = (("role", _role(outcome, index), PLAIN), *_rows(one, now))
        yield from _table(rows, bar, style)
    if ends_below:
        yield from _issuer_missing(outcome, nodes[-1], style)


def _mark(index: int, *, last: bool) -> str:
    """Returns the sign of the tree before a certificate."""
    if last:
        return "└" if index else " "
    return "├" if index else "┌"


def _issuer_missing(outcome: Outcome, top: Certificate, style: Style) -> Iterator[str]:
    """The issuer that is not in the chain, and why."""
    codes = [one.code for one in outcome.findings]
    why = next(
        (words for code, words in MISSING.items() if code in codes),
        "its certificate is not in the file",
    )
    colour = DIM if "root-not-in-file" in codes else RED
    yield style.text("┆")
    yield from style.wrapped(_issuer(top), "└ ", "  ", colour)
    yield from _table([("role", why, colour)], "  ", style)


def _table(rows: Sequence[tuple[str, str, str]], margin: str, style: Style) -> Iterator[str]:
    """Rows of label, value and colour."""
    for label, value, colour in rows:
        yield from style.wrapped(
            value, f"{margin}  {label:<{LABEL}}", f"{margin}  {'':<{LABEL}}", colour
        )


def _role(outcome: Outcome, index: int) -> str:
    """Returns what a certificate is in the chain, and whether it is trusted and merged."""
    chain = outcome.chain
    if chain is None:
        return "leaf"
    one = chain.all()[index]
    words = ["leaf" if index == 0 else "root" if one is chain.root else "intermediate"]
    from_trust = one is chain.root and not chain.rooted
    if from_trust or (index and one == chain.anchor):
        words.append("trusted, not in the file" if from_trust else "trusted")
    if outcome.word == "would-merge":
        words.append(_merged(chain, index))
    return ", ".join(words)


def _merged(chain: Chain, index: int) -> str:
    if index >= len(chain.path):
        return "left out"
    return f"merged ({index + 1} of {len(chain.path)})" if len(chain.path) > 1 else "merged"


def _rows(one: Certificate, now: datetime) -> Iterator[tuple[str, str, str]]:
    told = describe(one)
    if names := _names(one):
        yield "names", names, PLAIN
    yield "issuer", _issuer(one), PLAIN
    yield "valid", *_validity(one, now)
    yield "key", _key(one), PLAIN
    yield "signed", _signature(one), PLAIN
    yield "serial", told["serial"], PLAIN
    yield "SHA-256", told["sha256"], PLAIN


def _issuer(one: Certificate) -> str:
    if one.self_issued:
        return "itself"
    return one.issuer.rfc4514_string() or "an issuer without a name"


def _names(one: Certificate) -> str:
    """Returns the alternative names: DNS names alone, others with their kind."""
    kinds = {
        "dns_names": "",
        "ipAddresses": "IP ",
        "emails": "e-mail ",
        "uris": "URI ",
        "upns": "UPN ",
    }
    names = [
        f"{kinds[kind]}{name}" for kind, some in names_of(one).items() for name in sorted(some)
    ]
    more = (
        [f"… and {len(names) - MAX_PRINTED_NAMES} more"] if len(names) > MAX_PRINTED_NAMES else []
    )
    return ", ".join([*names[:MAX_PRINTED_NAMES], *more])


def _validity(one: Certificate, now: datetime) -> tuple[str, str]:
    """Returns the validity in words, and a colour."""
    start, end = one.not_valid_before_utc, one.not_valid_after_utc
    days, colour = f"{_days((end - now).days)} left", PLAIN
    if start > now:
        days, colour = f"not yet: in {_days((start - now).days)}", RED
    if end < now:
        days, colour = f"expired {_days((now - end).days)} ago", RED
    return f"{start:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M} UTC, {days}", colour


def _days(count: int) -> str:
    return f"{count:,} day{'s' * (count != 1)}"


def _key(one: Certificate) -> str:
    try:
        key: Any = one.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "of a kind that is not known here"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA, {key.key_size:,} bits"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC, {CURVE_LABELS.get(key.curve.name, key.curve.name)}"
    edwards = {ed25519.Ed25519PublicKey: "Ed25519", ed448.Ed448PublicKey: "Ed448"}
    return next(
        (name for kind, name in edwards.items() if isinstance(key, kind)), type(key).__name__
    )


def _key_id(one: Certificate) -> str:
    """Returns the beginning of the key's SHA-256 (hex), by which findings name keys."""
    try:
        return key_sha256(one)[:16]
    except ValueError:
        return "which cannot be read"


def _signature(one: Certificate) -> str:
    try:
        digest, how = one.view.signature_hash_algorithm, one.view.signature_algorithm_parameters
    except (ValueError, UnsupportedAlgorithm):
        return (
            "with an algorithm that is not known here "
            f"({one.view.signature_algorithm_oid.dotted_string})"
        )
    if digest is None:
        return _without_hash(one.view.signature_algorithm_oid)
    kind = "RSA"
    if isinstance(how, ec.ECDSA):
        kind = "ECDSA"
    elif isinstance(how, padding.PSS):
        kind = "RSA-PSS"
    return f"{kind} with {digest.name.upper().replace('SHA', 'SHA-', 1)}"


def _without_hash(algorithm: x509.ObjectIdentifier) -> str:
    """Returns the name of an algorithm that includes its hash (RFC 8032)."""
    edwards = {
        x509.SignatureAlgorithmOID.ED25519: "Ed25519",
        x509.SignatureAlgorithmOID.ED448: "Ed448",
    }
    return edwards.get(algorithm, algorithm.dotted_string)


def _held(certificates: Sequence[Certificate], style: Style) -> Iterator[str]:
    """The certificates that were read, where none of them could be validated."""
    yield from ("", "Certificates that were read:")
    for one in certificates:
        yield from style.wrapped(subject_of(one), "  ", "  ")
        key = ("key", f"{_key(one)}, {_key_id(one)}", PLAIN)
        yield from _table([("issuer", _issuer(one), PLAIN), key], "  ", style)


def _findings(findings: Sequence[FindingInReport], style: Style) -> Iterator[str]:
    """The findings with their next steps, errors first."""
    for severity, title, colour in GROUPS:
        group = [one for one in findings if one["severity"] == severity]
        if group:
            yield from ("", style.paint(title, f"{BOLD};{colour}"))
        for one in group:
            yield "  " + style.paint(one["code"], colour)
            yield from style.wrapped(one["sentence"], "    ", "    ")
            if one["next_step"] != NOTHING:
                yield from style.wrapped(one["next_step"], "    → ", "      ")
