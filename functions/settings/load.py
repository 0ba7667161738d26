"""Reads all settings from environment variables, into one record (`Settings`). Every name here is
in catalogue.py, which docs/settings.md is written from, and in local.settings.sample.json.

A wrong setting without which nothing can run (vaults, storage, topic, identity) raises BadSettings.
Any other wrong setting is a fault: Certflow reports it, holds back the messages of the channel it
belongs to or uses a safe value in its place, and everything else works.

The Functions host reads some settings itself (connections of triggers, schedules of timers). They
are not repeated here under other names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from functions.model.blob_names import is_blob_path
from functions.model.errors import BadSettings
from functions.model.links import PORTAL, Links
from functions.model.options import Options
from functions.settings.auth_mode import AuthMode
from functions.settings.channels import Channels, read_channels, rules_of
from functions.settings.options import VAULTS, flag_or_safe, options_of
from functions.settings.roles import operators_of, signers_of
from functions.settings.sign_in import SignInSettings, page_sign_in_of, sign_in_of
from functions.settings.values import (
    Env,
    Faults,
    https,
    https_of,
    required,
    text,
    web_url,
)

QUEUES = "AzureWebJobsStorage__queueServiceUri"
STORAGE_ID = "CERTFLOW_CHAIN_STORAGE_ID"
OBSERVE = "observe"
CHAIN_CONTAINER = "chains"
ACCESS_SETTING = "CERTFLOW_ACCESS"
HOST = re.compile(r"[0-9A-Za-z.-]+(:[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may differ between Azure, a laptop, and a test.

    `vaults` maps aliases to addresses. `rules` is a table (JSON), or the path of a blob; `access`
    an access file (JSON), the path of a blob, or empty. `faults` has one sentence for each wrong
    setting, which names the setting and how to fix it.
    """

    vaults: Mapping[str, str]
    verify_challenge_resource: bool
    tables_url: str
    blobs_url: str
    chains_url: str
    topic_endpoint: str
    channels: Channels
    rules: str
    access: str
    include_root: bool
    sign_in: SignInSettings
    options: Options
    links: Links
    faults: tuple[str, ...] = ()


def queues_url(env: Env) -> str:
    """Returns the address of the app's queues. It is read apart from the other settings, because
    the app writes to its queues even while another setting is wrong. Raises BadSettings.
    """
    return _url(env, QUEUES)


def client_id(env: Env) -> str | None:
    """Returns the client id of the user-assigned identity to use; None for the identity of the app
    itself. Raises BadSettings.
    """
    return text(env, "AZURE_CLIENT_ID") or None


def load_settings(env: Env) -> Settings:
    """Reads and checks all settings. Raises BadSettings for a setting without which nothing can
    run; the error names the setting and says what it should look like.
    """
    faults = Faults()
    vaults, observed = _vaults(env)
    channels, sign_in = read_channels(env, faults), sign_in_of(env, faults)
    choices = replace(
        options_of(env, faults, observed, vaults),
        signers=signers_of(env, faults, channels.names),
        operators=operators_of(env, faults, channels.names),
    )
    return Settings(
        vaults=vaults,
        verify_challenge_resource=flag_or_safe(
            env, faults, "CERTFLOW_VERIFY_CHALLENGE_RESOURCE", default=True, safe=True
        ),
        tables_url=_url(env, "AzureWebJobsStorage__tableServiceUri"),
        blobs_url=_url(env, "AzureWebJobsStorage__blobServiceUri"),
        chains_url=_url(env, "ChainStorage__blobServiceUri"),
        topic_endpoint=_url(env, "CERTFLOW_TOPIC_ENDPOINT"),
        channels=channels,
        rules=faults.taken(lambda: rules_of(env), ""),
        # Safe is the wrong text: it is no access file, and so does not count as there being none.
        access=faults.taken(lambda: access_of(env), env.get(ACCESS_SETTING, "")),
        include_root=flag_or_safe(
            env, faults, "CERTFLOW_CHAIN_INCLUDE_ROOT", default=False, safe=False
        ),
        sign_in=sign_in,
        options=choices,
        links=_links_of(env, faults, vaults, sign_in),
        faults=tuple(sorted(set(faults.told))),
    )


def access_of(env: Env) -> str:
    """Returns the access file (JSON), or the path of a blob that holds it; empty for none. Its
    faults are told by whoever reads it (app/access.py). Raises BadSettings for what is neither.
    """
    given = text(env, ACCESS_SETTING)
    if not given or given.startswith("{") or is_blob_path(given):
        return given
    raise BadSettings(
        f"{ACCESS_SETTING}: write where the access file is (container/name of a blob, such as "
        "access/access.json), or the file itself (JSON). Until then the last good file counts."
    )


def _links_of(
    env: Env, faults: Faults, vaults: Mapping[str, str], sign_in: SignInSettings
) -> Links:
    return Links(
        portal=faults.taken(lambda: https_of(env, "CERTFLOW_PORTAL_URL"), None) or PORTAL,
        vaults=vaults,
        chain_storage=faults.taken(lambda: _chain_storage(env), None),
        runbook=faults.taken(lambda: https_of(env, "CERTFLOW_RUNBOOK_URL"), None),
        api=faults.taken(lambda: web_url(env, "CERTFLOW_API_URL").rstrip("/"), "")
        or faults.taken(lambda: _own_address(env), Links().api),
        chains=f"{_url(env, 'ChainStorage__blobServiceUri')}/{CHAIN_CONTAINER}",
        sign_in=sign_in.mode is AuthMode.ENTRA,
        console=page_sign_in_of(sign_in).registration is not None,
    )


def _vaults(env: Env) -> tuple[dict[str, str], frozenset[str]]:
    """Reads `alias=https://name.vault.azure.net`, several separated by commas; a vault that is
    written `alias:observe=…` is read only. Returns the addresses by alias, and the aliases that are
    read only; aliases in lower case. Raises BadSettings.
    """
    vaults, observed = dict[str, str](), set[str]()
    for entry in required(env, VAULTS).split(","):
        named, _, url = (part.strip() for part in entry.partition("="))
        alias, mode = _alias_and_mode(entry.strip(), named)
        if alias in vaults:
            raise BadSettings(f"{VAULTS}: the alias '{alias}' stands there twice.")
        address = _vault_address(url)
        if address in vaults.values():
            raise BadSettings(
                f"{VAULTS}: '{url}' has two aliases; every message about it would come twice."
            )
        vaults[alias] = address
        if mode:
            observed.add(alias)
    return vaults, frozenset(observed)


def _alias_and_mode(entry: str, named: str) -> tuple[str, str]:
    """Reads `alias` or `alias:observe`, the part of an entry before its "="."""
    alias, _, mode = named.lower().partition(":")
    if not re.fullmatch(r"[0-9a-z-]{1,24}", alias):
        raise BadSettings(
            f"{VAULTS}: '{entry}' does not begin with an alias (letters, digits, hyphens, 24 at "
            "most)."
        )
    if mode not in {"", OBSERVE}:
        raise BadSettings(f"{VAULTS}: after '{alias}:' nothing but '{OBSERVE}' may stand.")
    return alias, mode


def _vault_address(url: str) -> str:
    address = https(VAULTS, url).lower()
    if not re.fullmatch(r"https://[^/?#;=]+", address):
        raise BadSettings(
            f"{VAULTS}: '{url}' is no address of a vault, such as https://name.vault.azure.net."
        )
    return address


def _own_address(env: Env) -> str:
    """Returns the address of the app's routes: under the host name that the platform sets (Learn,
    "App settings reference"), or their path alone where it sets none.
    """
    host = text(env, "WEBSITE_HOSTNAME")
    if host and not HOST.fullmatch(host):
        raise BadSettings(
            "WEBSITE_HOSTNAME: this is no host name; the platform sets it, so take yours away."
        )
    return f"https://{host}/api" if host else Links().api


def _chain_storage(env: Env) -> str | None:
    found = text(env, STORAGE_ID)
    if found and not found.startswith("/subscriptions/"):
        raise BadSettings(f"{STORAGE_ID}: this is no resource id; it begins with /subscriptions/.")
    return found or None


def _url(env: Env, name: str) -> str:
    return https(name, required(env, name))
