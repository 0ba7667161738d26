"""DNS names, and the patterns of `dns`: lower-case A-labels (RFC 5890 §2.3.2.1), compared by label.

What is not one for certain is never granted: a name with a dot at its end, with an empty label,
in another alphabet (its A-label begins with `xn--`), or one whose last label is a number, which
clients take for an IP address.
"""

from __future__ import annotations

import string

LABEL_LETTERS = frozenset(string.ascii_lowercase + string.digits + "-_")
MAX_LABEL_LETTERS = 63  # RFC 1035 §2.3.4
MAX_DNS_LETTERS = 253

type Labels = tuple[str, ...]


def labels_of(name: str) -> Labels | None:
    """The labels of a DNS name in lower case; the first may be `*`. None if it is no such name."""
    if not name.isascii() or len(name) > MAX_DNS_LETTERS:
        return None
    labels = tuple(name.lower().split("."))
    rest = labels[1:] if labels[0] == "*" else labels
    return labels if rest and _are_labels(rest) else None


def read_pattern(text: str) -> Labels:
    """Reads a pattern of `dns`: a name, `*.` before a name, or `*`. Raises ValueError."""
    if text == "*":
        return ("*",)
    labels = labels_of(text)
    if labels is None:
        raise ValueError(
            f"'{text}' is no pattern of DNS names. Allowed: www.example.com, *.example.com and *; "
            f"a * stands for one or more whole labels, and only at the beginning. Other "
            "alphabets are written as DNS does, xn--…."
        )
    return labels


def is_granted(pattern: str, name: str) -> bool:
    """Whether a pattern grants a name. That a wildcard needs more than its pattern is not asked
    here: its `*` counts as a label.
    """
    labels, wanted = labels_of(name), tuple(pattern.split("."))
    if labels is None:
        return False
    if wanted[0] != "*":
        return labels == wanted
    rest = wanted[1:]
    return len(labels) > len(rest) and labels[len(labels) - len(rest) :] == rest


def _are_labels(labels: Labels) -> bool:
    return not labels[-1].isdigit() and all(
        0 < len(label) <= MAX_LABEL_LETTERS
        and LABEL_LETTERS.issuperset(label)
        and not label.startswith("-")
        and not label.endswith("-")
        for label in labels
    )
