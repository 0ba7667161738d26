"""What several messages of one kind are called together, and what their table says of all of them."""

from __future__ import annotations

from collections.abc import Sequence

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
from functions.issuance.phrases import listed
from functions.issuance.telling import Notice

MOST_VAULTS = 3  # in a title

# Title, and a sentence for all of them; without one, each row has its own.
PLURALS = {
    f"{ISSUANCE}Started": ("CSRs ready to be signed", "These certificate requests wait for a CA's signature."),
    f"{ISSUANCE}Completed": ("certificates issued", "These certificates are complete."),
    f"{ISSUANCE}Failed": ("certificate requests failed", ""),
    f"{ISSUANCE}Cancelling": ("cancellations asked for", ""),
    f"{ISSUANCE}Cancelled": ("certificate requests cancelled", ""),
    f"{ISSUANCE}Deleted": ("certificate requests deleted", ""),
    f"{ISSUANCE}Overwritten": ("certificate requests replaced", ""),
    f"{ISSUANCE}Stalled": ("certificate requests still pending", ""),
    ACKNOWLEDGED: ("requests without reminders for a while", ""),
    UNSETTLED: ("starts that could not be followed up", ""),
    CHAIN_REJECTED: ("chains rejected", ""),
    CHAIN_QUARANTINED: ("files put into quarantine", ""),
    KEY_RECEIVED: ("private keys sent", ""),
    CHAIN_STUCK: ("chains could not be handled", ""),
    CHAIN_HELD_UP: ("messages about dropped files that are held up", ""),
    CHAIN_WAITING: ("chains wait", ""),
    NEAR_EXPIRY: ("certificates near their end", ""),
    EXPIRED: ("certificates expired", ""),
    CHANGED_BY_OTHERS: ("certificates changed or started by somebody else", ""),
    RENEWAL_STOPPED: ("renewals stopped", ""),
    ISSUER_TROUBLED: ("issuers in trouble", ""),
    TRUST_CHANGED: ("messages about trusted CAs", ""),
    TRUST_MISPLACED: ("messages about trusted CAs where no vault looks", ""),
    VAULT_SURVEYED: ("vaults watched from now on", ""),
    WORK_LIST: ("lists of CSRs to be signed", ""),
    SETTING_WRONG: ("settings that cannot work", ""),
    DIGEST: ("daily digests", ""),
    NOTICE_REFUSED: ("messages that another channel has refused", ""),
}


def plural_of(notices: Sequence[Notice]) -> tuple[str, str]:
    """The title of a table of notices of one kind (`30 CSRs ready to be signed in prod`), and its sentence. One alone
    has its own title.
    """
    named, sentence = PLURALS.get(notices[0].type, ("messages", ""))
    if len(notices) == 1:
        return notices[0].title, sentence
    return f"{len(notices)} {named}{_where(notices)}", sentence


def _where(notices: Sequence[Notice]) -> str:
    """The vaults of certificates."""
    vaults = sorted({notice.vault for notice in notices if notice.vault and notice.name})
    if not vaults or not all(notice.name for notice in notices):
        return ""
    return f" in {listed(vaults)}" if len(vaults) <= MOST_VAULTS else f" in {len(vaults)} vaults"
