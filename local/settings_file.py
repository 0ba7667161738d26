"""App settings of the user's own for `make up SETTINGS=file.json`: rules, patience, whatever is to be tried."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import Any

from local.functions_host import ROOT
from local.vaults import ALIASES

SAMPLE = ROOT / "local.settings.sample.json"
# What the stack itself sets: the addresses of its parts, and what opens them.
OWNED = re.compile(
    r"(AzureWebJobs|Chain)Storage.*|AZURE_CLIENT_ID|IDENTITY_.*|SSL_CERT_FILE|FUNCTIONS_WORKER_RUNTIME|"
    r"CERTFLOW_(AUTH|AUTH_(TENANT|API|PAGE|CLIENTS|AUTHORITY)|TOPIC_ENDPOINT|VERIFY_CHALLENGE_RESOURCE|SMTP_.*|TEAMS_WEBHOOK_URL)"
)
VAULTS = "CERTFLOW_VAULTS"
VAULT = re.compile(rf"\s*[a-z0-9-]+(:observe)?\s*=\s*\{{({'|'.join(ALIASES)})\}}\s*")


class BadSettingsFile(ValueError):
    """A settings file that cannot be used; the text says what to change."""


def read_settings(file: Path) -> dict[str, str]:
    """The settings of a file: an object of them, or one with `Values` as in local.settings.json.

    Raises BadSettingsFile if there is no such file, if it is something else, for a setting that the stack sets itself,
    and for one that Certflow does not have.
    """
    try:
        read = json.loads(file.read_text())
    except OSError as error:
        raise BadSettingsFile(f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise BadSettingsFile(f"{file} is no JSON: {error}") from None
    values = read.get("Values", read) if isinstance(read, dict) else read
    if not isinstance(values, dict):
        raise BadSettingsFile(f'{file}: write an object of app settings, such as {{"CERTFLOW_PATIENCE_MANUAL": "1d"}}')
    faults = [fault for name, value in values.items() if (fault := _fault(name, value))]
    if faults:
        raise BadSettingsFile(f"{file}: {' '.join(faults)}")
    return values


def _fault(name: str, value: Any) -> str | None:
    if OWNED.fullmatch(name):
        return f"{name} is set by the stack itself: take it out."
    if name.startswith("CERTFLOW_") and name.partition("__")[0] not in (known := _known()):
        meant = difflib.get_close_matches(name, known, n=1)
        return f"Certflow has no setting {name}{f'; did you mean {meant[0]}?' if meant else '.'}"
    if not isinstance(value, str):
        return f"{name} is no text: app settings are, so put its value in quotes."
    if name == VAULTS and not all(VAULT.fullmatch(entry) for entry in value.split(",")):
        return (
            f"{name}: the stack has these vaults: {_vaults()}. Write them so, with the braces, and :observe if wanted."
        )
    return None


def _known() -> list[str]:
    """The names of all settings: the sample has them, which a test holds."""
    return list(json.loads(SAMPLE.read_text())["Values"])


def _vaults() -> str:
    return ",".join(f"{alias}={{{alias}}}" for alias in ALIASES)
