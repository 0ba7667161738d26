"""Requests that somebody started elsewhere: they are taken under watch as those of whoever owns the certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from functions.issuance.certflow import Certflow
from functions.issuance.ports import Intent
from functions.issuance.requests import NOBODY, Actor, Operation, Origin, Status, TrackedRequest
from functions.issuance.tags import OWNER, SIGNER
from functions.issuance.watch import begin_to_watch

type People = tuple[str | None, str | None]  # owner and signer


def people_by(tags: Mapping[str, str], requests: Iterable[TrackedRequest]) -> People:
    """The owner and the signer that a certificate's tags name; without one, that of its last request, which may have
    been adopted.
    """
    newest = max(requests, key=lambda one: one.created, default=None)
    last = (newest.owner, newest.signer) if newest else (None, None)
    return tags.get(OWNER) or last[0], tags.get(SIGNER) or last[1]


async def people_of(certflow: Certflow, alias: str, name: str, tags: Mapping[str, str] | None = None) -> People:
    """The owner and the signer of a certificate, who hear of it, whoever asks. `tags` are its own, where they are known
    already.

    Raises Refused, Unavailable.
    """
    if tags is None:
        tags = await certflow.vault(alias).tags(name)
    named = () if tags.get(OWNER) and tags.get(SIGNER) else await certflow.ledger.named(alias, name)
    return people_by(tags, named)


async def adopt(
    certflow: Certflow,
    alias: str,
    name: str,
    operation: Operation,
    by: Actor = NOBODY,
    *,
    tags: Mapping[str, str] | None = None,
    csr_out: bool = False,
    quietly: bool = False,
) -> TrackedRequest:
    """Takes a pending request under watch that nobody told us of; one that is tracked stays as it is.

    `tags` are as in people_of, `csr_out` and `quietly` as in begin_to_watch. Raises Refused, Unavailable.
    """
    quietly = quietly or operation.status is Status.COMPLETED  # maybe for years: nobody has to hear of that now
    owner, signer = await people_of(certflow, alias, name, tags)
    intent = Intent(
        alias, name, "", certflow.now(), owner=owner, signer=signer, by=by, what="adopted", origin=Origin.FOUND
    )
    request, _added = await begin_to_watch(certflow, intent, operation, csr_out=csr_out, quietly=quietly)
    return request
