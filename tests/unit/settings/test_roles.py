"""CERTFLOW_SIGNERS and CERTFLOW_OPERATORS: what is wrong in them is told and keeps nothing back."""

from __future__ import annotations

from typing import Any

import pytest

from functions.model.people.signers import SignerRow
from functions.settings.load import load_settings
from tests.sample_settings import LEAST, MAIL
from tests.unit.signer_settings import HOOKS, rows_of

PKI = "pki@example.com"


def test_rows_are_read() -> None:
    row = {"vaults": ["prod"], "names": ["pay-*"], "dns": ["*.pay.example.com"], "to": [PKI, "Teams:PKI"]}
    rows, faults = rows_of([row, {"to": ["email"]}])
    assert rows == (
        SignerRow((PKI, "teams:pki"), ("prod",), ("pay-*",), ("*.pay.example.com",)),
        SignerRow(("email",)),
    )
    assert faults == ()
    assert rows_of("") == rows_of("[]") == ((), ())


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"to": []}, "row 1: write a list of mail addresses and channels for to. Until then CERTFLOW_MAIL_TO gets its"),
        ({"to": PKI}, "row 1: write a list of mail addresses and channels for to."),
        (
            {"to": ["a@@b"]},
            "row 1, to: no mail address, and no channel that is set: entry 1. Until then CERTFLOW_MAIL_TO",
        ),
        ({"to": ["teams:typo"]}, "row 1, to: no mail address, and no channel that is set: entry 1."),
        ({"to": ["teams"]}, "row 1, to: no mail address, and no channel that is set: entry 1."),
        ({}, "row 1: write a list of mail addresses"),
    ],
)
def test_what_a_row_without_recipients_takes_goes_to_the_default_mailboxes(wrong: Any, says: str) -> None:
    rows, (fault,) = rows_of([{"names": ["pay-*"], **wrong}, {"to": [PKI]}])
    assert fault.startswith(f"CERTFLOW_SIGNERS: {says}")
    assert rows == (SignerRow(("email",), names=("pay-*",)), SignerRow((PKI,)))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (5, "row 1 is no object"),
        ([], "row 1 is no object"),
        ({"names": "pay-*", "to": [PKI]}, "row 1: write lists of texts for vaults, names, dns."),
        ({"dns": [""], "to": [PKI]}, "row 1: write lists of texts for vaults, names, dns."),
        ({"name": ["pay-*"], "to": [PKI]}, "row 1 has 1 unknown fields, and takes none; there are vaults, names, dns"),
    ],
)
def test_a_row_whose_patterns_cannot_be_read_takes_nothing_and_the_others_count(wrong: Any, says: str) -> None:
    rows, (fault,) = rows_of([wrong, {"to": [PKI]}])
    assert fault.startswith(f"CERTFLOW_SIGNERS: {says}")
    assert rows == (SignerRow((PKI,)),)


@pytest.mark.parametrize("text", ["{", '{"to": ["teams"]}', "pki@example.com", "[" * 100_000])
def test_a_table_that_is_none_is_told_and_the_default_mailboxes_get_all_csrs(text: str) -> None:
    rows, (fault,) = rows_of(text)
    assert rows == ()
    example = fault.partition("such as ")[2].partition(". Until")[0]
    assert fault.startswith("CERTFLOW_SIGNERS: write a list of rows (JSON), such as ")
    assert rows_of(example) == ((SignerRow((PKI,), vaults=("prod",)),), ())
    assert fault.endswith("Until then CSRs go to CERTFLOW_MAIL_TO.")


def test_of_several_recipients_those_count_that_are_some() -> None:
    rows, (fault,) = rows_of([{"to": ["pki@", PKI]}])
    assert rows == (SignerRow((PKI,)),)
    assert fault.endswith("entry 1. The others get mail.")
    assert "pki@," not in fault


def test_operators_are_addresses_and_channels() -> None:
    def read(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        settings = load_settings(LEAST | MAIL | HOOKS | {"CERTFLOW_OPERATORS": text})
        return settings.options.operators, settings.faults

    assert read("") == ((), ())
    assert read("ops@example.com, teams:pki") == (("ops@example.com", "teams:pki"), ())
    operators, (fault,) = read("ops, ops@example.com")
    assert operators == ("ops@example.com",)
    assert fault == ("CERTFLOW_OPERATORS: no mail address, and no channel that is set: entry 1. The others get mail.")
    operators, (fault,) = read("ops")
    assert operators == ()
    assert fault.endswith("entry 1. Until then CERTFLOW_MAIL_TO gets the mail.")


def test_a_channel_that_waits_for_its_own_setting_is_one_all_the_same() -> None:
    hooks = {"CERTFLOW_TEAMS_WEBHOOK_URL__PKI": "nowhere"}
    settings = load_settings(LEAST | MAIL | hooks | {"CERTFLOW_OPERATORS": "teams:pki"})
    assert settings.options.operators == ("teams:pki",)
