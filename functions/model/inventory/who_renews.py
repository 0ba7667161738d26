"""Who renews a certificate."""

from __future__ import annotations

from enum import StrEnum

from functions.model.inventory.record import AskedFor, CertificateRecord
from functions.model.issuers import is_manual
from functions.model.tags import Renewal, renewal_of

AUTO_RENEW, EMAIL_CONTACTS = "AutoRenew", "EmailContacts"


class Renewer(StrEnum):
    """Who starts the next version of a certificate."""

    KEY_VAULT = "key-vault"
    CERTFLOW = "certflow"
    PERSON = "person"
    NOBODY = "nobody"


def who_renews(record: CertificateRecord) -> Renewer:
    """Key Vault, where the policy says AutoRenew and an issuer could sign (protocol §3); Certflow,
    where a tag asks for it and the settings let it; a person, where somebody hears of the end: the
    contacts of the vault by the policy, or an owner by the tag; nobody otherwise, and where the
    certificate is disabled. The tag `off` keeps Certflow and people from it, and not Key Vault,
    which reads no tags.
    """
    renewal, policy = renewal_of(record.tags), record.policy
    if record.is_disabled:
        return Renewer.NOBODY
    if policy is not None and _renews_by_itself(policy):
        return Renewer.KEY_VAULT
    if renewal is Renewal.OFF:
        return Renewer.NOBODY
    if renewal is Renewal.AUTO and not record.barred:
        return Renewer.CERTFLOW
    tells = policy is not None and policy.action.lower() == EMAIL_CONTACTS.lower()
    return Renewer.PERSON if tells or record.owner else Renewer.NOBODY


def _renews_by_itself(policy: AskedFor) -> bool:
    return policy.action.lower() == AUTO_RENEW.lower() and not is_manual(policy.issuer)


def needs_person(record: CertificateRecord) -> bool:
    """Whether each renewal takes somebody's time: to start it, or to have its CSR signed, where no
    issuer of the vault signs.
    """
    policy = record.policy
    signed_by_hand = policy is None or not policy.issuer or is_manual(policy.issuer)
    return who_renews(record) in {Renewer.PERSON, Renewer.NOBODY} or signed_by_hand
