"""Whether a caller may change the tags of a certificate."""

from __future__ import annotations

from collections.abc import Mapping

from functions.model.tags import OWNER_TAG
from functions.ports.judge import Proposal
from functions.requests.last_version import last_version
from functions.triggers.http.context import Context


async def check_may_change(
    context: Context, alias: str, name: str, tags: Mapping[str, str] | None
) -> None:
    """Raises Forbidden unless the caller may request this certificate, for its owner and for the
    one whom it has with these tags; None in place of them if they stay as they are. Tags say who
    hears of the certificate and whether it is renewed, as a request does. Raises UnknownVault,
    Refused, Unavailable.
    """
    if context.access is None:
        return
    app = context.certflow()
    last = await last_version(app, app.vault(alias), alias, name)
    kept = last.tags if tags is None else tags
    owner = kept.get(OWNER_TAG) or last.owner
    proposal = Proposal(alias, name, None, last.policy, owner, last.owner, kept)
    context.access.enforce(context.access.judge(proposal, 0))
