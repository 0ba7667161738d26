"""Bodies of requests whose recorders kept none, or trimmed them: made so that the recorded answer can follow.

Where a body was kept it is sent as it is, but for key material.
"""

from __future__ import annotations

import base64
import binascii
import warnings
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import serialize_key_and_certificates

from tests.certificates import Ca, like, rsa_key
from tests.clock import real_now
from tests.conformance.recordings import Pair, Recording
from tests.integration.keyvault_helpers import OutsideCa, b64

_KEY = rsa_key()
_OUTSIDE = OutsideCa()
DERIVED = ("id", "attributes", "recoveryId", "deletedDate", "scheduledPurgeDate")  # what the service adds by itself


def body_for(recording: Recording, index: int, *, csr: str | None, backup: str | None) -> Any:
    """The body to send for a pair. `csr` is that of the operation pending here, `backup` the last blob got here."""
    pair = recording.pairs[index]
    if pair.action == "POST pending merge":
        return (pair.sent or {}) | {"x5c": _chain(pair, csr)}
    if pair.action == "POST import":
        return (pair.sent or _import_fields(pair)) | _key_and_certificate(pair)
    if pair.action == "POST certificates restore":
        return {"value": backup or "AAAA"}
    if pair.sent is not None or pair.method == "GET":
        return pair.sent
    return _without_recorder(recording, index)


def _without_recorder(recording: Recording, index: int) -> Any:
    pair, certificate = recording.pairs[index], recording.pairs[index].certificate
    if pair.action == "POST create" and certificate:
        return create_body(recording, index, certificate)
    if pair.action == "PATCH pending":
        return {"cancellation_requested": bool(pair.fields.get("cancellation_requested", True))}
    if pair.action == "PATCH policy":
        return _asked(pair.fields)
    if pair.action == "PATCH":
        return {"attributes": {"enabled": pair.fields["attributes"]["enabled"]}} | _tags(pair.fields)
    if pair.segments[:2] in (["certificates", "issuers"], ["certificates", "contacts"]):
        return issuer_or_contacts(pair.fields) if pair.method in ("PUT", "PATCH") else None
    return None


def create_body(recording: Recording, index: int, certificate: str) -> dict[str, Any]:
    """A create that leads to what is seen of the certificate later on."""
    operation = recording.operation_of(certificate, index) or {}
    policy = _asked(recording.policy_of(certificate, index) or {})
    policy.setdefault("x509_props", {"subject": _subject(operation.get("csr", ""))})
    policy["issuer"] = policy.get("issuer") or dict(operation.get("issuer") or {"name": "Self"})
    bundle = next((pair.fields for pair in recording.about(certificate, index) if "policy" in pair.fields), {})
    return {"policy": policy} | _tags(bundle)


def issuer_or_contacts(body: dict[str, Any]) -> dict[str, Any]:
    """What was put, from what came back: the password never does, and a zip that nobody sent always."""
    asked = _asked(body)
    if "org_details" in asked:
        asked["org_details"] = {key: value for key, value in asked["org_details"].items() if key != "zip"}
    return asked


def signed(csr: str) -> str:
    """A certificate for a CSR, by a CA that Key Vault does not know."""
    return b64(_OUTSIDE.sign_csr(csr))


def _asked(body: dict[str, Any]) -> dict[str, Any]:
    asked = {key: value for key, value in body.items() if key not in DERIVED}
    if "x509_props" in asked:
        props = asked["x509_props"]
        asked["x509_props"] = {key: value for key, value in props.items() if key != "basic_constraints"}
    return asked


def _tags(bundle: dict[str, Any]) -> dict[str, Any]:
    return {"tags": bundle["tags"]} if "tags" in bundle else {}


def _import_fields(pair: Pair) -> dict[str, Any]:
    """Tags were sent if they came back, be it as `{}`; so was a policy if it is another than the service makes."""
    made = pair.fields.get("policy", {})
    policy = {"secret_props": made.get("secret_props"), "lifetime_actions": made.get("lifetime_actions")}
    was_sent = made and (policy["lifetime_actions"] == [] or _is_pem(pair))
    return _tags(pair.fields) | ({"policy": policy} if was_sent else {})


def _is_pem(pair: Pair) -> bool:
    policy = pair.fields.get("policy") or (pair.sent or {}).get("policy") or {}
    return "pem" in str(policy.get("secret_props", {}).get("contentType"))


def _chain(pair: Pair, csr: str | None) -> list[str]:
    if csr is None or "does not match" in pair.error_message:
        return [b64(_OUTSIDE.certificate)]
    leaf = signed(csr)
    sent = [str(element) for element in (pair.sent or {}).get("x5c", [])]
    if any("base64 TEXT" in element or element.startswith("TUlJ") for element in sent):
        leaf = base64.b64encode(leaf.encode()).decode()
    return [leaf, b64(_OUTSIDE.certificate)] if len(sent) > 1 else [leaf]


def _subject(csr: str) -> str:
    """The policy's subject string from a recorded CSR, which holds its parts in reverse (protocol §3)."""
    try:
        name = x509.load_der_x509_csr(base64.b64decode(csr, validate=True)).subject
    except (ValueError, binascii.Error):
        return "CN=recorded"
    return ", ".join(reversed(name.rfc4514_string().split(","))) or "CN=recorded"


def _recorded_certificate(cer: str) -> x509.Certificate | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Microsoft's test certificate has a negative serial number
        try:
            return x509.load_der_x509_certificate(base64.b64decode(cer, validate=True))
        except (ValueError, binascii.Error):
            return None


def _key_and_certificate(pair: Pair) -> dict[str, str]:
    """A PFX, or PEM if the policy says so, with a certificate like the recorded one, for a key of ours."""
    model = _recorded_certificate(pair.fields.get("cer", ""))
    certificate = like(model, _KEY) if model else Ca.root("recorded", key=_KEY, at=real_now).certificate
    if _is_pem(pair):
        key = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return {"value": (key + certificate.public_bytes(Encoding.PEM)).decode()}
    pfx = serialize_key_and_certificates(None, _KEY, certificate, None, NoEncryption())
    return {"value": base64.b64encode(pfx).decode(), "pwd": ""}
