"""Values that are other ones in each run: which of ours stands for which recorded one."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Correspondence:
    """Versions, request ids, CSRs, certificates and tokens, by kind. What is equal once must stay equal, and the other
    way round: two recorded ids can never be one of ours.
    """

    _ours: dict[tuple[str, str], str] = field(default_factory=dict)
    _recorded: dict[tuple[str, str], str] = field(default_factory=dict)

    def ours(self, kind: str, recorded: str) -> str:
        """What stands here for a recorded value; the value itself if nothing does yet."""
        return self._ours.get((kind, recorded), recorded)

    def meet(self, kind: str, recorded: str, ours: str) -> str | None:
        """Notes that two values stand in the same place; says so if what was noted before contradicts that."""
        expected = self._ours.setdefault((kind, recorded), ours)
        if expected != ours:
            return f"recorded the same {kind} as before, ours another"
        if self._recorded.setdefault((kind, ours), recorded) != recorded:
            return f"recorded another {kind} than before, ours the same"
        return None
