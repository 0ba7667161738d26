"""Reads the body of `PATCH vaults/{vault}/certificates/{name}`: Certflow's tags of it."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from functions.model.errors import InvalidRequest
from functions.model.tags import (
    BEGINNING,
    MUTE_TAG,
    OWNER_TAG,
    RENEW_TAG,
    SIGNER_TAG,
    muted_until,
)
from functions.triggers.http.bodies import Plain, parse
from functions.triggers.http.plain_text import check_person


class TagBody(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Certflow's tags of a certificate. `null` takes one away; what is left out stays as it is."""

    owner: Plain | UnsetType | None = UNSET
    signer: Plain | UnsetType | None = UNSET
    renew: Literal["notify", "auto", "off"] | UnsetType | None = UNSET
    mute: Plain | UnsetType | None = UNSET
    requested_by: Plain | None = None


def parse_tags(body: bytes) -> tuple[dict[str, str | None], str | None]:
    """Returns the tags, None for those to be taken away, and `requested_by`. Raises
    InvalidRequest.
    """
    asked = parse(body, TagBody)
    words = {
        OWNER_TAG: asked.owner,
        SIGNER_TAG: asked.signer,
        RENEW_TAG: asked.renew,
        MUTE_TAG: asked.mute,
    }
    tags = {tag: word for tag, word in words.items() if not isinstance(word, UnsetType)}
    if not tags:
        raise InvalidRequest("$", "Name what is to change: owner, signer, renew or mute.")
    check_person("owner", tags.get(OWNER_TAG))
    check_person("signer", tags.get(SIGNER_TAG))
    mute = tags.get(MUTE_TAG)
    if mute is not None and muted_until({MUTE_TAG: mute}, BEGINNING) is None:
        raise InvalidRequest("mute", "A date, such as 2027-03-15, or true.")
    return tags, asked.requested_by
