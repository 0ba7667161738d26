"""The record of what a start or a merge changes in a certificate that exists already
(requests/takeover.py finds it out).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Changed:
    """One change. `what` is `owner`, a tag of Certflow, the other tags, an attribute, or `policy.`
    and a path; `before` and `after` are None where there is no value.
    """

    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Takeover:
    """The owner of a certificate before a start or a merge (None: nobody), and what that changes in
    the certificate.
    """

    owner: str | None
    changes: tuple[Changed, ...] = ()

    def of_owner(self) -> Takeover:
        """The same for a pending request that is adopted, whose policy and tags do not change."""
        return Takeover(
            self.owner, tuple(change for change in self.changes if change.what == "owner")
        )
