"""The Teams channel: a Power Automate flow that takes a card over HTTP and posts it (PLATFORM §6.1 to §6.3)."""

from __future__ import annotations

import hmac
from http import HTTPStatus
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from local.inbox.card_text import first_text, visible_text
from local.inbox.cards import RefusedError, check_post
from local.inbox.faults import Faults, TeamsFault
from local.inbox.messages import Messages

CHANNEL = "teams channel"
_PATH = "/workflows/local/triggers/manual/paths/invoke"


class Workflow:
    """One flow whose trigger is open to anyone who has its URL: `sig` in it is the credential."""

    def __init__(self, messages: Messages, faults: Faults, sig: str) -> None:
        self._messages, self._faults, self._sig = messages, faults, sig

    @property
    def path(self) -> str:
        """Path and query of the trigger's URL."""
        query = {"api-version": "1", "sp": "/triggers/manual/run", "sv": "1.0", "sig": self._sig}
        return f"{_PATH}?{urlencode(query)}"

    def add_routes(self, app: web.Application) -> None:
        """Puts the trigger into an application."""
        app.router.add_post(_PATH, self._invoke)

    async def _invoke(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if (refusal := _unauthorized(request.query.get("sig"), self._sig)) is not None:
            return refusal
        if (fault := self._faults.next_teams()) is not None:
            return _faulty(fault)
        response = web.Response(status=HTTPStatus.ACCEPTED)
        await response.prepare(request)
        await response.write_eof()
        self._run(body)  # only now, as the flow does: the sender has its 202 whatever the card looks like
        return response

    def _run(self, body: bytes) -> None:
        raw = body.decode(errors="replace")
        try:
            cards = check_post(msgspec.json.decode(body), len(body))
            self._messages.add("teams", to=CHANNEL, subject=first_text(cards), text=visible_text(cards), raw=raw)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self._refuse(raw, f"The request content is not valid and could not be deserialized: {error}.")
        except RecursionError:
            self._refuse(raw, "The request content is nested too deeply.")
        except RefusedError as error:
            self._refuse(raw, str(error))

    def _refuse(self, raw: str, reason: str) -> None:
        self._messages.add("teams", to=CHANNEL, subject="", text="", raw=raw, refused=reason)


def _unauthorized(given: str | None, wanted: str) -> web.Response | None:
    """The answers of Logic Apps, on which these triggers run."""
    if given is None:
        return _error("DirectApiAuthorizationRequired", "The request must be authenticated by Shared Access scheme.")
    if not hmac.compare_digest(given.encode(), wanted.encode()):
        return _error("AuthorizationFailed", "The authentication credentials are not valid.")
    return None


def _error(code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=HTTPStatus.UNAUTHORIZED)


def _faulty(fault: TeamsFault) -> web.Response:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    error = {"code": "Fault", "message": "This answer was asked for at /control/faults."}
    return web.json_response({"error": error}, status=fault.status, headers=headers)
