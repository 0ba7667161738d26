"""While App Service cannot resolve a reference to Key Vault it passes the reference itself as the value
(MicrosoftDocs/azure-docs#28923): health, status and log name the setting and the cure, and all else works.
"""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from functions.settings.values import UNRESOLVED
from local.api import Client, until
from tests.e2e.second_host import another_host
from tests.sample_settings import REFERENCE

SECRETS = (
    "CERTFLOW_TEAMS_WEBHOOK_URL",
    "CERTFLOW_TEAMS_WEBHOOK_URL__PAYMENTS",
    "CERTFLOW_NOTIFY_URLS",
    "CERTFLOW_SMTP_PASSWORD",
)


async def test_each_secret_that_is_not_resolved_is_named_with_its_cure(own: Client, tmp_path: Path) -> None:
    references = dict.fromkeys(SECRETS, REFERENCE)
    async with another_host(own, tmp_path, CERTFLOW_SMTP_USER="certflow", **references) as other:
        wanted = {f"{name}: {UNRESOLVED}" for name in SECRETS}
        health = await other.call("GET", "health")
        assert health.status == 200
        named = {one.partition(":")[0] for one in (await health.json())["setting_faults"]}
        assert named == set(SECRETS)
        status = await (await other.call("GET", "status")).json()
        assert set(status["setting_faults"]) == wanted
        url = urlsplit(other.stack["api"])
        discover = f"{url.scheme}://{url.netloc}/admin/functions/discover"
        async with other.session.post(discover, json={"input": ""}, headers={"x-functions-key": "master"}) as begun:
            assert begun.status == 202

        async def told() -> set[str] | None:
            lines = (tmp_path / "host.log").read_text().splitlines()
            found = [json.loads(line[line.index("{") :]) for line in lines if '"setting-wrong"' in line]
            said = {f"{one['setting']}: {one['reason']}" for one in found}
            return said if len(said) == len(SECRETS) else None

        assert await until("the log names all", told) == wanted
