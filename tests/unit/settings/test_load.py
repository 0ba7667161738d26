"""Settings: read in one place, and a wrong one says what it should look like."""

from __future__ import annotations

import sys
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest

from function_app import channels
from functions.model.errors import BadSettings
from functions.model.links import Links
from functions.model.options import ActsMode, DigestWhen, Options, Takes
from functions.settings.load import QUEUES, Settings, load_settings, queues_url
from tests.sample_settings import FULL, LEAST, MAIL, REFERENCE, SIGN_IN


def test_the_least_that_is_needed() -> None:
    settings = load_settings(LEAST)
    assert settings.vaults == {"main": "https://kv.vault.azure.net"}
    assert settings.tables_url == "https://a.table.core.windows.net"
    assert (settings.verify_challenge_resource, settings.include_root) == (True, False)
    assert (settings.channels.teams.webhooks, settings.channels.mail) == ({}, None)


def test_a_root_is_merged_where_that_is_wanted() -> None:
    assert load_settings(LEAST | {"CERTFLOW_CHAIN_INCLUDE_ROOT": "true"}).include_root is True


def test_several_vaults_and_mail() -> None:
    vaults = "Main=https://a.vault.azure.net, eu=https://b.vault.azure.net"
    settings = load_settings(LEAST | MAIL | {"CERTFLOW_VAULTS": vaults, "CERTFLOW_VERIFY_CHALLENGE_RESOURCE": "False"})
    assert list(settings.vaults) == ["main", "eu"]
    assert settings.verify_challenge_resource is False
    assert settings.channels.mail is not None
    assert (settings.channels.mail.host, settings.channels.mail.port) == ("smtp.example.com", 2525)
    assert settings.channels.mailboxes == ("a@example.com", "b@example.com")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CERTFLOW_VAULTS", ""),
        ("CERTFLOW_VAULTS", REFERENCE),
        ("CERTFLOW_VAULTS", "https://kv.vault.azure.net"),
        ("CERTFLOW_VAULTS", "main=http://kv.vault.azure.net"),
        ("CERTFLOW_VAULTS", "main=kv"),
        ("CERTFLOW_VAULTS", "a=https://k.vault.azure.net,A=https://l.vault.azure.net"),
        ("CERTFLOW_VAULTS", "a b=https://k.vault.azure.net"),
        ("CERTFLOW_VAULTS", "main:watch=https://kv.vault.azure.net"),
        ("CERTFLOW_VAULTS", "main:observe=http://kv.vault.azure.net"),
        ("CERTFLOW_VAULTS", "main=https://k.vault.azure.net,main:observe=https://l.vault.azure.net"),
        ("CERTFLOW_VAULTS", "a=https://a.vault.azure.net;b=https://b.vault.azure.net"),
        ("CERTFLOW_VAULTS", "a=https://x.vault.azure.net,b=https://X.vault.azure.net/"),
        ("CERTFLOW_VAULTS", "a=https://x.vault.azure.net/certificates"),
        ("AzureWebJobsStorage__tableServiceUri", ""),
        ("AzureWebJobsStorage__tableServiceUri", REFERENCE),
        ("ChainStorage__blobServiceUri", "c.blob.core.windows.net"),
        ("CERTFLOW_TOPIC_ENDPOINT", ""),
        ("CERTFLOW_TOPIC_ENDPOINT", "https://[t"),
    ],
)
def test_a_wrong_setting_that_nothing_can_run_without_is_named(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=f"^{name}: "):
        load_settings(LEAST | MAIL | {name: value})


MAIN, OPS, WEBHOOKS = {"teams": "https://a.example/1"}, {"teams:ops": "https://a.example/2"}, "channels.teams.webhooks"
USUAL = Options()
BOTH = {"teams", "teams:ops"}


@pytest.mark.parametrize(
    ("name", "values", "read", "means", "waits"),
    [
        (
            "CERTFLOW_VAULT_BUDGET",
            ("0", "49", "4001", "4e2", "-5", "9" * 5000),
            "options.budget",
            USUAL.budget,
            set(),
        ),
        ("CERTFLOW_PATIENCE_ISSUER", ("1", "0d", "90s"), "options.reminder_delays", USUAL.reminder_delays, set()),
        ("CERTFLOW_PATIENCE_MANUAL", ("3 days",), "options.reminder_delays", USUAL.reminder_delays, set()),
        ("CERTFLOW_ACTS", ("off", "yes"), "options.acts", ActsMode.REQUIRED, set()),
        ("CERTFLOW_QUIET_CHECK", ("daily", "0h", "59m", "169h", "8d"), "options.quiet_check", None, set()),
        (
            "CERTFLOW_EXPIRY_LADDER",
            ("1/3,1/2", "1/3,1/3", "1,1/2", "1/3,0", "1/0", "30 days", "1/3,,1/6", "nan"),
            "options.ladder",
            USUAL.ladder,
            set(),
        ),
        ("CERTFLOW_ISSUERS", ("DigiCert;Unknown", "a b"), "options.issuers", (), set()),
        (
            "CERTFLOW_REFUSED_WARNINGS",
            ("all", "name-missing", "unreadable-part", "any-ca-accepted"),
            "options.refused_warnings",
            frozenset(),
            set(),
        ),
        ("CERTFLOW_RENEW", ("on", "off", "0"), "options.renews", False, set()),
        ("CERTFLOW_RENEW_MOST", ("many", "100001"), "options.max_renewals", USUAL.max_renewals, set()),
        ("CERTFLOW_RENEWAL_MINUTES", ("half an hour", "1441", "-1"), "options.renewal_minutes", 30, set()),
        ("CERTFLOW_KEEP_REQUESTS", ("1y", "400", "29d", "719h", "0d"), "options.keep_requests", None, set()),
        ("CERTFLOW_KEEP_MESSAGES", ("90", "29d", "10000d"), "options.keep_messages", None, set()),
        ("CERTFLOW_DIGEST", ("weekly",), "options.digest", USUAL.digest, set()),
        (
            "CERTFLOW_TRUSTED_CAS",
            ("all", "main=none", "mian=any", "any,public", "main=any,main=public"),
            "options.trusted",
            {},
            set(),
        ),
        (
            "CERTFLOW_LIVE_HOSTS",
            ("*", "*.com", "a b", "www.example.com:443", "a@10.0.0.1"),
            "options.live.hosts",
            (),
            set(),
        ),
        ("CERTFLOW_LIVE_PORTS", ("https", "0", "65536"), "options.live.ports", (), set()),
        ("CERTFLOW_LIVE_NETWORKS", ("all", "10.0.0.1/8", "10.0.0.0/33"), "options.live.networks", (), set()),
        ("CERTFLOW_LIVE_GRACE", ("soon", "=6h", "vm=", "6"), "options.live.grace", timedelta(hours=26), set()),
        ("CERTFLOW_SIGNERS", ("ann", '[{"to": 5}', "{}"), "options.signers", (), set()),
        ("CERTFLOW_OPERATORS", ("ann", "teams:none", "a@@b"), "options.operators", (), set()),
        ("CERTFLOW_OWNER_DOMAINS", ("com", "a@example.com"), "options.owner_domains", (), set()),
        ("CERTFLOW_VERIFY_CHALLENGE_RESOURCE", ("maybe", "no"), "verify_challenge_resource", True, set()),
        ("CERTFLOW_CHAIN_INCLUDE_ROOT", ("yes",), "include_root", False, set()),
        ("CERTFLOW_PORTAL_URL", ("portal.azure.cn", "https://[p"), "links.portal", Links().portal, set()),
        ("CERTFLOW_GATHER", ("1m", "-1", "601"), "options.gathers", timedelta(minutes=1), set()),
        ("CERTFLOW_API_URL", ("certs.example.com/api", "ftp://a.example"), "links.api", "/api", set()),
        ("WEBSITE_HOSTNAME", ("https://a.example", "a b"), "links.api", "/api", set()),
        ("CERTFLOW_RUNBOOK_URL", ("http://wiki.example.com", "https://"), "links.runbook", None, set()),
        ("CERTFLOW_CHAIN_STORAGE_ID", ("chains",), "links.chain_storage", None, set()),
        (
            "CERTFLOW_NOTIFY_RULES",
            ("rules.json", "Settings/rules.json", "settings/../csr/rules.json", "settings/%2e%2e/csr/rules.json"),
            "rules",
            "",
            set(),
        ),
        ("CERTFLOW_TEAMS_WEBHOOK_URL", ("no address", "https://", "ftp://a.example"), WEBHOOKS, OPS, {"teams"}),
        ("CERTFLOW_TEAMS_WEBHOOK_URL__OPS", ("a.example",), WEBHOOKS, MAIN, {"teams:ops"}),
        ("CERTFLOW_TEAMS_AUTH", ("key",), WEBHOOKS, {}, BOTH),
        ("CERTFLOW_TEAMS_ENVELOPE", ("letter",), WEBHOOKS, {}, BOTH),
        (
            "CERTFLOW_SMTP_SERVER",
            ("smtp.example.com:x", ":25", "smtp://a.example", "a.example:0", "a.example:65536"),
            "channels.mail",
            None,
            {"email"},
        ),
        ("CERTFLOW_ACS_ENDPOINT", ("https://acs.communication.azure.com", "acs"), "channels.mail", None, {"email"}),
        (
            "CERTFLOW_MAIL_FROM",
            ("", "Certflow", "certflow@", "a@example.com\nBcc: b@example.com"),
            "channels.mail",
            None,
            {"email"},
        ),
        (
            "CERTFLOW_MAIL_TO",
            ("", " , ", "pki team", "a@example.com; b@example.com"),
            "channels.mailboxes",
            (),
            {"email"},
        ),
        ("CERTFLOW_SMTP_USER", (), "channels.mail", None, {"email"}),
        ("CERTFLOW_SMTP_PASSWORD", (), "channels.mail", None, {"email"}),
        ("CERTFLOW_NOTIFY_URLS", (), "channels.urls", (), {"urls"}),
    ],
)
def test_any_other_setting_that_cannot_work_is_named_with_its_cure_and_stops_nothing(
    name: str, values: tuple[str, ...], read: str, means: Any, waits: set[str]
) -> None:
    for value in (REFERENCE, f" {REFERENCE.replace('KeyVault', 'AppConfiguration')}", *values):
        settings = load_settings(FULL | {name: value})
        named = "CERTFLOW_SMTP_SERVER" if value.startswith("https://acs") else name  # both are set
        assert {fault.partition(": ")[0] for fault in settings.faults} == {named}, value
        assert all(fault.partition(": ")[2] for fault in settings.faults)
        assert (
            "SecretUri"
            not in f"{settings} {settings.channels.teams.webhooks} {settings.channels.urls} {settings.channels.mail}"
        )
        assert len(value) < 4 or value == "https://" or value.strip() not in str(settings.faults)  # GET health shows it
        assert settings.channels.waiting.keys() == waits
        assert {*settings.channels.waiting.values()} <= {*settings.faults}
        assert attrgetter(read)(settings) == means, value


def test_a_channel_that_a_setting_keeps_from_being_used_is_there_and_waits() -> None:
    """All other channels are as they would be without that setting."""
    wrong = {"CERTFLOW_TEAMS_WEBHOOK_URL__OPS": REFERENCE, "CERTFLOW_SMTP_USER": REFERENCE}
    kinds = {one.name: type(one).__name__ for one in channels(load_settings(FULL | wrong).channels, nobody())}
    assert kinds == {
        "teams:ops": "UnusableChannel",
        "email": "UnusableChannel",
        "teams": "Teams",
        "urls:1": "AppriseUrl",
    }


def test_addresses_of_apprise_wait_in_a_package_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [fault for fault in load_settings(FULL).faults if "NOTIFY_URLS" in fault] == []
    monkeypatch.setitem(sys.modules, "apprise", None)  # as where it is not installed
    settings = load_settings(FULL)
    (fault,) = (fault for fault in settings.faults if fault.startswith("CERTFLOW_NOTIFY_URLS: "))
    assert "make package EXTRAS=apprise" in fault
    assert settings.channels.urls == load_settings(FULL).channels.urls != ()
    assert load_settings(LEAST).faults == ()


def nobody() -> Any:
    """A credential that is never asked."""


def test_what_is_right_of_a_list_counts() -> None:
    settings = load_settings(
        FULL
        | {
            "CERTFLOW_ISSUERS": "DigiCert, a b,Unknown",
            "CERTFLOW_MAIL_TO": "a@example.com, b",
            "CERTFLOW_NOTIFY_URLS": "json://b.example nothing",
            "CERTFLOW_TRUSTED_CAS": "mian=any,main=public",
        }
    )
    assert settings.options.issuers == ("DigiCert", "Unknown")
    assert (settings.channels.mailboxes, settings.channels.mail is not None) == (("a@example.com",), True)
    assert settings.channels.urls == ("json://b.example", "nothing")  # which waits by itself, under its position
    assert settings.options.trusted == {"main": Takes.PUBLIC}
    assert settings.channels.waiting == {}
    assert [fault.partition(": ")[0] for fault in settings.faults] == [
        "CERTFLOW_ISSUERS",
        "CERTFLOW_MAIL_TO",
        "CERTFLOW_NOTIFY_URLS",
        "CERTFLOW_TRUSTED_CAS",
    ]


@pytest.mark.parametrize("url", ["", "a.queue.core.windows.net", "http://a.queue.core.windows.net"])
def test_the_queues_address_is_read_by_itself_and_named_if_it_is_wrong(url: str) -> None:
    assert queues_url({QUEUES: "https://a.queue.core.windows.net/"}) == "https://a.queue.core.windows.net"
    with pytest.raises(BadSettings, match=QUEUES):
        queues_url({QUEUES: url})


def test_a_vault_can_be_only_observed() -> None:
    vaults = "Main=https://a.vault.azure.net, EU:Observe=https://b.vault.azure.net"
    settings = load_settings(LEAST | {"CERTFLOW_VAULTS": vaults})
    assert settings.vaults == {"main": "https://a.vault.azure.net", "eu": "https://b.vault.azure.net"}
    assert settings.options.read_only_vaults == {"eu"}


def test_without_a_word_the_choices_are_the_usual_ones() -> None:
    settings = load_settings(LEAST)
    assert settings.options == Options()
    assert settings.options.takes("main") is Takes.FILES
    assert settings.links == Links(vaults=settings.vaults, chains=f"{settings.chains_url}/chains")
    assert (settings.rules, settings.channels.urls) == ("", ())
    assert (settings.channels.teams.auth, settings.channels.teams.envelope) == ("sas", "message")


@pytest.mark.parametrize(
    ("name", "value", "field", "means"),
    [
        ("CERTFLOW_VAULT_BUDGET", "4000", "budget", 4000),
        ("CERTFLOW_VAULT_BUDGET", "50", "budget", 50),
        ("CERTFLOW_EXPIRY_LADDER", "1/2, 0.1", "ladder", (0.5, 0.1)),
        ("CERTFLOW_ISSUERS", "DigiCert, Unknown,", "issuers", ("DigiCert", "Unknown")),
        ("CERTFLOW_ISSUERS", "*,Self", "issuers", ("*", "Self")),
        ("CERTFLOW_REFUSED_WARNINGS", "Name-Added, x", "refused_warnings", {"name-added"}),
        ("CERTFLOW_RENEW", "False", "renews", False),
        ("CERTFLOW_RENEW_MOST", "0", "max_renewals", 0),
        ("CERTFLOW_RENEWAL_MINUTES", "45", "renewal_minutes", 45),
        ("CERTFLOW_KEEP_REQUESTS", "30d", "keep_requests", timedelta(days=30)),
        ("CERTFLOW_KEEP_REQUESTS", "9999d", "keep_requests", timedelta(days=9999)),
        ("CERTFLOW_KEEP_REQUESTS", "", "keep_requests", timedelta(days=400)),
        ("CERTFLOW_KEEP_MESSAGES", "", "keep_messages", timedelta(days=90)),
        ("CERTFLOW_KEEP_MESSAGES", "720h", "keep_messages", timedelta(days=30)),
        ("CERTFLOW_DIGEST", "News", "digest", DigestWhen.NEWS),
    ],
)
def test_a_choice_is_read(name: str, value: str, field: str, means: Any) -> None:
    assert getattr(load_settings(LEAST | {name: value}).options, field) == means


def test_patience_is_read_by_who_is_to_act() -> None:
    set_ = {"CERTFLOW_PATIENCE_ISSUER": "90m", "CERTFLOW_PATIENCE_MANUAL": "5d"}
    patience = load_settings(LEAST | set_).options.reminder_delays
    assert (patience.issuer, patience.manual) == (timedelta(minutes=90), timedelta(days=5))


@pytest.mark.parametrize(
    ("given", "means"), [("1h", timedelta(hours=1)), ("24h", timedelta(days=1)), ("7d", timedelta(days=7)), ("", None)]
)
def test_the_pause_of_quiet_certificates_is_read(given: str, means: timedelta | None) -> None:
    assert load_settings(LEAST | {"CERTFLOW_QUIET_CHECK": given}).options.quiet_check == means


def test_several_teams_channels_have_names() -> None:
    settings = load_settings(
        LEAST
        | {
            "CERTFLOW_TEAMS_WEBHOOK_URL": "https://a.example/1",
            "CERTFLOW_TEAMS_WEBHOOK_URL__Payments": "https://a.example/2",
            "CERTFLOW_TEAMS_WEBHOOK_URL__none": "",
            "CERTFLOW_TEAMS_AUTH": "Entra",
            "CERTFLOW_TEAMS_ENVELOPE": "card",
        }
    )
    assert settings.channels.teams.webhooks == {"teams": "https://a.example/1", "teams:payments": "https://a.example/2"}
    assert (settings.channels.teams.auth, settings.channels.teams.envelope) == ("entra", "card")


def test_a_webhook_of_blanks_is_none() -> None:
    settings = load_settings(FULL | {"CERTFLOW_TEAMS_WEBHOOK_URL": " ", "CERTFLOW_TEAMS_WEBHOOK_URL__OPS": "\n"})
    assert (settings.channels.teams.webhooks, settings.channels.waiting, settings.faults) == ({}, {}, ())


def test_a_sender_may_have_a_name() -> None:
    mail = load_settings(FULL | {"CERTFLOW_MAIL_FROM": "Certflow <certflow@example.com>"}).channels.mail
    assert mail
    assert mail.sender == "Certflow <certflow@example.com>"


def test_mail_by_azure_communication_services() -> None:
    acs = {"CERTFLOW_SMTP_SERVER": "", "CERTFLOW_ACS_ENDPOINT": "https://acs.communication.azure.com/"}
    mail = load_settings(LEAST | MAIL | acs).channels.mail
    assert mail is not None
    assert (mail.acs_endpoint, mail.host) == ("https://acs.communication.azure.com", "")


def test_a_comma_too_many_is_no_mailbox() -> None:
    settings = load_settings(LEAST | MAIL | {"CERTFLOW_MAIL_TO": "a@example.com, ,b@example.com,"})
    assert (settings.channels.mailboxes, settings.faults) == (("a@example.com", "b@example.com"), ())


def test_a_table_of_rules_that_cannot_be_read_does_not_stop_the_watching() -> None:
    text = '[{"severity": "high"}]'
    assert load_settings(LEAST | {"CERTFLOW_NOTIFY_RULES": text}).rules == text


def test_a_password_that_was_set_from_a_file_has_no_line_end() -> None:
    mail = load_settings(LEAST | MAIL | {"CERTFLOW_SMTP_PASSWORD": " abc\r\n"}).channels.mail
    assert mail
    assert mail.password == " abc"


def test_a_user_without_a_password_is_a_fault_and_no_login_in_vain() -> None:
    settings = load_settings(LEAST | MAIL | {"CERTFLOW_SMTP_USER": "certflow", "CERTFLOW_SMTP_PASSWORD": ""})
    (fault,) = settings.faults
    assert fault == "CERTFLOW_SMTP_PASSWORD: it is not set, and CERTFLOW_SMTP_USER is."
    assert settings.channels.waiting == {"email": fault}


def test_of_two_webhooks_whose_names_differ_in_case_alone_one_counts_and_the_other_is_named() -> None:
    twins = {f"CERTFLOW_TEAMS_WEBHOOK_URL__{name}": f"https://a.example/{name}" for name in ("OPS", "Ops")}
    settings = load_settings(LEAST | twins)
    assert settings.channels.teams.webhooks == {"teams:ops": "https://a.example/OPS"}
    (fault,) = settings.faults
    assert fault.startswith("CERTFLOW_TEAMS_WEBHOOK_URL__Ops: it differs from CERTFLOW_TEAMS_WEBHOOK_URL__OPS in case")


def test_rules_are_a_table_or_the_path_of_a_blob() -> None:
    assert load_settings(LEAST | {"CERTFLOW_NOTIFY_RULES": '[{"to": ["owner"]}]'}).rules == '[{"to": ["owner"]}]'
    assert load_settings(LEAST | {"CERTFLOW_NOTIFY_RULES": "settings/rules.json"}).rules == "settings/rules.json"


def test_several_notification_urls_are_separated_by_blanks() -> None:
    urls = load_settings(LEAST | {"CERTFLOW_NOTIFY_URLS": "slack://a/b/c  json://x.example\nntfy://t"}).channels.urls
    assert urls == ("slack://a/b/c", "json://x.example", "ntfy://t")


def test_links_lead_where_the_settings_say() -> None:
    set_ = {
        "CERTFLOW_PORTAL_URL": "https://portal.azure.cn/",
        "CERTFLOW_RUNBOOK_URL": "https://wiki.example.com/pki",
        "CERTFLOW_CHAIN_STORAGE_ID": "/subscriptions/0",
    }
    links = load_settings(LEAST | set_).links
    assert (links.portal, links.runbook) == ("https://portal.azure.cn", "https://wiki.example.com/pki")
    assert links.chain_storage == "/subscriptions/0"


def test_no_webhook_password_or_notification_url_is_in_what_settings_look_like() -> None:
    secrets = {
        "CERTFLOW_TEAMS_WEBHOOK_URL": "https://a.example/workflows/1?sig=SECRET",
        "CERTFLOW_NOTIFY_URLS": "slack://SECRET/b/c",
        "CERTFLOW_SMTP_PASSWORD": "SECRET",
    }
    settings: Settings = load_settings(LEAST | MAIL | secrets)
    assert "SECRET" not in repr(settings)


def test_owners_domains_are_read_and_one_that_is_none_is_named_with_its_cure_and_stops_nothing() -> None:
    set_ = "Example.com, *.example.org, exa mple.com, @example.com, a@example.com, 127.0.0.1, [::1], münchen.de, com, *"
    settings = load_settings(LEAST | {"CERTFLOW_OWNER_DOMAINS": set_})
    assert settings.options.owner_domains == ("example.com", "*.example.org", "*")
    wrong = ["exa mple.com", "@example.com", "a@example.com", "127.0.0.1", "[::1]", "münchen.de", "com"]
    assert len(settings.faults) == len(wrong)
    entries = [one.strip() for one in set_.split(",")]
    for fault, domain in zip(settings.faults, wrong, strict=True):
        number = entries.index(domain) + 1
        assert fault.startswith(f"CERTFLOW_OWNER_DOMAINS: entry {number} is no domain. Write example.com, ")


@pytest.mark.parametrize("domains", ["example.com", "a.example.co.uk", "xn--mnchen-3ya.de", "*", "*.example.com", ""])
def test_a_domain_that_is_one_is_no_fault(domains: str) -> None:
    assert load_settings(LEAST | {"CERTFLOW_OWNER_DOMAINS": domains}).faults == ()


@pytest.mark.parametrize(
    ("text", "main", "lab"),
    [
        ("", "files", "files"),
        ("any", "any", "any"),
        ("PUBLIC", "public", "public"),
        ("lab=any", "files", "any"),
        (" Main = public , lab=files ", "public", "files"),
    ],
)
def test_whose_certificates_a_vault_takes_is_one_word_for_all_or_one_for_each(text: str, main: str, lab: str) -> None:
    vaults = "main=https://kv.vault.azure.net,lab=https://lab.vault.azure.net"
    choices = load_settings(LEAST | {"CERTFLOW_VAULTS": vaults, "CERTFLOW_TRUSTED_CAS": text}).options
    assert (choices.takes("main"), choices.takes("lab")) == (main, lab)


@pytest.mark.parametrize("text", ["", "access/access.json", '{"grants": []}'])
def test_the_access_file_is_a_blob_or_stands_in_the_setting(text: str) -> None:
    settings = load_settings(LEAST | SIGN_IN | {"CERTFLOW_ACCESS": text})
    assert (settings.access, settings.faults) == (text, ())


@pytest.mark.parametrize("text", ["access.json", "[]", "access/../access.json", REFERENCE])
def test_what_is_no_access_file_does_not_count_as_there_being_none(text: str) -> None:
    settings = load_settings(LEAST | SIGN_IN | {"CERTFLOW_ACCESS": text})
    assert settings.access == text
    assert [fault.partition(":")[0] for fault in settings.faults] == ["CERTFLOW_ACCESS"]


@pytest.mark.parametrize(("auth", "sign_in"), [("entra", True), ("Entra", True), ("keys", False), ("", False)])
def test_messages_say_how_callers_show_who_they_are(auth: str, sign_in: bool) -> None:
    assert load_settings(LEAST | {"CERTFLOW_AUTH": auth}).links.sign_in is sign_in
