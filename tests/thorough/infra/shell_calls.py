"""The calls of a program in a shell script, as words: what stands between two of the shell's operators.

It understands the shell that we write (POSIX, XCU 2): quotes, comments, continued lines, redirections, here-documents,
and command substitutions, also within quotes. What a variable holds is not known; its name stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

OPERATORS = frozenset(";|&()\n")
# Words that a command may follow: those of the shell, xargs, and functions of ours that run their arguments.
SHELL = {"if", "elif", "then", "else", "do", "while", "until", "!", "{", "exec"}
BEFORE = SHELL | {"quietly", "told", "surely", "again", "gone", "speaks", "judge", "xargs"}
ASSIGNMENT = re.compile(r"\w+=")
REDIRECTION = re.compile(r"\d*(?:>>|>&|<&|>|<)")
# A function of a script that runs its arguments but the first, which says where the answer goes.
INTO = r'^(\w+)\(\) \{ into=\$1; shift; %s "\$@"'
HERE = re.compile(r"<<-?\s*(['\"]?)(\w+)\1")


def calls(program: str, script: str) -> Iterator[list[str]]:
    """Every call of a program in a script; what xargs or "$@" would add is a word of its own."""
    into = re.findall(INTO % re.escape(program), script, re.MULTILINE)
    for words in _commands(_without_here_documents(script.replace("\\\n", " "))):
        while words and words[0] != program and (words[0] in BEFORE or ASSIGNMENT.match(words[0])):
            runs = words[0] == "xargs" and program in words
            words = [*words[words.index(program) :], "…"] if runs else words[1:]
        if len(words) > 2 and words[0] in into:
            words = [program, *words[2:]]
        if words and words[0] == program and words[1:2] != ["$@"]:
            yield [word for word in words if word != "$@"]


def _without_here_documents(script: str) -> str:
    kept: list[str] = []
    ends = ""
    for line in script.split("\n"):
        if ends:
            ends = "" if line == ends else ends
            continue
        found = HERE.search(line)
        ends = found[2] if found else ""
        kept.append(HERE.sub("", line))
    return "\n".join(kept)


def _commands(text: str) -> Iterator[list[str]]:
    words: list[str] = []
    at = 0
    while at < len(text):
        redirection = REDIRECTION.match(text, at)
        if text[at] in OPERATORS:
            yield words
            words, at = [], at + 1
        elif text[at].isspace():
            at += 1
        elif text[at] == "#":
            at = _end_of_line(text, at)
        elif redirection:
            at = redirection.end()
            while at < len(text) and text[at] == " ":
                at += 1
            _, inner, at = _word(text, at)
            yield from inner
        else:
            word, inner, at = _word(text, at)
            words.append(word)
            yield from inner
    yield words


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _word(text: str, at: int) -> tuple[str, list[list[str]], int]:
    """The word that begins there, the commands within it, and where it ends."""
    word, inner, quoted = "", list[list[str]](), False
    while at < len(text):
        char = text[at]
        if text.startswith("$(", at):
            end = _closing(text, at + 2)
            inner += _commands(text[at + 2 : end])
            word, at = f"{word}$(…)", end + 1
        elif char == "'" and not quoted:
            end = text.index("'", at + 1)
            word, at = word + text[at + 1 : end], end + 1
        elif char == '"':
            quoted, at = not quoted, at + 1
        elif char == "\\":
            word, at = word + text[at + 1 : at + 2], at + 2
        elif not quoted and (char.isspace() or char in OPERATORS):
            break
        else:
            word, at = word + char, at + 1
    return word, inner, at


def _closing(text: str, at: int) -> int:
    """Where the parenthesis closes that was opened before."""
    depth = 1
    while depth:
        if text[at] == "'":
            at = text.index("'", at + 1)
        elif text[at] == '"':
            at += 1
            while text[at] != '"':
                at = _closing(text, at + 2) + 1 if text.startswith("$(", at) else at + (2 if text[at] == "\\" else 1)
        else:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return at - 1
