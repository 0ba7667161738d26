"""Which address does what, and what it takes to be allowed to: one table."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from aiohttp import web

from keyvault_emulator import certificate_calls, deleted_calls, issuer_calls, key_calls, pending_calls, secret_calls
from keyvault_emulator.api_versions import check_version
from keyvault_emulator.calls import Call, Handler
from keyvault_emulator.errors import KeyVaultError, method_not_allowed
from keyvault_emulator.vault import Vault
from keyvault_emulator.wire import OPERATION, error_reply

log = logging.getLogger(__name__)

RESERVED = ("issuers", "contacts", "restore")  # routes, not certificate names (protocol §2); keys may be called so


@dataclass(frozen=True)
class Endpoint:
    """One operation, and the data action that it needs (Azure's name without `Microsoft.KeyVault/vaults/`)."""

    handler: Handler
    action: str


READ = "certificates/read"
CREATE = "certificates/create/action"
UPDATE = "certificates/update/action"
KEY_READ = "keys/read"
KEY_UPDATE = "keys/update/action"
CONTACTS = "certificatecontacts/write"  # also to read them: Azure has no action for that alone

# The first path that fits counts, so fixed words stand above names.
ROUTES: list[tuple[str, dict[str, Endpoint]]] = [
    ("certificates", {"GET": Endpoint(certificate_calls.list_certificates, READ)}),
    ("certificates/restore", {"POST": Endpoint(deleted_calls.restore, "certificates/restore/action")}),
    (
        "certificates/contacts",
        {
            "PUT": Endpoint(issuer_calls.put_contacts, CONTACTS),
            "GET": Endpoint(issuer_calls.get_contacts, CONTACTS),
            "DELETE": Endpoint(issuer_calls.delete_contacts, CONTACTS),
        },
    ),
    ("certificates/issuers", {"GET": Endpoint(issuer_calls.list_issuers, "certificatecas/read")}),
    (
        "certificates/issuers/{issuer}",
        {
            "PUT": Endpoint(issuer_calls.put_issuer, "certificatecas/write"),
            "GET": Endpoint(issuer_calls.get_issuer, "certificatecas/read"),
            "PATCH": Endpoint(issuer_calls.update_issuer, "certificatecas/write"),
            "DELETE": Endpoint(issuer_calls.delete_issuer, "certificatecas/delete"),
        },
    ),
    ("certificates/{name}/create", {"POST": Endpoint(certificate_calls.create, CREATE)}),
    (
        "certificates/{name}/import",
        {"POST": Endpoint(certificate_calls.import_certificate, "certificates/import/action")},
    ),
    ("certificates/{name}/backup", {"POST": Endpoint(deleted_calls.backup, "certificates/backup/action")}),
    (
        "certificates/{name}/pending",
        {
            "GET": Endpoint(pending_calls.get_pending, READ),
            "PATCH": Endpoint(pending_calls.cancel, UPDATE),
            "DELETE": Endpoint(pending_calls.delete_pending, UPDATE),
        },
    ),
    ("certificates/{name}/pending/merge", {"POST": Endpoint(pending_calls.merge, CREATE)}),
    ("certificates/{name}/versions", {"GET": Endpoint(certificate_calls.list_versions, READ)}),
    (
        "certificates/{name}/policy",
        {
            "GET": Endpoint(certificate_calls.get_policy, READ),
            "PATCH": Endpoint(certificate_calls.update_policy, UPDATE),
        },
    ),
    (
        "certificates/{name}",
        {
            "GET": Endpoint(certificate_calls.get_certificate, READ),
            "PATCH": Endpoint(certificate_calls.update_certificate, UPDATE),
            "DELETE": Endpoint(deleted_calls.delete_certificate, "certificates/delete"),
        },
    ),
    (
        "certificates/{name}/{version}",
        {
            "GET": Endpoint(certificate_calls.get_certificate, READ),
            "PATCH": Endpoint(certificate_calls.update_certificate, UPDATE),
        },
    ),
    ("deletedcertificates", {"GET": Endpoint(deleted_calls.list_deleted, READ)}),
    (
        "deletedcertificates/{name}",
        {
            "GET": Endpoint(deleted_calls.get_deleted, READ),
            "DELETE": Endpoint(deleted_calls.purge, "certificates/purge/action"),
        },
    ),
    (
        "deletedcertificates/{name}/recover",
        {"POST": Endpoint(deleted_calls.recover, "certificates/recover/action")},
    ),
    ("secrets/{name}", {"GET": Endpoint(secret_calls.get_secret, "secrets/getSecret/action")}),
    ("secrets/{name}/{version}", {"GET": Endpoint(secret_calls.get_secret, "secrets/getSecret/action")}),
    ("keys", {"GET": Endpoint(key_calls.list_keys, KEY_READ)}),
    ("keys/{name}/create", {"POST": Endpoint(key_calls.create_key, "keys/create/action")}),
    ("keys/{name}/versions", {"GET": Endpoint(key_calls.list_key_versions, KEY_READ)}),
    ("keys/{name}/sign", {"POST": Endpoint(key_calls.sign, "keys/sign/action")}),
    ("keys/{name}/verify", {"POST": Endpoint(key_calls.verify, "keys/verify/action")}),
    (
        "keys/{name}",
        {
            "PUT": Endpoint(key_calls.import_key, "keys/import/action"),
            "GET": Endpoint(key_calls.get_key, KEY_READ),
            "PATCH": Endpoint(key_calls.update_key, KEY_UPDATE),
            "DELETE": Endpoint(key_calls.delete_key, "keys/delete"),
        },
    ),
    (
        "keys/{name}/{version}",
        {"GET": Endpoint(key_calls.get_key, KEY_READ), "PATCH": Endpoint(key_calls.update_key, KEY_UPDATE)},
    ),
    ("keys/{name}/{version}/sign", {"POST": Endpoint(key_calls.sign, "keys/sign/action")}),
    ("keys/{name}/{version}/verify", {"POST": Endpoint(key_calls.verify, "keys/verify/action")}),
    ("deletedkeys", {"GET": Endpoint(key_calls.list_deleted_keys, KEY_READ)}),
    (
        "deletedkeys/{name}",
        {
            "GET": Endpoint(key_calls.get_deleted_key, KEY_READ),
            "DELETE": Endpoint(key_calls.purge_key, "keys/purge/action"),
        },
    ),
    ("deletedkeys/{name}/recover", {"POST": Endpoint(key_calls.recover_key, "keys/recover/action")}),
]


# The same by the number of segments: a client that asks thousands of times is not to pay for the whole table.
_BY_LENGTH: dict[int, list[tuple[list[str], dict[str, Endpoint]]]] = {}
for _pattern, _methods in ROUTES:
    _BY_LENGTH.setdefault(_pattern.count("/") + 1, []).append((_pattern.split("/"), _methods))


async def answer(
    request: web.Request, vault: Vault, now: Callable[[], float], require: Callable[[str], None]
) -> web.Response:
    """Any request to any vault: route, version, grant, and errors as Key Vault words them.

    `require` raises KeyVaultError if the caller may not carry out a data action.
    """
    try:
        endpoint, path = _route(request)
        request[OPERATION] = endpoint.handler.__name__
        check_version(request.query.get("api-version", ""))
        require(endpoint.action)
        return await endpoint.handler(Call(request, vault, now, path))
    except KeyVaultError as error:
        return error_reply(error)
    except Exception:
        log.exception("the emulator failed at %s %s", request.method, request.path)
        return error_reply(KeyVaultError(500, "InternalServerError", "The emulator failed; its log has the traceback."))


def _route(request: web.Request) -> tuple[Endpoint, dict[str, str]]:
    # Empty segments are dropped: `{name}/` is `{name}` (protocol §2), and an empty name gives the recorded 405.
    segments = [segment for segment in request.path.split("/") if segment]
    for pattern, methods in _BY_LENGTH.get(len(segments), ()):
        path = _fit(pattern, segments)
        if path is None or (pattern[0] == "certificates" and path.get("name", "").lower() in RESERVED):
            continue
        if request.method not in methods:
            raise method_not_allowed(request.method)
        return methods[request.method], path
    raise KeyVaultError(404, "NotFound", f"There is nothing at {request.path}")  # wording not known; ours


def _fit(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    path: dict[str, str] = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            path[expected.strip("{}")] = segment
        elif expected != segment.lower():
            return None
    return path
