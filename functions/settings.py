"""The only reader of environment variables. Every name here is in the README's table and in local.settings.sample.json.

What nothing can run without (vaults, storage, topic, identity) raises BadSettings. Any other setting that cannot work
is a fault: it is told, its channel waits, or what is safe is taken in its place, and everything else goes on.

The host reads some of the same settings (connections of triggers, the timers' schedules); they are not repeated under
names of our own.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from functions.channel_settings import Mail, Teams, mail_of, notify_urls_of, rules_of, teams_of
from functions.issuance.choices import Choices, DigestWhen, Takes
from functions.issuance.errors import BadSettings
from functions.issuance.findings import CHOICES
from functions.issuance.links import PORTAL, Links
from functions.issuance.rules import EMAIL
from functions.issuance.timing import Patience
from functions.role_settings import operators_of, signers_of
from functions.setting_values import (
    Env,
    Faults,
    entries,
    flag,
    https,
    https_of,
    number,
    period,
    required,
    shares,
    text,
    web_url,
    word,
)

VAULTS = "CERTFLOW_VAULTS"
ISSUERS, DOMAINS = "CERTFLOW_ISSUERS", "CERTFLOW_OWNER_DOMAINS"
# Labels of letters, digits and hyphens (RFC 1123 §2.1), two at least, the last one no number (an IP address).
DOMAIN = re.compile(r"\*|(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
QUEUES = "AzureWebJobsStorage__queueServiceUri"
STORAGE_ID = "CERTFLOW_CHAIN_STORAGE_ID"
TRUSTED, REFUSED = "CERTFLOW_TRUSTED_CAS", "CERTFLOW_REFUSED_WARNINGS"
ISSUER = re.compile(r"\*|[0-9A-Za-z-]{1,127}")
OBSERVE = "observe"
CONTAINER = "chains"
HOST = re.compile(r"[0-9A-Za-z.-]+(:[0-9]+)?")
LEAST_BUDGET = 50  # with less, the looks under way and a page of a survey outlast a vault's lease (shift.py, HELD)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that may differ between Azure, a laptop, and a test. `rules`: a table (JSON), or a blob's path.

    `mailboxes` get the mail that is nobody else's.
    `faults`: what cannot work as it is set, each a sentence that names the setting and its cure; the rest works.
    `waiting`: the channels (by name) that cannot be used for one of these, with the sentence that says so.
    """

    vaults: Mapping[str, str]
    verify_challenge_resource: bool
    tables_url: str
    chains_url: str
    topic_endpoint: str
    teams: Teams
    mail: Mail | None
    mailboxes: tuple[str, ...]
    notify_urls: tuple[str, ...] = field(repr=False)
    rules: str
    app_service_auth: bool
    include_root: bool
    choices: Choices
    links: Links
    faults: tuple[str, ...] = ()
    waiting: Mapping[str, str] = field(default_factory=dict)


def queues_url(env: Env) -> str:
    """Where our queues are, read by itself: they are written to also while another setting is wrong. Raises
    BadSettings.
    """
    return _url(env, QUEUES)


def client_id(env: Env) -> str | None:
    """The user-assigned identity to use; None for the app's own. Raises BadSettings."""
    return text(env, "AZURE_CLIENT_ID") or None


def load_settings(env: Env) -> Settings:
    """Reads and checks all settings. Raises BadSettings for those that nothing can run without, which names the setting
    and what it should look like.
    """
    faults = Faults()
    vaults, observed = _vaults(env)
    teams, (mail, mailboxes) = teams_of(env, faults), mail_of(env, faults)
    urls = notify_urls_of(env, faults)
    numbered = (f"urls:{number_}" for number_ in range(1, len(urls) + 1))
    channels = {*teams.webhooks, *faults.waiting, *([EMAIL] if mail else []), *(["urls", *numbered] if urls else [])}
    choices = _choices(env, faults, observed, vaults)
    return Settings(
        vaults=vaults,
        verify_challenge_resource=_flag(env, faults, "CERTFLOW_VERIFY_CHALLENGE_RESOURCE", default=True, safe=True),
        tables_url=_url(env, "AzureWebJobsStorage__tableServiceUri"),
        chains_url=_url(env, "ChainStorage__blobServiceUri"),
        topic_endpoint=_url(env, "CERTFLOW_TOPIC_ENDPOINT"),
        teams=teams,
        mail=mail,
        mailboxes=mailboxes,
        notify_urls=urls,
        rules=faults.taken(lambda: rules_of(env), ""),
        # Without it nobody's word is taken on who asks.
        app_service_auth=_flag(env, faults, "WEBSITE_AUTH_ENABLED", default=False, safe=False),
        include_root=_flag(env, faults, "CERTFLOW_CHAIN_INCLUDE_ROOT", default=False, safe=False),
        choices=replace(
            choices, signers=signers_of(env, faults, channels), operators=operators_of(env, faults, channels)
        ),
        links=Links(
            portal=faults.taken(lambda: https_of(env, "CERTFLOW_PORTAL_URL"), None) or PORTAL,
            vaults=vaults,
            chain_storage=faults.taken(lambda: _chain_storage(env), None),
            runbook=faults.taken(lambda: https_of(env, "CERTFLOW_RUNBOOK_URL"), None),
            api=faults.taken(lambda: web_url(env, "CERTFLOW_API_URL").rstrip("/"), "")
            or faults.taken(lambda: _own_address(env), Links().api),
            chains=f"{_url(env, 'ChainStorage__blobServiceUri')}/{CONTAINER}",
        ),
        faults=tuple(sorted(set(faults.told))),
        waiting=faults.waiting,
    )


def _flag(env: Env, faults: Faults, name: str, *, default: bool, safe: bool) -> bool:
    return faults.taken(lambda: flag(env, name, default=default), safe)


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


def _choices(env: Env, faults: Faults, observed: frozenset[str], vaults: Collection[str]) -> Choices:
    usual = Choices()
    least, most, seconds = LEAST_BUDGET, 4000, int(usual.gathers.total_seconds())

    def patience(name: str, default: timedelta) -> timedelta:
        return faults.taken(lambda: period(env, name, default), default)

    return Choices(
        budget=faults.taken(lambda: number(env, "CERTFLOW_VAULT_BUDGET", least, most, usual.budget), usual.budget),
        patience=Patience(
            issuer=patience("CERTFLOW_PATIENCE_ISSUER", usual.patience.issuer),
            manual=patience("CERTFLOW_PATIENCE_MANUAL", usual.patience.manual),
        ),
        ladder=faults.taken(lambda: shares(env, "CERTFLOW_EXPIRY_LADDER", usual.ladder), usual.ladder),
        # It is set to turn renewals off, so nothing is started before it is known what is wanted. Owners hear of ends.
        renews=_flag(env, faults, "CERTFLOW_RENEW", default=usual.renews, safe=False),
        most_renewals=faults.taken(
            lambda: number(env, "CERTFLOW_RENEW_MOST", 0, 100_000, usual.most_renewals), usual.most_renewals
        ),
        digest=DigestWhen(
            faults.taken(lambda: word(env, "CERTFLOW_DIGEST", tuple(DigestWhen), usual.digest), usual.digest.value)
        ),
        gathers=timedelta(seconds=faults.taken(lambda: number(env, "CERTFLOW_GATHER", 0, 600, seconds), seconds)),
        observed=observed,
        owner_domains=_owner_domains(env, faults),
        issuers=_issuers(env, faults, usual.issuers),
        refused_warnings=_refused_warnings(env, faults),
        trusted=_trusted(env, faults, vaults),
    )


def _owner_domains(env: Env, faults: Faults) -> tuple[str, ...]:
    """Domains, separated by commas. What is none takes no mail."""
    given = [one.lower() for one in faults.taken(lambda: entries(env, DOMAINS), list[str]())]
    for number_, one in enumerate(given, 1):
        if not DOMAIN.fullmatch(one):
            faults.tell(
                f"{DOMAINS}: entry {number_} is no domain. Write example.com, *.example.com for all below it, or * for "
                "any; one that is not ASCII as xn--…. Until then nobody there gets mail."
            )
    return tuple(one for one in given if DOMAIN.fullmatch(one))


def _issuers(env: Env, faults: Faults, usual: tuple[str, ...]) -> tuple[str, ...]:
    """Names of issuers, separated by commas; `*` for any but Self. What is none allows none."""
    try:
        given = entries(env, ISSUERS)
    except BadSettings as error:
        faults.tell(f"{error} Until then no issuer may be used.")
        return ()
    for number_, one in enumerate(given, 1):
        if not ISSUER.fullmatch(one):
            faults.tell(
                f"{ISSUERS}: entry {number_} is no issuer's name, and allows none; write DigiCert,Unknown or *."
            )
    return tuple(one for one in given if ISSUER.fullmatch(one)) if given else usual


def _refused_warnings(env: Env, faults: Faults) -> frozenset[str]:
    """Codes of findings, separated by commas. What is none keeps nothing back."""
    given = [one.lower() for one in faults.taken(lambda: entries(env, REFUSED), list[str]())]
    for number_, one in enumerate(given, 1):
        if one not in CHOICES:
            allowed = ", ".join(sorted(CHOICES))
            faults.tell(f"{REFUSED}: entry {number_} is none of {allowed}. Until then it keeps nothing back.")
    return CHOICES & frozenset(given)


def _trusted(env: Env, faults: Faults, vaults: Collection[str]) -> dict[str, Takes]:
    """One word for all vaults, or `alias=word` for each that is not to take what the files say; separated by commas.
    What cannot be read is as if it were not there: then a vault takes what the files say, and no more.
    """
    given = [one.lower() for one in faults.taken(lambda: entries(env, TRUSTED), list[str]())]
    if len(given) == 1 and given[0] in Takes:
        return dict.fromkeys(vaults, Takes(given[0]))
    named: dict[str, Takes] = {}
    for number_, entry in enumerate(given, 1):
        alias, _, takes = (part.strip() for part in entry.partition("="))
        until = "Until then it counts for nothing."
        if takes not in Takes:
            words = " or ".join(Takes)
            faults.tell(f"{TRUSTED}: entry {number_}: write {words} for all vaults, or alias={words}. {until}")
        elif alias not in vaults:
            faults.tell(f"{TRUSTED}: entry {number_} names no alias of {VAULTS}. {until}")
        elif alias in named:
            faults.tell(
                f"{TRUSTED}: entry {number_} names an alias that another names. Until then it takes the files'."
            )
            named[alias] = Takes.FILES
        else:
            named[alias] = Takes(takes)
    return {alias: takes for alias, takes in named.items() if takes is not Takes.FILES}


def _own_address(env: Env) -> str:
    """Where our routes are, as the platform says (Learn, "App settings reference"); their path where it does not."""
    host = text(env, "WEBSITE_HOSTNAME")
    if host and not HOST.fullmatch(host):
        raise BadSettings("WEBSITE_HOSTNAME: this is no host name; the platform sets it, so take yours away.")
    return f"https://{host}/api" if host else Links().api


def _chain_storage(env: Env) -> str | None:
    found = text(env, STORAGE_ID)
    if found and not found.startswith("/subscriptions/"):
        raise BadSettings(f"{STORAGE_ID}: this is no resource id; it begins with /subscriptions/.")
    return found or None


def _url(env: Env, name: str) -> str:
    return https(name, required(env, name))
