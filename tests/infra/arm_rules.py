"""What Azure refuses when a deployment follows another one: known rules, held against snapshots of before and after.

A deployment takes nothing away (mode Incremental), so what was deployed before and is not in the second is still there.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from tests.infra.deployed import OF_ARM, Resource, Snapshot

ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
DEFINITION = "Microsoft.Authorization/roleDefinitions"
SYSTEM_TOPIC = "Microsoft.EventGrid/systemTopics"

# (type, property, where it says so). Location is one of all types ("InvalidResourceLocation", Learn, Resource Manager).
UNCHANGING = (
    ("Microsoft.KeyVault/vaults", "enablePurgeProtection", "Learn, Key Vault soft-delete: it cannot be disabled"),
    ("Microsoft.KeyVault/vaults", "softDeleteRetentionInDays", "Learn, Key Vault soft-delete: set at creation"),
    ("Microsoft.Storage/storageAccounts", "isHnsEnabled", "Learn, storage accounts: an upgrade of its own"),
    ("Microsoft.EventGrid/topics", "inputSchema", "Learn, Event Grid topics: set at creation"),
    (SYSTEM_TOPIC, "source", "Learn, Event Grid system topics: one source, set at creation"),
    (SYSTEM_TOPIC, "topicType", "the same"),
    (f"{SYSTEM_TOPIC}/eventSubscriptions", "eventDeliverySchema", "MicrosoftDocs/azure-docs#17010 quotes the refusal"),
    ("Microsoft.EventGrid/topics/eventSubscriptions", "eventDeliverySchema", "the same"),
    ("Microsoft.Network/privateEndpoints", "subnet", "pulumi/pulumi-azure-native#3883: CannotChangeSubnetOnExisting…"),
    ("Microsoft.Communication/communicationServices", "dataLocation", "Learn, Communication Services: set at creation"),
    ("Microsoft.Communication/emailServices", "dataLocation", "the same"),
    ("Microsoft.Web/serverfarms", "reserved", "Learn, App Service plans: the system is set at creation"),
)
# Learn, "Change how a storage account is replicated": between these two it takes a conversion, not a deployment.
ZONES = {"Standard_ZRS", "Standard_GZRS", "Standard_RAGZRS"}

# Learn, "Flex Consumption plan", deprecated properties and settings; newer stamps answer 400, 51021, to the first
# (azure-pipelines-tasks#21032, Azure/terraform-azurerm-avm-res-web-site#360), Azure/azure-cli#31414 names more of them.
NOT_ON_FLEX = {
    "ftpsState": "azure-pipelines-tasks#21032",
    "use32BitWorkerProcess": "Azure/azure-cli#31414",
    "preWarmedInstanceCount": "Azure/azure-cli#31414",
    "netFrameworkVersion": "Azure/azure-cli#31414",
    "functionsRuntimeScaleMonitoringEnabled": "Azure/azure-cli#31414",
    "alwaysOn": "Learn",
    "containerSize": "Learn",
    "functionAppScaleLimit": "Learn",
    "isXenon": "Learn",
    "javaVersion": "Learn",
    "linuxFxVersion": "Learn",
    "powerShellVersion": "Learn",
    "windowsFxVersion": "Learn",
    "vnetBackupRestoreEnabled": "Learn",
    "vnetContentShareEnabled": "Learn",
    "vnetImagePullEnabled": "Learn",
    "vnetRouteAllEnabled": "Learn",
}


def refused(after: Snapshot, before: Snapshot | None = None) -> list[str]:
    """What Azure refuses of the second deployment, each with its resource; without `before` it is the first one."""
    was = {one["id"].lower(): one for one in before.resources} if before else {}
    now = {one["id"].lower(): one for one in after.resources}
    there = [*(one for name, one in was.items() if name not in now), *after.resources]
    return [
        *_not_on_flex(after),
        *_shrinking(after, was, there),
        *_names_of_roles(there),
        *_assignments(after, was, there),
        *_unchanging(after, was),
        *_sources(there),
        *_destinations(after, there),
    ]


def _not_on_flex(after: Snapshot) -> Iterator[str]:
    refused = {name.lower(): source for name, source in NOT_ON_FLEX.items()}
    for site in after.of("Microsoft.Web/sites"):
        for name in (*site["properties"], *site["properties"]["siteConfig"]):
            if name.lower() in refused:
                yield f"{site['name']}: Flex Consumption refuses {name} ({refused[name.lower()]})"


def _shrinking(after: Snapshot, was: dict[str, Resource], there: list[Resource]) -> Iterator[str]:
    """RoleScopeBeingRemovedContainsAssignments, Azure/bicep#17145."""
    for role in after.of(DEFINITION):
        given = was.get(role["id"].lower())
        lost = _scopes(given) - _scopes(role) if given else set()
        for grant in there:
            if grant["type"] == ASSIGNMENT and _role(grant) == role["name"]:
                for scope in lost:
                    if grant["id"].lower().startswith(f"{scope}/"):
                        yield f"{role['name']}: its scope {scope} is taken away while {grant['id']} stays"


def _names_of_roles(there: list[Resource]) -> Iterator[str]:
    """RoleDefinitionWithSameNameExists: a tenant has one role of a name (Learn, custom roles, troubleshooting)."""
    named: dict[str, str] = {}
    for one in there:
        if one["type"] == DEFINITION:
            name = one["properties"]["roleName"].lower()
            if named.setdefault(name, one["name"]) != one["name"]:
                yield f"{one['properties']['roleName']} is the name of two roles"


def _assignments(after: Snapshot, was: dict[str, Resource], there: list[Resource]) -> Iterator[str]:
    """RoleAssignmentUpdateNotPermitted and RoleAssignmentExists (Learn, Azure RBAC, troubleshooting)."""
    topics = [one["id"] for one in there if one["type"] in {SYSTEM_TOPIC, "Microsoft.EventGrid/topics"}]
    for one in after.of(ASSIGNMENT):
        given = was.get(one["id"].lower())
        if given and (_role(given), _principal(given, topics)) != (_role(one), _principal(one, topics)):
            yield f"{one['id']}: principal and role of an assignment cannot change"
    seen: dict[tuple[str, str, str], str] = {}
    for one in there:
        if one["type"] == ASSIGNMENT:
            scope = one["id"].rpartition("/providers/")[0].lower()
            key = (scope, _role(one), _principal(one, topics))
            if seen.setdefault(key, one["id"].lower()) != one["id"].lower():
                yield f"{one['id']}: the same grant is there under another name, {seen[key]}"


def _unchanging(after: Snapshot, was: dict[str, Resource]) -> Iterator[str]:
    for one in after.resources:
        given = was.get(one["id"].lower())
        if given is None:
            continue
        places = [str(given.get("location")), str(one.get("location"))]
        if places[0] != places[1] and not any(
            place.startswith("[") for place in places
        ):  # that of a vault: Azure knows
            yield f"{one['id']}: its location cannot change"
        for kind, name, source in UNCHANGING:
            if one["type"] == kind and _property(given, name) != _property(one, name):
                yield f"{one['id']}: {name} cannot change ({source})"
        if one["type"] == "Microsoft.Storage/storageAccounts" and _zones(given) != _zones(one):
            yield f"{one['id']}: zone redundancy takes a conversion"


def _sources(there: list[Resource]) -> Iterator[str]:
    """Learn, Event Grid system topics: only one system topic is allowed for a source."""
    seen: dict[str, str] = {}
    for one in there:
        if one["type"] == SYSTEM_TOPIC:
            source = one["properties"]["source"].lower()
            if seen.setdefault(source, one["id"].lower()) != one["id"].lower():
                yield f"{one['id']}: {source} has a system topic already, {seen[source]}"


def _destinations(after: Snapshot, there: list[Resource]) -> Iterator[str]:
    """An event subscription delivers to one place, which is there, and by an identity where it takes one (Learn)."""
    names = {one["id"].lower() for one in there}
    for one in after.resources:
        if not one["type"].endswith("/eventSubscriptions"):
            continue
        properties = one["properties"]
        by_identity = properties.get("deliveryWithResourceIdentity")
        if (properties.get("destination") is None) == (by_identity is None):
            yield f"{one['id']}: it has two destinations, or none"
        if by_identity is not None:
            to = by_identity["destination"]["properties"]
            if f"{to['resourceId']}/queueServices/default/queues/{to['queueName']}".lower() not in names:
                yield f"{one['id']}: its queue {to['queueName']} is not there"
        dead = properties["deadLetterWithResourceIdentity"]["deadLetterDestination"]["properties"]
        if f"{dead['resourceId']}/blobServices/default/containers/{dead['blobContainerName']}".lower() not in names:
            yield f"{one['id']}: its container {dead['blobContainerName']} is not there"


def _scopes(role: Resource) -> set[str]:
    return {scope.lower() for scope in role["properties"]["assignableScopes"]}


def _role(grant: Resource) -> str:
    return str(grant["properties"]["roleDefinitionId"]).rpartition("/")[2]


def _principal(grant: Resource, topics: list[str]) -> str:
    """The principal; one that only Azure knows is said by whose it is, as the name of the grant tells."""
    given = str(grant["properties"]["principalId"])
    if not given.startswith("["):
        return given.lower()
    scope, _, name = grant["id"].partition("/providers/Microsoft.Authorization/roleAssignments/")
    mine = (one for one in topics if str(uuid.uuid5(OF_ARM, f"{scope}-{one}-{_role(grant)}")) == name)
    return next(mine, "topic" if "Topic" in given else "the app")


def _property(one: Resource, name: str) -> Any:
    return one["properties"].get(name)


def _zones(account: Resource) -> bool:
    return account["sku"]["name"] in ZONES
