"""Who a message is for, unless a rule says otherwise: whoever can do something about it.

The **owner** of a certificate wants it to be there; the **signer** has CSRs signed and hands in chains, and deals with
the CA; the **operators** run Certflow. docs/messages.md shows this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.issuance.events import (
    ACKNOWLEDGED,
    CHAIN_HELD_UP,
    CHAIN_QUARANTINED,
    CHAIN_REJECTED,
    CHAIN_STUCK,
    CHAIN_WAITING,
    CHANGED_BY_OTHERS,
    DIGEST,
    EXPIRED,
    ISSUANCE,
    ISSUER_TROUBLED,
    KEY_RECEIVED,
    NEAR_EXPIRY,
    NOTICE_REFUSED,
    RENEWAL_STOPPED,
    SETTING_WRONG,
    TRUST_CHANGED,
    TRUST_MISPLACED,
    UNSETTLED,
    VAULT_SURVEYED,
    WORK_LIST,
)
from functions.issuance.requests import is_manual

OWNER, SIGNER, OPERATORS = "owner", "signer", "operators"

type Roles = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Readers:
    """Whom events of one type are told to. `manual`: of a manual request, if it is others then; `general`: where it is
    about no single certificate.
    """

    usual: Roles
    manual: Roles | None = None
    general: Roles | None = None


# Of a manual request each of these ends makes the CSR worthless that the signer has.
_END = Readers((OWNER,), manual=(OWNER, SIGNER))

READERS: Mapping[str, Readers] = {
    f"{ISSUANCE}Started": Readers((SIGNER,)),
    f"{ISSUANCE}Completed": Readers((OWNER,)),
    f"{ISSUANCE}Failed": Readers((OWNER,)),
    f"{ISSUANCE}Cancelling": _END,
    f"{ISSUANCE}Cancelled": _END,
    f"{ISSUANCE}Deleted": _END,
    f"{ISSUANCE}Overwritten": _END,
    f"{ISSUANCE}Stalled": Readers((SIGNER,)),
    ACKNOWLEDGED: Readers((SIGNER,)),
    # The operators, since Key Vault has not answered for a day; and the owner, who waits for a certificate.
    UNSETTLED: Readers((OWNER, OPERATORS)),
    CHAIN_REJECTED: Readers((SIGNER,)),
    # A key is exposed: whoever handed it in, and whoever may read the containers.
    CHAIN_QUARANTINED: Readers((SIGNER, OPERATORS)),
    KEY_RECEIVED: Readers((SIGNER, OPERATORS)),
    # What the app fails at is the operators' to mend; the signer waits for the file.
    CHAIN_STUCK: Readers((SIGNER, OPERATORS)),
    CHAIN_WAITING: Readers((SIGNER,)),
    CHAIN_HELD_UP: Readers((OPERATORS,)),
    NEAR_EXPIRY: Readers((OWNER,)),
    EXPIRED: Readers((OWNER,)),
    CHANGED_BY_OTHERS: Readers((OWNER,)),
    RENEWAL_STOPPED: Readers((OWNER,), general=(OPERATORS,)),
    WORK_LIST: Readers((SIGNER,)),
    ISSUER_TROUBLED: Readers((OPERATORS,)),
    TRUST_CHANGED: Readers((OPERATORS,)),
    TRUST_MISPLACED: Readers((OPERATORS,)),
    VAULT_SURVEYED: Readers((OPERATORS,)),
    SETTING_WRONG: Readers((OPERATORS,)),
    DIGEST: Readers((OPERATORS,)),
    NOTICE_REFUSED: Readers((OPERATORS,)),
}


def is_listed(type_: str, data: Mapping[str, Any]) -> bool:
    """Whether it is a CSR that waits for a person, or a reminder of it; the last one, an escalation, is not."""
    manual = is_manual(str(data.get("issuer") or ""))
    return type_ in {f"{ISSUANCE}Started", f"{ISSUANCE}Stalled"} and manual and not data.get("escalated")


def roles_of(type_: str, data: Mapping[str, Any]) -> Roles:
    """Whom an event is told to by default. `type_` is one that messages are made of."""
    readers = READERS[type_]
    if readers.manual and is_manual(str(data.get("issuer") or "")):
        return readers.manual
    if readers.general and "name" not in data:
        return readers.general
    return readers.usual
