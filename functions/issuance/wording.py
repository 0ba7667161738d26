"""Plain words for each event: what happened, why, and what to do next."""

from __future__ import annotations

from collections.abc import Callable
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
from functions.issuance.findings import PRIVATE_KEY
from functions.issuance.links import WITH_KEY
from functions.issuance.phrases import duration, listed, moment
from functions.issuance.requests import is_manual
from functions.issuance.telling import Severity


@dataclass(frozen=True, slots=True)
class Words:
    """What a message says. `good`: nothing has gone wrong. `remark`: what there is to say of it in a table of several
    of its kind; None for the sentence.
    """

    title: str
    sentence: str
    next_step: str
    severity: Severity = Severity.WARNING
    good: bool = False
    remark: str | None = None


DAY = 86400  # seconds

# Key Vault's two failure codes, and whose move it is (seed page; protocol §1).
NEXT_STEP_BY_ERROR = {
    "Certificate issuer error": "The fault is the issuer's: ask its support, or try again later",
    "Request rejected": "The issuer refused what was asked for: correct the request (names, organisation, account) and "
    "start it again",
}


def _which(data: dict[str, Any]) -> str:
    """A certificate in a title: the same name can be in several vaults."""
    return f"{data['name']} in {data['vault']}"


def _again(data: dict[str, Any]) -> str:
    """How a request is started once more."""
    return f"POST {_address(data)}/create, {WITH_KEY}"


def _days_left(data: dict[str, Any]) -> str:
    return f", {duration(max(data['left'] // DAY, 1) * DAY)} left" if "left" in data else ""


def _completed(data: dict[str, Any]) -> Words:
    valid = f" It is valid until {data['not_after'][:10]}." if data.get("not_after") else ""
    return Words(
        f"Certificate issued: {_which(data)}",
        f"The certificate {data['name']} in vault {data['vault']} is complete.{valid}{_went_before(data)}",
        "See that it is in use: the server shows the new certificate's end. Application Gateway takes the new version "
        "within 4 hours and App Service within 24, if they name the certificate without a version. What names a "
        "version, or reads the certificate at its start alone, keeps the old one until you change or restart it.",
        Severity.INFO,
        good=True,
        remark=_went_before(data).strip(),
    )


def _went_before(data: dict[str, Any]) -> str:
    before = data.get("went_before")
    if before is None:
        return ""
    if before["status"] == "cancelling":
        return f" Somebody had asked for its cancellation ({moment(before['at'])})."
    return (
        f" Before that, the request had {'failed' if before['status'] == 'failed' else 'been cancelled'} "
        f"({moment(before['at'])})."
    )


def _csr_ready(data: dict[str, Any]) -> Words | None:
    if "csr_url" not in data:  # an issuer works on it
        return None
    return Words(
        f"CSR ready to be signed: {_which(data)}",
        f"The certificate request for {data['name']} in vault {data['vault']} waits for a CA's signature.",
        f"Have the CSR signed, and drop what the CA sends, as it is, into {data['links'].container}.",
        Severity.INFO,
        good=True,
        remark="",
    )


def _failed(data: dict[str, Any]) -> Words:
    error = data.get("error") or {}
    code, message = error.get("code") or "no code", error.get("message") or "no message"
    return Words(
        f"Certificate request failed: {_which(data)}",
        f"{data['issuer']} did not issue {data['name']} in vault {data['vault']}. {code}: {message}",
        f"{NEXT_STEP_BY_ERROR.get(code, 'Read the reason above, correct the request, and start it again')} "
        f"({_again(data)}). A chain got from the CA in another way can still be dropped into "
        f"{data['links'].container}.",
        Severity.CRITICAL,
    )


def _cancelled(data: dict[str, Any]) -> Words:
    return Words(
        f"Certificate request cancelled: {_which(data)}",
        f"The request for {data['name']} in vault {data['vault']} was cancelled before {data['issuer']} issued it.",
        f"Start it again if the certificate is still wanted ({_again(data)}).",
    )


def _deleted(data: dict[str, Any]) -> Words:
    return Words(
        f"Certificate request deleted: {_which(data)}",
        f"Somebody deleted the pending request for {data['name']} in vault {data['vault']}.",
        f"Start it again if the certificate is still wanted ({_again(data)}): a chain for the deleted request is not "
        "taken any more.",
    )


def _overwritten(data: dict[str, Any]) -> Words:
    return Words(
        f"Certificate request replaced: {_which(data)}",
        f"The request {data.get('replaced_by')} now stands in place of this one for {data['name']} in vault "
        f"{data['vault']}.",
        f"Unless an issuer works on the new request, have its CSR signed (GET {_address(data)}/pending/csr, "
        f"{WITH_KEY}): a chain for the old one is not taken any more."
        if is_manual(data["issuer"])
        else "Nothing to do, if that is right: the new request is watched. A chain for the old one is not taken any "
        "more.",
    )


def _cancelling(data: dict[str, Any]) -> Words:
    name = data["name"]
    return Words(
        f"Cancellation asked for: {_which(data)}",
        f"Somebody asked for the cancellation of the request for {name} in vault {data['vault']}. "
        "Key Vault notes that, but no issuer works on the request that could cancel it.",
        f"If the certificate is not wanted any more, delete the request (DELETE {_address(data)}/pending, {WITH_KEY}). "
        "Otherwise have its CSR signed all the same: its chain is still merged.",
    )


def _stalled(data: dict[str, Any]) -> Words:
    name, issuer, chains = data["name"], data["issuer"], data["links"].container
    if data.get("cancellation_requested") and is_manual(issuer):
        # Key Vault notes the wish, and is not known ever to act on it: there is no issuer that could.
        waits = "its end: its cancellation was asked for, but no issuer works on it that could cancel it"
        step = f"{_delete(data)}; or have its CSR signed after all, and drop what the CA sends into {chains}."
    elif data.get("cancellation_requested"):
        waits, step = f"{issuer} to decide about its cancellation", f"Ask {issuer}. Or: {_delete(data)}."
    elif is_manual(issuer):
        waits = "a CA's signature: no chain for its CSR has been dropped yet"
        step = f"Have the CSR signed, and drop what the CA sends into {chains}. Or: {_delete(data)}."
    else:
        waits = f"{issuer} to issue or refuse it"
        step = f"Look at the order at {issuer}: it may wait for somebody's approval or validation there."
    return Words(
        f"{'Nobody acts on' if data.get('escalated') else 'Still pending'}: {_which(data)}",
        f"The certificate request for {name} in vault {data['vault']} waits for {waits}.",
        f"{step} For no reminders until a time: POST {_address(data)}/pending/acknowledge with "
        'the body {"until": "7d", "why": "ordered"}. Calls need a function key in the header x-functions-key.',
        Severity.CRITICAL if data.get("escalated") else Severity.WARNING,
        remark=f"Waits for {waits}.",
    )


def _delete(data: dict[str, Any]) -> str:
    return f"delete the request: DELETE {_address(data)}/pending"


def _acknowledged(data: dict[str, Any]) -> Words:
    return Words(
        f"Reminders held back: {_which(data)}",
        f"Somebody acknowledged the pending request for {data['name']} in vault {data['vault']}: no reminders until "
        f"{moment(data['until'])}.",
        "Nothing to do, if that is right: the end of the request is told all the same. Otherwise ask who it was, and "
        "why.",
        Severity.INFO,
    )


def _unsettled(data: dict[str, Any]) -> Words:
    name = data["name"]
    return Words(
        f"A start could not be followed up: {_which(data)}",
        f"The certificate {name} was asked of vault {data['vault']}, and for a day it could not be found out what came "
        f"of it ({data['reason'].rstrip('.')}).",
        f"See what is pending there (GET {_address(data)}/pending, {WITH_KEY}). A request is taken under watch by the "
        "next survey.",
        Severity.CRITICAL,
    )


def _near_expiry(data: dict[str, Any]) -> Words:
    last, ends = data["rung"] >= data["rungs"], data["not_after"][:10]
    left = f"expires in {duration(data['left'])}, on {ends}" if "left" in data else f"is valid until {ends}"
    return Words(
        f"Certificate near its end: {_which(data)}{_days_left(data)}",
        f"The certificate {data['name']} in vault {data['vault']} {left}.",
        _renewal_step(data),
        Severity.CRITICAL if last else Severity.WARNING,
    )


def _changed_by_others(data: dict[str, Any]) -> Words:
    name, vault, changes = data["name"], data["vault"], data["changes"]
    did = {
        "adopted": "adopted the pending request for",
        "merged": "merged the chain of",
    }.get(data["how"], "started the next version of")
    changed = f" This changes {listed(one['what'] for one in changes)}." if changes else ""
    undo = f"delete the pending request before it completes (DELETE {_address(data)}/pending, {WITH_KEY})"
    if data["how"] == "merged":
        undo = "set its tags and attributes right in Key Vault"
    return Words(
        f"{'Changed' if changes else 'Started'} by somebody else: {_which(data)}",
        f"Somebody else {did} the certificate {name} in vault {vault}.{changed}"
        f"{'' if data.get('owner') else ' It had no owner before.'}",
        f"Nothing to do, if {'its owner' if data.get('owner') else 'somebody'} knows of it. Otherwise {undo}, and ask "
        "who it was.",
        Severity.WARNING if changes else Severity.INFO,
    )


def _expired(data: dict[str, Any]) -> Words:
    ended, ago = data["not_after"][:10], f" ({duration(-data['left'])} ago)" if "left" in data else ""
    return Words(
        f"Certificate expired: {_which(data)}",
        f"The certificate {data['name']} in vault {data['vault']} has not been valid since {ended}{ago}.",
        f"{_renewal_step(data)} If it is not used any more: disable it.",
        Severity.CRITICAL,
    )


def _renewal_step(data: dict[str, Any]) -> str:
    if data.get("renewal") == "auto":
        return (
            "Its tag has the next version started by itself, and that has not happened: see what is pending (GET "
            f"{_address(data)}/pending, {WITH_KEY}); if nothing is, start it (POST {_address(data)}/create; an empty "
            "body keeps its policy)."
        )
    return (
        f"Start its next version (POST {_address(data)}/create {WITH_KEY}; an empty body keeps its policy), or tag it "
        "certflow-renew = auto."
    )


def _address(data: dict[str, Any]) -> str:
    """A certificate's address in our API, as it can be typed."""
    return str(data["links"].address_of(data["vault"], data["name"]))


def _renewal_stopped(data: dict[str, Any]) -> Words:
    steps = {
        "cap": "They go on tomorrow. If as many are right, raise CERTFLOW_RENEW_MOST",
        "names-would-be-lost": "Put the names into the certificate's policy",
        "issuer-not-allowed": "Give its policy another issuer, or add this one to CERTFLOW_ISSUERS",
        "too-many-versions": "See why its versions live so short",
    }
    step = steps.get(data["reason"], "Fix what is named here")
    start = f"; then start its next version ({_again(data)}; an empty body keeps its policy)" if "name" in data else ""
    what = data.get("name") or f"further certificates in vault {data['vault']}"
    return Words(
        f"Renewal stopped: {_which(data) if 'name' in data else what}",
        f"The next version of {what} was not started: {data['sentence']}.",
        f"{step}{start}.",
        Severity.CRITICAL,
    )


def _work_list(data: dict[str, Any]) -> Words:
    count, oldest, listed = data["count"], data["requests"][0], len(data["requests"])
    first = f" The {listed} oldest are listed here." if listed < count else ""
    return Words(
        f"{count} CSR{' waits' if count == 1 else 's wait'} for a signature",
        f"The one that has waited the longest is of {oldest['name']} in vault {oldest['vault']}: since "
        f"{moment(oldest['created'])}.{first}",
        f"Have the CSR{'' if count == 1 else 's'} signed, and drop what the CA sends, as it is, into "
        f"{data['links'].container}.",
        Severity.INFO,
        good=True,
    )


def _troubled(data: dict[str, Any]) -> Words:
    error, count = data["error"], len(data["failed"])
    return Words(
        f"Issuer in trouble: {data['issuer']} in {data['vault']}",
        f"{count} requests to {data['issuer']} in vault {data['vault']} failed with the same error. "
        f"{error.get('code')}: {error.get('message')}",
        "Look at the issuer's account and its credentials in the vault (Certificates → Certificate Authorities); then "
        "start the failed requests again, each by its NAME (POST "
        f"{data['links'].address_of(data['vault'], 'NAME')}/create, {WITH_KEY}).",
        Severity.CRITICAL,
    )


def _trust_changed(data: dict[str, Any]) -> Words:
    vault, place = data["vault"], data["links"].place(f"trusted-cas/{data['vault']}/")
    if not data["merges"]:
        return Words(
            f"Nothing is merged any more: vault {vault}" if "was" in data else f"Nothing is merged yet: vault {vault}",
            f"Vault {vault} accepts no certificates at the moment. {data['why']}",
            f"Put the certificate of the CA into {place}, or fix what is named. What is dropped waits until then.",
            Severity.CRITICAL,
        )
    if data.get("until"):
        return Words(
            f"Merging is about to end: vault {vault}",
            f"Nothing says whose certificates vault {vault} takes. Until now any CA's were, and from "
            f"{moment(data['until'])} on none is.",
            f"Put the certificate of the CA into {place} before that; the word public in a file there stands for the "
            f"public CAs. Or set CERTFLOW_TRUSTED_CAS to {vault}=public.",
            Severity.CRITICAL,
        )
    if data["state"] == "any":
        return Words(
            f"Any CA's certificates are taken: vault {vault}",
            f"Vault {vault} takes any CA's certificates now: CERTFLOW_TRUSTED_CAS says so, and no file says otherwise.",
            f"If that was not meant: put the certificate of the CA into {place}.",
        )
    public = ", the public CAs among them" if data["state"] == "public" else ""
    return Words(
        f"Trusted CAs changed: vault {vault}" if "was" in data else f"Trusted CAs: vault {vault}",
        f"Vault {vault} takes the certificates of {data['count']} CA{'' if data['count'] == 1 else 's'} now{public}.",
        "Nothing to do, if that is right: the CAs and the hash of the files are named here.",
        Severity.WARNING if "was" in data else Severity.INFO,
        good="was" not in data,
    )


def _trust_misplaced(data: dict[str, Any]) -> Words:
    count = data["count"]
    return Words(
        "Trusted CAs where no vault looks",
        f"{count} file{'' if count == 1 else 's'} in trusted-cas count for no vault: {', '.join(data['files'])}"
        f"{' …' if count > len(data['files']) else ''}.",
        f"Put them under a vault's alias ({', '.join(data['vaults'])}), or under * for all vaults, in "
        f"{data['links'].place('trusted-cas')}.",
    )


def _surveyed(data: dict[str, Any]) -> Words:
    counts, count = data["counts"], data["certificates"]
    found = ", ".join(f"{counts[kind]} {word}" for kind, word in KINDS.items() if counts.get(kind))
    return Words(
        f"Now watching vault {data['vault']}",
        f"{count} certificate{'' if count == 1 else 's'}{': ' if found else ''}{found}. "
        "From now on what changes is told.",
        "Tag certificates with certflow-owner, so that the right people hear."
        if counts.get("unowned")
        else "Nothing to do.",
        Severity.INFO,
        good=True,
    )


KINDS = {
    "pending": "pending",
    "failed": "failed",
    "cancelled": "cancelled",
    "near_expiry": "near their end",
    "expired": "expired",
    "unowned": "without an owner",
    "muted": "muted",
    "silenced": "near an end that a tag keeps quiet",
    "tags_unread": "with a certflow tag that cannot be understood",
    "passed_over": "that Key Vault could not tell of",
}


def _setting_wrong(data: dict[str, Any]) -> Words:
    return Words(
        f"A setting cannot work: {data['setting']}",
        f"{data['setting']}: {data['sentence']}",
        "Change this setting of the app. Everything else goes on meanwhile.",
    )


def _digest(data: dict[str, Any]) -> Words:
    return Words(
        f"Daily digest, {data['date']}: {data['headline']}",
        data["sentence"],
        data["next_step"],
        Severity.INFO if data["good"] else Severity.WARNING,
        good=data["good"],
    )


def _refused(data: dict[str, Any]) -> Words:
    said = data["notice"]
    return Words(
        said["title"],
        f"{said['sentence']} (The channel {data['channel']} has refused this message: {data['reason']}.)",
        said["next_step"],
        Severity(said["severity"]),
    )


def _of_a_file(what: str, severity: Severity) -> Callable[[dict[str, Any]], Words]:
    def write(data: dict[str, Any]) -> Words:
        whose = f" (for {_which(data['request'])}{_and_others(data)})" if "request" in data else ""
        return Words(f"{what}: {data['file']['name']}{whose}", data["sentence"], data["next_step"], severity)

    return write


def _held_up(data: dict[str, Any]) -> Words:
    count = data["count"]
    return Words(
        f"Dropped files are held up{': vault ' + data['vault'] if 'vault' in data else ''}",
        f"{count} file{' lies' if count == 1 else 's lie'} in {data['links'].container}, and Certflow cannot handle "
        f"{'it' if count == 1 else 'them'} now. {data['sentence']}",
        data["next_step"],
        Severity.CRITICAL,
    )


def _and_others(data: dict[str, Any]) -> str:
    """How many more certificates a file is for."""
    requests = [leaf["request"] for leaf in data.get("leaves") or () if "request" in leaf]
    others = len({(one["vault"], one["name"]) for one in (data["request"], *requests)}) - 1
    return f" and {others} more" if others else ""


def _quarantined(data: dict[str, Any]) -> Words:
    """A key counts as exposed, and is urgent; what cannot be looked into may be harmless."""
    if any(finding["code"] == PRIVATE_KEY for finding in data["findings"]):
        return _of_a_file("Private key dropped", Severity.CRITICAL)(data)
    return _of_a_file("File put into quarantine, since it cannot be looked into", Severity.WARNING)(data)


def _key_received(data: dict[str, Any]) -> Words:
    merged = f"{_address(data)}/pending/merge" if "name" in data else "a merge"
    route = f"POST {merged}" if data["route"] == "merge" else f"POST {data['links'].api}/chains/inspect"
    whose = f" for {data['name']} in vault {data['vault']}" if "name" in data else ""
    return Words(
        f"Private key sent{whose}",
        f"Somebody sent a private key to Certflow ({route}){whose}. Nothing of it was kept. No such key is wanted: Key "
        "Vault made that of the certificate itself.",
        "The key counts as exposed: find out whose it is, and replace it wherever it is used.",
        Severity.CRITICAL,
    )


WRITERS: dict[str, Callable[[dict[str, Any]], Words | None]] = {
    f"{ISSUANCE}Started": _csr_ready,
    f"{ISSUANCE}Completed": _completed,
    f"{ISSUANCE}Failed": _failed,
    f"{ISSUANCE}Cancelling": _cancelling,
    f"{ISSUANCE}Cancelled": _cancelled,
    f"{ISSUANCE}Deleted": _deleted,
    f"{ISSUANCE}Overwritten": _overwritten,
    f"{ISSUANCE}Stalled": _stalled,
    ACKNOWLEDGED: _acknowledged,
    UNSETTLED: _unsettled,
    CHAIN_REJECTED: _of_a_file("Chain rejected", Severity.WARNING),
    CHAIN_QUARANTINED: _quarantined,
    KEY_RECEIVED: _key_received,
    CHAIN_STUCK: _of_a_file("Chain could not be handled", Severity.CRITICAL),
    CHAIN_HELD_UP: _held_up,
    CHAIN_WAITING: _of_a_file("Chain waits", Severity.WARNING),
    NEAR_EXPIRY: _near_expiry,
    EXPIRED: _expired,
    CHANGED_BY_OTHERS: _changed_by_others,
    RENEWAL_STOPPED: _renewal_stopped,
    WORK_LIST: _work_list,
    ISSUER_TROUBLED: _troubled,
    TRUST_CHANGED: _trust_changed,
    TRUST_MISPLACED: _trust_misplaced,
    VAULT_SURVEYED: _surveyed,
    SETTING_WRONG: _setting_wrong,
    DIGEST: _digest,
    NOTICE_REFUSED: _refused,
}
