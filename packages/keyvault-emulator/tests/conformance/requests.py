"""Bodies of requests whose recorders kept none, or trimmed them: made so that the recorded answer can follow.

Where a body was kept it is sent as it is, but for key material. Whatever is made up is said (`Invent`), and the list of
all that is in `inventions.py`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509

from conformance.material import chain_for, import_value
from conformance.recordings import Pair, Recording, is_trimmed
from conformance.timeline import shows_whole
from keyvault_emulator.distinguished_names import format_name

type Invent = Callable[[str], None]

DERIVED = ("id", "attributes", "recoveryId", "deletedDate", "scheduledPurgeDate")  # what the service adds by itself


@dataclass
class Learned:
    """What earlier answers gave that later requests need: CSRs by certificate, secrets by recorded `cer`, a backup."""

    csr: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    backup: str | None = None


def body_for(recording: Recording, index: int, learned: Learned, invent: Invent) -> Any:
    """The body to send for a pair."""
    pair = recording.pairs[index]
    if pair.action == "POST pending merge":
        return (pair.sent or {}) | {"x5c": _chain(pair, learned.csr.get(pair.certificate or ""), invent)}
    if pair.action == "POST import" and pair.status != 401:
        return import_body(pair, learned.secrets, invent)
    if pair.action == "POST certificates restore":
        return {"value": learned.backup or "AAAA"}
    if pair.sent is not None or pair.method == "GET" or pair.status == 401:
        return pair.sent
    body = _without_recorder(recording, index)
    if body is not None:
        invent(f"the body: {', '.join(body) or 'an empty one'}")
    return body


def _without_recorder(recording: Recording, index: int) -> dict[str, Any] | None:
    pair, certificate = recording.pairs[index], recording.pairs[index].certificate
    if pair.action == "POST create" and certificate:
        return create_body(recording, index, certificate)
    if pair.action == "PATCH pending":
        return {"cancellation_requested": bool(pair.fields["cancellation_requested"])}
    if pair.action == "PATCH policy":
        return _asked(pair.fields)
    if pair.action == "PATCH":
        return _update(pair)
    if pair.segments[:2] in (["certificates", "issuers"], ["certificates", "contacts"]):
        return issuer_or_contacts(pair.fields) if pair.method in ("PUT", "PATCH") else None
    return None


def create_body(recording: Recording, index: int, certificate: str) -> dict[str, Any]:
    """A create that leads to what is seen of the certificate later on."""
    operation = recording.operation_of(certificate, index) or {}
    policy = _asked(recording.policy_of(certificate, index) or {})
    policy.setdefault("x509_props", {"subject": _subject(operation.get("csr", ""))})
    policy["issuer"] = policy.get("issuer") or dict(operation.get("issuer") or {"name": "Self"})
    return {"policy": policy} | _tags(_before_updates(recording, index, certificate))


def issuer_or_contacts(body: dict[str, Any]) -> dict[str, Any]:
    """What was put, from what came back: the password never does, and a zip that nobody sent always."""
    asked = _asked(body)
    if "org_details" in asked:
        asked["org_details"] = {key: value for key, value in asked["org_details"].items() if key != "zip"}
    return asked


def import_body(pair: Pair, secrets: Mapping[str, str], invent: Invent) -> dict[str, Any]:
    """What was imported: the secret that was read before, if it is that certificate, or a certificate like it."""
    body: dict[str, Any] | None = pair.sent
    if body is None:
        # Tags were sent if they came back, be it as `{}`; so was a policy if it is another than the service makes.
        made = pair.fields["policy"]
        body = _tags(pair.fields)
        if made["lifetime_actions"] == [] or _is_pem(made):
            body["policy"] = {key: made[key] for key in ("secret_props", "lifetime_actions")}
        invent(f"the body: {', '.join([*body, 'value'])}")
    cer = pair.fields.get("cer", "")
    if cer in secrets:
        return body | {"value": secrets[cer]}
    sent = body.get("policy") or pair.fields["policy"]
    invent("the value: a certificate like the one that came back, for a key of ours")
    return body | {"value": import_value(pair.fields, pem=_is_pem(sent))}


def _asked(body: dict[str, Any]) -> dict[str, Any]:
    asked = {key: value for key, value in body.items() if key not in DERIVED}
    if "x509_props" in asked:
        props = asked["x509_props"]
        asked["x509_props"] = {key: value for key, value in props.items() if key != "basic_constraints"}
    return asked


def _update(pair: Pair) -> dict[str, Any]:
    """Of a certificate; of its policy, too, if that has the same date."""
    body = {"attributes": {"enabled": pair.fields["attributes"]["enabled"]}} | _tags(pair.fields)
    policy = pair.fields.get("policy")
    if policy and policy["attributes"]["updated"] == pair.fields["attributes"]["updated"]:
        body["policy"] = _asked(policy)
    return body


def _before_updates(recording: Recording, index: int, certificate: str) -> dict[str, Any]:
    """The certificate as its create made it: a whole one, or a half-made one that nothing was done to."""
    for pair in recording.about(certificate, index):
        if pair.action == "PATCH" and shows_whole(pair):
            return {}
        if "policy" in pair.fields and (shows_whole(pair) or pair.action != "PATCH"):
            return pair.fields
    return {}


def _tags(bundle: dict[str, Any]) -> dict[str, Any]:
    return {"tags": bundle["tags"]} if "tags" in bundle else {}


def _is_pem(policy: dict[str, Any]) -> bool:
    return "pem" in str((policy.get("secret_props") or {}).get("contentType"))


def _chain(pair: Pair, csr: str | None, invent: Invent) -> list[str]:
    sent = [str(element) for element in (pair.sent or {}).get("x5c", [])]
    fits = csr is not None and "does not match" not in pair.error_message
    invent(f"x5c: {len(sent) or 1} of ours, the first {'for the CSR' if fits else 'for another key'}")
    twice = any("base64 TEXT" in element or element.startswith("TUlJ") for element in sent)
    return chain_for(csr if fits else None, pair.fields.get("attributes"), with_ca=len(sent) > 1, twice=twice)


def _subject(csr: str) -> str:
    """The policy's subject string from a recorded CSR, which holds its parts in reverse (protocol §3)."""
    if not csr or is_trimmed(csr):
        return "CN=recorded"
    return format_name(x509.load_der_x509_csr(base64.b64decode(csr)).subject) or "CN=recorded"
