"""The rows of signers that a setting makes, and what is wrong with them."""

from __future__ import annotations

import json
from typing import Any

from functions.model.people.signers import SignerRow
from functions.settings.load import load_settings
from tests.sample_settings import LEAST, MAIL

HOOKS = {"CERTFLOW_TEAMS_WEBHOOK_URL__PKI": "https://a.example.com/hook"}


def rows_of(given: Any) -> tuple[tuple[SignerRow, ...], tuple[str, ...]]:
    text = given if isinstance(given, str) else json.dumps(given)
    settings = load_settings(LEAST | MAIL | HOOKS | {"CERTFLOW_SIGNERS": text})
    return settings.options.signers, settings.faults
