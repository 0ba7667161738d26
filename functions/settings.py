"""The only reader of environment variables. Every name here is in the README's table and in local.settings.sample.json.

The host reads some of the same settings (connections of triggers, the timers' schedules); they are not repeated under
names of our own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from functions.issuance.blob_names import blob_name
from functions.issuance.choices import ANY, Choices, DigestWhen, Takes
from functions.issuance.errors import BadSettings, InvalidRequest
from functions.issuance.links import PORTAL, Links
from functions.issuance.rules import ADDRESS, is_table
from functions.issuance.telling import Limits
from functions.issuance.timing import Patience
from functions.setting_values import Env, flag, https, https_of, limits, number, period, required, shares, word

VAULTS, TEAMS, RULES = "CERTFLOW_VAULTS", "CERTFLOW_TEAMS_WEBHOOK_URL", "CERTFLOW_NOTIFY_RULES"
ISSUERS, DOMAINS = "CERTFLOW_ISSUERS", "CERTFLOW_OWNER_DOMAINS"
# Labels of letters, digits and hyphens (RFC 1123 §2.1), two at least, the last one no number (an IP address).
DOMAIN = re.compile(r"\*|(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
SMTP, ACS = "CERTFLOW_SMTP_SERVER", "CERTFLOW_ACS_ENDPOINT"
TRUSTED = "CERTFLOW_TRUSTED_CAS"
OBSERVE = "observe"
URLS = "CERTFLOW_NOTIFY_URLS"
SECRETS = {TEAMS, "CERTFLOW_SMTP_PASSWORD", URLS}
REFERENCES = ("@Microsoft.KeyVault(", "@Microsoft.AppConfiguration(")
UNRESOLVED = (
    "its reference to Key Vault is not resolved. See that the secret is there under this name, that the app's identity "
    "has the role Key Vault Secrets User, and that the vault's firewall lets the app in; then restart the app. (In the "
    "portal: Environment variables, Source.)"
)
AZURES_OWN, MOST_MAILS = ".azurecomm.net", 1_000_000
LIMITED = ("minute", "hour", "address", "caller")
OF_AZURES_DOMAIN, OF_OWN_DOMAIN = {"minute": 5, "hour": 10}, {"minute": 30, "hour": 100}
LEAST_BUDGET = 50  # with less, the looks under way and a page of a survey outlast a vault's lease (shift.py, HELD)


@dataclass(frozen=True, slots=True)
class Mail:
    """Outgoing mail: an SMTP server with STARTTLS (`host`), or Azure Communication Services (`acs_endpoint`)."""

    sender: str
    default_to: tuple[str, ...]
    limits: Limits
    acs_endpoint: str | None = None
    host: str = ""
    port: int = 587
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Teams:
    """The Workflows webhooks by channel name: `teams`, and `teams:{name}` for further ones."""

    webhooks: Mapping[str, str] = field(repr=False)
    auth: Literal["sas", "entra"]
    envelope: Literal["message", "card"]


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may differ between Azure, a laptop, and a test. `rules`: a table (JSON), or a blob's path.

    `faults`: what cannot work as it is set, each a sentence that names the setting and its cure; the rest works.
    `unresolved`: the channels (by name) whose secret is not there, with the sentence that says so.
    """

    vaults: Mapping[str, str]
    verify_challenge_resource: bool
    client_id: str | None
    queues_url: str
    tables_url: str
    chains_url: str
    topic_endpoint: str
    teams: Teams
    mail: Mail | None
    notify_urls: tuple[str, ...] = field(repr=False)
    rules: str
    app_service_auth: bool
    include_root: bool
    choices: Choices
    links: Links
    faults: tuple[str, ...] = ()
    unresolved: Mapping[str, str] = field(default_factory=dict)


def load_settings(env: Env) -> Settings:
    """Reads and checks all settings. Raises BadSettings, which names the setting and what it should look like."""
    env, unresolved = _resolved(env)
    vaults, observed = _vaults(env)
    domains, no_domains = _owner_domains(env)
    return Settings(
        vaults=vaults,
        verify_challenge_resource=flag(env, "CERTFLOW_VERIFY_CHALLENGE_RESOURCE", default=True),
        client_id=env.get("AZURE_CLIENT_ID") or None,
        queues_url=_url(env, "AzureWebJobsStorage__queueServiceUri"),
        tables_url=_url(env, "AzureWebJobsStorage__tableServiceUri"),
        chains_url=_url(env, "ChainStorage__blobServiceUri"),
        topic_endpoint=_url(env, "CERTFLOW_TOPIC_ENDPOINT"),
        teams=_teams(env),
        mail=_mail(env),
        notify_urls=tuple(env.get(URLS, "").split()),
        rules=_rules(env),
        app_service_auth=flag(env, "WEBSITE_AUTH_ENABLED", default=False),
        include_root=flag(env, "CERTFLOW_CHAIN_INCLUDE_ROOT", default=False),
        choices=_choices(env, observed, domains, vaults),
        links=Links(
            portal=https_of(env, "CERTFLOW_PORTAL_URL") or PORTAL,
            vaults=vaults,
            chain_storage=env.get("CERTFLOW_CHAIN_STORAGE_ID") or None,
            runbook=https_of(env, "CERTFLOW_RUNBOOK_URL"),
        ),
        faults=(*unresolved.values(), *no_domains),
        unresolved=dict(_channels_of(unresolved)),
    )


def _resolved(env: Env) -> tuple[Env, dict[str, str]]:
    """The settings without those secrets whose reference App Service could not resolve; and a sentence for each.

    It hands out the reference itself as the value then (MicrosoftDocs/azure-docs#28923), which as a webhook's address
    would look like Teams being down. What is meant for a channel that lacks its secret waits, and nothing else does;
    any other setting is needed as it was meant. Raises BadSettings for one of those.
    """
    faults = dict[str, str]()
    for name, value in sorted(env.items()):
        if name.startswith("CERTFLOW_") and value.strip().startswith(REFERENCES):
            fault = f"{name}: {UNRESOLVED}"
            if name not in SECRETS and not name.startswith(f"{TEAMS}__"):
                raise BadSettings(fault)
            faults[name] = fault
    return {name: value for name, value in env.items() if name not in faults}, faults


def _channels_of(faults: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The names of the channels that lack their secret. Mail that lacks its password is there, and says so itself."""
    for setting, fault in faults.items():
        if setting.startswith(TEAMS):
            further = setting.removeprefix(TEAMS).removeprefix("__").lower()
            yield f"teams:{further}" if further else "teams", fault
        elif setting == URLS:
            yield "urls", fault


def _vaults(env: Env) -> tuple[dict[str, str], frozenset[str]]:
    """`alias=https://name.vault.azure.net`, several separated by commas; `alias:observe=…` only watches. Aliases are
    lower-cased.
    """
    vaults, observed = dict[str, str](), set[str]()
    for entry in required(env, VAULTS).split(","):
        named, _, url = (part.strip() for part in entry.partition("="))
        alias, _, mode = named.lower().partition(":")
        if not re.fullmatch(r"[0-9a-z-]{1,24}", alias):
            raise BadSettings(
                f"{VAULTS}: '{entry.strip()}' does not begin with an alias (letters, digits, hyphens, 24 at most)."
            )
        if mode not in {"", OBSERVE}:
            raise BadSettings(f"{VAULTS}: after '{alias}:' nothing but '{OBSERVE}' may stand.")
        if alias in vaults:
            raise BadSettings(f"{VAULTS}: the alias '{alias}' stands there twice.")
        vaults[alias] = https(VAULTS, url).lower()
        if not re.fullmatch(r"https://[^/?#;=]+", vaults[alias]):
            raise BadSettings(f"{VAULTS}: '{url}' is no address of a vault, such as https://name.vault.azure.net.")
        if list(vaults.values()).count(vaults[alias]) > 1:
            raise BadSettings(f"{VAULTS}: '{url}' has two aliases; everything there would be told twice.")
        observed |= {alias} if mode else set()
    return vaults, frozenset(observed)


def _choices(env: Env, observed: frozenset[str], domains: tuple[str, ...], vaults: Collection[str]) -> Choices:
    usual = Choices()
    return Choices(
        budget=number(env, "CERTFLOW_VAULT_BUDGET", LEAST_BUDGET, 4000, usual.budget),
        patience=Patience(
            issuer=period(env, "CERTFLOW_PATIENCE_ISSUER", usual.patience.issuer),
            manual=period(env, "CERTFLOW_PATIENCE_MANUAL", usual.patience.manual),
        ),
        ladder=shares(env, "CERTFLOW_EXPIRY_LADDER", usual.ladder),
        renews=flag(env, "CERTFLOW_RENEW", default=usual.renews),
        most_renewals=number(env, "CERTFLOW_RENEW_MOST", 0, 100_000, usual.most_renewals),
        digest=DigestWhen(word(env, "CERTFLOW_DIGEST", tuple(DigestWhen), usual.digest)),
        observed=observed,
        owner_domains=domains,
        issuers=_issuers(env, usual.issuers),
        trusted=_trusted(env, vaults),
    )


def _owner_domains(env: Env) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Domains, separated by commas; and what is wrong with those that are none. Nothing stops for these: they take no
    mail, and whoever runs the app is told.
    """
    given = [one.strip().lower() for one in env.get(DOMAINS, "").split(",") if one.strip()]
    domains = tuple(one for one in given if DOMAIN.fullmatch(one))
    faults = tuple(
        f"{DOMAINS}: entry {number} is no domain. Write example.com, *.example.com for all below it, or * for any; "
        "one that is not ASCII as xn--…. Until then nobody there gets mail."
        for number, one in enumerate(given, 1)  # not the entry itself: GET health tells this to anybody
        if one not in domains
    )
    return domains, faults


def _issuers(env: Env, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Names of issuers, separated by commas; `*` for any but Self."""
    issuers = tuple(name.strip() for name in env.get(ISSUERS, "").split(",") if name.strip())
    if wrong := [name for name in issuers if name != ANY and not re.fullmatch(r"[0-9A-Za-z-]{1,127}", name)]:
        raise BadSettings(f"{ISSUERS}: '{wrong[0]}' is no issuer's name; write DigiCert,Unknown or *, say.")
    return issuers or usual


def _trusted(env: Env, vaults: Collection[str]) -> dict[str, Takes]:
    """One word for all vaults, or `alias=word` for each that is not to take what the files say; separated by commas."""
    text = env.get(TRUSTED, "").strip().lower()
    if text in Takes:
        return dict.fromkeys(vaults, Takes(text))
    named: dict[str, Takes] = {}
    for entry in filter(None, text.split(",")):
        alias, _, takes = (part.strip() for part in entry.partition("="))
        if takes not in Takes:
            allowed = " or ".join(Takes)
            raise BadSettings(f"{TRUSTED}: write {allowed} for all vaults, or alias={allowed}, not '{entry.strip()}'.")
        if alias not in vaults:
            raise BadSettings(f"{TRUSTED}: '{alias}' is no alias in {VAULTS}. There are {', '.join(vaults)}.")
        if alias in named:
            raise BadSettings(f"{TRUSTED}: the alias '{alias}' stands there twice.")
        named[alias] = Takes(takes)
    return {alias: takes for alias, takes in named.items() if takes is not Takes.FILES}


def _teams(env: Env) -> Teams:
    webhooks = {"teams": env[TEAMS]} if env.get(TEAMS) else {}
    for name in sorted(env):
        further = name.removeprefix(f"{TEAMS}__")
        if further != name and env[name]:
            webhooks[f"teams:{further.lower()}"] = env[name]
    return Teams(
        webhooks,
        auth="entra" if word(env, "CERTFLOW_TEAMS_AUTH", ("sas", "entra"), "sas") == "entra" else "sas",
        envelope="card"
        if word(env, "CERTFLOW_TEAMS_ENVELOPE", ("message", "card"), "message") == "card"
        else "message",
    )


def _mail(env: Env) -> Mail | None:
    server, acs = env.get(SMTP), https_of(env, ACS)
    if server and acs:
        raise BadSettings(f"{SMTP} and {ACS} are both set; mail goes out by one of them.")
    if not server and not acs:
        return None
    host, _, port = (server or "").partition(":")
    if server and (not host or not (port or "587").isdigit()):
        raise BadSettings(f"{SMTP}: write host:port, such as smtp.example.com:587.")
    to = [address.strip() for address in required(env, "CERTFLOW_MAIL_TO").split(",") if address.strip()]
    if not to or not all(ADDRESS.fullmatch(address) for address in to):
        raise BadSettings("CERTFLOW_MAIL_TO: write mail addresses, separated by commas.")
    sender = required(env, "CERTFLOW_MAIL_FROM")
    return Mail(
        sender=sender,
        default_to=tuple(to),
        limits=_mail_limits(env, sender, by_azure=acs is not None),
        acs_endpoint=acs,
        host=host,
        port=int(port or "587"),
        user=env.get("CERTFLOW_SMTP_USER") or None,
        # A secret that was set from a file has the line end of its editor.
        password=env.get("CERTFLOW_SMTP_PASSWORD", "").rstrip("\r\n") or None,
    )


def _mail_limits(env: Env, sender: str, *, by_azure: bool) -> Limits:
    """What is set, and else what the service gives to everybody: Communication Services to its own domain
    (….azurecomm.net) and to one's own (Learn, "Service limits for Azure Communication Services"); a mail server any
    number.
    """
    of_azure = sender.rstrip(" >").lower().endswith(AZURES_OWN)
    usual = (OF_AZURES_DOMAIN if of_azure else OF_OWN_DOMAIN) if by_azure else {}
    return Limits(**usual | limits(env, "CERTFLOW_MAIL_LIMITS", LIMITED, MOST_MAILS))


def _rules(env: Env) -> str:
    """A table (JSON), or the path of a blob that has it. What is wrong in a table is told with each message, so it is
    read there: a slip about who is told must not stop the watching.
    """
    text = env.get(RULES, "").strip()
    if is_table(text):
        return text
    container, _, name = text.partition("/")
    try:
        if re.fullmatch(r"[a-z0-9-]{3,63}", container) and blob_name(name):
            return text
    except InvalidRequest as error:
        raise BadSettings(f"{RULES}: {error}") from None
    raise BadSettings(f"{RULES}: write a list of rules (JSON), or where they are: container/name of a blob.")


def _url(env: Env, name: str) -> str:
    return https(name, required(env, name))
