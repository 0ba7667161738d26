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
    "functions.settings: [a-z0-9-]{3,63}/[^/].*": [Hostile("a/"), Hostile("a", "abc/", "\n")],
    "functions.setting_values.PERIOD": [Hostile("1"), Hostile("1", after="m")],
    "functions.issuance.encodings.BASE64": [Hostile("QUJD\r\n"), Hostile("QUJD", after="!")],
    "functions.issuance.encodings.PIECE": [Hostile("QQ=="), Hostile("Q"), Hostile("=Q"), Hostile("Q!")],
    "functions.issuance.encodings.LINE_ENDS": [Hostile("\\r\\n"), Hostile("\\r"), Hostile("\\")],
    "functions.issuance.encodings.BLANKS": [Hostile(" \t"), Hostile("a \n"), Hostile(" ", after="a")],
    "functions.issuance.rules.ADDRESS": [
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
    "functions.issuance.key_material.ARMOUR": [
        Hostile("BEGIN "),
        Hostile("BEGIN A"),
        Hostile("A", "END "),
        Hostile("END PRIVATE KE"),
    ],
    "functions.issuance.key_material.VERSION": [Hostile("\x30\x82"), Hostile("\x30\x80\x02\x01")],
    "functions.issuance.key_material.ENCRYPTED": [Hostile("\x30\x82\x30\x30"), Hostile("\x30\x80\x30\x80\x06")],
    "functions.issuance.reading.BOUNDARY": [
        Hostile("-----BEGIN "),
        Hostile("-----BEGIN A"),
        Hostile("A", "-----BEGIN "),
        Hostile("-----BEGIN A-----\n"),
        Hostile("-----END A----"),
    ],
    "functions.triggers.queries.REQUEST_ID": [Hostile("f"), Hostile("f", after="g")],
    "functions.triggers.queries.PERIOD": [Hostile("1"), Hostile("1", after="m")],
    "functions.triggers.bodies.PLAIN": [Hostile("a"), Hostile("a", after="\n"), Hostile("a", "\x00")],
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
    "functions.adapters.teams_card._CONTROLS": [Hostile("\u202e"), Hostile("a\x0b")],
    "functions.adapters.teams_card._MARKDOWN": [
        Hostile("a", "&"),
        Hostile("&a"),
        Hostile("&#"),
        Hostile("a", "&", ";"),
        Hostile("&#a;"),
    ],
    "functions.adapters.teams_card._LINE_START": [
        Hostile("1"),
        Hostile("1."),
        Hostile("- "),
        Hostile("1\n"),
        Hostile("1. \n"),
    ],
}

# fnmatch makes a pattern of a rule, to which it puts what an event says.
GLOBS = {"functions.issuance.rules": ["*a*a*a*b", "*" * 20 + "b", "a*" * 12 + "b", "[!a]*?*?*?a", "*@*.*.*"]}

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
    for _ in range(TRIES):
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
