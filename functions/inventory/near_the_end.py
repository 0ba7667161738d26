"""What a policy says about the end of a certificate, in words."""

from __future__ import annotations

from functions.model.inventory.record import AskedFor
from functions.model.inventory.who_renews import AUTO_RENEW
from functions.model.issuers import is_manual


def near_its_end(policy: AskedFor) -> str:
    """A sentence on what Key Vault does near the end of a certificate with this policy."""
    if not policy.action:
        return "Key Vault does nothing near its end."
    when = _when(policy)
    if policy.action.lower() != AUTO_RENEW.lower():
        return f"Key Vault writes to the vault's contacts {when}."
    if is_manual(policy.issuer):
        return f"Key Vault would renew it {when}, but has no issuer that could sign."
    return f"Key Vault renews it {when}, at {policy.issuer}."


def _when(policy: AskedFor) -> str:
    if policy.days_before is not None:
        return f"{policy.days_before} days before its end"
    if policy.percentage is not None:
        return f"after {policy.percentage} percent of its life"
    return "at a time that its policy does not name"
