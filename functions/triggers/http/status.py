"""Handles `GET status`: the state of the monitoring, by vault; unprocessed files, waiting messages,
wrong settings. And `POST rebuild`, which begins that again from Key Vault.
"""

from __future__ import annotations

import azure.functions as func

from functions import __version__
from functions.app.access import access_in_force
from functions.app.context import InForce
from functions.live.status import LiveStatus, live_status
from functions.monitoring.rebuild import NOT_RESTORED, request_rebuild
from functions.monitoring.status import (
    FilesStatus,
    VaultStatus,
    refused_events,
    status_of_files,
    status_of_vaults,
)
from functions.notifications.channel_backlog import ChannelBacklog, waiting_on_channels
from functions.notifications.reached_channels import unreached_now
from functions.ports.monitoring_store import InventoryScan
from functions.triggers.http.answers import json_body, time_of
from functions.triggers.http.bodies import RebuildBody, parse
from functions.triggers.http.context import Context
from functions.triggers.http.grants.own import operated, operates_all, require_vaults
from functions.triggers.http.queries import actor_of, body_of, check_query
from functions.triggers.http.types.status import (
    AccessAnswer,
    ChannelItem,
    EndpointFileFaults,
    FaultOfFile,
    Files,
    LiveAnswer,
    RebuildStarted,
    SilencedEnd,
    StatusAnswer,
    SurveyAnswer,
    TrustedCas,
    UnprocessedFile,
    UnreachedChannel,
    UnreadTagOf,
    UnreadTags,
    VaultItem,
)


async def get_status(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Answers 200 with the version of the app, the state of the monitoring and of the trusted CAs
    of each vault, the files that are not processed, the messages that wait, the channels that no
    message can reach, the wrong settings, the access file, and whether servers are looked at.
    Whoever operates some vaults alone is told of these.
    """
    check_query(req)
    app = operated(context)
    vaults = [vault_item(one) for one in await status_of_vaults(app)]
    if not operates_all(context):
        return json_body(200, StatusAnswer(version=__version__, vaults=vaults))
    found = StatusAnswer(
        version=__version__,
        vaults=vaults,
        files=_file_items(await status_of_files(app)),
        refused_events=await refused_events(app),
        setting_faults=list(app.setting_faults),
        channels=[_channel_item(one) for one in await waiting_on_channels(app)],
        unreached_channels=[UnreachedChannel(*one) for one in await unreached_now(app)],
        access=_access_answer(await access_in_force(app)) if app.access_files else None,
        live=_live_answer(await live_status(app)),
    )
    return json_body(200, found)


async def rebuild(req: func.HttpRequest, context: Context) -> func.HttpResponse:
    """Asks for a rebuild of vaults, and answers 202 with their aliases and what does not come
    back.
    """
    check_query(req, "requested_by")
    asked = parse(body_of(req) or b"{}", RebuildBody)
    by = actor_of(req, context, asked.requested_by)
    require_vaults(context, asked.vaults)
    begun = await request_rebuild(context.certflow(), asked.vaults, by)
    return json_body(
        202, RebuildStarted(list(begun.asked), list(begun.under_way), list(NOT_RESTORED))
    )


def vault_item(status: VaultStatus) -> VaultItem:
    """Returns the part of the answer about one vault."""
    return VaultItem(
        vault=status.vault,
        trusted_cas=_trusted_cas(status),
        observed=status.read_only,
        last_good_sweep=time_of(status.last_check),
        backlog=status.backlog,
        last_survey=_survey_answer(status.survey),
    )


def _trusted_cas(status: VaultStatus) -> TrustedCas:
    note = status.trust
    if note is None:
        return TrustedCas(status.takes.value, "unknown", status.merges)
    return TrustedCas(
        takes=status.takes.value,
        state=note.state.value,
        merges=status.merges,
        sha256=note.sha256 or None,
        since=time_of(note.since),
        until=time_of(note.until),
        why=note.why or None,
    )


def _survey_answer(survey: InventoryScan) -> SurveyAnswer | None:
    if survey.finished is None or survey.last is None:
        return None
    return SurveyAnswer(
        finished=survey.finished.isoformat(),
        certificates=survey.last.certificates,
        counts=dict(survey.last.counts),
        names={kind: list(some) for kind, some in survey.last.names.items()},
        silenced=[
            SilencedEnd(one.name, one.why, one.ends.isoformat()) for one in survey.last.silenced
        ],
    )


def _access_answer(access: InForce) -> AccessAnswer:
    return AccessAnswer(
        state=access.state.value,
        since=time_of(access.since),
        sha256=access.sha256 or None,
        faults=[FaultOfFile(one.row, one.field, one.sentence) for one in access.faults] or None,
    )


def _live_answer(live: LiveStatus) -> LiveAnswer:
    if not live.on:
        return LiveAnswer(on=False)
    named = [UnreadTagOf(one.vault, one.name, list(one.faults)) for one in live.first_unread]
    return LiveAnswer(
        on=True,
        file=EndpointFileFaults(live.file_faults, list(live.first_faults)),
        unread_tags=UnreadTags(live.unread, named, list(live.unsearched)),
    )


def _file_items(files: FilesStatus) -> Files:
    oldest = [UnprocessedFile(one.name, one.since.isoformat(), one.state) for one in files.oldest]
    return Files(files.count, files.set_aside, oldest)


def _channel_item(backlog: ChannelBacklog) -> ChannelItem:
    return ChannelItem(backlog.channel, backlog.waiting, backlog.since.isoformat(), backlog.reason)
