"""What people see of it: the choice of a person, a refusal, and the form that posts itself back."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from html import escape
from importlib.resources import files

from aiohttp import web

from entra_emulator.directory import Client, Directory
from entra_emulator.errors import EntraError

_STYLE = (files(__package__) / "page.css").read_text()
# No page that frames this one sees where a person clicks. Without form-action: a browser would hold the redirect that
# follows a form against it, and where that goes is the registration's business.
_POLICY = (
    "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}


def choice(directory: Directory, client: Client, flow: str, hint: str | None) -> web.Response:
    """Everybody in the directory, a button each; the one of `login_hint` comes first."""
    persons = sorted(directory.persons.items(), key=lambda one: one[1].username != hint)
    buttons = "".join(
        f'<button name="person" value="{escape(name)}"><b>{escape(person.name)}</b>'
        f"<span>{escape(person.username)}</span>"
        f"<small>{escape(', '.join(directory.roles_of(person)) or 'no role')}</small>"
        "</button>"
        for name, person in persons
    )
    return _page(
        "Pick an account",
        f"<p>to continue to <b>{escape(client.name)}</b>. Nobody asks for a password: this is the local stack.</p>"
        f'<form method="post" action="/{escape(directory.tenant)}/choose">'
        f'<input type="hidden" name="flow" value="{escape(flow)}">{buttons}'
        '<button name="person" value="" class="cancel">Cancel</button></form>',
    )


def refused(error: EntraError, now: float) -> web.Response:
    """A refusal that nobody but the person can be told."""
    text = escape(error.description(now))
    return _page(
        "Sign in", f'<p role="alert">Sorry, but we’re having trouble signing you in.</p><p>{text}</p>', error.status
    )


def form_post(redirect_uri: str, answer: Mapping[str, str]) -> web.Response:
    """`response_mode=form_post`: a form that the browser sends by itself."""
    fields = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in answer.items()
    )
    return _page(
        "Working…",
        f'<form method="post" action="{escape(redirect_uri)}">{fields}<button>Continue</button></form>',
        script="document.forms[0].submit()",
    )


def _page(title: str, body: str, status: int = 200, script: str = "") -> web.Response:
    nonce = secrets.token_urlsafe(16)
    run = f'<script nonce="{nonce}">{script}</script>' if script else ""
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><style nonce="{nonce}">{_STYLE}</style></head>'
        f"<body><main><h1>{title}</h1>{body}</main>{run}</body></html>"
    )
    headers = HEADERS | {"Content-Security-Policy": _POLICY.format(nonce=nonce)}
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)
