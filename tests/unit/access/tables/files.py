"""Access files: what is read, and what of a wrong one is said."""

from __future__ import annotations

import hashlib
import json

import pytest

from functions.access.file import MAX_ACCESS_BYTES, parse_access
from functions.access.limits import RequestLimits
from functions.access.row_reader import AccessFaults
from functions.access.rules import AccessRules, Condition, Grant
from functions.access.verbs import Verb
from functions.access.who import Who, WhoKind
from tests.unit.access.tables.callers import ANN, rules
from tests.unit.access.tables.case import Case, equal

WHO, MAY = ["role:a"], ["request"]
ROLE_A = (Who(WhoKind.ROLE, "a"),)


def faults(data: object) -> list[str]:
    """What is wrong with a file: bytes, or what becomes JSON."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    try:
        parse_access(raw)
    except AccessFaults as error:
        return [str(one) for one in error.faults]
    return []


def raised(data: object) -> str:
    """The text of the error."""
    with pytest.raises(AccessFaults) as error:
        parse_access(json.dumps(data).encode())
    return str(error.value)


def said(title: str, data: object, *parts: str) -> Case:
    """The file has one fault for each of `parts`, in this order, and each says it."""

    def check() -> None:
        found = faults(data)
        assert len(found) == len(parts), f"{title}: {found}"
        for fault, part in zip(found, parts, strict=True):
            assert part in fault, f"{title}: {part!r} is not in {fault!r}"

    return Case(title, check)


def grant(**fields: object) -> object:
    return {"grants": [{"who": WHO, "may": MAY, **fields}]}


def condition(**fields: object) -> object:
    return {"grants": [], "conditions": [fields]}


FULL_GRANT: dict[str, object] = {
    "who": ["role:a", f"app:{ANN}", f"oid:{ANN.upper()}"],
    "may": ["read", "request"],
    "vaults": ["Prod-*"],
    "names": ["*"],
    "issuers": ["DigiCert"],
    "dns": ["*.Example.com", "*"],
    "ips": ["10.0.0.0/8", "::1"],
    "emails": ["*@example.com"],
    "uris": ["spiffe://a/*"],
    "upns": ["*"],
    "subject": ["o=Example", 'OU="a, b*"'],
    "ekus": ["serverAuth", "1.3.6.1.5.5.7.3.2", "1.2.3", "*"],
    "key_usage": ["keyCertSign", "*"],
    "keys": ["RSA:2048..4096", "EC-HSM"],
    "owners": ["*@Example.com", "team a"],
    "months": 6,
    "a_day": 20,
    "wildcard": True,
    "ca": False,
    "exportable": False,
    "reuse_key": False,
    "auto_renew": True,
    "note": "CHG-1: for Ann",
}
FULL_CONDITION: dict[str, object] = {
    "who": ["role:a"],
    "verbs": ["request"],
    "vaults": ["prod-*"],
    "names": ["a"],
    "issuers": ["b"],
    "wildcard": True,
    "exportable": False,
    "approvals": 2,
    "by": [f"oid:{ANN}"],
    "tell": ["pki@example.com"],
    "note": "as agreed",
}


def full() -> AccessRules:
    return rules([FULL_GRANT], [FULL_CONDITION, {"deny": True, "say": "why"}], "t")


READ = [
    equal(
        "every field of a grant",
        lambda: full().grants,
        gives=(
            Grant(
                (*ROLE_A, Who(WhoKind.APP, ANN), Who(WhoKind.OID, ANN)),
                frozenset({Verb.READ, Verb.REQUEST}),
                ("Prod-*",),
                ("*",),
                RequestLimits(
                    issuers=("DigiCert",),
                    dns=("*.example.com", "*"),
                    ips=("10.0.0.0/8", "::1/128"),
                    emails=("*@example.com",),
                    uris=("spiffe://a/*",),
                    upns=("*",),
                    subject=("O=Example", "OU=a, b*"),
                    ekus=("serverAuth", "clientAuth", "1.2.3", "*"),
                    key_usage=("keyCertSign", "*"),
                    keys=("RSA:2048..4096", "EC-HSM"),
                    owners=("*@Example.com", "team a"),
                    months=6,
                    a_day=20,
                    wildcard=True,
                    ca=False,
                    exportable=False,
                    reuse_key=False,
                    auto_renew=True,
                ),
            ),
        ),
    ),
    equal(
        "every field of a condition",
        lambda: full().conditions,
        gives=(
            Condition(
                who=ROLE_A,
                verbs=frozenset({Verb.REQUEST}),
                vaults=("prod-*",),
                names=("a",),
                issuers=("b",),
                wildcard=True,
                exportable=False,
                approvals=2,
                by=(Who(WhoKind.OID, ANN),),
                tell=("pki@example.com",),
            ),
            Condition(deny=True, say="why"),
        ),
    ),
    equal("the tenant is the deployment's", lambda: full().tenant, gives="t"),
    equal(
        "a short grant",
        lambda: rules([{"who": WHO, "may": ["read"]}]).grants,
        gives=(Grant(ROLE_A, frozenset({Verb.READ})),),
    ),
    equal("no grants", lambda: (rules([]).grants, rules([]).conditions), gives=((), ())),
    equal(
        "the hash is that of the bytes",
        lambda: parse_access(b'{"grants": [] }').sha256,
        gives=hashlib.sha256(b'{"grants": [] }').hexdigest(),
    ),
    said("a byte-order mark is no fault", b'\xef\xbb\xbf{"grants": []}'),
    said("a file of the greatest size", b'{"grants": []}' + b" " * (MAX_ACCESS_BYTES - 14)),
    said("as many rows as may be", {"grants": [{"who": WHO, "may": MAY}] * 1000}),
    said("as many texts as may be", grant(names=["a"] * 200)),
    said("the largest numbers", grant(months=1200, a_day=100_000)),
    said("the smallest numbers", grant(months=1, a_day=1)),
    said("the most approvals", condition(approvals=5)),
    said("a condition without verbs", condition(deny=True, wildcard=True)),
    said("a condition about requests and more", condition(deny=True, wildcard=True, verbs=["request", "read"])),
    said("a denial without a reason", condition(deny=True)),
    said("a long reason", condition(deny=True, say="x" * 254)),
]
ALLOWED_VERBS = "read, request, return, cancel, delete, acknowledge, operate, approve"
WHOLE = [
    said(
        "too large",
        b'{"grants": []}' + b" " * MAX_ACCESS_BYTES,
        f"$: The file has {MAX_ACCESS_BYTES + 14} bytes, and may have 262144",
    ),
    said("empty", b"", "$: The file is no JSON"),
    said("cut off", b'{"grants": [', "$: The file is no JSON"),
    said("no UTF-8", b'{"grants": [], "\xff": 1}', "$: The file is no JSON"),
    said("UTF-16", '{"grants": []}'.encode("utf-16"), "$: The file is no JSON"),
    said("too deep", b"[" * 100_000, "$: The file is no JSON"),
    said("a list", [], "$: This is no object", "$.grants: This is missing"),
    said("null", None, "$: This is no object", "$.grants: This is missing"),
    said("no grants", {}, "$.grants: This is missing"),
    said(
        "a misspelt list",
        {"grants": [], "condition": []},
        "$.condition: This field is not known here. Allowed: grants, conditions.",
    ),
    said("grants twice", b'{"grants": [], "grants": []}', "$.grants: This stands twice"),
    said("grants as an object", {"grants": {}}, "$.grants: This is no list"),
    said("conditions as null", {"grants": [], "conditions": None}, "$.conditions: This is no list"),
    said(
        "too many rows", {"grants": [{"who": WHO, "may": MAY}] * 1001}, "$.grants: This is no list of up to 1000 rows"
    ),
    said(
        "a row that is none",
        {"grants": ["read"]},
        "grants[0]: This is no object",
        "grants[0].who: This is",
        "grants[0].may: This is",
    ),
    said("a key that cannot be seen", {"grants": [], "\u202e" + "x" * 50: 1}, "$.?" + "x" * 39 + ": This field"),
    said("an empty key", {"grants": [], "": 1}, "$.?: This field is not known"),
    equal("all faults are the error's text", lambda: raised({"grants": [1]}), gives="\n".join(faults({"grants": [1]}))),
    equal("not more than fifty faults", lambda: len(faults({"grants": [1] * 100})), gives=50),
]
ROWS = [
    said("limits of unknown verbs", {"grants": [{"who": WHO, "dns": ["*"]}]}, "grants[0].may: This is missing"),
    said(
        "nobody",
        {"grants": [{"may": ["read"]}]},
        "grants[0].who: This is missing. It names role:NAME, app:GUID and oid:GUID.",
    ),
    said("nothing", {"grants": [{"who": WHO}]}, f"grants[0].may: This is missing. It names verbs: {ALLOWED_VERBS}."),
    said(
        "the row that is wrong",
        {"grants": [{"who": WHO, "may": MAY}, {"who": WHO, "may": []}]},
        "grants[1].may: This is no list of 1 to 200",
    ),
    said(
        "a misspelt field",
        grant(vault=["a"]),
        "grants[0].vault: This field is not known here. Allowed: who, may, vaults, names, issuers, dns, ips",
    ),
    said(
        "who twice",
        b'{"grants": [{"who": ["role:a"], "may": ["read"], "who": ["role:b"]}]}',
        "grants[0].who: This stands twice",
    ),
    said(
        "a misspelt verb",
        {"grants": [{"who": WHO, "may": ["read", "reed"]}]},
        f"grants[0].may[1]: 'reed' is no verb. Allowed: {ALLOWED_VERBS}.",
    ),
    said("a verb in capitals", {"grants": [{"who": WHO, "may": ["READ"]}]}, "grants[0].may[0]: 'READ' is no verb"),
    *[
        said(f"an empty list of {field}", grant(**{field: []}), f"grants[0].{field}: This is no list of 1 to 200 texts")
        for field, value in FULL_GRANT.items()
        if isinstance(value, list)
    ],
    *[
        said(f"{field} as a text", grant(**{field: "a"}), f"grants[0].{field}: This is no list")
        for field, value in FULL_GRANT.items()
        if isinstance(value, list)
    ],
    *[said(f"{field} as null", grant(**{field: None}), f"grants[0].{field}: This is n") for field in FULL_GRANT],
    *[
        said(f"a number in {field}", grant(**{field: [1]}), f"grants[0].{field}[0]: This is no text.")
        for field, value in FULL_GRANT.items()
        if isinstance(value, list)
    ],
    *[
        said(f"{wrong!r} as {field}", grant(**{field: wrong}), f"grants[0].{field}: This is neither true nor false")
        for field in ("wildcard", "ca", "exportable", "reuse_key", "auto_renew")
        for wrong in ("true", 1, 0)
    ],
    *[
        said(
            f"{wrong!r} as {field}",
            grant(**{field: wrong}),
            f"grants[0].{field}: This is no whole number from 1 to {most}.",
        )
        for field, most in (("months", 1200), ("a_day", 100000))
        for wrong in (0, -1, most + 1, 1.5, "6", True)
    ],
    *[
        said(
            f"{field} without request",
            {"grants": [{"who": WHO, "may": ["read"], field: value}]},
            f"grants[0].{field}: This counts for the verb request alone",
        )
        for field, value in FULL_GRANT.items()
        if field not in ("who", "may", "vaults", "names", "note")
    ],
    *[
        said(f"{wrong!r} in {field}", grant(**{field: [wrong]}), f"grants[0].{field}[0]: {says}")
        for field, wrong, says in [
            ("who", "pay", "'pay' is none of role:NAME"),
            ("who", "role: a", "'role: a' names no app role"),
            ("vaults", "prod_pay", "'prod_pay' has a character"),
            ("names", "a.b", "'a.b' has a character"),
            ("names", "ä", "'ä' has a character"),
            ("issuers", "Digi Cert", "'Digi Cert' has a character"),
            ("dns", "w*.a.com", "'w*.a.com' is no pattern of DNS names"),
            ("ips", "10.0.0.1/8", "'10.0.0.1/8' is no IP address"),
            ("emails", "example.com", "'example.com' is no pattern of addresses"),
            ("uris", "spiffe://*", "'spiffe://*' is no pattern of URIs"),
            ("upns", "x", "'x' is no pattern of addresses"),
            ("subject", "Example", "'Example' is no field of a subject"),
            ("subject", "O=a*b*", "'O=a*b*' is no field of a subject"),
            ("subject", "O=a,OU=b", "'O=a,OU=b' is no field of a subject"),
            ("subject", "O=a+OU=b", "'O=a+OU=b' is no field of a subject"),
            ("subject", "2.5.4.10=a", "'2.5.4.10=a' is no field of a subject"),
            ("subject", "*", "'*' is no field of a subject"),
            ("ekus", "server", "'server' is no extended key usage. Allowed: serverAuth, clientAuth"),
            ("ekus", "1.2.03", "'1.2.03' is no extended key usage"),
            ("key_usage", "keycertsign", "'keycertsign' is no key usage. Allowed: cRLSign"),
            ("keys", "RSA:1024", "'RSA:1024' is no key of Key Vault"),
            ("owners", "ä@example.com", "'ä@example.com' is not ASCII"),
            ("names", " a", "This is no text of 1 to 512 visible characters"),
            ("names", "a ", "This is no text of 1 to 512"),
            ("names", "", "This is no text of 1 to 512"),
            ("names", "a\n", "This is no text of 1 to 512"),
            ("names", "a\u202eb", "This is no text of 1 to 512"),
            ("names", "a" * 513, "This is no text of 1 to 512"),
        ]
    ],
    said("the longest text", grant(names=["a" * 512])),
    said("too many texts", grant(names=["a"] * 201), "grants[0].names: This is no list of 1 to 200"),
    said("each text that is wrong", grant(names=["a b", "c", "d e"]), "names[0]: 'a b'", "names[2]: 'd e'"),
    said("a note of two lines", grant(note="a\nb"), "grants[0].note: This is no text of 1 to 254"),
    said("a note that is no text", grant(note=1), "grants[0].note: This is no text."),
]
CONDITIONS = [
    said(
        "neither",
        condition(vaults=["a"]),
        'conditions[0]: A condition has either "deny": true or "approvals": a number.',
    ),
    said("both", condition(deny=True, approvals=1), "conditions[0]: A condition has either"),
    said("deny: false", condition(deny=False), "conditions[0].deny: Only true has a meaning"),
    said("deny: 1", condition(deny=1), "conditions[0].deny: This is neither", "conditions[0].deny: Only true"),
    said("no approvals", condition(approvals=0), "conditions[0].approvals: This is no whole number from 1 to 5."),
    said("too many approvals", condition(approvals=6), "conditions[0].approvals: This is no whole number from 1 to 5."),
    said(
        "a reason for approvals",
        condition(approvals=1, say="x"),
        "conditions[0].say: This is the reason of a row that denies.",
    ),
    said("who approves a denial", condition(deny=True, by=WHO), "conditions[0].by: This belongs to approvals."),
    said(
        "who hears of a denial", condition(deny=True, tell=["a@b.de"]), "conditions[0].tell: This belongs to approvals."
    ),
    said(
        "a misspelt who",
        condition(deny=True, woh=WHO),
        "conditions[0].woh: This field is not known here. Allowed: who, verbs, vaults",
    ),
    said("may instead of verbs", condition(deny=True, may=MAY), "conditions[0].may: This field is not known"),
    said("nobody", condition(deny=True, who=[]), "conditions[0].who: This is no list"),
    said("nobody approves", condition(approvals=1, by=[]), "conditions[0].by: This is no list"),
    said("a wrong verb", condition(deny=True, verbs=["x"]), "conditions[0].verbs[0]: 'x' is no verb"),
    said("a wrong vault", condition(deny=True, vaults=["a b"]), "conditions[0].vaults[0]: 'a b' has"),
    said("a wrong name", condition(deny=True, names=["a b"]), "conditions[0].names[0]: 'a b' has"),
    said("a wrong issuer", condition(deny=True, issuers=["a b"]), "conditions[0].issuers[0]: 'a b' has"),
    said("a wrong address", condition(approvals=1, tell=["pki"]), "conditions[0].tell[0]: 'pki' is no mail address."),
    said("a wrong approver", condition(approvals=1, by=["pki"]), "conditions[0].by[0]: 'pki' is none of"),
    said("a wrong flag", condition(deny=True, wildcard="true"), "conditions[0].wildcard: This is neither"),
    said("a wrong flag, too", condition(deny=True, exportable="true"), "conditions[0].exportable: This is neither"),
    said("a long reason", condition(deny=True, say="x" * 255), "conditions[0].say: This is no text of 1 to 254"),
    said("a note", condition(deny=True, note=""), "conditions[0].note: This is no text of 1 to 254"),
    said(
        "approvals of more than requests",
        condition(approvals=1, verbs=["request", "delete"]),
        "conditions[0].verbs: Approvals are asked for request alone.",
    ),
    said("approvals of something else", condition(approvals=1, verbs=["delete"]), "conditions[0].verbs: Approvals"),
    *[
        said(
            f"{field} without request",
            condition(deny=True, verbs=["read"], **{field: value}),
            f"conditions[0].{field}: This counts for request alone, which verbs does not name.",
        )
        for field, value in (("issuers", ["a"]), ("wildcard", False), ("exportable", True))
    ],
]
CASES: list[Case] = [*READ, *WHOLE, *ROWS, *CONDITIONS]
