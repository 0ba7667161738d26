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
BATCH = 0.0001  # seconds that are long enough to be measured
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
    "functions.settings: [0-9a-z-]{1,24}": [Hostile("a", after="A")],
    "functions.settings: https://[^/?#;=]+": [
        Hostile("a", "https://"),
        Hostile("https://"),
        Hostile("a", "https://", "/"),
    ],
    "functions.channel_settings: [a-z0-9-]{3,63}": [Hostile("a"), Hostile("-", after="A")],
    "functions.channel_settings: [0-9]{1,5}": [Hostile("1"), Hostile("9", after="x")],
    "functions.channel_settings: [A-Za-z][\\w.+-]*://": [Hostile("a"), Hostile("a.+", after=":/"), Hostile("-", "a")],
    "functions.channel_settings: \\s|/": [Hostile("a"), Hostile("a.", after="/")],
    "functions.setting_values: [0-9]{1,9}": [Hostile("1"), Hostile("9", after="x")],
    "functions.setting_values: \\s": [Hostile("a"), Hostile("a/", after="\n")],
    "functions.adapters.blobs.HARMFUL": [Hostile("%"), Hostile("a%"), Hostile("\u202e")],
    "functions.triggers.queries: [0-9]{1,3}": [Hostile("1"), Hostile("9", after="x")],
    "functions.issuance.blob_names.UTF_16": [Hostile("%u"), Hostile("%u00"), Hostile("%u0041")],
    "functions.triggers.events.CERTIFICATE_NAME": [Hostile("a"), Hostile("-", after=";")],
    "functions.setting_values.PERIOD": [Hostile("1"), Hostile("1", after="m")],
    "functions.issuance.addresses.ADDRESS": [
        Hostile("a@"),
        Hostile("@a"),
        Hostile("a", "a@", " "),
        Hostile("a", after="@"),
    ],
    "functions.issuance.trouble.ACCOUNT_WORDS": [
        Hostile("accoun"),
        Hostile("api"),
        Hostile("licen"),
        Hostile("unauthori"),
    ],
    "functions.issuance.trouble.QUOTED": [
        Hostile("a", "'"),
        Hostile("a", '"'),
        Hostile("''"),
        Hostile("'\""),
        Hostile("a'b"),
    ],
    "functions.issuance.trouble.PARTICULAR": [
        Hostile("a-"),
        Hostile("a", after="."),
        Hostile("a", after=".a"),
        Hostile("a", after="1"),
        Hostile("a 1 "),
        Hostile("..."),
        Hostile("-."),
    ],
    # Reading: what a file holds is all from outside.
    "functions.issuance.armour.MARK": [
        Hostile("-"),
        Hostile("-BEGIN "),
        Hostile("-BEGIN A"),
        Hostile("A", "-BEGIN "),
        Hostile("-END \t"),
    ],
    "functions.issuance.armour.BARE_MARK": [
        Hostile("*"),
        Hostile("BEGIN "),
        Hostile("BEGIN X.509 "),
        Hostile("*\n"),
        Hostile(" ", "BEGIN"),
    ],
    "functions.issuance.armour.MENTION": [
        Hostile("BEGIN"),
        Hostile("BEGIN A "),
        Hostile("BEGIN CERTIFICATE REQ"),
        Hostile(".", "BEGIN"),
    ],
    "functions.issuance.armour.WORD": [Hostile("A."), Hostile("A")],
    "functions.issuance.armour.KNOWN": [Hostile("KEY"), Hostile("CERTIFICATE"), Hostile("PKCS")],
    "functions.issuance.encodings.LONG_WORD": [Hostile("A" * 15 + " "), Hostile("A" * 16 + "!")],
    "functions.issuance.encodings.NO_LETTER": [Hostile("A")],
    "functions.issuance.encodings.ONLY_BASE64": [
        Hostile("> "),
        Hostile("A", after="!"),
        Hostile(" ", "A", "!"),
        Hostile("=", "A"),
    ],
    "functions.issuance.encodings.RUN": [
        Hostile("A" * 20 + " "),
        Hostile("A" * 19 + "\n"),
        Hostile("A \n"),
        Hostile("A" * 20 + "\n\n"),
    ],
    "functions.adapters.email._ADDRESS": [Hostile("x"), Hostile("@"), Hostile("x@")],
    "functions.issuance.encodings.NAME_ATTRIBUTE": [Hostile("1"), Hostile("1\x0b0\x09\x06\x03\x55")],
    "functions.issuance.encodings.DER": [Hostile("MA")],
    "functions.issuance.encodings.HEX_RUN": [
        Hostile("30"),
        Hostile("30 "),
        Hostile("30:", after="g"),
        Hostile("0x30, "),
        Hostile("30" + " " * 9),
        Hostile("2d6f"),
    ],
    "functions.issuance.encodings.HEX_PREFIX": [Hostile("0x"), Hostile("\\x"), Hostile("0")],
    "functions.issuance.encodings.DUMP_LINE": [
        Hostile("00000000: 30 82 \n"),
        Hostile("0"),
        Hostile("0000 "),
        Hostile(" "),
        Hostile("30 ", "0000 "),
    ],
    "functions.issuance.encodings.LIKE_A_CERTIFICATE": [Hostile("\x30\x82"), Hostile("\x30\x80\x06")],
    "functions.issuance.file_kinds.MAIL_HEADER": [Hostile("X-"), Hostile("a", "X-"), Hostile("Content-")],
    "functions.issuance.file_kinds: \\$ANSIBLE_VAULT;": [Hostile("$ANSIBLE_VAULT")],
    "functions.issuance.file_kinds: age-encryption\\.org/": [Hostile("age-encryption.")],
    "functions.issuance.file_kinds: \\{\\\\rtf": [Hostile("{\\rt")],
    "functions.issuance.file_kinds: %PDF": [Hostile("%PD")],
    "functions.issuance.file_kinds: HTTP/[0-9.]{1,3} ": [Hostile("HTTP/1.1"), Hostile("1", "HTTP/")],
    "functions.issuance.file_kinds: <!doctype html|<html": [Hostile("<!doctype htm"), Hostile("<htm")],
    "functions.issuance.file_kinds: <": [Hostile("<")],
    "functions.issuance.file_kinds: [{\\[]": [Hostile("{[")],
    "functions.issuance.file_kinds: (?:ssh-|ecdsa-sha2-)[a-z0-9@.-]{1,40} AAAA": [
        Hostile("ssh-"),
        Hostile("a", "ssh-"),
        Hostile("ssh-a "),
    ],
    "functions.issuance.file_kinds: begin [0-7]{3} ": [Hostile("begin 7")],
    "functions.issuance.file_kinds: (?:[0-9A-Fa-f]{2}[\\s:]?){16}": [
        Hostile("30:"),
        Hostile("30"),
        Hostile("30 ", after="g"),
    ],
    "functions.issuance.key_material.KEY": [
        Hostile("\x02\x01"),
        Hostile("\x30\x82aa\x02\x01"),
        Hostile("\x30\x80\x02\x01\x00\x30"),
    ],
    "functions.issuance.key_material.BEGINNING": [Hostile("\x30\x82aa\x02\x01\x00\x30"), Hostile("\x30")],
    "functions.issuance.key_material.ENCRYPTED": [Hostile("\x30\x82\x30\x30"), Hostile("\x30\x80\x30\x80\x06")],
    "functions.issuance.key_material.ARMOUR": [
        Hostile("BEGIN "),
        Hostile("BEGIN A"),
        Hostile("A", "END "),
        Hostile("END PRIVATE KE"),
        Hostile("PRIVATE "),
        Hostile("-"),
    ],
    "functions.issuance.key_material.HEADER": [Hostile("A"), Hostile("A-"), Hostile("A:\n"), Hostile("Proc-Type:")],
    "functions.issuance.key_material.LINE_END": [Hostile("\\r\\n"), Hostile("\\")],
    "functions.issuance.key_material.WORDS": [Hostile(".")],
    "functions.issuance.key_material: PuTTY-User-Key-File-[0-9]{1,3}+: ?\\S": [Hostile("PuTTY-User-Key-File-3: ")],
    "functions.issuance.key_material: <InverseQ>\\s{0,80}+[A-Za-z0-9+/]{16}": [
        Hostile("<InverseQ>"),
        Hostile(" ", "<InverseQ>"),
        Hostile("<InverseQ> A"),
    ],
    "functions.issuance.key_material: <D>\\s{0,80}+[A-Za-z0-9+/]{16}": [Hostile("<D>"), Hostile("<D>" + " " * 80)],
    "functions.issuance.key_material: <X>\\s{0,80}+[A-Za-z0-9+/]{16}": [Hostile("<X>"), Hostile("<X>" + " " * 80)],
    "functions.issuance.key_material: privateExponent\\b[^A-Za-z0-9+/]{1,40}+(?:[0-9A-Fa-f]{2}:){4}": [
        Hostile("privateExponent: "),
        Hostile("privateExponent: 00:"),
    ],
    "functions.issuance.key_material: PrivateExponent: ?[A-Za-z0-9+/]{16}": [Hostile("PrivateExponent: A")],
    "functions.issuance.key_material: priv:\\s{0,40}+(?:[0-9A-Fa-f]{2}:){4}": [
        Hostile("priv: "),
        Hostile("priv: 00:"),
        Hostile("priv:" + " " * 40),
    ],
    "functions.issuance.key_material: (?:\\b|_)[dk][\\\"']?[ \\t]{0,8}+[:=][ \\t\\\"']{0,8}+[A-Za-z0-9_+/-]{20}": [
        Hostile("d: "),
        Hostile("_d"),
        Hostile("d=A"),
        Hostile("d" + " " * 8),
    ],
    "functions.issuance.reading.PLAIN": [
        Hostile("-----BEGIN CERTIFICATE-----\n"),
        Hostile("A\n", "-----BEGIN CERTIFICATE-----\n"),
        Hostile("A", "-----BEGIN CERTIFICATE-----\n", "==!"),
    ],
    "functions.issuance.reading_der.CERTIFICATE": [Hostile("\x30\x82aa"), Hostile("\x30\x81a\x30\x81a\xa0\x03")],
    "functions.issuance.reading_der.PKCS7": [Hostile("\x30\x80\x06\x09")],
    "functions.issuance.texts.PAIRS": [Hostile("\u4e00"), Hostile("\u4e00" * 19 + "a")],
    "functions.issuance.texts.CONTROL": [Hostile("\x1b")],
    "functions.issuance.texts.DASHES": [Hostile("\u2014"), Hostile("\u2014a")],
    "functions.issuance.texts.BLANKS": [Hostile("\u00a0"), Hostile("\u00a0a")],
    "functions.issuance.texts.INVISIBLE": [Hostile("\u200b"), Hostile("\u200ba")],
    "functions.issuance.texts.OTHERS": [Hostile("a\u0301")],
    "functions.issuance.unwrapping.QUOTED_PRINTABLE": [Hostile("="), Hostile("a" * 72 + "=\n"), Hostile("a=\n")],
    "functions.issuance.unwrapping.PERCENT": [Hostile("%"), Hostile("%2")],
    "functions.issuance.unwrapping.INLINE_TAG": [
        Hostile("<span "),
        Hostile("<b"),
        Hostile("a", "<span "),
        Hostile("</"),
    ],
    "functions.issuance.unwrapping.CELL_TAG": [Hostile("<td "), Hostile("a", "<td ")],
    "functions.issuance.unwrapping.TAG": [Hostile("<a"), Hostile("a", "<a"), Hostile("<")],
    "functions.issuance.unwrapping.BLANK_LINES": [Hostile("\n"), Hostile("\n "), Hostile(" ", "\n"), Hostile("\n \t")],
    "functions.issuance.unwrapping.LINE_END": [Hostile("\\"), Hostile("\\r"), Hostile("\\r\\"), Hostile("\\\\n")],
    "functions.issuance.unwrapping.CODE": [Hostile("\\"), Hostile("\\u00"), Hostile("\\x3")],
    "functions.issuance.unwrapping.BACKSLASHES": [Hostile("\\"), Hostile("\\/")],
    "functions.issuance.unwrapping.PATCH": [Hostile("+\n"), Hostile("+-"), Hostile("-", "+")],
    "functions.issuance.unwrapping.ADDED": [Hostile("+\n"), Hostile("+")],
    "functions.issuance.unwrapping.LITERAL": [
        Hostile('"'),
        Hostile('a"'),
        Hostile("a", '"'),
        Hostile('"\n'),
        Hostile("'a'"),
    ],
    "functions.issuance.unwrapping.BEFORE": [
        Hostile("1 "),
        Hostile("> "),
        Hostile(" "),
        Hostile("a:1:"),
        Hostile("a:", after="!"),
        Hostile("- "),
        Hostile("1"),
    ],
    "functions.issuance.unwrapping.TABULATOR": [Hostile("\\"), Hostile("\\t"), Hostile("t\\")],
    "functions.issuance.unwrapping.URL_SAFE": [Hostile("_"), Hostile("A" * 39 + " ")],
    "functions.issuance.unwrapping.UP_TO_LAST_WORD": [
        Hostile("a "),
        Hostile("a", " a ", "!"),
        Hostile(" "),
        Hostile("a \n"),
    ],
    "functions.issuance.unwrapping.LOGGED": [
        Hostile("a "),
        Hostile("a", " a ", "!"),
        Hostile(" "),
        Hostile("A" * 39 + " "),
    ],
    "functions.triggers.queries.REQUEST_ID": [Hostile("f"), Hostile("f", after="g")],
    "functions.triggers.queries.PERIOD": [Hostile("1"), Hostile("1", after="m")],
    "functions.triggers.queries.KEY": [Hostile("a"), Hostile(" ", after="\n")],
    "functions.settings.ISSUER": [Hostile("a"), Hostile("*"), Hostile("-", after=";")],
    "functions.settings.DOMAIN": [
        Hostile("a.", after="-"),
        Hostile("a-", after="."),
        Hostile("1.", "*."),
        Hostile("a" * 63 + ".", after="!"),
    ],
    "functions.triggers.bodies.NAME": [Hostile("a"), Hostile("a", after="_")],
    "functions.triggers.bodies: unknown field `([^`]+)`": [
        Hostile("unknown field `"),
        Hostile("a", "unknown field `"),
        Hostile("unknown field `a"),
        Hostile("unknown field ``"),
    ],
    "functions.triggers.bodies: [^.\\[\\]]+|\\[[^\\[\\]]*\\]": [
        Hostile("[a"),
        Hostile("a", "["),
        Hostile("[]"),
        Hostile("]"),
    ],
    "functions.adapters.teams.OLD_HOST": [
        Hostile("a", "https://"),
        Hostile(".logic.azure.com", "https://a"),
        Hostile(".logic.azure.com:1", "https://a"),
        Hostile("1", "https://a.logic.azure.com:"),
    ],
    "functions.adapters.mail_text._UNSEEN": [Hostile("\u202e"), Hostile("a\u2028")],
    "functions.adapters.acs_email: \\w{1,80}": [Hostile("a"), Hostile("a", after=" ")],
    "functions.adapters.teams_card._HTTPS": [
        Hostile("a", "https://"),
        Hostile("a", "https://", " "),
        Hostile("https://"),
    ],
    "functions.adapters.teams_text.HTTPS": [
        Hostile("a", "https://"),
        Hostile("a", "https://", "("),
        Hostile("https://"),
    ],
    "functions.settings.HOST": [Hostile("a"), Hostile("a."), Hostile("a", after="/"), Hostile("1", "a:", "/")],
    "functions.adapters.teams_text._CONTROLS": [Hostile("\u202e"), Hostile("a\x0b")],
    "functions.adapters.teams_text._MARKDOWN": [
        Hostile("a", "&"),
        Hostile("&a"),
        Hostile("&#"),
        Hostile("a", "&", ";"),
        Hostile("&#a;"),
    ],
    "functions.adapters.teams_text._LINE_START": [
        Hostile("1"),
        Hostile("1."),
        Hostile("- "),
        Hostile("1\n"),
        Hostile("1. \n"),
    ],
}

# fnmatch makes a pattern of a rule, to which it puts what an event says.
GLOBS = {
    "functions.issuance.rules": [],  # of the names of our own events
    "functions.issuance.signers": ["*a*a*a*b", "*" * 20 + "b", "a*" * 12 + "b", "[!a]*?*?*?a", "*@*.*.*"],
}

FOUND = in_functions()


def seconds(call: Callable[[], object]) -> float:
    """The least processor time that a call takes, of several."""
    calls, spent = 1, _spent(call, 1)
    while spent < BATCH:
        calls *= 2
        spent = _spent(call, calls)
    again = TRIES if spent < SLOW else 0
    return min([spent, *(_spent(call, calls) for _ in range(again))]) / calls


def _spent(call: Callable[[], object], calls: int) -> float:
    began = time.thread_time()
    for _ in range(calls):
        call()
    return time.thread_time() - began


def growth(pattern: re.Pattern[Any], method: str, text: Hostile) -> float:
    """By how much the time grows at most when the text grows by two; what looks bad is measured again."""
    for _ in range(AGAIN):
        before, most = 0.0, 0.0
        for size in SIZES:
            spent = seconds(partial(apply_all, pattern, (method,), text.of(size)))
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
    assert FOUND.keys() == CASES.keys()


@pytest.mark.parametrize("key", FOUND)
def test_a_text_twice_as_long_takes_about_twice_as_long(key: str) -> None:
    found = FOUND[key]
    assert grown(found.pattern, sorted(found.methods or METHODS), (*CASES.get(key, ()), *ALWAYS)) is None


def test_nothing_but_rules_is_matched_by_globs_of_which_patterns_are_made() -> None:
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
    found = found_in({HERE: "import re\nWORD = re.compile('w')", "functions.settings": source})
    assert {key: one.methods for key, one in found.items()} == {
        f"{HERE}.WORD": {"findall"},
        f"{HERE}.DIGITS": {"search"},
        "functions.settings: a+": {"sub"},
        "functions.settings: b": {"fullmatch"},
        "functions.settings: c": {"search"},
        "functions.settings: d": set(METHODS),
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
