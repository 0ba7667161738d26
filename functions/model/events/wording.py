"""The record of what a message says (Words), and phrases that several types of events use."""

from __future__ import annotations

from dataclasses import dataclass

from functions.model.humanize import duration
from functions.model.links import Links
from functions.model.messages import Severity

DAY_SECONDS = 86400  # seconds


@dataclass(frozen=True, slots=True)
class Message:
    """What a message says. `good`: it is good news. `remark` is its text in a table of several
    messages of its type; None for the sentence.
    """

    title: str
    sentence: str
    next_step: str
    severity: Severity = Severity.WARNING
    good: bool = False
    remark: str | None = None


def again(links: Links, vault: str, name: str) -> str:
    """Returns the call that starts a request again."""
    return f"POST {links.address_of(vault, name)}/create, {links.credentials}"


def span(seconds: float | None) -> str | None:
    """Returns a duration as text; None if it is not known."""
    return None if seconds is None else duration(seconds)
