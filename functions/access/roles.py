"""The rules without a file that can be used: the app roles that the registration script makes."""

from __future__ import annotations

from functions.access.rules import AccessRules, Grant
from functions.access.verbs import Verb
from functions.access.who import Who, WhoKind

OPERATOR_ROLE = "Certflow.Operator"
# For all vaults and names. Deleting a pending operation throws its key away, so it is the
# operators'.
VERBS_OF_ROLES = {
    "Certflow.Reader": frozenset({Verb.READ}),
    "Certflow.Requester": frozenset(
        {Verb.READ, Verb.REQUEST, Verb.RETURN, Verb.CANCEL, Verb.ACKNOWLEDGE}
    ),
    "Certflow.Approver": frozenset({Verb.READ, Verb.APPROVE}),
    OPERATOR_ROLE: frozenset(Verb),
}


def without_file(tenant: str | None = None) -> AccessRules:
    """The rules while there is no access file: each app role has its verbs, everywhere."""
    return AccessRules(
        tuple(_everywhere(role, verbs) for role, verbs in VERBS_OF_ROLES.items()), tenant=tenant
    )


def only_operator(tenant: str | None = None) -> AccessRules:
    """The rules while there is a file, but none yet that can be used: nobody but the operators."""
    return AccessRules((_everywhere(OPERATOR_ROLE, frozenset(Verb)),), tenant=tenant)


def _everywhere(role: str, verbs: frozenset[Verb]) -> Grant:
    return Grant((Who(WhoKind.ROLE, role),), verbs)
