"""What the operators of the app see of live: whether it is on, and what of the file of endpoints
and of the tags cannot be read.
"""

from __future__ import annotations

from dataclasses import dataclass

from functions.app.contexts import LiveStatusContext
from functions.inventory.read import inventory_of
from functions.live.graces import file_faults, grace_faults
from functions.model.errors import Unavailable
from functions.model.inventory.endpoints import endpoints_in_tag

MAX_FAULTS_NAMED = 20  # faults of the file, and certificates


@dataclass(frozen=True, slots=True)
class UnreadTag:
    """A certificate whose tag of endpoints or of their grace cannot be read, or not all of it;
    `vault` is an alias. There is a sentence in `faults` for each part that has no effect.
    """

    vault: str
    name: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """Whether servers are looked at; how many faults the file of endpoints has, and the sentences
    for the first; how many certificates have tags that cannot be read, and the first of them; and
    the vaults (aliases) whose inventory is not there to be searched for these.
    """

    on: bool = False
    file_faults: int = 0
    first_faults: tuple[str, ...] = ()
    unread: int = 0
    first_unread: tuple[UnreadTag, ...] = ()
    unsearched: tuple[str, ...] = ()


async def live_status(certflow: LiveStatusContext) -> LiveStatus:
    """The status of live, which is off alone where it is off. Raises Unavailable."""
    if certflow.live is None:
        return LiveStatus()
    faults = file_faults(await certflow.live.file.rows(), certflow.options.live)
    found, unsearched = list[UnreadTag](), list[str]()
    for alias in certflow.vaults:
        tags = await _unread_in(certflow, alias)
        if tags is None:
            unsearched.append(alias)
        else:
            found += tags
    return LiveStatus(
        on=True,
        file_faults=len(faults),
        first_faults=faults[:MAX_FAULTS_NAMED],
        unread=len(found),
        first_unread=tuple(found[:MAX_FAULTS_NAMED]),
        unsearched=tuple(unsearched),
    )


async def _unread_in(certflow: LiveStatusContext, alias: str) -> list[UnreadTag] | None:
    """The certificates of a vault with such tags; None before its first scan has ended, and where
    its snapshot cannot be read: the status is asked for when something is broken.
    """
    try:
        snapshot = await inventory_of(certflow, alias)
    except Unavailable:
        return None
    if snapshot is None:
        return None
    options = certflow.options.live
    read = (
        (one.name, (*endpoints_in_tag(one.tags).faults, *grace_faults(one.tags, options)))
        for one in snapshot.certificates
    )
    return [UnreadTag(alias, name, faults) for name, faults in read if faults]
