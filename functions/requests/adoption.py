"""Adopting a pending request that was started elsewhere: it is tracked, and belongs to the owner
and the signer of its certificate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from functions.app.contexts import CsrsContext, RequestsContext
from functions.model.request.actor import Actor, Origin
from functions.model.request.operation import Operation, Status
from functions.model.request.tracked import TrackedRequest
from functions.model.tags import OWNER_TAG, SIGNER_TAG
from functions.ports.ledger import Intent
from functions.requests.track import track_request

type People = tuple[str | None, str | None]  # owner and signer


def people_by(tags: Mapping[str, str], requests: Iterable[TrackedRequest]) -> People:
    """The owner and the signer that a certificate's tags name, or else those of its newest request,
    which may have been adopted.
    """
    newest = max(requests, key=lambda one: one.created, default=None)
    last = (newest.owner, newest.signer) if newest else (None, None)
    return tags.get(OWNER_TAG) or last[0], tags.get(SIGNER_TAG) or last[1]


async def people_of(
    certflow: CsrsContext, alias: str, name: str, tags: Mapping[str, str] | None = None
) -> People:
    """The owner and the signer of a certificate, whoever asks. `tags` are the certificate's, where
    they are known already.

    Raises Refused, Unavailable.
    """
    if tags is None:
        tags = await certflow.vault(alias).tags(name)
    named = (
        ()
        if tags.get(OWNER_TAG) and tags.get(SIGNER_TAG)
        else await certflow.ledger.by_name(alias, name)
    )
    return people_by(tags, named)


async def adopt(
    certflow: RequestsContext,
    alias: str,
    name: str,
    operation: Operation,
    by: Actor,
    *,
    tags: Mapping[str, str] | None = None,
    csr_out: bool = False,
    quietly: bool = False,
) -> TrackedRequest:
    """Tracks a pending request that was started elsewhere; one that is tracked stays as it is.

    `by` is the part of Certflow that found it, or the caller who acts on it; `tags` are as in
    people_of, `csr_out` and `quietly` as in track_request. Raises Refused, Unavailable.
    """
    # It may have been completed for years: nobody has to be told of that now.
    quietly = quietly or operation.status is Status.COMPLETED
    owner, signer = await people_of(certflow, alias, name, tags)
    found = Intent(alias, name, "", certflow.now(), owner=owner, signer=signer, by=by)
    intent = replace(found, what="adopted", origin=Origin.FOUND)
    request, _added = await track_request(
        certflow, intent, operation, csr_out=csr_out, quietly=quietly
    )
    return request
