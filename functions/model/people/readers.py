"""The roles to which messages go, unless a rule says otherwise: those who can act on them.

The **owner** of a certificate needs it; the **signer** has CSRs signed, hands in chains, and deals
with the CA; the **operators** run Certflow. docs/notifications.md shows the readers of every event.
"""

from __future__ import annotations

from dataclasses import dataclass

OWNER, SIGNER, OPERATORS = "owner", "signer", "operators"

type Roles = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readers:
    """The roles that are told of events of one type. `manual` replaces `usual` for a manual
    request, `general` replaces it for an event about no single certificate. `remark` is what
    docs/notifications.md adds.
    """

    usual: Roles
    manual: Roles | None = None
    general: Roles | None = None
    remark: str = ""

    def of(self, *, manual: bool, general: bool) -> Roles:
        """The roles that are told of an event: of a manual request or not, about no single
        certificate (`general`) or about one.
        """
        if self.manual and manual:
            return self.manual
        return self.general if self.general and general else self.usual
