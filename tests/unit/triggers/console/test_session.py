"""Who is signed in, by the console's module run by Node: the browser around it, Entra and the API are stood in for."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from functions.triggers.console.files import FOLDER
from local.setup import VENV
from testkit.clock import HANG

BROWSER = """
const sent = [], shown = [], left = [];
const store = new Map(), channels = [];
globalThis.location = { hash: "", assign: (url) => left.push(url) };
globalThis.history = { replaceState: (_state, _title, url) => { location.hash = /#.*/.exec(url)?.[0] ?? ""; } };
globalThis.sessionStorage = { getItem: (key) => store.get(key) ?? null, setItem: (key, value) => store.set(key, value),
  removeItem: (key) => store.delete(key) };
globalThis.HashChangeEvent = Event;
globalThis.dispatchEvent = () => true;
globalThis.close = () => shown.push("closed");
globalThis.BroadcastChannel = class {
  constructor() { channels.push(this); }
  postMessage(text) { sent.push(text); }
  close() { this.closed = true; }
};
globalThis.open = () => ({ location: {} });
const asked = [];
let answers = [];
globalThis.fetch = async (url, options) => {
  asked.push(`${options?.method ?? "GET"} ${url}`);
  const next = answers.length > 1 ? answers.shift() : answers[0];
  if (next instanceof Error) throw next;
  const headers = { "Content-Type": "application/json" };
  return new Response(JSON.stringify(next.body), { status: next.status ?? 200, headers });
};
const config = { authority: "https://entra.example", tenant: "t", api: "a", page: "p" };
const granted = (access_token, expires_in = 3600) =>
  ({ body: { access_token, token_type: "Bearer", refresh_token: "r", expires_in } });
const settle = () => new Promise((go) => setTimeout(go, 20));
async function signedIn(first = granted("one")) {
  await m.start(config);
  location.hash = `#code=c&state=${new URL(left.at(-1)).searchParams.get("state")}`;
  answers = [first];
  return m.start(config);
}
"""


def run(code: str) -> Any:
    """What a program returns that has the module as `m`, in a browser that is stood in for."""
    module = json.dumps((FOLDER.parent / "source" / "session.js").as_uri())
    program = (
        f"{BROWSER}\nconst m = await import({module});\n"
        f"process.stdout.write(JSON.stringify(await (async () => {{{code}}})()));process.exit(0);"
    )
    command = [str(VENV / "bin" / "node"), "--no-warnings", "--input-type=module", "-e", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("kept", ["null", '{"state":"other","verifier":"v","back":"#/new"}'])
def test_a_link_that_pretends_to_be_an_answer_of_entra_says_nothing_and_signs_in_nobody(kept: str) -> None:
    found = run(
        f"""store.set("certflow-sign-in", {json.dumps(kept)});
        location.hash = "#error=x&state=mine&error_description=Call+the+help+desk";
        const goes_on = await m.start(config);
        const {{ back }} = JSON.parse(store.get("certflow-sign-in"));
        return [goes_on, m.session.value.state, m.session.value.words, asked, back, left.length];"""
    )
    assert found == [False, "out", "", [], "", 1]


def test_an_answer_that_was_asked_for_signs_in_and_leads_back() -> None:
    found = run(
        """location.hash = "#/request/main/web/1";
        const goes_on = await signedIn();
        return { goes_on, state: m.session.value.state, hash: location.hash, token: await m.token() };"""
    )
    assert found == {"goes_on": True, "state": "signed-in", "hash": "#/request/main/web/1", "token": "one"}


def test_the_words_of_entra_about_a_sign_in_that_was_asked_for_are_shown() -> None:
    found = run(
        """await m.start(config);
        const state = new URL(left[0]).searchParams.get("state");
        location.hash = `#error=access_denied&error_description=Not+you&state=${state}`;
        await m.start(config);
        return m.session.value;"""
    )
    assert found == {"state": "refused", "words": "Not you", "other": False}


POPUP = """
await signedIn();
m.belongsTo({ tid: "t", oid: "ann", name: "ann@example.com" });
m.rejected("one", "ended", true);
const waits = m.token();
const popup = { location: {} };
globalThis.open = () => popup;
m.renewByPopup();
await settle();
const state = new URL(popup.location.href).searchParams.get("state");
"""


@pytest.mark.parametrize(("oid", "expected"), [("ann", ["signed-in", False, "two"]), ("bob", ["ended", True, "waits"])])
def test_what_waits_goes_on_for_the_same_person_alone(oid: str, expected: list[object]) -> None:
    found = run(
        f"""{POPUP}
        answers = [granted("two"), {{ body: {{ caller: {{ tid: "t", oid: "{oid}" }} }} }}];
        await channels.at(-1).onmessage({{ data: `code=c&state=${{state}}` }});
        const got = await Promise.race([waits, settle().then(() => "waits")]);
        return [m.session.value.state, m.session.value.other, got];"""
    )
    assert found == expected


def test_the_answer_of_another_tab_or_of_an_older_popup_is_nobodys() -> None:
    found = run(
        f"""{POPUP}
        const before = channels.at(-1);
        m.renewByPopup();
        const count = asked.length;
        await channels.at(-1).onmessage({{ data: `code=c&state=${{state}}` }});
        return [before.closed, asked.length - count, m.session.value.state];"""
    )
    assert found == [True, 0, "ended"]


def test_a_token_of_half_a_minute_is_used_and_not_renewed_at_once() -> None:
    found = run(
        """await signedIn(granted("one", 30));
        const calls = asked.length;
        return [await m.token(), await m.token(), asked.length - calls];"""
    )
    assert found == ["one", "one", 0]


@pytest.mark.parametrize(("status", "state"), [(400, "ended"), (429, "signed-in"), (503, "signed-in")])
def test_only_a_refusal_of_entra_ends_the_session(status: int, state: str) -> None:
    found = run(
        f"""await signedIn();
        m.rejected("one", "", false);
        answers = [{{ status: {status}, body: {{ error: "invalid_grant" }} }}];
        await Promise.race([m.token().catch(() => undefined), settle()]);
        return m.session.value.state;"""
    )
    assert found == state
