"""The form of the Deploy-to-Azure button, and filled ones, by what somebody wants."""

from __future__ import annotations

import json
import re
from typing import Any

from local.bicep_check import INFRA
from tests.infra.ui_definition import elements

DEFINITION: dict[str, Any] = json.loads((INFRA / "createUiDefinition.json").read_text())
OTHERS = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups"
VAULT = f"{OTHERS}/pki/providers/Microsoft.KeyVault/vaults/contoso-pki"
SECRETS = f"{OTHERS}/platform/providers/Microsoft.KeyVault/vaults/contoso-platform"
WORKSPACE = f"{OTHERS}/platform/providers/Microsoft.OperationalInsights/workspaces/log-contoso"
GROUP = "22222222-2222-2222-2222-222222222222"
TENANT, API, PAGE = (f"aaaaaaaa-0000-4000-8000-00000000000{number}" for number in (1, 2, 3))
Form = dict[tuple[str, ...], Any]
NOTHING: Form = {}
MAIL: Form = {("messages", "mailTo"): "a@example.com, b@example.com", ("messages", "alertsTo"): "c@example.com"}
ALL: Form = {
    **MAIL,
    ("basics", "name"): "certflow-prod",
    ("vaults", "which"): "existing",
    ("vaults", "inSubscription"): {"value": [{"id": VAULT, "name": "contoso-pki"}]},
    ("vaults", "existing"): [{"id": VAULT, "alias": "prod"}, {"id": SECRETS, "alias": "platform"}],
    ("messages", "mailBy"): "server",
    ("messages", "server", "address"): "smtp.example.com:587",
    ("messages", "server", "from"): "certflow@example.com",
    ("messages", "server", "user"): "certflow",
    ("messages", "server", "passwordSecret"): "certflow-smtp",
    ("messages", "teamsSecret"): "certflow-teams",
    ("messages", "secretsVault"): {"id": SECRETS, "name": "contoso-platform", "location": "westeurope"},
    ("access", "uploaders"): GROUP,
    ("access", "trustees"): GROUP,
    ("access", "rules"): GROUP,
    ("access", "quarantine"): GROUP,
    ("access", "access"): GROUP,
    ("access", "closed"): True,
    ("signIn", "by"): "entra",
    ("signIn", "tenantId"): TENANT,
    ("signIn", "apiClientId"): API,
    ("signIn", "pageClientId"): PAGE,
    ("shape", "private"): True,
    ("shape", "delivery"): "functions",
    ("shape", "addresses"): "10.20.30.0/24",
    ("shape", "builtInRoles"): True,
    ("shape", "ready"): 2,
    ("shape", "instances"): 100,
    ("shape", "keepLogsDays"): 90,
    ("shape", "roles"): "list",
    ("shape", "logs"): "existing",
    ("shape", "workspace"): {"id": WORKSPACE, "name": "log-contoso", "location": "westeurope"},
}
# Somebody fills in all, and then takes the first choices back: what is hidden then must not come through.
BACK: Form = {
    **ALL,
    ("vaults", "which"): "new",
    ("signIn", "by"): "keys",
    ("messages", "mailTo"): "",
    ("messages", "teamsSecret"): "",
    ("shape", "private"): False,
    ("shape", "logs"): "new",
}
FORMS = {"nothing": NOTHING, "mail": MAIL, "all": ALL, "back": BACK}


def rule(path: tuple[str, ...], column: str | None = None) -> re.Pattern[str]:
    """What an element of the form, or a column of its grid, takes."""
    one = elements(DEFINITION)[path]
    if column:
        (one,) = (each["element"] for each in one["constraints"]["columns"] if each["id"] == column)
    (validation,) = one["constraints"]["validations"]
    return re.compile(validation["regex"])
