"""Distinguished names of the Key Vault emulator: what is read is written alike."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from keyvault_emulator.distinguished_names import format_name, parse_name


@pytest.mark.parametrize(
    "text",
    ["CN=web.example.com", 'CN=a, O="Ex, ""Inc""", C=DE', "CN=a + OU=b, S=WA", 'CN=" a"', "CN=a, 1.2.3.4=b", ""],
)
def test_a_name_comes_back_as_it_was_written(text: str) -> None:
    assert format_name(parse_name(text)) == text


@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=60), max_size=4)
)
def test_whatever_a_name_says_it_survives(values: list[str]) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, value) for value in values])
    assert parse_name(format_name(name)) == name
