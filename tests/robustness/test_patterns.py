"""No regular expression of `functions/` takes time that grows faster than the text that somebody else wrote.

The only test that compares times: within one run, of the thread's own processor time, the least of several.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from fnmatch import translate
from functools import partial
from typing import Any, NamedTuple

import pytest

from tests.robustness.patterns import METHODS, Found, Unreadable, apply_all, found_in, in_functions, users_of

SIZES = (1000, 2000, 4000)
AGAIN = 12  # times: some calls take less than a microsecond, and the machine is others' too
MOST = 3  # times as long for a text twice as long: 2 is linear, 4 is quadratic
BATCH = 0.00002  # seconds that are long enough to be measured; what then looks bad is measured in longer and more
LONGER = 0.0001
SLOW = 0.05  # seconds of one call after which no chance is left to measure it again
TRIES = 3


class Hostile(NamedTuple):
    """A text that is as long as it shall be: a piece again and again, after and before something."""

    piece: str
    before: str = ""
    after: str = ""

    def of(self, size: int) -> str:
        room = size - len(self.before) - len(self.after)
        return self.before + (self.piece * (room // len(self.piece) + 1))[:room] + self.after


# What every pattern is tried with: each kind of character that patterns count, alone and as the beginning of something.
ALWAYS = [
    Hostile(piece) for piece in ("a", "A", "0", "-", ".", " ", "\n", "'", '"', "`", "[", "(", "@", "&", "=", "\\")
]
ALWAYS += [Hostile(piece) for piece in ("a.", "a ", "a'", "0 ", "a\n", "\x00", "\x30", "\x7f", "é")]
ALWAYS += [Hostile(one.piece, after="\x01") for one in ALWAYS]  # what is found to be wrong only at the end

# All patterns, since all meet text from outside, and texts that make each go as far as it can before it fails.
CASES: dict[str, list[Hostile]] = {
    "functions.settings.load: [0-9a-z-]{1,24}": [Hostile("a", after="A")],
    "functions.settings.load: https://[^/?#;=]+": [
        Hostile("a", "https://"),
        Hostile("https://"),
        Hostile("a", "https://", "/"),
    ],
    "functions.model.blob_names.CONTAINER": [Hostile("a"), Hostile("-", after="A")],
    "functions.settings.channels: [0-9]{1,5}": [Hostile("1"), Hostile("9", after="x")],
    "functions.settings.channels: [A-Za-z][\\w.+-]*://": [Hostile("a"), Hostile("a.+", after=":/"), Hostile("-", "a")],
    "functions.settings.channels: \\s|/": [Hostile("a"), Hostile("a.", after="/")],
    "functions.settings.values: [0-9]{1,9}": [Hostile("1"), Hostile("9", after="x")],
    "functions.settings.values: \\s": [Hostile("a"), Hostile("a/", after="\n")],
    "functions.adapters.blob_storage.containers.HARMFUL": [Hostile("%"), Hostile("a%"), Hostile("\u202e")],
    "functions.triggers.http.queries: [0-9]{1,3}": [Hostile("1"), Hostile("9", after="x")],
    "functions.model.blob_names.UTF_16": [Hostile("%u"), Hostile("%u00"), Hostile("%u0041")],
    "functions.triggers.event_grid.CERTIFICATE_NAME": [Hostile("a"), Hostile("-", after=";")],
    "functions.settings.values.PERIOD_SETTING": [Hostile("1"), Hostile("1", after="m")],
    "functions.model.people.addresses.ADDRESS": [
        Hostile("a@"),
        Hostile("@a"),
        Hostile("a", "a@", " "),
        Hostile("a", after="@"),
    ],
    "functions.monitoring.issuer_failures.ACCOUNT_WORDS": [
        Hostile("accoun"),
        Hostile("api"),
        Hostile("licen"),
        Hostile("unauthori"),
    ],
    "functions.monitoring.issuer_failures.QUOTED": [
        Hostile("a", "'"),
        Hostile("a", '"'),
        Hostile("''"),
        Hostile("'\""),
        Hostile("a'b"),
    ],
    "functions.monitoring.issuer_failures.PARTICULAR": [
        Hostile("a-"),
        Hostile("a", after="."),
        Hostile("a", after=".a"),
        Hostile("a", after="1"),
        Hostile("a 1 "),
        Hostile("..."),
        Hostile("-."),
    ],
    # Reading: what a file holds is all from outside.
    "functions.chains.parsing.pem_blocks.MARK": [
        Hostile("-"),
        Hostile("-BEGIN "),
        Hostile("-BEGIN A"),
        Hostile("A", "-BEGIN "),
        Hostile("-END \t"),
    ],
    "functions.chains.parsing.pem_blocks.BARE_MARK": [
        Hostile("*"),
        Hostile("BEGIN "),
        Hostile("BEGIN X.509 "),
        Hostile("*\n"),
        Hostile(" ", "BEGIN"),
    ],
    "functions.chains.parsing.pem_blocks.MENTION": [
        Hostile("BEGIN"),
        Hostile("BEGIN A "),
        Hostile("BEGIN CERTIFICATE REQ"),
        Hostile(".", "BEGIN"),
    ],
    "functions.chains.parsing.pem_blocks.WORD": [Hostile("A."), Hostile("A")],
    "functions.chains.parsing.pem_blocks.KNOWN_LABELS": [Hostile("KEY"), Hostile("CERTIFICATE"), Hostile("PKCS")],
    "functions.chains.parsing.encodings.LONG_WORD": [Hostile("A" * 15 + " "), Hostile("A" * 16 + "!")],
    "functions.chains.parsing.encodings.NO_LETTER": [Hostile("A")],
    "functions.chains.parsing.encodings.ONLY_BASE64": [
        Hostile("> "),
        Hostile("A", after="!"),
        Hostile(" ", "A", "!"),
        Hostile("=", "A"),
    ],
    "functions.chains.parsing.encodings.RUN": [
        Hostile("A" * 20 + " "),
        Hostile("A" * 19 + "\n"),
        Hostile("A \n"),
        Hostile("A" * 20 + "\n\n"),
    ],
    "functions.adapters.mail.smtp._ADDRESS": [Hostile("x"), Hostile("@"), Hostile("x@")],
    "functions.chains.parsing.encodings.NAME_ATTRIBUTE": [Hostile("1"), Hostile("1\x0b0\x09\x06\x03\x55")],
    "functions.chains.parsing.encodings.DER": [Hostile("MA")],
    "functions.chains.parsing.encodings.HEX_RUN": [
        Hostile("30"),
        Hostile("30 "),
        Hostile("30:", after="g"),
        Hostile("0x30, "),
        Hostile("30" + " " * 9),
        Hostile("2d6f"),
    ],
    "functions.chains.parsing.encodings.HEX_PREFIX": [Hostile("0x"), Hostile("\\x"), Hostile("0")],
    "functions.chains.parsing.encodings.DUMP_LINE": [
        Hostile("00000000: 30 82 \n"),
        Hostile("0"),
        Hostile("0000 "),
        Hostile(" "),
        Hostile("30 ", "0000 "),
    ],
    "functions.chains.parsing.encodings.LIKE_A_CERTIFICATE": [Hostile("\x30\x82"), Hostile("\x30\x80\x06")],
    "functions.chains.parsing.file_kinds.MAIL_HEADER": [Hostile("X-"), Hostile("a", "X-"), Hostile("Content-")],
    "functions.chains.parsing.file_kinds: \\$ANSIBLE_VAULT;": [Hostile("$ANSIBLE_VAULT")],
    "functions.chains.parsing.file_kinds: age-encryption\\.org/": [Hostile("age-encryption.")],
    "functions.chains.parsing.file_kinds: \\{\\\\rtf": [Hostile("{\\rt")],
    "functions.chains.parsing.file_kinds: %PDF": [Hostile("%PD")],
    "functions.chains.parsing.file_kinds: HTTP/[0-9.]{1,3} ": [Hostile("HTTP/1.1"), Hostile("1", "HTTP/")],
    "functions.chains.parsing.file_kinds: <!doctype html|<html": [Hostile("<!doctype htm"), Hostile("<htm")],
    "functions.chains.parsing.file_kinds: <": [Hostile("<")],
    "functions.chains.parsing.file_kinds: [{\\[]": [Hostile("{[")],
    "functions.chains.parsing.file_kinds: (?:ssh-|ecdsa-sha2-)[a-z0-9@.-]{1,40} AAAA": [
        Hostile("ssh-"),
        Hostile("a", "ssh-"),
        Hostile("ssh-a "),
    ],
    "functions.chains.parsing.file_kinds: begin [0-7]{3} ": [Hostile("begin 7")],
    "functions.chains.parsing.file_kinds: (?:[0-9A-Fa-f]{2}[\\s:]?){16}": [
        Hostile("30:"),
        Hostile("30"),
        Hostile("30 ", after="g"),
    ],
    "functions.chains.parsing.private_key_scan.PRIVATE_KEY_DER": [
        Hostile("\x02\x01"),
        Hostile("\x30\x82aa\x02\x01"),
        Hostile("\x30\x80\x02\x01\x00\x30"),
    ],
    "functions.chains.parsing.private_key_scan.KEY_START": [Hostile("\x30\x82aa\x02\x01\x00\x30"), Hostile("\x30")],
    "functions.chains.parsing.private_key_scan.ENCRYPTED": [
        Hostile("\x30\x82\x30\x30"),
        Hostile("\x30\x80\x30\x80\x06"),
    ],
    "functions.chains.parsing.private_key_scan.ARMOUR": [
        Hostile("BEGIN "),
        Hostile("BEGIN A"),
        Hostile("A", "END "),
        Hostile("END PRIVATE KE"),
        Hostile("PRIVATE "),
        Hostile("-"),
    ],
    "functions.chains.parsing.private_key_scan.HEADER": [
        Hostile("A"),
        Hostile("A-"),
        Hostile("A:\n"),
        Hostile("Proc-Type:"),
    ],
    "functions.chains.parsing.private_key_scan.ESCAPED_LINE_END": [Hostile("\\r\\n"), Hostile("\\")],
    "functions.chains.parsing.private_key_scan.WORD_LETTERS": [Hostile(".")],
    "functions.chains.parsing.private_key_scan: PuTTY-User-Key-File-[0-9]{1,3}+: ?\\S": [
        Hostile("PuTTY-User-Key-File-3: ")
    ],
    "functions.chains.parsing.private_key_scan: <InverseQ>\\s{0,80}+[A-Za-z0-9+/]{16}": [
        Hostile("<InverseQ>"),
        Hostile(" ", "<InverseQ>"),
        Hostile("<InverseQ> A"),
    ],
    "functions.chains.parsing.private_key_scan: <D>\\s{0,80}+[A-Za-z0-9+/]{16}": [
        Hostile("<D>"),
        Hostile("<D>" + " " * 80),
    ],
    "functions.chains.parsing.private_key_scan: <X>\\s{0,80}+[A-Za-z0-9+/]{16}": [
        Hostile("<X>"),
        Hostile("<X>" + " " * 80),
    ],
    "functions.chains.parsing.private_key_scan: privateExponent\\b[^A-Za-z0-9+/]{1,40}+(?:[0-9A-Fa-f]{2}:){4}": [
        Hostile("privateExponent: "),
        Hostile("privateExponent: 00:"),
    ],
    "functions.chains.parsing.private_key_scan: PrivateExponent: ?[A-Za-z0-9+/]{16}": [Hostile("PrivateExponent: A")],
    "functions.chains.parsing.private_key_scan: priv:\\s{0,40}+(?:[0-9A-Fa-f]{2}:){4}": [
        Hostile("priv: "),
        Hostile("priv: 00:"),
        Hostile("priv:" + " " * 40),
    ],
    "functions.chains.parsing.private_key_scan: "
    "(?:\\b|_)[dk][\\\"']?[ \\t]{0,8}+[:=][ \\t\\\"']{0,8}+[A-Za-z0-9_+/-]{20}": [
        Hostile("d: "),
        Hostile("_d"),
        Hostile("d=A"),
        Hostile("d" + " " * 8),
    ],
    "functions.chains.parsing.parse.PLAIN_PEM": [
        Hostile("-----BEGIN CERTIFICATE-----\n"),
        Hostile("A\n", "-----BEGIN CERTIFICATE-----\n"),
        Hostile("A", "-----BEGIN CERTIFICATE-----\n", "==!"),
    ],
    "functions.chains.parsing.parse_der.CERTIFICATE_START": [
        Hostile("\x30\x82aa"),
        Hostile("\x30\x81a\x30\x81a\xa0\x03"),
    ],
    "functions.chains.parsing.parse_der.PKCS7": [Hostile("\x30\x80\x06\x09")],
    "functions.chains.parsing.texts.PAIRS": [Hostile("\u4e00"), Hostile("\u4e00" * 19 + "a")],
    "functions.chains.parsing.texts.CONTROL": [Hostile("\x1b")],
    "functions.chains.parsing.texts.DASHES": [Hostile("\u2014"), Hostile("\u2014a")],
    "functions.chains.parsing.texts.BLANKS": [Hostile("\u00a0"), Hostile("\u00a0a")],
    "functions.chains.parsing.texts.INVISIBLE": [Hostile("\u200b"), Hostile("\u200ba")],
    "functions.chains.parsing.texts.UNUSUAL": [Hostile("a\u0301")],
    "functions.chains.parsing.unwrapping.QUOTED_PRINTABLE": [Hostile("="), Hostile("a" * 72 + "=\n"), Hostile("a=\n")],
    "functions.chains.parsing.unwrapping.PERCENT": [Hostile("%"), Hostile("%2")],
    "functions.chains.parsing.unwrapping.INLINE_TAG": [
        Hostile("<span "),
        Hostile("<b"),
        Hostile("a", "<span "),
        Hostile("</"),
    ],
    "functions.chains.parsing.unwrapping.CELL_TAG": [Hostile("<td "), Hostile("a", "<td ")],
    "functions.chains.parsing.unwrapping.TAG": [Hostile("<a"), Hostile("a", "<a"), Hostile("<")],
    "functions.chains.parsing.unwrapping.BLANK_LINES": [
        Hostile("\n"),
        Hostile("\n "),
        Hostile(" ", "\n"),
        Hostile("\n \t"),
    ],
    "functions.chains.parsing.unwrapping.LINE_END": [Hostile("\\"), Hostile("\\r"), Hostile("\\r\\"), Hostile("\\\\n")],
    "functions.chains.parsing.unwrapping.CODE": [Hostile("\\"), Hostile("\\u00"), Hostile("\\x3")],
    "functions.chains.parsing.unwrapping.BACKSLASHES": [Hostile("\\"), Hostile("\\/")],
    "functions.chains.parsing.unwrapping.PATCH": [Hostile("+\n"), Hostile("+-"), Hostile("-", "+")],
    "functions.chains.parsing.unwrapping.ADDED": [Hostile("+\n"), Hostile("+")],
    "functions.chains.parsing.unwrapping.LITERAL": [
        Hostile('"'),
        Hostile('a"'),
        Hostile("a", '"'),
        Hostile('"\n'),
        Hostile("'a'"),
    ],
    "functions.chains.parsing.unwrapping.BEFORE": [
        Hostile("1 "),
        Hostile("> "),
        Hostile(" "),
        Hostile("a:1:"),
        Hostile("a:", after="!"),
        Hostile("- "),
        Hostile("1"),
    ],
    "functions.chains.parsing.unwrapping.TABULATOR": [Hostile("\\"), Hostile("\\t"), Hostile("t\\")],
    "functions.chains.parsing.unwrapping.URL_SAFE": [Hostile("_"), Hostile("A" * 39 + " ")],
    "functions.chains.parsing.unwrapping.UP_TO_LAST_WORD": [
        Hostile("a "),
        Hostile("a", " a ", "!"),
        Hostile(" "),
        Hostile("a \n"),
    ],
    "functions.chains.parsing.unwrapping.LOGGED": [
        Hostile("a "),
        Hostile("a", " a ", "!"),
        Hostile(" "),
        Hostile("A" * 39 + " "),
    ],
    "functions.triggers.http.queries.REQUEST_ID": [Hostile("f"), Hostile("f", after="g")],
    "functions.triggers.http.queries.PERIOD": [Hostile("1"), Hostile("1", after="m")],
    "functions.triggers.http.queries.IDEMPOTENCY_KEY": [Hostile("a"), Hostile(" ", after="\n")],
    "functions.adapters.azure_tables.approvals.APPROVAL_ID": [Hostile("f"), Hostile("f", after="g")],
    "functions.triggers.http.types.approvals: ^[0-9a-fA-F]{64}$": [Hostile("f"), Hostile("f", after="g")],
    "functions.model.acts.lines.ACTS_FILE_NAME": [
        Hostile("1"),
        Hostile("2026-11-30"),
        Hostile("1", "2026-11-30-"),
        Hostile("1", "2026-11-30-", ".jsonl"),
    ],
    "functions.triggers.http.queries.QUALITY": [
        Hostile("q"),
        Hostile(" ", "q"),
        Hostile(" ", "q="),
        Hostile("0", "q=0."),
        Hostile("0", "q=1.", ";"),
    ],
    "functions.settings.sign_in.KEY_DIGEST": [Hostile("a"), Hostile("a", after=";")],
    "functions.settings.options.ISSUER_NAME": [Hostile("a"), Hostile("*"), Hostile("-", after=";")],
    "functions.settings.options.DOMAIN": [
        Hostile("a.", after="-"),
        Hostile("a-", after="."),
        Hostile("1.", "*."),
        Hostile("a" * 63 + ".", after="!"),
    ],
    "functions.triggers.http.bodies.CERTIFICATE_NAME": [Hostile("a"), Hostile("a", after="_")],
    "functions.triggers.http.bodies: unknown field `([^`]+)`": [
        Hostile("unknown field `"),
        Hostile("a", "unknown field `"),
        Hostile("unknown field `a"),
        Hostile("unknown field ``"),
    ],
    "functions.triggers.http.bodies: [^.\\[\\]]+|\\[[^\\[\\]]*\\]": [
        Hostile("[a"),
        Hostile("a", "["),
        Hostile("[]"),
        Hostile("]"),
    ],
    "functions.adapters.teams.channel.OLD_HOST": [
        Hostile("a", "https://"),
        Hostile(".logic.azure.com", "https://a"),
        Hostile(".logic.azure.com:1", "https://a"),
        Hostile("1", "https://a.logic.azure.com:"),
    ],
    "functions.adapters.mail.acs: \\w{1,80}": [Hostile("a"), Hostile("a", after=" ")],
    "functions.adapters.teams.card._HTTPS": [
        Hostile("a", "https://"),
        Hostile("a", "https://", " "),
        Hostile("https://"),
    ],
    "functions.adapters.teams.markdown.HTTPS": [
        Hostile("a", "https://"),
        Hostile("a", "https://", "("),
        Hostile("https://"),
    ],
    "functions.settings.load.HOST": [Hostile("a"), Hostile("a."), Hostile("a", after="/"), Hostile("1", "a:", "/")],
    "functions.adapters.texts.HIDDEN_MARKS": [Hostile("\u202e"), Hostile("a\x0b")],
    "functions.adapters.teams.markdown._MARKDOWN": [
        Hostile("a", "&"),
        Hostile("&a"),
        Hostile("&#"),
        Hostile("a", "&", ";"),
        Hostile("&#a;"),
    ],
    "functions.adapters.teams.markdown._LINE_START": [
        Hostile("1"),
        Hostile("1."),
        Hostile("- "),
        Hostile("1\n"),
        Hostile("1. \n"),
    ],
}

# fnmatch makes a pattern of a rule, to which it puts what an event says, and of a caller's filter, for names of
# certificates.
GLOBS = {
    "functions.inventory.certificates": ["*a" * 63 + "b", "*" * 127, "[a-z]*" * 21 + "!"],
    "functions.notifications.routing": [],  # of the names of our own events
    "functions.model.people.signers": ["*a*a*a*b", "*" * 20 + "b", "a*" * 12 + "b", "[!a]*?*?*?a", "*@*.*.*"],
}


def seconds(call: Callable[[], object], batch: float = LONGER, tries: int = TRIES) -> float:
    """The least processor time that a call takes, of several."""
    calls, spent = 1, _spent(call, 1)
    while spent < batch:
        calls *= 2
        spent = _spent(call, calls)
    again = tries if spent < SLOW else 0
    return min([spent, *(_spent(call, calls) for _ in range(again))]) / calls


def _spent(call: Callable[[], object], calls: int) -> float:
    began = time.thread_time()
    for _ in range(calls):
        call()
    return time.thread_time() - began


def growth(pattern: re.Pattern[Any], method: str, text: Hostile) -> float:
    """By how much the time grows at most when the text grows by two; what looks bad is measured again."""
    for batch, tries in ((BATCH, 1), *((LONGER, TRIES),) * AGAIN):
        before, most = 0.0, 0.0
        for size in SIZES:
            spent = seconds(partial(apply_all, pattern, (method,), text.of(size)), batch, tries)
            most, before = max(most, spent / before if before else 0.0), spent
            if most >= MOST:
                break
        if most < MOST or before > SLOW:
            break
    return most


def grown(
    pattern: re.Pattern[Any], methods: Iterable[str], texts: Iterable[Hostile]
) -> tuple[str, Hostile, float] | None:
    """The first way to apply the pattern, and text, whose time grows faster than the text does, and by how much."""
    for method in methods:
        for text in texts:
            most = growth(pattern, method, text)
            if most >= MOST:
                return method, text, most
    return None


def test_every_pattern_has_texts_that_are_made_for_it() -> None:
    assert in_functions().keys() == CASES.keys()


@pytest.mark.parametrize("key", CASES)
def test_a_text_twice_as_long_takes_about_twice_as_long(key: str) -> None:
    found = in_functions()[key]
    assert grown(found.pattern, sorted(found.methods or METHODS), (*CASES[key], *ALWAYS)) is None


def test_nothing_but_rules_and_a_filter_is_matched_by_globs_of_which_patterns_are_made() -> None:
    assert users_of("fnmatch") == GLOBS.keys()


@pytest.mark.parametrize("glob", [one for several in GLOBS.values() for one in several])
def test_a_glob_takes_as_long_as_its_text_is(glob: str) -> None:
    texts = (*ALWAYS, Hostile("ab"), Hostile("a", after="c"), Hostile("@.", after="!"))
    assert grown(re.compile(translate(glob)), ("match",), texts) is None


@pytest.mark.parametrize(
    ("pattern", "method", "text"),
    [
        (r"\S*\d", "search", "a"),
        (r"[^,]+,", "sub", "a"),
        (r"\[[^\]]*\]", "findall", "["),
    ],
)
def test_a_pattern_that_begins_again_at_every_character_would_be_found(pattern: str, method: str, text: str) -> None:
    assert growth(re.compile(pattern), method, Hostile(text)) >= MOST


HERE = __name__
WORD = re.compile(r"\w+")
DIGITS = r"\d+"


def test_patterns_are_found_wherever_they_stand() -> None:
    source = (
        "import re as regex\nfrom re import sub\nfrom msgspec import Meta\n"
        f"from {HERE} import WORD as W, DIGITS\n"
        "def f(x):\n"
        "    sub(r'a+', '', x); regex.fullmatch(rb'b', x); regex.search(DIGITS, x)\n"
        "    Meta(pattern='c'); W.findall(x); regex.compile('d')\n"
    )
    found = found_in({HERE: "import re\nWORD = re.compile('w')", "functions.settings.load": source})
    assert {key: one.methods for key, one in found.items()} == {
        f"{HERE}.WORD": {"findall"},
        f"{HERE}.DIGITS": {"search"},
        "functions.settings.load: a+": {"sub"},
        "functions.settings.load: b": {"fullmatch"},
        "functions.settings.load: c": {"search"},
        "functions.settings.load: d": set(METHODS),
    }


@pytest.mark.parametrize("source", ["g(WORD)", "x = WORD", "WORD.scanner(x)"])
def test_a_pattern_that_is_handed_on_may_be_applied_in_any_way(source: str) -> None:
    found = found_in({HERE: f"import re\nWORD = re.compile('w')\ndef f(g, x): {source}"})
    assert found[f"{HERE}.WORD"] == Found(WORD, set(METHODS))


@pytest.mark.parametrize(
    "source", ["re.match(x, y)", "re.compile(f'{x}+')", "re.sub('a' + x, '', y)", "re.compile(x.y)"]
)
def test_a_pattern_that_is_made_while_the_code_runs_is_refused(source: str) -> None:
    with pytest.raises(Unreadable):
        found_in({HERE: f"import re\ndef f(x, y): {source}"})
