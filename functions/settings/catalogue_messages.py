"""The settings that say who gets which messages, when, and by which channels (catalogue.py has the
others)."""

from __future__ import annotations

from functions.settings.documented import (
    MAIL_WAITS,
    TEAMS_WAITS,
    THE_DEFAULT,
    Setting,
)

MESSAGE_SETTINGS = {
    "Reminders and the digest": (
        Setting(
            "CERTFLOW_PATIENCE_ISSUER",
            "how long an issuer may take before Certflow reminds the signer (`90m`, `12h`, `2d`)",
            "`1d`",
            THE_DEFAULT,
        ),
        Setting(
            "CERTFLOW_PATIENCE_MANUAL",
            "the same for a request that waits for its chain",
            "`3d`",
            THE_DEFAULT,
        ),
        Setting(
            "CERTFLOW_EXPIRY_LADDER",
            "the shares of a certificate's lifetime that are left when Certflow warns its owner",
            "`1/3,1/6,1/20`",
            THE_DEFAULT,
        ),
        Setting(
            "CERTFLOW_DIGEST",
            "`daily`; `news`: only when there is something to report; `off`",
            "`daily`",
            THE_DEFAULT,
        ),
    ),
    "Who gets which messages": (
        Setting(
            "CERTFLOW_MAIL_TO",
            "the default mailboxes, separated by commas: they get the mail for owners, signers and "
            "operators for whom no other address is known",
            "needed for mail",
            "the other entries; without any, mail waits",
        ),
        Setting(
            "CERTFLOW_SIGNERS",
            "who has which CSRs signed: a list of rows (JSON), [by vault, name and DNS "
            "name](notifications.md#who-signs), at once or as work lists at set times",
            "`CERTFLOW_MAIL_TO`",
            "the other rows; the next row that fits takes what a wrong row was to take, or else "
            "`CERTFLOW_MAIL_TO`",
        ),
        Setting(
            "CERTFLOW_OPERATORS",
            "who runs the app, and gets messages about its own faults: mail addresses and channels "
            "(`teams:ops`), separated by commas",
            "`CERTFLOW_MAIL_TO`",
            "the other entries; without any, the default",
        ),
        Setting(
            "CERTFLOW_OWNER_DOMAINS",
            "the domains that mail addresses of owners and signers may have, separated by commas: "
            "`example.com`, `*.example.com` (all below it), `*` (any). Mail for others goes to "
            "`CERTFLOW_MAIL_TO`, and says so",
            "those of `CERTFLOW_MAIL_TO`, and all below them",
            "no address of a wrong entry gets mail",
        ),
        Setting(
            "CERTFLOW_NOTIFY_RULES",
            "[which messages go where](notifications.md#rules): a table of rules (JSON), or the "
            "path of a blob that holds it (`container/name` in the chain storage)",
            "no rules",
            THE_DEFAULT,
        ),
        Setting(
            "CERTFLOW_GATHER",
            "how long a message about a CSR, a rejection or a file that waits is kept for others, "
            "so that they become one mail and one card: 0 to 600 seconds",
            "`60`",
            THE_DEFAULT,
        ),
    ),
    "Channels": (
        Setting(
            "CERTFLOW_TEAMS_WEBHOOK_URL",
            'a Workflows webhook ("When a Teams webhook request is received"). A secret. Further '
            "ones stand under `CERTFLOW_TEAMS_WEBHOOK_URL__{NAME}`: the channels `teams:{name}`",
            "no Teams",
            "that channel waits",
        ),
        Setting(
            "CERTFLOW_TEAMS_AUTH",
            "`sas`: the URL holds its signature (`sig`); `entra`: the app signs in with its "
            "identity, and the URL is no secret",
            "`sas`",
            TEAMS_WAITS,
        ),
        Setting(
            "CERTFLOW_TEAMS_ENVELOPE",
            "`message`, or `card` for flows that post the body itself as the card",
            "`message`",
            TEAMS_WAITS,
        ),
        Setting(
            "CERTFLOW_SMTP_SERVER",
            "`host:port` of a mail server of your own, with STARTTLS. Microsoft 365 is none: it "
            "turns password logins off (`535 5.7.139`; by default from the end of 2026), so use "
            "Communication Services there",
            "no mail",
            MAIL_WAITS,
        ),
        Setting("CERTFLOW_SMTP_USER", "the user of the mail server", "no login", MAIL_WAITS),
        Setting("CERTFLOW_SMTP_PASSWORD", "its password. A secret", "no login", MAIL_WAITS),
        Setting(
            "CERTFLOW_ACS_ENDPOINT",
            "instead of a mail server: Azure Communication Services, "
            "`https://name.communication.azure.com`, with the app's identity",
            "no mail",
            MAIL_WAITS,
        ),
        Setting("CERTFLOW_MAIL_FROM", "the sender of all mail", "needed for mail", MAIL_WAITS),
        Setting(
            "CERTFLOW_MAIL_LIMITS",
            "how many mails may be sent in all, where Microsoft granted you more or your mail "
            "server takes fewer, and how many an hour to one address and because of one caller: "
            "`200/minute,1000/hour,10/address,60/caller`. What is not named keeps its default",
            "[by the way that mail takes](notifications.md#limits-of-mail)",
            THE_DEFAULT,
        ),
        Setting(
            "CERTFLOW_NOTIFY_URLS",
            "other channels: URLs of the [Apprise](https://github.com/caronc/apprise) library "
            "(Slack, PagerDuty, webhooks…), separated by blanks. Secrets. It needs the package "
            "that `make package EXTRAS=apprise` builds; in another one its messages wait",
            "none",
            "that URL waits",
        ),
    ),
    "Links in messages": (
        Setting(
            "CERTFLOW_API_URL",
            "the address of the API that messages name, up to and with `/api`, where callers "
            "reach it under another name (API Management, a domain of yours)",
            "the app's own host name",
            THE_DEFAULT,
        ),
        Setting(
            "CERTFLOW_PORTAL_URL",
            "the portal that buttons lead to; another one in sovereign clouds",
            "`https://portal.azure.com`",
            THE_DEFAULT,
        ),
        Setting(
            "CERTFLOW_CHAIN_STORAGE_ID",
            "the resource id of the chain storage, for a button that leads to the CSR",
            "no button",
            THE_DEFAULT,
        ),
        Setting(
            "CERTFLOW_RUNBOOK_URL",
            "a page of your own about these messages, for a button",
            "no button",
            THE_DEFAULT,
        ),
    ),
}
