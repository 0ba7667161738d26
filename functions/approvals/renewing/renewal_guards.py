"""What keeps a next version from being started automatically, whether a scan starts it or the last
yes of an approval.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from functions.model.events.certificates import Reason
from functions.model.humanize import join_limited
from functions.model.issuers import is_manual
from functions.model.options import Options
from functions.ports.key_vault_objects import Policy
from functions.ports.monitoring_store import CertificateNote
from functions.ports.vault import Vault
from functions.requests.policy_diff import issuer_of
from functions.x509.certificate import load
from functions.x509.san import names_of

MAX_A_DAY = 2  # new versions of one name
# Names that are told: a certificate may have hundreds, and the event must fit into a table row.
MAX_LOST_NAMES = 10
A_DAY = timedelta(days=1)

type Stops = tuple[Reason, str]  # a word for programs, and a sentence


def recent_renewals(note: CertificateNote, now: datetime) -> tuple[datetime, ...]:
    """When next versions of this name were started within the last day (UTC)."""
    return tuple(at for at in note.renewals if at > now - A_DAY)


def renewed_note(
    note: CertificateNote, recent: tuple[datetime, ...], now: datetime
) -> CertificateNote:
    """The note of a version that has been renewed. A scan writes it together with the rung: if a
    run were cut off in between, the owner would be told both of the renewal and of the end.
    """
    return replace(note, renewed=note.thumbprint, renewals=(*recent, now))


async def stopped_by(
    choices: Options, vault: Vault, name: str, policy: Policy, recent: tuple[datetime, ...]
) -> Stops | None:
    """Why the next version must not be started automatically: the reason as a word for programs,
    and in a sentence; None if it may be started.
    """
    if len(recent) >= MAX_A_DAY:
        return (
            "too-many-versions",
            f"{MAX_A_DAY} versions of it were started within a day, and it is near its end again",
        )
    issuer = issuer_of(policy)
    if not choices.may_issue(issuer):
        return (
            "issuer-not-allowed",
            f"CERTFLOW_ISSUERS does not allow its policy's issuer, {issuer}",
        )
    bundle = await vault.certificate(name)
    if lost := _lost(policy, bundle.version.der) if bundle else ():
        return (
            "names-would-be-lost",
            (
                "the stored policy lacks names that the certificate has: "
                f"{join_limited(lost, MAX_LOST_NAMES)}"
            ),
        )
    return None


def key_vault_renews(policy: Policy) -> bool:
    """Whether Key Vault renews by itself, which it can only at an issuer that it has (protocol
    §3).
    """
    if is_manual(issuer_of(policy)):
        return False
    actions = (one.get("action") or {} for one in policy.get("lifetime_actions") or ())
    return any(one.get("action_type") == "AutoRenew" for one in actions)


def _lost(policy: Policy, der: bytes) -> tuple[str, ...]:
    """The names of a certificate (DER) that its policy does not ask for, regardless of case."""
    asked = (policy.get("x509_props") or {}).get("sans") or {}
    has = names_of(load(der))
    kept = {kind: {str(name).lower() for name in asked.get(kind) or ()} for kind in has}
    kept["dns_names"] |= _common_names(policy)  # a CA adds the common name to the DNS names
    lost = (name for kind, names in has.items() for name in names if name.lower() not in kept[kind])
    return tuple(sorted(lost))


def _common_names(policy: Policy) -> set[str]:
    """The common names in a policy's subject, in lower case."""
    subject = str((policy.get("x509_props") or {}).get("subject") or "")
    parts = (part.strip().lower() for part in subject.split(","))
    return {part.removeprefix("cn=") for part in parts if part.startswith("cn=")}
