"""The create body: Key Vault's own, checked field by field."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from functions.model.errors import InvalidRequest
from functions.triggers.http.bodies import (
    AcknowledgeBody,
    CreateBody,
    RebuildBody,
    RehearseBody,
    RetryBody,
    check_name,
    parse,
    parse_cancel,
    parse_create,
    parse_merge,
)
from functions.triggers.http.openapi import CERTIFICATE_PATH, describe
from tests.certificates import Ca
from tests.clock import fixed_now

WHOLE: dict[str, Any] = {
    "policy": {
        "key_props": {"exportable": True, "kty": "RSA", "key_size": 3072, "reuse_key": False},
        "secret_props": {"contentType": "application/x-pem-file"},
        "x509_props": {
            "subject": "CN=web.example.com",
            "sans": {
                "dns_names": ["web.example.com"],
                "ipAddresses": ["192.0.2.1"],
                "uris": [],
                "upns": [],
                "emails": [],
            },
            "ekus": [],
            "key_usage": ["digitalSignature"],
            "validity_months": 3,
            "basic_constraints": {"ca": False},
        },
        "lifetime_actions": [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "EmailContacts"}}],
        "issuer": {"name": "Unknown", "cty": "OV-SSL", "cert_transparency": False},
        "attributes": {"enabled": True},
    },
    "attributes": {"enabled": True},
    "tags": {"team": "web"},
    "preserveCertOrder": True,
}


def test_key_vaults_whole_body_passes_through_unchanged() -> None:
    ours = {"owner": "me@example.com", "signer": "ca@example.com", "if_pending": "adopt", "requested_by": "me"}
    parsed, body = parse_create(json.dumps(WHOLE | ours).encode())
    assert body == WHOLE
    assert (parsed.owner, parsed.signer) == ("me@example.com", "ca@example.com")
    assert (parsed.if_pending, parsed.requested_by) == ("adopt", "me")


def test_an_empty_body_asks_for_the_next_version_like_the_last() -> None:
    assert parse_create(b"") == parse_create(b"{}") == (CreateBody(), {})
    create = describe(("main",))["paths"][f"{CERTIFICATE_PATH}/create"]["post"]
    assert create["requestBody"]["required"] is False


@pytest.mark.parametrize(
    ("body", "allowed"),
    [
        (b'{"polcy": {}}', "policy, attributes, tags"),
        (b'{"policy": {"x509_props": {"san": {}}}}', "subject, sans, "),
        (b'{"policy": {"key_props": {"key_size": 1024}}}', "256, 384, 521, 2048, 3072, 4096"),
        (b'{"policy": {"lifetime_actions": [{"trigger": {}, "action": {"action_type": "x"}}]}}', "EmailContacts"),
        (b'{"if_pending": "overwrite"}', "adopt, reject, replace"),
    ],
)
def test_what_is_allowed_is_said(body: bytes, allowed: str) -> None:
    with pytest.raises(InvalidRequest, match=f"Allowed: .*{allowed}"):
        parse_create(body)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "$"),
        (b"[]", "$"),
        (b'"text"', "$"),
        (b'{"polcy": {}}', "polcy"),
        (b'{"policy": {"x509_props": {"subjct": "CN=a"}}}', "policy.x509_props.subjct"),
        (b'{"policy": {"key_props": {"key_size": "big"}}}', "policy.key_props.key_size"),
        (b'{"policy": {"key_props": {"key_size": 1024}}}', "policy.key_props.key_size"),
        (b'{"policy": {"key_props": {"kty": "DSA"}}}', "policy.key_props.kty"),
        (b'{"policy": {"x509_props": {"sans": {"dns_names": [1]}}}}', "policy.x509_props.sans.dns_names[0]"),
        (
            b'{"policy": {"lifetime_actions": [{"trigger": {}, "action": {"action_type": "Renew"}}]}}',
            "policy.lifetime_actions[0].action.action_type",
        ),
        (json.dumps({"tags": {str(n): "" for n in range(16)}}).encode(), "tags"),
        (json.dumps({"tags": {"a": "b" * 513}}).encode(), "tags[...]"),
        (b'{"tags": {"certflow-owner": "ann", "Certflow-Owner": "bob"}}', "tags.Certflow-Owner"),
        (b'{"tags": {"certflow-mute ": "true"}}', "tags.certflow-mute "),
        (json.dumps({"tags": {"a" * 513: "b"}}).encode(), "tags"),
        (json.dumps({"tags": {"certflow-owner": "b" * 255}}).encode(), "tags.certflow-owner"),
        (b'{"owner": 5}', "owner"),
        (b'{"if_pending": "overwrite"}', "if_pending"),
        (b'{"requested_by": ""}', "requested_by"),
        (b'{"owner": "\xff"}', "$"),
        (b'{"owner": "a\\r\\nBcc: b@example.com"}', "owner"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(body: bytes, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_create(body)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


UNSEEN = [
    "\x00",
    "\n",
    "\t",
    "\x1b",
    "\x7f",
    "\x85",
    "\xad",
    "\u200b",
    "\u2028",
    "\u3164",  # a filler: a letter to Unicode, and blank
    "\ufe0f",
    "\u2029",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\ue000",
    "\U000e0041",
]


@pytest.mark.parametrize("character", UNSEEN, ids=ascii)
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"owner": "ann%"}, "owner"),
        ({"requested_by": "%"}, "requested_by"),
        ({"tags": {"certflow-owner": "a%b"}}, "tags.certflow-owner"),
        ({"tags": {"a%b": "c"}}, "tags"),
        ({"policy": {"x509_props": {"subject": "CN=a%b"}}}, "policy.x509_props.subject"),
        ({"policy": {"x509_props": {"sans": {"dns_names": ["a", "b%"]}}}}, "policy.x509_props.sans.dns_names[1]"),
        ({"policy": {"issuer": {"name": "Digi%Cert"}}}, "policy.issuer.name"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_seen_is_refused_wherever_a_caller_writes_it(
    body: dict[str, Any], field: str, character: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_create(json.dumps(body).replace("%", json.dumps(character)[1:-1]).encode())
    assert caught.value.field == field
    assert f"U+{ord(character):04X}" in str(caught.value)
    acknowledged = {"until": "7d", "why": f"a{character}b"}
    with pytest.raises(InvalidRequest, match=r"^why: "):
        parse(json.dumps(acknowledged).encode(), AcknowledgeBody)


@pytest.mark.parametrize("text", ["Zoë Müller", "株式会社", "Ann\xa0B", "a – b", "🔐", "الشركة", "it's (fine)"])
def test_what_people_write_is_taken(text: str) -> None:
    assert parse_create(json.dumps({"owner": text, "requested_by": text}).encode())[0].owner == text


def test_a_file_can_be_named_by_whatever_name_it_has() -> None:
    assert parse('{"name": "a\u2028b.pem"}'.encode(), RetryBody).name == "a\u2028b.pem"


@pytest.mark.parametrize("person", [" ", "   ", "\u00a0 \u2003"])
@pytest.mark.parametrize("role", ["owner", "signer"])
def test_a_blank_is_nobody(role: str, person: str) -> None:
    for body, field in (({role: person}, role), ({"tags": {f"certflow-{role}": person}}, f"tags.certflow-{role}")):
        with pytest.raises(InvalidRequest, match="This is blank") as caught:
            parse_create(json.dumps(body).encode())
        assert caught.value.field == field


@pytest.mark.parametrize("owner", ["ann@example.com", "Team Web", "A. Name <a@x.example>; b@x.example", "a@@b"])
def test_an_owner_is_whatever_people_write_in_one_line(owner: str) -> None:
    assert parse_create(json.dumps({"owner": owner}).encode())[0].owner == owner


@pytest.mark.parametrize("name", ["", "web.example.com", "a b", "ä", "x" * 128, "issuers", "Contacts"])
def test_a_name_that_key_vault_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        check_name(name)
    assert caught.value.field == "name"


def test_only_a_cancellation_can_be_asked_for() -> None:
    assert parse_cancel(b'{"cancellation_requested": true, "requested_by": "me"}').requested_by == "me"
    for body in (b"{}", b'{"cancellation_requested": false}', b'{"cancellation_requested": "yes"}', b""):
        with pytest.raises(InvalidRequest):
            parse_cancel(body)


def test_a_merge_body_holds_certificates_once_or_twice_encoded_and_key_vaults_other_fields() -> None:
    der = Ca.root("Root", at=fixed_now).certificate.public_bytes(Encoding.DER)
    once, twice = base64.b64encode(der), base64.b64encode(base64.b64encode(der))
    body = {"x5c": [once.decode(), twice.decode()], "tags": {"a": "b"}, "requested_by": "me"}
    assert parse_merge(json.dumps(body).encode()) == ([der, der], {"tags": {"a": "b"}}, "me")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"x5c": []}', "x5c"),
        (b'{"x5c": ["!"]}', "x5c[0]"),
        (b'{"x5c": ["AAAA", "LS0tLS1CRUdJTg=="]}', "x5c[0]"),
        (b"{}", "$"),
        (b'{"x5c": ["AAAA"], "value": "pfx"}', "value"),
        (b'{"x5c": ["MAAA"], "tags": {"certflow-owner": "  "}}', "tags.certflow-owner"),
        (b'{"x5c": ["MAAA"], "tags": {"CERTFLOW-RENEW": "off"}}', "tags.CERTFLOW-RENEW"),
    ],
)
def test_what_is_wrong_in_a_merge_body_is_named(body: bytes, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_merge(body)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "$"),
        (b"{}", "$"),
        (b'{"until": "7d"}', "$"),
        (b'{"until": 7, "why": "we know"}', "until"),
        (b'{"until": "", "why": "we know"}', "until"),
        (b'{"until": "7d", "why": ""}', "why"),
        (b'{"until": "7d", "why": "a\\nb"}', "why"),
        (b'{"until": "7d", "why": "we know", "for": "me"}', "for"),
        (b'{"until": "7d", "why": "we know", "requested_by": ""}', "requested_by"),
    ],
)
def test_an_acknowledgement_says_until_when_and_why(body: bytes, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse(body, AcknowledgeBody)
    assert caught.value.field == field


def test_which_messages_to_rehearse_is_a_list_of_events_or_nothing() -> None:
    assert parse(b"{}", RehearseBody).events == []
    assert parse(b'{"events": ["Issuance.Failed"]}', RehearseBody).events == ["Issuance.Failed"]
    for body, field in (
        (b'{"events": "all"}', "events"),
        (b'{"events": [1]}', "events[0]"),
        (b'{"event": []}', "event"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            parse(body, RehearseBody)
        assert caught.value.field == field


def test_which_vaults_to_rebuild_is_a_list_of_aliases_or_nothing() -> None:
    assert parse(b"{}", RebuildBody).vaults == []
    assert parse(b'{"vaults": ["main"], "requested_by": "ann"}', RebuildBody).vaults == ["main"]
    for body, field in (
        (b'{"vaults": "all"}', "vaults"),
        (b'{"vaults": [1]}', "vaults[0]"),
        (b'{"vault": "main"}', "vault"),
    ):
        with pytest.raises(InvalidRequest) as caught:
            parse(body, RebuildBody)
        assert caught.value.field == field
