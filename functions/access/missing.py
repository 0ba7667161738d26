"""What a caller would have to be granted."""

from __future__ import annotations

from dataclasses import dataclass

# The three that come before what a request is for; all others are fields of a grant.
PLACES = ("verb", "vault", "name")


@dataclass(frozen=True, slots=True, order=True)
class Missing:
    """One thing that no grant of the caller covers.

    `what` is `verb`, `vault`, `name` or the field of a grant (`dns`, `keys`, `months` …), or
    `policy` for what cannot be read. `asked` is what was asked for, and `granted` what the caller's
    own grants have there: nothing of the grants of others.
    """

    what: str
    asked: str
    granted: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """Says it to the caller."""
        if self.what == "policy":
            return f"policy: {self.asked}."
        granted = ", ".join(self.granted) or "nothing"
        return f"{self.what}: {self.asked} is not granted to you. Granted: {granted}."

    @property
    def is_place(self) -> bool:
        """Whether the caller has no business there at all, so that nothing may be told of it."""
        return self.what in PLACES
