"""How long the servers of a certificate may take for a new version, and which words for that cannot
be read.
"""

from __future__ import annotations

from collections.abc import Mapping

from functions.model.inventory.endpoints import ENDPOINT_FILE, EndpointRows, ReadEndpoints
from functions.model.live.schedule import grace_names, grace_of
from functions.model.options import LiveOptions
from functions.model.tags import GRACE_TAG
from functions.x509.describe import printed


def grace_seconds(read: ReadEndpoints, tags: Mapping[str, str], options: LiveOptions) -> float:
    """By the file, the tag, or the setting (seconds): the first that can be read."""
    for word in (read.grace, tags.get(GRACE_TAG, "")):
        found = grace_of(word, options) if word.strip() else None
        if found is not None:
            return found.total_seconds()
    return options.grace.total_seconds()


def grace_faults(tags: Mapping[str, str], options: LiveOptions) -> tuple[str, ...]:
    """A sentence for the tag's word, if it cannot be read."""
    return _faults(GRACE_TAG, tags.get(GRACE_TAG, ""), options)


def file_faults(rows: EndpointRows, options: LiveOptions) -> tuple[str, ...]:
    """The faults of the file, then those of its words."""
    words = [
        (f"{ENDPOINT_FILE}, row of {printed('/'.join(key), 160)}", one.grace)
        for key, one in rows.by_name.items()
    ]
    return (*rows.faults, *(fault for row in words for fault in _faults(*row, options)))


def _faults(where: str, word: str, options: LiveOptions) -> tuple[str, ...]:
    if grace_of(word, options) is not None:
        return ()
    shown, named = printed(word, 80), grace_names(options)
    return (f"{where}: the grace '{shown}' is none of {named}, and no period such as 90m or 4d.",)
