"""What an act on an approval was about: what was asked for, and how far it came, as the history
has it of requests (act_facts.py).
"""

from __future__ import annotations

from functions.model.approval.record import Approval
from functions.model.request.act_facts import POLICY, policy_sha256
from functions.x509.describe import printed

# A line of the history has them twice, and is one property of a table row (32,768 characters). The
# digest is of all names.
MAX_FACT_NAMES, MAX_FACT_LETTERS = 20, 255
# The SHA-256 of the policy that was judged: the effective one, as an approval shows it. That of
# the policy as it was sent (POLICY) is also in the act of the start.
JUDGED_POLICY = "judged_policy_sha256"


def facts_of_approval(approval: Approval) -> dict[str, str]:
    """Returns the facts of an approval that have a value. `yes` counts by condition who has said
    it, and how many have to (`1/2 0/1`).
    """
    sent = approval.body.get("policy")
    known = {
        "state": approval.state.value,
        "of": approval.of.value,
        "digest": approval.digest,
        "issuer": printed(str(approval.policy["issuer"]), MAX_FACT_LETTERS),
        "names": _names(approval.names),
        "owner": printed(approval.owner or "", MAX_FACT_LETTERS),
        POLICY: policy_sha256(sent) if isinstance(sent, dict) else None,
        JUDGED_POLICY: policy_sha256(approval.policy),
        "renews": approval.renews,
        "yes": " ".join(f"{len(one.given)}/{one.approvals}" for one in approval.needs),
    }
    return {name: value for name, value in known.items() if value}


def _names(names: tuple[str, ...]) -> str:
    """The first names, and how many more there are."""
    first = " ".join(printed(one, MAX_FACT_LETTERS) for one in names[:MAX_FACT_NAMES])
    more = len(names) - MAX_FACT_NAMES
    return f"{first} (and {more} more)" if more > 0 else first
