"""Says what the trusted CAs of a vault mean for a request there."""

from __future__ import annotations

from functions.model.humanize import moment
from functions.model.trusted_places import place_of
from functions.ports.monitoring_store import TrustNote, TrustState


def hint_of(note: TrustNote) -> str | None:
    """A sentence for whoever starts a request whose chain could not be merged with the CAs that the
    vault trusts now; None if it could.
    """
    if note.state is TrustState.ENDING and note.until:
        return (
            f"From {moment(note.until)} on no chain is merged in vault {note.vault}, unless a CA's "
            f"certificate is in {place_of(note.vault)} by then."
        )
    if note.state in {TrustState.NONE, TrustState.UNREADABLE}:
        return f"No chain is merged in vault {note.vault} at the moment. {note.why}"
    return None
