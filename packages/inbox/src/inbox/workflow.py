"""The Teams channels: Power Automate flows that take a card over HTTP and post it (platform §6.1 to §6.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from inbox.admission import Admission, any_user_in_my_tenant, whoever_has_the_url
from inbox.card_text import first_text, visible_text
from inbox.cards import Json, RefusedError
from inbox.envelopes import bare_card, cards_of_message
from inbox.faults import Faults, TeamsFault
from inbox.messages import Messages


@dataclass(frozen=True)
class Workflow:
    """One flow: the channel it posts to, who may start it, and which envelope its template takes.

    `query` is what its URL has after the path, with the credential if that is one.
    """

    messages: Messages
    faults: Faults
    name: str
    channel: str
    query: str = field(repr=False)
    admit: Admission
    cards_of: Callable[[Json], list[dict[str, Json]]]

    @property
    def path(self) -> str:
        """Path and query of the trigger's URL."""
        return f"{self._path}?{self.query}"

    @property
    def _path(self) -> str:
        return f"/workflows/{self.name}/triggers/manual/paths/invoke"

    def add_route(self, app: web.Application) -> None:
        """Puts the trigger into an application."""
        app.router.add_post(self._path, self._invoke)

    async def _invoke(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if (refusal := self.admit(request)) is not None:
            return refusal
        if (fault := self.faults.next_teams()) is not None:
            return _faulty(fault)
        response = web.Response(status=HTTPStatus.ACCEPTED)
        await response.prepare(request)
        await response.write_eof()
        self._run(body)  # only now, as the flow does: the sender has its 202 whatever the card looks like
        return response

    def _run(self, body: bytes) -> None:
        raw = body.decode(errors="replace")
        try:
            cards = self.cards_of(msgspec.json.decode(body))
            self.messages.add("teams", to=self.channel, subject=first_text(cards), text=visible_text(cards), raw=raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._refuse(raw, f"The request content is not valid and could not be deserialized: {error}.")
        except RecursionError:
            self._refuse(raw, "The request content is nested too deeply.")
        except RefusedError as error:
            self._refuse(raw, str(error))

    def _refuse(self, raw: str, reason: str) -> None:
        self.messages.add("teams", to=self.channel, subject="", text="", raw=raw, refused=reason)


class Workflows:
    """The flows that there are: one that posts a message's cards, one that posts a bare card, and one that posts a
    message's cards but wants an Entra token instead of a `sig`.
    """

    def __init__(self, messages: Messages, faults: Faults, sig: str) -> None:
        version = {"api-version": "1"}
        signed = urlencode(version | {"sp": "/triggers/manual/run", "sv": "1.0", "sig": sig})
        anyone = whoever_has_the_url(sig)
        self.message = Workflow(messages, faults, "local", "teams channel", signed, anyone, cards_of_message)
        self.card = Workflow(messages, faults, "local-card", "teams channel (bare cards)", signed, anyone, bare_card)
        self.entra = Workflow(
            messages,
            faults,
            "local-entra",
            "teams channel (Entra)",
            urlencode(version),
            any_user_in_my_tenant,
            cards_of_message,
        )

    def add_routes(self, app: web.Application) -> None:
        """Puts the triggers into an application."""
        for workflow in (self.message, self.card, self.entra):
            workflow.add_route(app)


def _faulty(fault: TeamsFault) -> web.Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    error = {"code": "Fault", "message": "This answer was asked for at /control/faults."}
    return web.json_response({"error": error}, status=fault.status, headers=headers)
