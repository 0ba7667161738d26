"""The console's files as a browser gets them: which there are, what it may keep, and what it is held to."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest

from functions import __version__
from functions.ports.sign_in import PageSignIn, Registration
from functions.triggers.console.answer import file_answer
from functions.triggers.console.files import FOLDER, build_id, static_files
from tests.entra_tokens import API, PAGE, TENANT

ENTRA = PageSignIn(Registration(TENANT, API, frozenset([PAGE]), "https://login.example.com"), PAGE)
KEYS = PageSignIn(without="keys")
URL = "https://certflow.example.com/api/console"


def get(path: str = "", page: PageSignIn = ENTRA, url: str = "", **headers: str) -> func.HttpResponse:
    """What a browser gets. As the platform has it, an empty rest of the path is no parameter."""
    sent = {name.replace("_", "-").lower(): value for name, value in headers.items()}
    given: dict[str, Any] = {"route_params": {"path": path} if path else {}}
    return file_answer(func.HttpRequest("GET", url or f"{URL}/{path}", headers=sent, body=b"", **given), page)


def test_the_page_names_the_files_of_its_own_build() -> None:
    page = get()
    assert (page.status_code, page.mimetype) == (200, "text/html; charset=utf-8")
    named = re.findall(r'(?:href|src)="(v/[^"]+)"', page.get_body().decode())
    assert len(named) == 3
    for path in named:
        assert path.startswith(f"v/{build_id()}/")
        assert get(path).status_code == 200
    assert len(page.get_body()) <= 1024


def test_the_page_names_what_its_script_asks_for_first() -> None:
    """A browser asks for it beside the script, and not when it has read that."""
    hints = re.findall(r'<link rel="preload" href="([^"]+)" as="fetch" crossorigin>', get().get_body().decode())
    assert hints == ["config.json", f"v/{build_id()}/text/en.json"]
    assert all(get(path).status_code == 200 for path in hints)


def test_what_has_its_builds_name_is_kept_for_good_and_the_page_is_asked_for_each_time() -> None:
    assert get(f"v/{build_id()}/style.css").headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert get().headers["Cache-Control"] == "no-cache"
    assert get("config.json").headers["Cache-Control"] == "no-cache"


def test_a_file_of_another_build_is_never_kept() -> None:
    """While a new version comes, the page of one instance asks another for its files."""
    answer = get("v/0123456789abcdef/style.css")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")


def test_who_has_a_file_gets_no_body() -> None:
    etag = get().headers["ETag"]
    for given in (etag, f'"other", {etag}'):
        again = get(if_none_match=given)
        assert (again.status_code, again.get_body()) == (304, b"")
        assert again.headers == get().headers
    assert get(if_none_match='"other"').status_code == 200


def test_files_are_compressed_for_whoever_takes_that() -> None:
    path = f"v/{build_id()}/v/app.js"
    plain, small = get(path), get(path, accept_encoding="GZIP, deflate, br")
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.get_body()) == plain.get_body()
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == small.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "nothing",
        "index.html",
        "style.css",
        f"x/{build_id()}/style.css",
        "v",
        f"v/{build_id()}",
        f"v/{build_id()}/index.html",
        f"v/{build_id()}/../../../host.json",
        f"v/{build_id()}/..%2F..%2Fhost.json",
        f"v/{build_id()}//etc/passwd",
        f"v/{build_id()}/source/main.js",
    ],
)
def test_there_are_no_other_files(path: str) -> None:
    answer = get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none';")
    assert answer.headers["Cache-Control"] == "no-store"  # the next version may have it


def test_without_the_slash_the_browser_is_sent_to_the_folder() -> None:
    """Otherwise relative addresses on the page would begin at /api."""
    answer = get(url=f"{URL}?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (308, "console/")


def test_the_page_runs_our_files_alone_and_calls_nobody_but_us_and_entra() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in get().headers["Content-Security-Policy"].split(";"))
    assert rules == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self' https://login.example.com",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "'none'",
    }
    assert "connect-src 'self';" in get(page=KEYS).headers["Content-Security-Policy"]
    sent = {name: get().headers[name] for name in ("X-Content-Type-Options", "Referrer-Policy")}
    assert sent == {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}
    assert get().headers["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert get().headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(("page", "said"), [(ENTRA, ENTRA.public), (KEYS, {"without": "keys"})])
def test_the_configuration_is_public_and_no_more_than_it_takes_to_sign_in(
    page: PageSignIn, said: dict[str, str]
) -> None:
    answer = json.loads(get("config.json", page).get_body())
    assert answer == said | {"version": __version__, "build": build_id()}


def test_nothing_of_the_page_is_inline_or_of_another_host() -> None:
    text = (FOLDER / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*src=)|<style|\son\w+=|style=", text) == []
    for path in FOLDER.parent.rglob("*"):
        if path.suffix in {".html", ".css"} or (path.suffix == ".js" and path.parent.name == "source"):
            assert re.findall(r"https?://", path.read_text()) == [], path


def test_every_file_of_the_folder_is_served() -> None:
    there = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
    assert there == static_files().keys()
    assert {Path(path).suffix for path in static_files()} == {".html", ".js", ".css", ".json", ".txt"}
