"""The create body: Key Vault's own, checked field by field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.issuance.errors import InvalidRequest
from functions.triggers.bodies import parse_order

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
    order = parse_order("main", "web", json.dumps(WHOLE | {"owner": "me@example.com"}).encode())
    assert order.body == WHOLE
    assert order.owner == "me@example.com"


def test_the_owner_may_stand_in_a_tag() -> None:
    order = parse_order("main", "web", b'{"tags": {"certflow-owner": "you@example.com"}}')
    assert order.owner == "you@example.com"
    assert order.body == {"tags": {"certflow-owner": "you@example.com"}}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "$"),
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
        (b'{"owner": 5}', "owner"),
        (b'{"owner": "a\\r\\nBcc: b@example.com"}', "owner"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(body: bytes, field: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_order("main", "web", body)
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


@pytest.mark.parametrize("name", ["", "web.example.com", "a b", "ä", "x" * 128, "issuers", "Contacts"])
def test_a_name_that_key_vault_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_order("main", name, b"{}")
    assert caught.value.field == "name"
