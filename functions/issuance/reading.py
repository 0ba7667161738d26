"""The certificates in whatever the CA sent, by content and never by name."""

from __future__ import annotations

import binascii
import hashlib
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from functions.issuance.archives import Closed, Room, members
from functions.issuance.armour import MENTION, Block, parts
from functions.issuance.certificate import load
from functions.issuance.contents import AGAIN, OF_CHAINS, OF_LISTS, Found, Limits, begun, best_of
from functions.issuance.contents import Contents as Contents
from functions.issuance.der import after_items, size_of
from functions.issuance.encodings import (
    LEAST_BYTES,
    Run,
    begins_as_certificate,
    bodies,
    from_damaged_base64,
    has_base64,
    has_names,
    hexadecimal,
    names_in,
    runs,
)
from functions.issuance.file_kinds import (
    BYTES,
    MESSAGE,
    UNPACK,
    WHOLE,
    Kind,
    is_dense,
    kind_of_text,
    known_kind,
    unfolds,
)
from functions.issuance.findings import ChainProblem, Finding, too_large
from functions.issuance.journal import record
from functions.issuance.key_material import may_hold_key, refuse_private_key, refuse_private_key_in
from functions.issuance.key_stores import JAVA
from functions.issuance.lenient import attempt
from functions.issuance.reading_der import BLANK, PKCS7, DerReader, trouble_with, without_trust_settings
from functions.issuance.texts import as_text, is_text
from functions.issuance.unwrapping import unwrapped

MAX_BYTES = 1024 * 1024
MAX_UNFOLDED = 6 * 1024 * 1024  # bytes and letters that unwrapping adds to a file, in all layers together
MAX_PIECES = 5_000  # of PEM, base64 and what is between, in all layers; a chain has a hundred
LAYERS = 6  # base64 of PEM in an archive in an archive in a mail, and a little further
NEAR = 200  # letters behind the words BEGIN CERTIFICATE in which a block would begin
DAMAGED = "base64 of a certificate that is damaged"
MENTIONED = Kind("the words BEGIN CERTIFICATE, and nothing after them that can be read", AGAIN)
PLAIN = re.compile(rb"-----BEGIN CERTIFICATE-----\s++([A-Za-z0-9+/\s]++={0,2})\s*+-----END CERTIFICATE-----\s*+")


def read(content: bytes) -> Contents:
    """Reads PEM, DER, PKCS#7, base64, key stores without keys; in text, mails, web pages, JSON, YAML, XML, archives.

    Raises ChainProblem: the file is empty or too large, holds a private key or what may hold one, or nothing that is a
    certificate.
    """
    return _read(content, OF_CHAINS)


def read_list(content: bytes) -> Contents:
    """The same, of a file of CA certificates, of which a public list has hundreds. Raises ChainProblem."""
    return _read(content, OF_LISTS)


def _read(content: bytes, limits: Limits) -> Contents:
    if not content.strip():
        raise ChainProblem("empty-file", "The file is empty.", "Drop the file that the CA sent once more.")
    if len(content) > MAX_BYTES:
        refuse_private_key(content)
        refuse_private_key_in(as_text(content))
        raise too_large(f"The file has more than {MAX_BYTES:,} bytes")
    found = _read_plain(content, limits)
    if found is None:
        found = Found(limits=limits)
        _Reader(limits).look(found, content, "the file")
    return found.contents()


def read_items(items: Iterable[bytes]) -> Contents:
    """The certificates of an x5c list: one DER item each, or whatever else `read` can read. Raises ChainProblem."""
    found, reader = Found(), _Reader()
    for index, item in enumerate(items):
        reader.look(found, item, f"x5c[{index}]")
    return found.contents()


def _read_plain(content: bytes, limits: Limits) -> Found | None:
    """PEM of certificates with nothing around it, which is what most files are; None if it is anything else."""
    found, at = Found(limits=limits), len(content) - len(content.lstrip())
    while at < len(content):
        block = PLAIN.match(content, at)
        if not block:
            return None
        try:
            found.add(load(binascii.a2b_base64(block[1])), "the file")
        except ValueError:
            return None
        at = block.end()
    return found


@dataclass
class _Reader:
    """Reads one file, layer by layer. What was looked at once is not looked at again."""

    limits: Limits = OF_CHAINS
    room: Room = field(default_factory=Room)
    known: dict[bytes, Found] = field(default_factory=dict)
    unfolded: int = 0
    pieces: int = 0

    def __post_init__(self) -> None:
        self.der = DerReader(self.look)

    def look(self, found: Found, data: bytes, where: str, layer: int = 0, *, piece: bool = False) -> None:
        """Adds what the data holds. A `piece` was written in a text, and need not be anything. Raises ChainProblem."""
        digest = hashlib.sha256(data).digest()
        if digest not in self.known:
            self.known[digest] = self._looked(data, where, layer, piece=piece)
        found.take(self.known[digest])

    def _looked(self, data: bytes, where: str, layer: int, *, piece: bool) -> Found:
        found = Found(limits=self.limits)
        if layer > LAYERS:
            found.closes(may_hold_key(f"{begun(where)} is wrapped more than {LAYERS} times", UNPACK))
            return found
        self._count(len(data) if piece else 0)  # an archive has bounds of its own
        try:
            attempt(lambda: self._look(found, data, where, layer, piece=piece), but=ChainProblem)
        except ValueError as error:
            kind = type(error.__cause__ or error).__name__
            record("part-not-read", level=logging.ERROR, reason=kind)
            found.closes(may_hold_key(f"{begun(where)} cannot be read (an unforeseen error, {kind})", UNPACK))
        return found

    def _look(self, found: Found, data: bytes, where: str, layer: int, *, piece: bool) -> None:
        refuse_private_key(data)
        if self._archive(found, data, where, layer) or (
            data.startswith(JAVA) and self.der.key_store(found, data, where)
        ):
            return
        end = self.der.read(found, data, where, layer)
        if end:
            rest, behind = data[end:].lstrip(BLANK), Found()
            if rest and not found.enough:
                self.look(behind, rest, where, layer + 1, piece=True)
                if behind.nothing:
                    behind.loses(where, f"{len(rest):,} bytes after a certificate that cannot be read")
                found.take(behind)
            return
        text = as_text(data)
        readable = is_text(data, text)
        kind = known_kind(data)
        if readable and not (kind and kind.closed):
            kind = kind_of_text(text)
        if kind and kind.closed:
            refuse_private_key_in(text)
            found.closes(may_hold_key(f"{begun(where)} is {kind.name}, which cannot be looked into", kind.step))
            return
        self._text(found, text, where, layer)
        if not readable and self.der.salvage(found, data, where):
            found.loses(where, "certificates among data that is not known here; one of them may be damaged")
        if found.nothing and not piece:
            if not kind and is_dense(data) and size_of(data) != len(data):  # DER that is whole has been looked into
                what = f"{begun(where)} is of a kind that is not known here, compressed or encrypted"
                found.closes(may_hold_key(what, UNPACK))
            else:
                found.other(where, kind or Kind("data that is not known here"))

    def _archive(self, found: Found, data: bytes, where: str, layer: int) -> bool:
        try:
            inside = members(data, self.room)
            empty = True
            for name, member in inside or ():
                empty = False
                if isinstance(member, Closed):
                    found.closes(_closed(member))
                else:
                    place = name if layer == 0 else f"{name} in {where}"
                    self.look(found, member, place if name else where, layer + 1)
        except Closed as closed:
            found.closes(_closed(closed))
            return True
        if inside is not None and empty:
            found.other(where, Kind("an archive with no file in it"))
        return inside is not None

    def _text(self, found: Found, text: str, where: str, layer: int) -> None:
        views: list[str] = []
        for view in unwrapped(text):  # all of them first: a key anywhere is more than a certificate somewhere
            refuse_private_key_in(view)
            self._count(len(view) if views else 0)
            views.append(view)
        found.take(best_of([self._view(view, where, layer) for view in views]))

    def _view(self, text: str, where: str, layer: int) -> Found:
        found = Found(limits=self.limits)
        for part in parts(text):
            if found.enough:
                break
            self._count(0)
            if isinstance(part, Block):
                self._block(found, part, where, layer)
            else:
                self._mentioned(found, part, where, layer)
        if found.nothing and MENTION.search(text):
            found.other(where, MENTIONED)
        return found

    def _mentioned(self, found: Found, text: str, where: str, layer: int) -> None:
        """What stands between blocks. Words that announce a certificate are none, but what they announce is lost."""
        inside = Found()
        self._between(inside, text, where, layer)
        mention = None if inside.certificates or inside.lost else MENTION.search(text)
        if mention and has_base64(text[mention.end() : mention.end() + NEAR]):
            inside.loses(where, MENTIONED.name)
        found.take(inside)

    def _block(self, found: Found, block: Block, where: str, layer: int) -> None:
        place = f"{where}, line {block.line}"
        if block.begun and block.ended and self._body(found, block, place, layer):
            return
        inside = Found(limits=self.limits)
        self._between(inside, block.body, place, layer)
        if not inside.certificates and block.meant and block.of_certificates:
            found.loses(place, f"a {block.label} block that {_trouble(block)}")
            inside.lost = []
        elif inside.nothing and block.meant and block.label == "PGP MESSAGE":
            found.closes(may_hold_key(f"{begun(place)} holds {MESSAGE.name}", MESSAGE.step))
        elif inside.nothing and block.meant and block.begun and "PRIVATE KEY" not in block.label:
            found.other(where, Kind(f"a block of {block.label.lower()}"))
        found.take(inside)

    def _body(self, found: Found, block: Block, where: str, layer: int) -> bool:
        """Whether the base64 of a block is something that is known here: all of it, and nothing else."""
        for data in dict.fromkeys(bodies(block.body)):
            refuse_private_key(data)
            if block.label == "TRUSTED CERTIFICATE":
                data = without_trust_settings(data)
            inside = Found(limits=self.limits)
            if data and len(data) == self.der.read(inside, data, where, layer, whole=True):
                found.take(inside)
                return True
        return False

    def _between(self, found: Found, text: str, where: str, layer: int) -> None:
        """Base64 and hexadecimal digits without a BEGIN line."""
        for data in hexadecimal(text):
            refuse_private_key(data)
            refuse_private_key_in(as_text(data))
            if begins_as_certificate(data):
                found.loses(where, "a certificate that is written in hexadecimal digits (hex)", BYTES)
        for run in runs(text):
            if found.enough:
                break
            self._count(0)
            self._run(found, run, where, layer)

    def _run(self, found: Found, run: Run, where: str, layer: int) -> None:
        data = run.decoded()
        if _is_something(after_items(data)):
            self.look(found, data, f"base64 in {where}", layer + 1, piece=True)
            return
        whole, inside = run.whole(), Found()
        if whole and len(whole) == self.der.read(inside, whole, where, layer, whole=True):
            found.take(inside)
            return
        known = False
        for item, fits in run.items():
            if (fits or PKCS7.match(item)) and self.der.read(found, item, where, layer):
                known = True
            elif begins_as_certificate(item):
                found.loses(where, f"base64 of a certificate that {trouble_with(item)}")
                known = True
            elif names_in(item):
                found.loses(where, DAMAGED)
                known = True
        inside = Found()
        for start in run.starts() if not known else ():
            self.look(inside, run.decoded(start), f"base64 in {where}", layer + 1, piece=True)
        if inside.nothing and any(map(has_names, run.beside() if known else (run.letters,))):
            inside.loses(where, DAMAGED)
        found.take(inside)

    def _count(self, size: int) -> None:
        """Counts one piece more, and how much it adds to the file. Raises ChainProblem if that is too much."""
        self.unfolded += size
        self.pieces += 1
        if self.pieces > MAX_PIECES:
            raise too_large(f"The file has more than {MAX_PIECES:,} pieces of PEM and base64")
        if self.unfolded > MAX_UNFOLDED:
            raise too_large(f"The file unfolds to more than {MAX_UNFOLDED:,} bytes")


def _trouble(block: Block) -> str:
    """Why the body of a block is no certificate."""
    if not block.begun or not block.ended:
        return "has no end" if block.begun else "has no beginning"
    data = from_damaged_base64(block.body)
    return trouble_with(data) if begins_as_certificate(data) else "cannot be read"


def _is_something(data: bytes) -> bool:
    """Whether what base64 has come to is worth a look. Words may stand behind it that are none."""
    start = data[: len(data) * 3 // 4]
    return len(data) >= LEAST_BYTES and (unfolds(data) or is_text(start, as_text(start)))


def _closed(closed: Closed) -> Finding:
    finding = may_hold_key(str(closed)[:-1], WHOLE if closed.broken else UNPACK)
    if closed.kind != "zip":
        return finding
    return Finding("unreadable-zip", finding.sentence, finding.next_step)
