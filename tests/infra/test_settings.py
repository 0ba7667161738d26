"""The app's settings as they would be deployed, held against what the code reads."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest

from functions.settings.auth_mode import AuthMode
from functions.settings.load import load_settings
from functions.settings.sign_in import AZURE_CLI
from tests.app_settings import bindings, settings_of_bindings, settings_read
from tests.infra.deployed import EXAMPLES, as_azure_would, example

# Read by the Functions host or the platform, each for its reason; functions/settings does not know them.
OF_THE_HOST = {
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "where telemetry goes",
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING": "with the app's identity",
    "AzureWebJobsDisableHomepage": "GET / says nothing about the app",
}
NEVER_GIVEN = {
    "WEBSITE_HOSTNAME": "the platform itself sets it",
}
FURTHER = re.compile(r"CERTFLOW_TEAMS_WEBHOOK_URL__[A-Z0-9]+")
# Flex Consumption refuses these, or has them in functionAppConfig (platform §7.2).
NOT_ON_FLEX = re.compile(
    r"FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|WEBSITE_RUN_FROM_PACKAGE|SCM_DO_BUILD_DURING_DEPLOYMENT|"
    r"ENABLE_ORYX_BUILD|WEBSITE_CONTENT\w*|WEBSITE_TIME_ZONE"
)
# Site properties that newer stamps of Flex Consumption refuse with 400 (Azure/azure-cli#31414 quotes the answer).
SITE_NOT_ON_FLEX = {
    "ftpsstate",
    "use32bitworkerprocess",
    "prewarmedinstancecount",
    "netframeworkversion",
    "functionsruntimescalemonitoringenabled",
}


def of_connections() -> set[str]:
    """The identity settings of each connection that a binding names."""
    named = {str(one["connection"]) for some in bindings().values() for one in some if "connection" in one}
    assert named == {"AzureWebJobsStorage", "ChainStorage"}
    parts = ("blobServiceUri", "queueServiceUri", "credential", "clientId")
    return {f"{name}__{part}" for name in named for part in parts} | {"AzureWebJobsStorage__accountName"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_setting_that_is_read_is_given_and_no_other(name: str) -> None:
    given = {setting for setting in example(name).settings if not FURTHER.fullmatch(setting)}
    assert (
        given == (settings_read() | settings_of_bindings() | of_connections() | OF_THE_HOST.keys()) - NEVER_GIVEN.keys()
    )


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_host_has_the_name_of_its_storage_in_the_public_cloud_alone(name: str) -> None:
    (given,) = (
        one
        for one in example(name).site["properties"]["siteConfig"]["appSettings"]
        if "AzureWebJobsStorage__accountName" in one["name"]
    )
    assert "environment().name, 'AzureCloud')" in given["name"]
    (host,) = (one for one in example(name).of("Microsoft.Storage/storageAccounts") if one["name"][-14] == "h")
    assert given["value"] == host["name"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_is_set_that_flex_consumption_refuses(name: str) -> None:
    assert [setting for setting in example(name).settings if NOT_ON_FLEX.fullmatch(setting)] == []
    properties = example(name).site["properties"]
    given = {one.lower() for one in (*properties, *properties["siteConfig"])}
    assert given & SITE_NOT_ON_FLEX == set()


@pytest.mark.parametrize(
    ("name", "vaults"),
    [
        ("smallest", {"main"}),
        ("private", {"prod"}),
        ("many-vaults", {"pay", "shop", "intranet", "legacy", "new"}),
    ],
)
def test_the_code_takes_the_settings(name: str, vaults: set[str]) -> None:
    given = {key: as_azure_would(key, value) for key, value in example(name).settings.items()}
    resolved = {key: re.sub(r"^@Microsoft\.KeyVault\(.*", "https://a.example", value) for key, value in given.items()}
    settings = load_settings(resolved)
    assert settings.faults == ()
    assert settings.vaults.keys() == vaults
    assert settings.options.read_only_vaults == ({"legacy"} if name == "many-vaults" else set())
    assert settings.channels.mail is not None
    assert (settings.channels.mail.acs_endpoint is None) == (name == "private")


def test_the_defaults_are_those_of_the_code() -> None:
    given = load_settings({key: as_azure_would(key, value) for key, value in example("smallest").settings.items()})
    needed = {key: value for key, value in example("smallest").settings.items() if "__" in key}
    needed |= {"CERTFLOW_VAULTS": "main=https://kv.vault.azure.net", "CERTFLOW_TOPIC_ENDPOINT": "https://t.example.com"}
    bare = load_settings({key: as_azure_would(key, value) for key, value in needed.items()})
    assert given.options == bare.options
    assert (given.channels.teams, given.channels.urls) == (bare.channels.teams, bare.channels.urls)
    assert (given.rules, given.include_root) == (bare.rules, bare.include_root)
    assert (given.verify_challenge_resource, given.links.portal) == (True, bare.links.portal)


@pytest.mark.parametrize("name", EXAMPLES)
def test_callers_sign_in_where_the_parameters_say_so_and_the_output_says_it(name: str) -> None:
    given = {key: as_azure_would(key, value) for key, value in example(name).settings.items()}
    mode = AuthMode.KEYS if name == "smallest" else AuthMode.ENTRA
    assert example(name).outputs["SIGN_IN"] == given["CERTFLOW_AUTH"] == mode
    read = load_settings(given)
    assert read.access == ("" if mode is AuthMode.KEYS else "access/access.json")
    assert (read.sign_in.fault, read.sign_in.registration is None) == ("", mode is AuthMode.KEYS)


def test_whose_tokens_count_is_what_the_parameters_say() -> None:
    by_default, chosen = (
        load_settings({key: as_azure_would(key, value) for key, value in example(name).settings.items()}).sign_in
        for name in ("private", "many-vaults")
    )
    assert by_default.registration
    assert chosen.registration
    page, theirs = "aaaaaaaa-0000-4000-8000-000000000002", "aaaaaaaa-0000-4000-8000-000000000003"
    assert by_default.registration.api == "aaaaaaaa-0000-4000-8000-000000000001"
    assert by_default.registration.clients == {page, AZURE_CLI}
    assert chosen.registration.clients == {page, AZURE_CLI, theirs}
    assert (len(chosen.keys), by_default.keys) == (1, frozenset())


def test_the_authority_is_the_one_of_the_cloud() -> None:
    assert example("private").settings["CERTFLOW_AUTH_AUTHORITY"] == (
        "[if(equals(environment().name, 'AzureChinaCloud'), 'https://login.partner.microsoftonline.cn', "
        "environment().authentication.loginEndpoint)]"
    )


def test_secrets_are_references_and_nothing_else() -> None:
    settings = example("private").settings
    secret = {name for name in settings if re.search(r"TEAMS_WEBHOOK_URL|SMTP_PASSWORD", name)}
    assert len(secret) == 3
    for name in secret:
        assert "@Microsoft.KeyVault(SecretUri={0}/{1})" in settings[name]
    assert "certflow-urls" in example("many-vaults").settings["CERTFLOW_NOTIFY_URLS"]
    flow = urlsplit(example("many-vaults").settings["CERTFLOW_TEAMS_WEBHOOK_URL"])  # auth entra: no secret
    assert "sig=" not in flow.query


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_client_id_is_that_of_the_one_identity(name: str) -> None:
    """A user-assigned identity is not found without it; telemetry would go nowhere, and nobody would say so."""
    settings = example(name).settings
    client = settings["AZURE_CLIENT_ID"]
    assert "outputs.clientId" in client
    assert {settings[f"{one}__clientId"] for one in ("AzureWebJobsStorage", "ChainStorage")} == {client}
    telemetry = settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"]
    assert re.match(r"\[format\('ClientId=\{0\};Authorization=AAD', ", telemetry)
    assert client.removeprefix("[").removesuffix("]") in telemetry
