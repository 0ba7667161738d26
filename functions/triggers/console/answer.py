"""Answers with a file of the console, and with the headers that a browser is to hold it to."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import azure.functions as func

from functions import __version__
from functions.ports.sign_in import PageSignIn
from functions.triggers.console.files import (
    SHELL,
    StaticFile,
    build_id,
    static_file,
    static_files,
)
from functions.triggers.http.queries import takes_gzip

CONFIG = "config.json"
# Below this folder and the build's id a file never changes.
IMMUTABLE = "v"
FOR_GOOD = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"


def file_answer(req: func.HttpRequest, page: PageSignIn) -> func.HttpResponse:
    """Answers with the file at the path, 304 if the browser has it, and 404 if there is none."""
    path = req.route_params.get("path", "")
    if not path and not urlsplit(req.url).path.endswith("/"):
        # Relative addresses on the page begin at its folder.
        return func.HttpResponse(status_code=308, headers={"Location": "console/"})
    found, kept = _found(path, page)
    if found is None:
        # The next version may have it.
        sent = headers(page) | {"Cache-Control": "no-store"}
        return func.HttpResponse("There is no such file.", status_code=404, headers=sent)
    sent = headers(page) | {"ETag": found.etag, "Cache-Control": kept, "Vary": "Accept-Encoding"}
    if found.etag in [one.strip() for one in req.headers.get("if-none-match", "").split(",")]:
        return func.HttpResponse(status_code=304, headers=sent)
    body = found.content
    if takes_gzip(req):
        body, sent = found.compressed, sent | {"Content-Encoding": "gzip"}
    return func.HttpResponse(body, headers=sent, mimetype=found.mime_type)


def _found(path: str, page: PageSignIn) -> tuple[StaticFile | None, str]:
    """Returns the file at a path, and how long a browser may keep it."""
    if path == CONFIG:
        return static_file(_config(page), path), ASK_EACH_TIME
    if not path:
        return static_files()[SHELL], ASK_EACH_TIME
    folder, _, rest = path.partition("/")
    build, _, file = rest.partition("/")
    if folder != IMMUTABLE or file == SHELL:
        return None, ASK_EACH_TIME
    # While a version is replaced by the next, a page of one may ask an instance of the other.
    return static_files().get(file), FOR_GOOD if build == build_id() else "no-store"


def _config(page: PageSignIn) -> bytes:
    """What the page has to know before anybody has signed in; nothing of it is secret."""
    return json.dumps({"version": __version__, "build": build_id(), **page.public}).encode()


def headers(page: PageSignIn) -> dict[str, str]:
    """Returns what a browser is told: only our own files run, nothing is written as HTML, and only
    this API and the sign-in authority are called.
    """
    authority = f" {page.authority}" if page.authority else ""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        f"connect-src 'self'{authority}; img-src 'self' data:; font-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        # The popup that signs in again comes back to this page's origin.
        "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
