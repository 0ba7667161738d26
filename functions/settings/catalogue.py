"""Every app setting that Certflow or its triggers read, as users are told of it: docs/settings.md
is written from here (`python -m tests.settings_page --write`).

It has the settings that the Functions host reads for our triggers too: those of connections, and
the schedules of timers.
"""

from __future__ import annotations

from functions.settings.catalogue_live import LIVE_SETTINGS
from functions.settings.catalogue_messages import MESSAGE_SETTINGS
from functions.settings.documented import (
    NEEDED,
    NO_KEY_COUNTS,
    NO_TIMER,
    NOBODY_GETS_IN,
    NOTHING_GOES,
    NOTHING_RUNS,
    THE_DEFAULT,
    Setting,
)

# The sections of docs/settings.md, in their order.
ALL_SETTINGS = {
    "Vaults and renewal": (
        Setting(
            "CERTFLOW_VAULTS",
            "the vaults: `alias=https://name.vault.azure.net`, several separated by commas. In a "
            "vault that is written `alias:observe=…` Certflow only watches and sends messages "
            "(read-only)",
            NEEDED,
            NOTHING_RUNS,
        ),
        Setting(
            "CERTFLOW_VAULT_BUDGET",
            "the number of calls that Certflow may make to one vault in 10 s on its own account. "
            "Key Vault's own limit is 4,000, and applications read their secrets from the same "
            "vault. At least 50: with fewer, the work in progress takes longer than the lease of "
            "the vault lasts",
            "`400`",
            THE_DEFAULT,
        ),
        Setting(
            "CERTFLOW_ISSUERS",
            "the issuers that a create may name, by their names in the vaults, separated by "
            "commas: `DigiCert,Unknown`. `*` stands for all but `Self` (self-signed certificates, "
            "which no client trusts); `*,Self` allows them too",
            "`*`",
            "an entry that is no issuer's name allows none",
        ),
        Setting(
            "CERTFLOW_RENEW",
            "`false`: Certflow starts no renewal, whatever tags say",
            "`true`",
            "Certflow starts no renewal",
        ),
        Setting(
            "CERTFLOW_RENEW_MOST",
            "the number of renewals that Certflow starts in a day in each vault; those that fail "
            "do not count",
            "`50`",
            THE_DEFAULT,
        ),
        Setting(
            "CERTFLOW_RENEWAL_MINUTES",
            "the minutes that a renewal by hand takes a person, for the sums of the "
            "[plan](monitoring.md#the-plan); a day (1440) at most",
            "`30`",
            THE_DEFAULT,
        ),
    ),
    "Inventory": (
        Setting(
            "CERTFLOW_QUIET_CHECK",
            "how long the inventory scan does not ask for a pending request of a certificate with "
            "which nothing happens: from `1h` (each scan asks) to `7d`. Key Vault has no event for "
            "a request that is started elsewhere or that fails, so it is noticed so much later; "
            "[what it saves](scale.md#what-a-longer-pause-costs)",
            "`1h` up to 5,000 certificates in all vaults, `24h` beyond",
            THE_DEFAULT,
        ),
    ),
    "What is kept": (
        Setting(
            "CERTFLOW_KEEP_REQUESTS",
            "how long requests that have ended are kept, with their history: from `30d` to "
            "`9999d`. [What stays longer](operations.md#what-stays-and-for-how-long)",
            "`400d`",
            NOTHING_GOES,
        ),
        Setting(
            "CERTFLOW_KEEP_MESSAGES",
            "how long the list of messages has what became of each: from `30d` to `9999d`",
            "`90d`",
            NOTHING_GOES,
        ),
    ),
    "Record of acts": (
        Setting(
            "CERTFLOW_ACTS",
            "what happens while acts cannot be written to their "
            "[record](operations.md#the-record-of-acts): everything goes on, and they wait "
            "(`best-effort`); or no request is started until they are written, neither by callers "
            "nor as a renewal (`required`)",
            "`best-effort`",
            "`required`",
        ),
    ),
    "Sign-in": (
        Setting(
            "CERTFLOW_AUTH",
            "who may call the API: whoever has an access token of Entra ID (`entra`), or a "
            "function key (`keys`). A function key says of nobody who they are, and rules every "
            "vault. With any other value nobody gets in",
            "`keys`",
            NOBODY_GETS_IN,
        ),
        Setting(
            "CERTFLOW_AUTH_TENANT",
            "the id of the tenant whose tokens count. Needed with `entra`",
            "none",
            NOBODY_GETS_IN,
        ),
        Setting(
            "CERTFLOW_AUTH_API",
            "the application id of the API, which is the audience of tokens. Needed with `entra`",
            "none",
            NOBODY_GETS_IN,
        ),
        Setting(
            "CERTFLOW_AUTH_PAGE",
            "the application id of Certflow's own page, with which people may call",
            "none",
            "nobody calls with the page",
        ),
        Setting(
            "CERTFLOW_AUTH_CLIENTS",
            "the application ids of other applications with which people may call, separated by "
            "commas. Set it to that of the page for the page alone. Machines do not have to be "
            "here: they need a role of the API",
            "the Azure CLI",
            "a wrong entry allows no application",
        ),
        Setting(
            "CERTFLOW_AUTH_AUTHORITY",
            "the address of Entra ID, without a tenant; for other clouds, such as "
            "`https://login.microsoftonline.us`",
            "`https://login.microsoftonline.com`",
            NOBODY_GETS_IN,
        ),
        Setting(
            "CERTFLOW_AUTH_KEYS_UNTIL",
            "with `entra`, the last day (UTC) on which the keys in `CERTFLOW_AUTH_KEYS` still "
            "count: `2027-03-31`. They need no grant; conditions of the access file hold for them, "
            "too. Each use is a record in the log (`key-used`)",
            "none: no key counts",
            NO_KEY_COUNTS,
        ),
        Setting(
            "CERTFLOW_AUTH_KEYS",
            "the SHA-256 of each function key that counts until then, in hexadecimal "
            '(`printf %s "$KEY" | sha256sum`), separated by commas. A key counts in the header '
            "`x-functions-key`, not in an address (`?code=`)",
            "none",
            NO_KEY_COUNTS,
        ),
    ),
    "Schedules": (
        Setting(
            "CERTFLOW_CHECK_SCHEDULE",
            "when Certflow checks the requests that are due. Every minute: `0 * * * * *`",
            NEEDED,
            NO_TIMER,
        ),
        Setting(
            "CERTFLOW_DISCOVER_SCHEDULE",
            "when the inventory scan reads the vaults, for requests that were started elsewhere "
            "and certificates near their expiry. Every hour: `0 7 * * * *`",
            NEEDED,
            NO_TIMER,
        ),
        Setting(
            "CERTFLOW_DAILY_SCHEDULE",
            "when Certflow sends the digest. Daily: `0 0 6 * * *`",
            NEEDED,
            NO_TIMER,
        ),
        Setting(
            "CERTFLOW_SWEEP_SCHEDULE",
            "when the sweep handles the files that have been in `chains/` for 10 minutes. Every 10 "
            "minutes: `0 */10 * * * *`",
            NEEDED,
            NO_TIMER,
        ),
    ),
    "Storage, events and identity": (
        Setting(
            "CERTFLOW_TOPIC_ENDPOINT",
            "the custom Event Grid topic (CloudEvents 1.0) that Certflow publishes to",
            NEEDED,
            NOTHING_RUNS,
        ),
        Setting(
            "AzureWebJobsStorage__blobServiceUri",
            "the host's own storage account; the inventory is here too",
            NEEDED,
            NOTHING_RUNS,
        ),
        Setting(
            "AzureWebJobsStorage__queueServiceUri",
            "the queues of the same account; the app's own queues are here too",
            NEEDED,
            NOTHING_RUNS,
        ),
        Setting(
            "AzureWebJobsStorage__tableServiceUri",
            "the tables of the same account: they hold the tracked requests, the outbox and the "
            "deliveries",
            NEEDED,
            NOTHING_RUNS,
        ),
        Setting(
            "ChainStorage__blobServiceUri",
            "the storage account with the container `chains`",
            NEEDED,
            NOTHING_RUNS,
        ),
        Setting(
            "ChainStorage__queueServiceUri",
            "the queues of the same account. The host puts a file that the app could not queue "
            "into `webjobs-blobtrigger-poison`; the app takes it from there",
            NEEDED,
            "the host takes no drops",
        ),
        Setting(
            "AZURE_CLIENT_ID",
            "the client id of the user-assigned managed identity to use",
            "the system-assigned identity",
            NOTHING_RUNS,
        ),
    ),
    "Sign-in and access": (
        Setting(
            "CERTFLOW_ACCESS",
            "[who may do what](access.md#the-file): the path of a blob with the access file "
            "(`container/name` in the chain storage), or the file itself (JSON). It holds with "
            "`CERTFLOW_AUTH` `entra` alone: where keys decide, nobody gets in beside a file",
            "no file: app roles decide, for all vaults",
            "the last good file counts; before there was any, nobody but those with the role "
            "`Certflow.Operator` may do anything",
        ),
    ),
    "Chains": (
        Setting(
            "CERTFLOW_TRUSTED_CAS",
            "whose certificates a vault accepts: `files` (those of the CAs in `trusted-cas`, and "
            "none while there is no file), `public` (those of the public CAs too) or `any` (those "
            "of any CA until there is a file). One word for all vaults, or one for each: "
            "`lab=any,web=public`",
            "`files`",
            "`files` for each vault that a wrong entry was meant for",
        ),
        Setting(
            "CERTFLOW_REFUSED_WARNINGS",
            "warnings that keep a chain from being merged, as errors do: codes of "
            "[findings](findings.md), separated by commas (`name-added,lifetime-longer`)",
            "none",
            "a wrong entry keeps nothing back",
        ),
        Setting(
            "CERTFLOW_CHAIN_INCLUDE_ROOT",
            "`true`: Certflow merges a root that came with the chain too. Servers need not send it",
            "`false`",
            THE_DEFAULT,
        ),
    ),
    **LIVE_SETTINGS,
    **MESSAGE_SETTINGS,
    "Set by the platform, or for a laptop": (
        Setting(
            "WEBSITE_HOSTNAME",
            "the host name in the addresses that messages name, unless `CERTFLOW_API_URL` is set. "
            "The platform sets it",
            "`/api` without a host",
            THE_DEFAULT,
        ),
        Setting(
            "CERTFLOW_VERIFY_CHALLENGE_RESOURCE",
            "`false` only for a Key Vault emulator under another host name",
            "`true`",
            THE_DEFAULT,
        ),
    ),
}
CATALOGUE = tuple(setting for section in ALL_SETTINGS.values() for setting in section)
