"""A certificate as it is before a start, and what its next version gets from that."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from functions.access.policy import DEFAULT_EKUS
from functions.app.context_parts import HasLedger
from functions.model.errors import InvalidRequest
from functions.model.tags import MAX_TAGS, OWNER_TAG, SIGNER_TAG
from functions.ports.key_vault_objects import CreateFields, Policy
from functions.ports.vault import Vault, stored_policy
from functions.requests.adoption import People, people_by
from functions.x509.usages import CLIENT, SERVER


@dataclass(frozen=True, slots=True)
class LastVersion:
    """A certificate before a start: its tags, its owner, its stored policy and its signer. `policy`
    is None if there is none, or if nothing needs it.
    """

    tags: Mapping[str, str]
    owner: str | None = None
    policy: Policy | None = None
    signer: str | None = None


async def last_version(certflow: HasLedger, vault: Vault, alias: str, name: str) -> LastVersion:
    """The certificate as it is now; without values if there is none. Raises Refused, Unavailable.

    The owner and the signer are those that its tags name, or else those of its last request: one
    that was adopted has no tag.
    """
    tags, policy, named = await asyncio.gather(
        vault.tags(name), stored_policy(vault, name), certflow.ledger.by_name(alias, name)
    )
    owner, signer = people_by(tags, named)
    return LastVersion(tags, owner, policy, signer)


def next_tags(
    body: CreateFields, owner: str | None, signer: str | None, last: LastVersion
) -> tuple[dict[str, str], People]:
    """The tags of the next version, and the owner and signer that they name. `owner` and `signer`
    are those that the caller asks for.

    Tags belong to a version, and a next one would have none (protocol §4.1): it gets those of the
    last, unless the body has others. Owner and signer are among them, because whoever tells of the
    certificate's end, or has the next CSR signed, finds only the tags. Raises InvalidRequest if
    there are too many tags.
    """
    tags = dict(body.get("tags", last.tags))
    before = LastVersion({}) if "tags" in body else last
    owner = owner or tags.get(OWNER_TAG) or before.owner
    signer = signer or tags.get(SIGNER_TAG) or before.signer
    people = {tag: one for tag, one in ((OWNER_TAG, owner), (SIGNER_TAG, signer)) if one}
    tags |= people
    if len(tags) > MAX_TAGS:
        raise _too_many_tags(people)
    return tags, (owner, signer)


def _too_many_tags(people: Mapping[str, str]) -> InvalidRequest:
    who = " and ".join(
        f"the {tag.rpartition('-')[2]}, who is kept as the tag {tag}" for tag in people
    )
    most = f"At most {MAX_TAGS - len(people)}{f' beside {who}' if who else ''}"
    return InvalidRequest(
        "tags", f"{most}; where none are given, those of the version before count."
    )


def hints(given: Policy | None, stored: Policy | None) -> Iterator[str]:
    """Sentences on what will be wrong with the certificate although Key Vault accepts the policy
    (the given one, or else the stored one): at the start it still costs nothing.
    """
    asked = (given or stored or {}).get("x509_props") or {}
    if not any((asked.get("sans") or {}).values()):
        yield (
            "The policy asks for no alternative name, and browsers look nowhere else. Unless the "
            "CA adds one, delete this request and start it again with x509_props.sans.dns_names."
        )
    if given and CLIENT in asked.get("ekus", DEFAULT_EKUS):
        yield (
            "The policy asks for client authentication, as Key Vault's default does. Public CAs "
            "do not grant that any "
            f'more. If one of them signs this, write "ekus": ["{SERVER}"] into x509_props.'
        )
