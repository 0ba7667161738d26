"""Events in plain words: what happened, why, what to do next. One text for every channel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from functions.issuance.events import CHAIN_QUARANTINED, CHAIN_REJECTED, CHAIN_STUCK, ISSUANCE
from functions.issuance.ports import Notice

MOST = 2  # of what is wrong besides, and of warnings; the report has them all
Words = tuple[str, bool, str, str]  # title, good news, sentence, next step

# Key Vault's two failure codes, and whose move it is (seed page; protocol §1).
NEXT_STEP_BY_ERROR = {
    "Certificate issuer error": "The issuer's fault, not the request's: try again later, or ask the issuer's support.",
    "Request rejected": "The issuer refused what was asked for: correct the request (names, organisation, account) and "
    "start it again.",
}


def notice_of(event_id: str, type_: str, data: dict[str, Any]) -> Notice | None:
    """The message for people; None for what only machines care about (a chain merged, a start at an issuer)."""
    write = WRITERS.get(type_)
    if write is None or (write is _csr_ready and "csr_url" not in data):
        return None
    title, good, sentence, next_step = write(data)
    return Notice(event_id, title, good, sentence, _facts(data), next_step, data.get("owner"))


def _completed(data: dict[str, Any]) -> Words:
    valid = f" It is valid until {data['not_after'][:10]}." if data.get("not_after") else ""
    return (
        f"Certificate issued: {data['name']}",
        True,
        f"The certificate {data['name']} in vault {data['vault']} is complete.{valid}",
        "Nothing to do: applications that read it from Key Vault get the new version.",
    )


def _csr_ready(data: dict[str, Any]) -> Words:
    return (
        f"CSR ready to be signed: {data['name']}",
        True,
        f"The certificate request for {data['name']} in vault {data['vault']} waits for a CA's signature.",
        "Have the CSR signed, and drop what the CA sends, as it is, into the container chains.",
    )


def _failed(data: dict[str, Any]) -> Words:
    error = data.get("error") or {}
    code, message = error.get("code") or "no code", error.get("message") or "no message"
    return (
        f"Certificate request failed: {data['name']}",
        False,
        f"{data['issuer']} did not issue {data['name']} in vault {data['vault']}. {code}: {message}",
        NEXT_STEP_BY_ERROR.get(code, "Read the reason above, correct the request, and start it again.")
        + " A chain got from the CA in another way can still be dropped for this request.",
    )


def _cancelled(data: dict[str, Any]) -> Words:
    return (
        f"Certificate request cancelled: {data['name']}",
        False,
        f"The request for {data['name']} in vault {data['vault']} was cancelled before {data['issuer']} issued it.",
        "Start it again if the certificate is still wanted.",
    )


def _deleted(data: dict[str, Any]) -> Words:
    return (
        f"Certificate request deleted: {data['name']}",
        False,
        f"Somebody deleted the pending request for {data['name']} in vault {data['vault']}.",
        "Start it again if the certificate is still wanted. A chain for the deleted request fits no more.",
    )


def _overwritten(data: dict[str, Any]) -> Words:
    return (
        f"Certificate request replaced: {data['name']}",
        False,
        f"The request {data.get('replaced_by')} now stands in place of this one for {data['name']} in {data['vault']}.",
        "Have the CSR of the new request signed: a chain for the old one fits no more.",
    )


def _of_a_file(what: str) -> Callable[[dict[str, Any]], Words]:
    def write(data: dict[str, Any]) -> Words:
        return f"{what}: {data['file']['name']}", False, data["sentence"], data["next_step"]

    return write


WRITERS: dict[str, Callable[[dict[str, Any]], Words]] = {
    f"{ISSUANCE}Started": _csr_ready,
    f"{ISSUANCE}Completed": _completed,
    f"{ISSUANCE}Failed": _failed,
    f"{ISSUANCE}Cancelled": _cancelled,
    f"{ISSUANCE}Deleted": _deleted,
    f"{ISSUANCE}Overwritten": _overwritten,
    CHAIN_REJECTED: _of_a_file("Chain rejected"),
    CHAIN_QUARANTINED: _of_a_file("Private key dropped"),
    CHAIN_STUCK: _of_a_file("Chain could not be handled"),
}


def _facts(data: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    error, file, request = data.get("error") or {}, data.get("file") or {}, data.get("request") or data
    wrong = [one["sentence"] for one in data.get("findings") or () if one["severity"] == "error"]
    facts = (
        *(("Also", sentence) for sentence in wrong[1 : 1 + MOST]),
        ("Vault", request.get("vault")),
        ("Certificate", request.get("name")),
        ("Subject", data.get("subject")),
        ("Issuer", data.get("issuer")),
        ("Error code", error.get("code")),
        ("Error message", error.get("message")),
        ("Valid until", data.get("not_after")),
        ("Version", data.get("version")),
        *(("Warning", sentence) for sentence in (data.get("warnings") or ())[:MOST]),
        ("CSR", data.get("csr_url")),
        ("Request", request.get("request_id")),
        ("Owner", data.get("owner")),
        ("File", file.get("name")),
        ("SHA-256", file.get("sha256")),
        ("Now in", data.get("moved_to")),
    )
    return tuple((title, str(value)) for title, value in facts if value)
