"""What a page offers for a request, and what the API grants there: by calls that change nothing if they are let in."""

from __future__ import annotations

from typing import Any

from local.api import Client
from tests.console import Desk

PERSONS = ("reader", "requester", "approver", "operator", "pki")
EVERYTHING = ["read", "request", "return", "cancel", "delete", "acknowledge", "operate"]
NONE = "0" * 32  # no request has this id
BUTTONS = {
    "Drop what the CA sent": "return",
    "Stop reminders": "acknowledge",
    "Cancel": "cancel",
    "Delete": "delete",
    "Replace": "request",
    "Ask for it again": "request",
    "Ask for the next version": "request",
}


async def shown(desk: Desk) -> dict[str, bool]:
    """By each button that the state of this request allows, whether it is there; and whether the two other pages let
    the person begin.
    """
    await desk.page.get_by_role("heading", name="History").wait_for()
    at = desk.page.url.partition("#")[2]
    offered = [one.strip() for one in await desk.page.locator(".now .buttons > *").all_inner_texts()]
    unknown = set(offered) - set(BUTTONS)
    assert not unknown, unknown
    found = {verb: any(BUTTONS[one] == verb for one in offered) for verb in sorted(set(BUTTONS.values()))}
    for page, verb, words in (("drop", "page return", "Choose files"), ("new", "page request", "What would happen")):
        await desk.go(f"#/{page}")
        title = {"drop": "Drop a file", "new": "New request"}[page]
        await desk.heading(title)
        found[verb] = words in await desk.text()
    await desk.go(f"#{at}")
    return found


async def probed(client: Client, at: str) -> dict[str, bool]:
    """The same by what the API answers to the person, where the request's state allows it at all."""
    _, _, vault, name, id_ = at.split("/")
    path = f"vaults/{vault}/certificates/{name}"
    view = await (await client.call("GET", f"{path}/pending/view?request_id={id_}")).json()
    is_open, manual = view["status"] == "inProgress", view["issuer"] == "Unknown"
    calls: dict[str, tuple[str, str, dict[str, Any]]] = {
        "return": ("POST", "chains/inspect", {"data": b"nothing"}),
        "acknowledge": ("POST", f"{path}/pending/acknowledge?request_id={NONE}", {"json": {"until": "1d", "why": "x"}}),
        "cancel": ("PATCH", f"{path}/pending?request_id={NONE}", {"json": {"cancellation_requested": True}}),
        "delete": ("DELETE", f"{path}/pending?request_id={NONE}", {}),
        "request": ("POST", f"{path}/create?dry_run=true", {"json": {}}),
    }
    granted = {}
    for verb, (method, address, more) in calls.items():
        granted[verb] = (await client.call(method, address, **more)).status != 403
    found = {
        "return": granted["return"] and is_open and manual,
        "acknowledge": granted["acknowledge"] and is_open,
        "cancel": granted["cancel"] and is_open and not manual,
        "delete": granted["delete"] and is_open,
        "request": granted["request"] and (granted["delete"] or not is_open),
    }
    return found | {"page return": granted["return"], "page request": granted["request"]}
