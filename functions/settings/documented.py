"""A setting as users are told of it, and the phrases that several settings share."""

from __future__ import annotations

from dataclasses import dataclass

NEEDED = "needed"
NOTHING_GOES = "nothing is deleted"
THE_DEFAULT = "the default"
NOTHING_RUNS = "nothing runs"
NO_TIMER = "the host does not run this timer"
TEAMS_WAITS = "Teams waits"
MAIL_WAITS = "mail waits"
NOBODY_GETS_IN = "every route but `health` answers 503"
NO_KEY_COUNTS = "no key counts"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: what it means, its default (NEEDED where it has none), and what holds while its
    value cannot be used. All but the name is Markdown.
    """

    name: str
    meaning: str
    default: str
    if_wrong: str
