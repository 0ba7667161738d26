"""Which version the endpoints of a certificate are to show, and since when.

An event of the vault or of a request says at once that there is a new version, and a caller who
changes the tags that there are other endpoints; the inventory finds what nobody told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from functions.app.contexts import LiveContext
from functions.app.retry_save import save_with_retries
from functions.app.vault_limiters import rate_limited
from functions.live.graces import grace_seconds
from functions.model.errors import ConcurrentChange, Refused, UnreadAnswer
from functions.model.inventory.endpoints import EndpointRows, endpoints_of
from functions.model.inventory.record import CertificateRecord, IssuedCertificate, VaultSnapshot
from functions.model.live.schedule import first_look
from functions.model.live.state import EndpointCheck, ExpectedVersion
from functions.model.log import record
from functions.model.tags import OWNER_TAG
from functions.ports.endpoints import LivePorts
from functions.ports.vault import Bundle
from functions.x509.public_keys import sha1_of

type Tags = Mapping[str, str]


async def expect_version(
    certflow: LiveContext, alias: str, name: str, bundle: Bundle, changed: datetime
) -> None:
    """Has the endpoints of a certificate looked at for its current version, which was just read
    (`bundle`) and is current since `changed` (UTC), unless that is expected already. Safe to
    repeat. Raises Unavailable.
    """
    if certflow.live is None:
        return
    before = await certflow.live.checks.get(alias, name)
    wanted = await _wanted(certflow, certflow.live, alias, name, bundle, before, changed)
    await _saved(certflow.live, before, wanted)


async def current_check(
    certflow: LiveContext,
    live: LivePorts,
    alias: str,
    name: str,
    before: EndpointCheck | None,
    changed: datetime,
) -> EndpointCheck | None:
    """The check of a certificate as it is to be, by its current version and tags; None if it has no
    endpoints. Nothing is written. Raises Refused, Unavailable.
    """
    bundle = await certflow.vault(alias).certificate(name)
    if bundle is None:
        return None
    return await _wanted(certflow, live, alias, name, bundle, before, changed)


async def hear_completed(certflow: LiveContext, data: Mapping[str, object], at: datetime) -> None:
    """Does the same for a request that was completed at `at` (UTC), by the data of its event. A
    refusal of the vault, and a certificate that cannot be read, is left to the next scan. Raises
    Unavailable.
    """
    alias, name = str(data.get("vault")), str(data.get("name"))
    if certflow.live is None or alias not in certflow.vaults:
        return
    try:
        bundle = await rate_limited(certflow, alias).vault(alias).certificate(name)
    except (Refused, UnreadAnswer) as error:
        record("endpoint-check-left", vault=alias, name=name, reason=str(error))
        return
    if bundle is not None:
        await expect_version(certflow, alias, name, bundle, at)


async def expect_versions(certflow: LiveContext, snapshot: VaultSnapshot) -> None:
    """Has the endpoints of all certificates of a vault looked at, as a scan has found them, and
    forgets those that are not named any more. Raises Unavailable.

    A version that was current before Certflow knew of the endpoint is no news when it is served.
    What came since the scan read a certificate, or began, stays expected.
    """
    if certflow.live is None:
        return
    alias, rows = snapshot.vault, await certflow.live.file.rows()
    known = {one.name.lower(): one for one in await certflow.live.checks.of_vault(alias)}
    for entry in snapshot.certificates:
        before = known.pop(entry.name.lower(), None)
        expected = _expected_of(certflow, entry, before)
        wanted = None
        if expected is not None:
            wanted = _check(certflow, alias, entry.name, entry.tags, rows, expected, before)
        await _saved(certflow.live, before, wanted)
    for gone in known.values():
        if gone.expected.changed <= snapshot.began:
            await _saved(certflow.live, gone, None)


async def look_soon(certflow: LiveContext, alias: str, record: CertificateRecord) -> None:
    """Has the endpoints that a certificate's tags name now looked at in the next run of its vault,
    because somebody has named them just now, for the first time or once more. `alias` is
    lower-case. Safe to repeat. Raises Unavailable.
    """
    live = certflow.live
    if live is None:
        return
    rows, name = await live.file.rows(), record.name

    async def save(before: EndpointCheck | None) -> None:
        wanted, expected = None, _expected_of(certflow, record, before)
        if expected is not None:
            wanted = _check(certflow, alias, name, record.tags, rows, expected, before)
        if wanted is not None:
            wanted = replace(wanted, next_look=certflow.now())
        await _save(live, before, wanted)

    async def read() -> EndpointCheck | None:
        return await live.checks.get(alias, name)

    what = f"the endpoint check of {name} in {alias}"
    await save_with_retries(await read(), read, save, service="The table storage", what=what)


async def _wanted(
    certflow: LiveContext,
    live: LivePorts,
    alias: str,
    name: str,
    bundle: Bundle,
    before: EndpointCheck | None,
    changed: datetime,
) -> EndpointCheck | None:
    rows, tags = await live.file.rows(), bundle.fields.get("tags") or {}
    return _check(certflow, alias, name, tags, rows, _expected(bundle, changed), before)


def _expected(bundle: Bundle, changed: datetime) -> ExpectedVersion:
    der = bundle.version.der
    starts = (bundle.fields.get("attributes") or {}).get("nbf")
    return ExpectedVersion(
        sha1_of(der),
        hashlib.sha256(der).hexdigest(),
        changed,
        None if starts is None else datetime.fromtimestamp(starts, UTC),
        bundle.version.not_after,
        seen=True,
    )


def _expected_of(
    certflow: LiveContext, entry: CertificateRecord, before: EndpointCheck | None
) -> ExpectedVersion | None:
    """The version of a record; None of one that is disabled or was not read. Where another was
    expected, no event has told of it: it came by the time of the record, unless that is older than
    what is expected.
    """
    current, read = entry.current, entry.read or entry.seen
    if before is not None and read is not None and read < before.expected.changed:
        return before.expected
    if current is None or not entry.enabled or not current.sha256:
        return None
    changed = read or certflow.now()
    return _version(current, changed) if before is None else _version_seen(current, changed)


def _version(current: IssuedCertificate, read: datetime) -> ExpectedVersion:
    """A version that is the first of which anything is known: it came when it was made."""
    changed = current.created or current.not_before or read
    return replace(_version_seen(current, changed), seen=False)


def _version_seen(current: IssuedCertificate, changed: datetime) -> ExpectedVersion:
    times = current.not_before, current.not_after
    return ExpectedVersion(current.sha1.lower(), current.sha256, changed, *times, seen=True)


def _check(
    certflow: LiveContext,
    alias: str,
    name: str,
    tags: Tags,
    rows: EndpointRows,
    expected: ExpectedVersion,
    before: EndpointCheck | None,
) -> EndpointCheck | None:
    """The check as it is to be; None without endpoints. What is known of a version stays."""
    read = endpoints_of(alias, name, tags, rows)
    if not read.endpoints:
        return None
    now = certflow.now()
    same = before is not None and before.expected.sha256 == expected.sha256
    if before is not None and same:
        expected = before.expected
    check = EndpointCheck(
        alias,
        name,
        expected,
        first_look(expected.changed, now),
        read.endpoints,
        grace_seconds(read, tags, certflow.options.live),
        owner=tags.get(OWNER_TAG) or None,
    )
    return _carried_on(check, before, now) if before is not None and same else check


def _carried_on(check: EndpointCheck, before: EndpointCheck, now: datetime) -> EndpointCheck:
    """The check with what is known of the same version from before."""
    named = set(map(str, check.endpoints))
    states = tuple(one for one in before.states if one.endpoint in named)
    as_before = before.endpoints == check.endpoints
    at = before.next_look if as_before else min(before.next_look, now)
    return replace(check, next_look=at, states=states, etag=before.etag)


async def _saved(
    live: LivePorts, before: EndpointCheck | None, wanted: EndpointCheck | None
) -> None:
    """Writes a check, or deletes it. Another run that changed it meanwhile is left alone: whatever
    this one found is found again.
    """
    try:
        await _save(live, before, wanted)
    except ConcurrentChange as error:
        record("endpoint-check-left", reason=str(error))


async def _save(
    live: LivePorts, before: EndpointCheck | None, wanted: EndpointCheck | None
) -> None:
    """Writes a check, or deletes it, where that changes something. Raises ConcurrentChange."""
    if wanted is None and before is not None:
        await live.checks.remove(before)
    elif wanted is not None and wanted != before:
        await live.checks.save(wanted, before)
