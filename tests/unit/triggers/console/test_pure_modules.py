"""The console's modules that need no page, run by Node: what is sent for a form, CSV, and zips."""

from __future__ import annotations

import base64
import csv
import io
import json
import shlex
import subprocess
import zipfile
from typing import Any

import pytest

from functions.triggers.console.files import FOLDER
from local.setup import VENV
from testkit.clock import HANG

FORM: dict[str, str | bool] = {
    **dict.fromkeys(("subject", "signer", "replace"), ""),
    **dict.fromkeys(("exportable", "stored"), False),
    "vault": "main",
    "name": "web",
    "names": "web.example.com\nwww.example.com, x.example.com",
    "issuer": "Unknown",
    "key": "RSA 3072",
    "months": "6",
    "owner": " a@example.com ",
}


def run(module: str, code: str, *given: Any) -> Any:
    """The value of an expression over what a module exports (`m`) and what is given (`a`)."""
    program = (
        f"import * as m from {json.dumps((FOLDER.parent / 'source' / module).as_uri())};"
        f"const a = {json.dumps(given)}; process.stdout.write(JSON.stringify(await ({code})));"
    )
    command = [str(VENV / "bin" / "node"), "--no-warnings", "--input-type=module", "-e", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_body_of_a_create_is_what_the_form_says() -> None:
    assert run("asked.js", "m.bodyOf(a[0])", FORM) == {
        "policy": {
            "key_props": {"exportable": False, "kty": "RSA", "key_size": 3072},
            "x509_props": {
                "subject": "CN=web.example.com",
                "sans": {"dns_names": ["web.example.com", "www.example.com", "x.example.com"]},
                "validity_months": 6,
            },
            "issuer": {"name": "Unknown"},
        },
        "owner": "a@example.com",
    }


def test_an_elliptic_key_a_subject_and_a_signer_are_sent_as_written() -> None:
    form = FORM | {"key": "EC P-384", "subject": "CN=x,O=Y", "names": " ", "months": "", "signer": "pki@example.com"}
    body = run("asked.js", "m.bodyOf(a[0])", form)
    assert body["policy"]["key_props"] == {"exportable": False, "kty": "EC", "crv": "P-384"}
    assert body["policy"]["x509_props"] == {"subject": "CN=x,O=Y"}
    assert body["signer"] == "pki@example.com"


def test_the_next_version_sends_no_policy_and_a_replacement_says_so() -> None:
    assert run("asked.js", "m.bodyOf(a[0])", FORM | {"stored": True, "owner": ""}) == {}
    body = run("asked.js", "m.bodyOf(a[0])", FORM | {"stored": True, "replace": "0123"})
    assert body == {"owner": "a@example.com", "if_pending": "replace"}


def test_the_command_is_one_that_a_shell_takes_whatever_is_written() -> None:
    body = {"owner": 'it\'s; rm -rf $HOME `x` "y"'}
    command = run("asked.js", "m.curlOf(a[0], a[1])", "https://x.example/api", body)
    words = shlex.split(command)
    assert words[:4] == ["curl", "-X", "POST", "https://x.example/api"]
    assert json.loads(words[words.index("-d") + 1]) == body


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ("policy.x509_props.sans.dns_names[0]: This is no DNS name.", "names"),
        ("policy.x509_props.subject: Write CN=…", "subject"),
        ("policy.x509_props.validity_months: A number.", "months"),
        ("policy.key_props.key_size: 2048, 3072 or 4096.", "key"),
        ("policy.issuer.name: x", "issuer"),
        ("owner: At most 254 characters.", "owner"),
        ("name: A name has letters.", "name"),
        ("The app cannot reach the vault.", ""),
        ("You may not do that: owner is not granted.", ""),
    ],
)
def test_a_refusal_stands_beside_the_field_that_it_is_about(message: str, field: str) -> None:
    assert run("asked.js", "m.fieldOf(a[0])", message) == field


def test_no_cell_of_a_csv_is_a_formula_or_two_lines() -> None:
    cells = ["=1+1", "+1", "-1", "@x", "\tx", 'say "hi", twice', "two\r\nlines", "plain"]
    line = run("saving.js", "m.csvRow(a[0])", cells)
    (row,) = csv.reader(io.StringIO(line))
    assert row == ["'=1+1", "'+1", "'-1", "'@x", "'\tx", 'say "hi", twice', "two lines", "plain"]
    assert run("saving.js", "m.csvRow(a[0])", ["\n=1", " =1", "＝1"]) == """"' =1","' =1","'＝1\""""


@pytest.mark.parametrize(
    ("name", "path"),
    [("web", "web"), ("a/b", "a%2Fb"), ("..", "%25.."), (".", "%25."), ("..a", "..a"), ("%2e%2e", "%252e%252e")],
)
def test_no_name_in_a_link_leads_to_another_route(name: str, path: str) -> None:
    code = "new URL(m.pathOf({vault: a[0], name: a[0]}, '/pending'), 'https://x.example/api/').pathname"
    assert run("api.js", code, name) == f"/api/vaults/{path}/certificates/{path}/pending"


def test_no_more_is_done_at_once_than_may_be_also_after_failures() -> None:
    code = """(async () => {
      let now = 0, most = 0; const done = [];
      const turn = m.inTurn(2);
      const work = (n) => async () => {
        most = Math.max(most, ++now);
        await new Promise((go) => setTimeout(go, 1));
        now--;
        if (n % 3 === 0) throw new Error("no");
        done.push(n);
      };
      const all = await Promise.allSettled([...Array(9).keys()].map((n) => turn(work(n))));
      return [most, done, all.filter((one) => one.status === "rejected").length];
    })()"""
    assert run("turns.js", code) == [2, [1, 2, 4, 5, 7, 8], 3]


def test_files_in_one_are_a_zip_that_others_read() -> None:
    code = (
        "m.zipOf(a[0].map(([name, text]) => new File([text], name)))"
        ".then(zip => zip.arrayBuffer()).then(all => Buffer.from(all).toString('base64'))"
    )
    files = [["leaf.cer", "one"], ["leaf.cer", "two"], ["日本.pem", "x" * 70_000], ["empty", ""]]
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(run("zip.js", code, files)))) as archive:
        assert archive.testzip() is None
        assert [(name, archive.read(name).decode()) for name in archive.namelist()] == [
            (f"{place}/{name}", text) for place, (name, text) in enumerate(files, 1)
        ]
