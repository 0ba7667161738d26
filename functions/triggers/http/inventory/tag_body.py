"""Reads the body of `PATCH vaults/{vault}/certificates/{name}`: Certflow's tags of it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from functions.model.errors import InvalidRequest
from functions.model.inventory.endpoints import ENDPOINT_SHAPE, endpoints_in_tag
from functions.model.live.schedule import grace_names, grace_of
from functions.model.options import LiveOptions
from functions.model.tags import (
    BEGINNING,
    ENDPOINTS_TAG,
    GRACE_TAG,
    MAX_TAG_LETTERS,
    MUTE_TAG,
    OWNER_TAG,
    RENEW_TAG,
    SIGNER_TAG,
    muted_until,
)
from functions.triggers.http.bodies import Plain, parse
from functions.triggers.http.plain_text import check_person

TAG_FIELDS = "owner, signer, renew, mute, endpoints or grace"
TagValue = Annotated[str, Meta(min_length=1, max_length=MAX_TAG_LETTERS)]


class TagBody(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Certflow's tags of a certificate. `null` takes one away; what is left out stays as it is."""

    owner: Plain | UnsetType | None = UNSET
    signer: Plain | UnsetType | None = UNSET
    renew: Literal["notify", "auto", "off"] | UnsetType | None = UNSET
    mute: Plain | UnsetType | None = UNSET
    endpoints: TagValue | UnsetType | None = UNSET
    grace: Plain | UnsetType | None = UNSET
    requested_by: Plain | None = None


def parse_tags(body: bytes, live: LiveOptions) -> tuple[dict[str, str | None], str | None]:
    """Returns the tags, None for those to be taken away, and `requested_by`. `live` has the
    services that `grace` may name. Raises InvalidRequest.
    """
    asked = parse(body, TagBody)
    words = {
        OWNER_TAG: asked.owner,
        SIGNER_TAG: asked.signer,
        RENEW_TAG: asked.renew,
        MUTE_TAG: asked.mute,
        ENDPOINTS_TAG: asked.endpoints,
        GRACE_TAG: asked.grace,
    }
    tags = {tag: word for tag, word in words.items() if not isinstance(word, UnsetType)}
    if not tags:
        raise InvalidRequest("$", f"Name what is to change: {TAG_FIELDS}.")
    check_person("owner", tags.get(OWNER_TAG))
    check_person("signer", tags.get(SIGNER_TAG))
    mute = tags.get(MUTE_TAG)
    if mute is not None and muted_until({MUTE_TAG: mute}, BEGINNING) is None:
        raise InvalidRequest("mute", "A date, such as 2027-03-15, or true.")
    _check_endpoints(tags.get(ENDPOINTS_TAG))
    _check_grace(tags.get(GRACE_TAG), live)
    return tags, asked.requested_by


def _check_endpoints(value: str | None) -> None:
    """Raises InvalidRequest for a tag of which a part would have no effect."""
    if value is None:
        return
    read = endpoints_in_tag({ENDPOINTS_TAG: value})
    if read.faults:
        raise InvalidRequest("endpoints", " ".join(read.faults))
    if not read.endpoints:
        raise InvalidRequest("endpoints", f"This names no server; {ENDPOINT_SHAPE}.")


def _check_grace(value: str | None, live: LiveOptions) -> None:
    """Raises InvalidRequest for a tag that would have no effect."""
    if value is not None and (not value.strip() or grace_of(value, live) is None):
        named = grace_names(live)
        raise InvalidRequest("grace", f"Write one of {named}, or a period such as 90m, 6h or 4d.")
