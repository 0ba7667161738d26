"""What issuers make of requests: asked for by certificate name, by subject, or for all.

One for a name counts before one for a subject, and that before one for all (name `*`); among equals one for this vault
counts before one for every vault. The last one set replaces the one before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from keyvault_emulator.operation import Outcome
from keyvault_emulator.unkindness import Seconds
from keyvault_emulator.wire import Names

type Name = Annotated[str, Meta(pattern=r"^(\*|[0-9a-zA-Z-]{1,127})$")]
type Host = Annotated[str, Meta(pattern=r"^(\*|([^\s/:*]+|\[[0-9a-fA-F:]+\])(:[0-9]+)?)$")]
type Text = Annotated[str, Meta(min_length=1)]

ALL = "*"


class OutcomeBody(Struct, forbid_unknown_fields=True, kw_only=True, frozen=True):
    """One wish, as in the body of POST /control/outcomes. Either `name` or `subject`."""

    vault: Host = ALL
    name: Name | None = None
    subject: Text | None = None
    outcome: Literal["issue", "fail", "hang"]
    code: Text = Outcome.code
    message: Text = Outcome.message
    delay: Seconds | None = None

    def __post_init__(self) -> None:
        if (self.name is None) == (self.subject is None):
            raise ValueError("an outcome is for a `name` ('*' is all) or for a `subject`, one of the two")


class Outcomes:
    """The wishes, by vault and by name or subject."""

    def __init__(self, at_start: Iterable[OutcomeBody], names: Names) -> None:
        self._at_start, self.names = tuple(at_start), names
        self._kept: dict[tuple[str, str, str], Outcome] = {}
        self.reset()

    def reset(self) -> None:
        """Back to what was asked for at the start."""
        self._kept.clear()
        for wish in self._at_start:
            self.set(wish)

    def set(self, wish: OutcomeBody) -> None:
        """Keeps a wish; the last one counts."""
        outcome = Outcome(wish.outcome, wish.code, wish.message, wish.delay)
        kind, text = ("name", wish.name.lower()) if wish.name else ("subject", _plain(wish.subject or ""))
        self._kept[self.names.of(wish.vault), kind, text] = outcome

    def outcome_for(self, host: str, name: str, subject: str) -> Outcome:
        """The outcome for a request."""
        for kind, text in (("name", name.lower()), ("subject", _plain(subject)), ("name", ALL)):
            for vault in (host.lower(), ALL):
                if found := self._kept.get((vault, kind, text)):
                    return found
        return Outcome()


def read_wish(raw: bytes | str) -> OutcomeBody:
    """Parses one wish. Raises msgspec.DecodeError, which names what is wrong."""
    return msgspec.json.decode(raw, type=OutcomeBody)


def _plain(subject: str) -> str:
    """Case and blanks around the parts of a name do not tell it from another."""
    return re.sub(r"\s*([,=])\s*", r"\1", subject.strip()).lower()
