"""Profiles: what the emulator says where recordings of the service and Microsoft's page disagree.

`observed` is what recordings show, and the default. `documented` is Microsoft's page ("Monitor and manage certificate
creation"), row by row (protocol §1), but for what is no more than a slip of the page or of its translation:

- "canceled" stands in its prose only, and no status is shown: `cancelled`, as SDKs compare it.
- Error codes translated into the reader's language: on the wire they are English.
- "A pending object can be overwritten when its status is inProgress": a translation that lost its "not".
- "Merge is not allowed… but allowed when inProgress" reads backwards: its own 403 says the contrary.
- A pending object that is gone is 404 in both; of the half-made version that remains the page says nothing.

A client must work with both.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

from keyvault_emulator.errors import pending_in_progress
from keyvault_emulator.wire import OPERATION, reply

type ProfileName = Literal["observed", "documented"]
OBSERVED: ProfileName = "observed"
PROFILES: tuple[ProfileName, ...] = ("observed", "documented")


@dataclass
class Answer:
    """A reply on its way out. `operation` is the name of the handler that made it."""

    operation: str
    api_version: str
    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def error_message(self) -> str:
        """What an error says; empty if this is none. A failed operation is no error."""
        return str(self.body["error"]["message"]) if set(self.body) == {"error"} else ""

    @property
    def is_pending(self) -> bool:
        """Whether it is a certificate operation."""
        return "csr" in self.body

    @property
    def is_manual(self) -> bool:
        """Whether the caller is to merge."""
        return self.is_pending and self.body["issuer"]["name"].lower() == "unknown"


# --- the changes ---


def _conflict_is_forbidden(answer: Answer) -> None:
    if answer.error_message == pending_in_progress().message:
        answer.body["error"]["code"] = "Forbidden"


def _late_cancel_is_bad_request(answer: Answer) -> None:
    if answer.operation == "cancel" and answer.status == 403 and answer.body["error"].get("innererror") is None:
        answer.status, answer.body["error"]["code"] = 400, "BadParameter"


def _capital_in_progress(answer: Answer) -> None:
    if answer.operation == "create" and answer.is_pending and not answer.is_manual:
        answer.body["status"] = "InProgress"


def _target_with_version(answer: Answer) -> None:
    if answer.is_pending and "target" in answer.body:
        answer.body["target"] += f"?api-version={answer.api_version}"


def _empty_details_of_failed(answer: Answer) -> None:
    if answer.is_pending and answer.body["status"] == "failed":
        answer.body = _inserted(answer.body, "status_details", "", after="status")


def _manual_create_without_flag(answer: Answer) -> None:
    if answer.operation == "create" and answer.is_manual:
        del answer.body["cancellation_requested"]


def _details_without_full_stop(answer: Answer) -> None:
    if answer.is_pending and not answer.is_manual and "status_details" in answer.body:
        answer.body["status_details"] = answer.body["status_details"].removesuffix(".")


def _deleted_without_details(answer: Answer) -> None:
    if answer.operation == "delete_pending" and answer.is_pending:
        answer.body.pop("status_details", None)


def _bundle_of_2016(answer: Answer) -> None:
    for newer in ("recoveryLevel", "recoverableDays", "basic_constraints"):
        _remove(answer.body, newer)


def _no_retry_after(answer: Answer) -> None:
    if answer.is_pending:
        answer.headers.pop("Retry-After", None)


@dataclass(frozen=True)
class Row:
    """One row of protocol §1 in which the page differs from the recordings, and what makes a reply follow the page."""

    subject: str
    page: str
    change: Callable[[Answer], None]


DOCUMENTED = (
    Row("409 on create while inProgress", 'code "Forbidden", the message as recorded', _conflict_is_forbidden),
    Row("PATCH when not inProgress", "400; the page gives no body: code BadParameter", _late_cancel_is_bad_request),
    Row("status right after create", '"InProgress" under an issuer, "inProgress" by hand', _capital_in_progress),
    Row("completed target", "ends in ?api-version={api-version}", _target_with_version),
    Row("failed", 'has "status_details": ""', _empty_details_of_failed),
    Row("manual create reply", "has no cancellation_requested", _manual_create_without_flag),
    Row("status_details (issuer)", 'ends "check again later", without full stop', _details_without_full_stop),
    Row("DELETE example", "has no status_details", _deleted_without_details),
    Row("bundle", "has no recoveryLevel, recoverableDays, basic_constraints", _bundle_of_2016),
    Row("Retry-After", "is not there", _no_retry_after),
)


def as_profile(profile: ProfileName, request: web.Request, response: web.Response) -> web.Response:
    """The reply as this profile has it."""
    if profile == OBSERVED or not isinstance(response.body, bytes) or "json" not in response.content_type:
        return response
    answer = Answer(
        operation=request.get(OPERATION, ""),
        api_version=request.query.get("api-version", ""),
        status=response.status,
        body=json.loads(response.body),
        headers={name: value for name, value in response.headers.items() if name.lower() != "content-length"},
    )
    for row in DOCUMENTED:
        row.change(answer)
    return reply(answer.body, status=answer.status, headers=answer.headers)


def _inserted(body: dict[str, Any], key: str, value: Any, *, after: str) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, item in body.items():
        made[name] = item
        if name == after:
            made[key] = value
    return made


def _remove(value: Any, key: str) -> None:
    if isinstance(value, dict):
        value.pop(key, None)
        for item in value.values():
            _remove(item, key)
    elif isinstance(value, list):
        for item in value:
            _remove(item, key)
