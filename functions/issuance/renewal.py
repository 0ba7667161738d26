"""The next version of a certificate, started by itself: with the stored policy, and with guards against a runaway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from functions.issuance.certflow import Certflow
from functions.issuance.certificate import load
from functions.issuance.choices import Choices
from functions.issuance.describe import printed
from functions.issuance.errors import KeyReused, Refused, Unavailable
from functions.issuance.events import RENEWAL_STOPPED, Event
from functions.issuance.journal import record
from functions.issuance.names import names_of
from functions.issuance.outbox import publish
from functions.issuance.phrases import some
from functions.issuance.ports import Listed, Vault
from functions.issuance.requests import ITSELF, Status, TrackedRequest, is_manual
from functions.issuance.start import CONFLICT, Order, Started, start
from functions.issuance.tags import OWNER, SIGNER
from functions.issuance.watch import standing
from functions.issuance.watchbook import CertificateNote

MOST_A_DAY = 2  # new versions of one name
# Of a certificate there may be hundreds, and Key Vault's refusals are of any length: what is told must fit into a row.
MOST_NAMES, MOST_SENTENCE = 10, 2000
DAY = timedelta(days=1)
BY = ITSELF


async def renew(certflow: Certflow, entry: Listed, note: CertificateNote) -> tuple[CertificateNote, bool]:
    """Starts the next version, once for each version that comes to its end; returns the note as it then is, and whether
    one was started now. The caller has seen that a tag asks for it, and that it was not done.

    Not where the policy's own AutoRenew does it, nor while a request is pending. What fails or is held by a guard is
    told, and not tried again for this version. The caller writes the note. Raises Unavailable: the next survey tries
    again.
    """
    vault = certflow.vault(note.vault)
    since = certflow.now() - DAY
    recent = tuple(at for at in note.renewals if at > since)
    if await _started_before(certflow, entry.name, note):
        return _noted(certflow, note, recent), True
    stands = await standing(vault, entry.name)
    if stands and stands.operation.status is Status.IN_PROGRESS:
        known = await certflow.ledger.get(note.vault, entry.name, stands.operation.request_id)
        return note, known is None and await certflow.ledger.starting(note.vault, entry.name)
    policy = await vault.policy(entry.name)
    if _key_vault_renews(policy):
        return note, False
    if guard := await _guard(certflow.choices, vault, entry.name, policy, recent):
        return await _stop(certflow, entry, note, *guard), False
    today = certflow.now().date()
    if not await certflow.watchbook.count_renewal(note.vault, today, certflow.choices.most_renewals):
        return note, False
    # A start would ask for the last version's tags (start.py); here they are known.
    order = Order(note.vault, entry.name, {"tags": dict(entry.tags)}, by=BY, renews=note.thumbprint)
    try:
        started = await _start(certflow, order, today)
    except KeyReused:  # with other tags, by a run that was cut off: it is not a renewal before there is a request
        begun = await _started_before(certflow, entry.name, note)
        return (_noted(certflow, note, recent), True) if begun else (note, False)
    except Refused as error:
        if error.status == CONFLICT and error.reason == "pending":
            return note, False  # somebody was faster
        return await _stop(certflow, entry, note, "refused", f"{error.code}: {error}"), False
    record("renewal-started", vault=note.vault, name=entry.name, request_id=started.request_id)
    return _noted(certflow, note, recent), True


async def _guard(
    choices: Choices, vault: Vault, name: str, policy: Mapping[str, Any], recent: tuple[datetime, ...]
) -> tuple[str, str] | None:
    """Why the next version must not be started by itself: a word for programs, and the reason in a sentence."""
    if len(recent) >= MOST_A_DAY:
        return (
            "too-many-versions",
            f"{MOST_A_DAY} versions of it were started within a day, and it is near its end again",
        )
    issuer = str((policy.get("issuer") or {}).get("name") or "Unknown")
    if not choices.may_issue(issuer):
        return "issuer-not-allowed", f"CERTFLOW_ISSUERS does not allow its policy's issuer, {issuer}"
    bundle = await vault.certificate(name)
    if lost := _lost(policy, bundle.version.der) if bundle else ():
        return (
            "names-would-be-lost",
            f"the stored policy lacks names that the certificate has: {some(lost, MOST_NAMES)}",
        )
    return None


async def _start(certflow: Certflow, order: Order, counted: date) -> Started:
    """Starts it. What came to nothing does not count; if Key Vault did start it and only its answer was lost, it is
    counted when the request is found (_started_before).
    """
    try:
        return await start(certflow, order)
    except (KeyReused, Refused, Unavailable):
        await certflow.watchbook.uncount_renewal(order.vault, counted)
        raise


async def _started_before(certflow: Certflow, name: str, note: CertificateNote) -> bool:
    """Whether the renewal of this very version is tracked: started by a run that was cut off before it noted that."""
    since = certflow.now() - DAY
    named = await certflow.ledger.named(note.vault, name)
    ours = [one for one in named if one.renews == note.thumbprint or _is_of_an_older_version(one, since)]
    if any(one.status is Status.IN_PROGRESS for one in ours):
        # It was not counted, or not for long (_start). One too many, of a run that was killed, does no harm.
        await certflow.watchbook.count_renewal(note.vault, certflow.now().date(), certflow.choices.most_renewals)
    return bool(ours)


def _is_of_an_older_version(request: TrackedRequest, since: datetime) -> bool:
    """Rows from before there was an origin show a renewal of ours by who asked. No such row can be written any more."""
    named = request.origin is None and request.requested_by == BY.name and not request.requested_by_verified
    recent = request.status is not Status.COMPLETED and request.created > since
    return named and (recent or request.status is Status.IN_PROGRESS)


def _noted(certflow: Certflow, note: CertificateNote, recent: tuple[datetime, ...]) -> CertificateNote:
    """Written by whoever judges the certificate, with its rung: a cut in between would tell its owner of both."""
    return replace(note, renewed=note.thumbprint, renewals=(*recent, certflow.now()))


def _key_vault_renews(policy: Mapping[str, Any]) -> bool:
    """Whether Key Vault does it by itself: it can at an issuer of its own only (protocol §3)."""
    issuer = str((policy.get("issuer") or {}).get("name") or "Unknown")
    actions = [one.get("action") or {} for one in policy.get("lifetime_actions") or ()]
    return not is_manual(issuer) and any(one.get("action_type") == "AutoRenew" for one in actions)


def _lost(policy: Mapping[str, Any], der: bytes) -> tuple[str, ...]:
    """The names that a certificate has and its policy does not ask for; DNS names without regard to case."""
    asked = (policy.get("x509_props") or {}).get("sans") or {}
    has = names_of(load(der))
    common = [part.strip()[3:] for part in _subject(policy).split(",") if part.strip().lower().startswith("cn=")]
    kept = {kind: {str(name).lower() for name in asked.get(kind) or ()} for kind in has}
    kept["dns_names"] |= {name.lower() for name in common}  # a CA puts the common name among the names
    return tuple(sorted(name for kind, names in has.items() for name in names if name.lower() not in kept[kind]))


def _subject(policy: Mapping[str, Any]) -> str:
    return str((policy.get("x509_props") or {}).get("subject") or "")


async def _stop(
    certflow: Certflow, entry: Listed, note: CertificateNote, reason: str, sentence: str
) -> CertificateNote:
    """Not for this version any more: told, and noted in the same transaction."""
    event = Event(
        id=f"{note.vault}:{entry.name.lower()}:{note.thumbprint}:renewal-stopped",
        type=RENEWAL_STOPPED,
        subject=f"vaults/{note.vault}/certificates/{entry.name}",
        time=certflow.now(),
        vault=note.vault,
        name=entry.name,
        data={
            "vault": note.vault,
            "name": entry.name,
            "reason": reason,
            "sentence": printed(sentence, MOST_SENTENCE),
            **({"owner": entry.tags[OWNER]} if OWNER in entry.tags else {}),
            **({"signer": entry.tags[SIGNER]} if SIGNER in entry.tags else {}),
            **({"not_after": entry.not_after.isoformat()} if entry.not_after else {}),
        },
    )
    stopped = replace(note, stopped=note.thumbprint)
    await certflow.watchbook.keep_note(stopped, (event,))
    await publish(certflow, (event,))
    return stopped


def cap_reached(certflow: Certflow, alias: str) -> Event:
    """That no more renewals are started in a vault today."""
    now, most = certflow.now(), certflow.choices.most_renewals
    return Event(
        id=f"{alias}:renewals:{now.date()}",
        type=RENEWAL_STOPPED,
        subject=f"vaults/{alias}",
        time=now,
        vault=alias,
        data={
            "vault": alias,
            "reason": "cap",
            "sentence": f"{most} renewals were started in it today, as many as are allowed",
        },
    )
