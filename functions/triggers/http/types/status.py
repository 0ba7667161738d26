"""The types of the answers of `GET status` and of `POST rebuild`."""

from __future__ import annotations

from typing import Annotated

from functions.model.options import Takes
from functions.ports.access_files import AccessState
from functions.ports.monitoring_store import TrustState
from functions.triggers.http.types.answers import Answer, Count, Time, one_of


class SilencedEnd(Answer):
    """A certificate that is near expiry or has expired, and whose tag suppresses the messages about
    it.
    """

    name: str
    why: str
    not_after: Time


class SurveyAnswer(Answer):
    """What the last inventory scan of a vault found: how many certificates of each kind, and the
    names of the first.
    """

    finished: Time
    certificates: Count
    counts: dict[str, Count]
    names: dict[str, list[str]]
    silenced: list[SilencedEnd]


class TrustedCas(Answer):
    """Whose certificates a vault takes, and whether it merges any; `sha256` is over its files."""

    takes: Annotated[str, one_of(Takes)]
    state: Annotated[str, one_of((*TrustState, "unknown"))]
    merges: bool
    sha256: str | None = None
    since: Time | None = None
    until: Time | None = None
    why: str | None = None


class VaultItem(Answer):
    """The state of the monitoring of a vault; `backlog` is the number of overdue checks."""

    vault: str
    trusted_cas: TrustedCas
    observed: bool
    last_good_sweep: str | None
    backlog: Count
    last_survey: SurveyAnswer | None


class UnprocessedFile(Answer):
    """A file that is still in the container for chains."""

    name: str
    since: Time
    state: Annotated[str, one_of(("unhandled", "waiting", "set-aside"))]


class Files(Answer):
    """How many files are still there, and the oldest of them."""

    count: Count
    set_aside: Count
    oldest: list[UnprocessedFile]


class ChannelItem(Answer):
    """Messages that wait on a channel; `reason` says why the last one that was tried was not
    sent.
    """

    channel: str
    waiting: Count
    since: Time
    reason: str | None = None


class UnreachedChannel(Answer):
    """A channel that is set up and that no message can reach; `reason` says what to change."""

    channel: str
    reason: str


class FaultOfFile(Answer):
    """A fault of the access file; `row` is `$` for what concerns all of it, `field` empty for what
    concerns all of a row.
    """

    row: str
    field: str
    sentence: str


class AccessAnswer(Answer):
    """What decides who may do what: app roles (there never was a file), the file, the last good
    file, or the role of operators alone; since when, and the hash of the file that decides.
    `faults` are those of the file that is there now.
    """

    state: Annotated[str, one_of(AccessState)]
    since: Time | None = None
    sha256: str | None = None
    faults: list[FaultOfFile] | None = None


class EndpointFileFaults(Answer):
    """How many faults `rules/endpoints.json` has, and the first of them, in sentences."""

    count: Count
    faults: list[str]


class UnreadTagOf(Answer):
    """A certificate whose tag `certflow-endpoints` cannot be read, or not all of it, and why."""

    vault: str
    name: str
    faults: list[str]


class UnreadTags(Answer):
    """How many certificates have such a tag, as of the inventory, and the first of them;
    `unsearched` are the vaults (aliases) whose inventory is not there to be searched.
    """

    count: Count
    certificates: list[UnreadTagOf]
    unsearched: list[str]


class LiveAnswer(Answer):
    """Whether Certflow looks at servers (`CERTFLOW_LIVE_HOSTS` names some), and what of the
    endpoints cannot be read and so has no effect; that is left out while it does not.
    """

    on: bool
    file: EndpointFileFaults | None = None
    unread_tags: UnreadTags | None = None


class StatusAnswer(Answer):
    """The state of the monitoring; `version` is that of the app. What concerns the whole app is
    left out for a caller who operates some vaults alone, and `access` where nobody signs in.
    """

    version: str
    vaults: list[VaultItem]
    files: Files | None = None
    refused_events: Count | None = None
    setting_faults: list[str] | None = None
    channels: list[ChannelItem] | None = None
    unreached_channels: list[UnreachedChannel] | None = None
    access: AccessAnswer | None = None
    live: LiveAnswer | None = None


class RebuildStarted(Answer):
    """The vaults (aliases) whose rebuild begins, and those where one is under way already, which
    goes on; and, in sentences, what only the tables held, so that it does not come back.
    """

    asked: list[str]
    under_way: list[str]
    not_restored: list[str]
