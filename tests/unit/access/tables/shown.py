"""What a caller is shown of the rules, and which names of a list."""

from __future__ import annotations

from functions.access.permissions import may, readable_beginnings, verbs_granted, visible
from functions.access.verbs import Verb
from functions.model.caller import Caller
from tests.unit.access.tables.callers import ANN, BOB, CERTFLOW, WITH_KEY, Row, person, rules
from tests.unit.access.tables.case import Case, equal
from tests.unit.access.tables.decisions import PAY, PKI, READER, deny
from tests.unit.access.tables.files import FULL_GRANT

ALL = [PAY, PKI, READER, {"who": ["role:other"], "may": ["read"], "vaults": ["other", "another"]}]
ALL_READ = {"who": ["role:a"], "may": ["read"]}
PAY_SHOWN = {key: value for key, value in PAY.items() if key != "who"}
NOT_SHOWN = {"who", "note"}


def grants_shown(grants: list[Row], caller: Caller) -> list[Row]:
    return list(may(rules(grants), caller).grants)


def conditions_shown(condition: Row, *roles: str) -> list[Row]:
    return list(may(rules(ALL, [condition]), person(*roles)).conditions)


def sees(conditions: list[Row], caller: Caller, vault: str, name: str) -> bool:
    return visible(rules(ALL, conditions), caller, vault, name)


GRANTS = [
    equal("one's own grants", grants_shown, ALL, person("pay"), gives=[PAY_SHOWN]),
    equal("all of them", grants_shown, ALL, person("pay", "reader"), gives=[PAY_SHOWN, {"may": ["read"]}]),
    equal("nobody's", grants_shown, ALL, person(), gives=[]),
    equal("of another tenant", grants_shown, ALL, person("pay", tid=BOB), gives=[]),
    equal(
        "each once",
        grants_shown,
        [READER, {**READER, "who": ["role:reader", "role:x"]}],
        person("reader"),
        gives=[{"may": ["read"]}],
    ),
    equal("with a key: all", grants_shown, [], WITH_KEY, gives=[{"may": [verb.value for verb in Verb]}]),
    equal("Certflow: all", grants_shown, [], CERTFLOW, gives=[{"may": [verb.value for verb in Verb]}]),
    equal(
        "every field, as it is in the file",
        lambda: {
            key: value
            for key, value in grants_shown([FULL_GRANT], person("a"))[0].items()
            if key not in ("dns", "ips", "subject", "ekus")
        },
        gives={
            key: value for key, value in FULL_GRANT.items() if key not in {*NOT_SHOWN, "dns", "ips", "subject", "ekus"}
        },
    ),
    equal(
        "names as they are compared",
        lambda: [grants_shown([FULL_GRANT], person("a"))[0][key] for key in ("dns", "ips", "subject", "ekus")],
        gives=[
            ["*.example.com", "*"],
            ["10.0.0.0/8", "::1/128"],
            ["O=Example", "OU=a, b*"],
            ["serverAuth", "clientAuth", "1.2.3", "*"],
        ],
    ),
]
CLOSED = {"deny": True, "say": "closed"}
CONDITIONS = [
    equal(
        "of one of two vaults of a grant",
        conditions_shown,
        deny(vaults=["another"]),
        "other",
        gives=[{**CLOSED, "vaults": ["another"]}],
    ),
    equal("a condition for all", conditions_shown, deny(), "pay", gives=[CLOSED]),
    equal("not to who has no grants", conditions_shown, deny(), gives=[]),
    equal("to whom it means, also without grants", conditions_shown, deny(who=[f"oid:{ANN}"]), gives=[CLOSED]),
    equal("but not of vaults without a grant", conditions_shown, deny(who=[f"oid:{ANN}"], vaults=["hr"]), gives=[]),
    equal("nor of names without a grant", conditions_shown, deny(who=[f"oid:{ANN}"], names=["hr"]), gives=[]),
    equal("not to others", conditions_shown, deny(who=[f"oid:{BOB}"]), "pay", gives=[]),
    equal(
        "of a vault with a grant",
        conditions_shown,
        deny(vaults=["prod-*"]),
        "pay",
        gives=[{**CLOSED, "vaults": ["prod-*"]}],
    ),
    equal(
        "without the vaults of others",
        conditions_shown,
        deny(vaults=["prod-hr", "PROD-pay"]),
        "pay",
        gives=[{**CLOSED, "vaults": ["PROD-pay"]}],
    ),
    equal("not of the vaults of others", conditions_shown, deny(vaults=["prod-hr"]), "pay", gives=[]),
    equal(
        "all, to who may all",
        conditions_shown,
        deny(vaults=["prod-hr"]),
        "pki",
        gives=[{**CLOSED, "vaults": ["prod-hr"]}],
    ),
    equal(
        "without the names of others",
        conditions_shown,
        deny(names=["hr-*", "*-web"]),
        "pay",
        gives=[{**CLOSED, "names": ["*-web"]}],
    ),
    equal("not of the names of others", conditions_shown, deny(names=["hr-*"]), "pay", gives=[]),
    equal("not of verbs that are not granted", conditions_shown, deny(verbs=["delete"]), "pay", gives=[]),
    equal(
        "of a verb that is granted",
        conditions_shown,
        deny(verbs=["delete", "read"]),
        "pay",
        gives=[{**CLOSED, "verbs": ["read", "delete"]}],
    ),
    equal(
        "what needs approval, and whose",
        conditions_shown,
        {
            "vaults": ["prod-*"],
            "wildcard": True,
            "exportable": False,
            "issuers": ["a"],
            "approvals": 2,
            "by": ["role:pki"],
            "tell": ["a@b.de"],
        },
        "pay",
        gives=[
            {
                "vaults": ["prod-*"],
                "wildcard": True,
                "exportable": False,
                "issuers": ["a"],
                "approvals": 2,
                "by": ["role:pki"],
            }
        ],
    ),
    equal(
        "a vault of one grant with the name of another is shown with neither",
        lambda: list(
            may(
                rules(
                    [{**READER, "vaults": ["a"], "names": ["x"]}, {**READER, "vaults": ["b"], "names": ["y"]}],
                    [deny(vaults=["a"], names=["y"])],
                ),
                person("reader"),
            ).conditions
        ),
        gives=[],
    ),
    equal(
        "of a vault of one of two grants",
        conditions_shown,
        deny(vaults=["prod-pay"]),
        "pay",
        "other",
        gives=[{**CLOSED, "vaults": ["prod-pay"]}],
    ),
    equal("each once", lambda: list(may(rules(ALL, [deny(), deny()]), person("pay")).conditions), gives=[CLOSED]),
]
VISIBLE = [
    equal(f"{title}: {gives}", sees, conditions, caller, vault, name, gives=gives)
    for title, conditions, caller, vault, name, gives in [
        ("what is granted", [], person("pay"), "prod-pay", "pay-a", True),
        ("in other letters", [], person("pay"), "PROD-PAY", "PAY-A", True),
        ("another name", [], person("pay"), "prod-pay", "hr-a", False),
        ("another vault", [], person("pay"), "prod-hr", "pay-a", False),
        ("a stranger", [], person(), "prod-pay", "pay-a", False),
        ("of another tenant", [], person("pki", tid=BOB), "prod-pay", "pay-a", False),
        ("a reader of all", [], person("reader"), "any", "thing", True),
        ("with a key", [], WITH_KEY, "any", "thing", True),
        ("denied", [deny()], person("reader"), "any", "thing", False),
        ("denied with a key", [deny()], WITH_KEY, "any", "thing", False),
        ("denied to others", [deny(who=["role:x"])], person("reader"), "any", "thing", True),
        ("denied in a vault", [deny(vaults=["any"])], person("reader"), "any", "thing", False),
        ("denied in another vault", [deny(vaults=["x"])], person("reader"), "any", "thing", True),
        ("denied for a name", [deny(names=["th*"])], person("reader"), "any", "thing", False),
        ("denied for another name", [deny(names=["x"])], person("reader"), "any", "thing", True),
        ("reading is denied", [deny(verbs=["read"])], person("reader"), "any", "thing", False),
        ("another verb is denied", [deny(verbs=["cancel"])], person("reader"), "any", "thing", True),
        ("requests are denied", [deny(wildcard=False)], person("reader"), "any", "thing", True),
        ("approvals hide nothing", [{"approvals": 1}], person("reader"), "any", "thing", True),
    ]
] + [
    equal(
        "another verb is no reading",
        lambda: visible(rules([{"who": ["role:a"], "may": ["operate"]}]), person("a"), "v", "n"),
        gives=False,
    ),
    equal(
        "each vault has its own names",
        lambda: [
            visible(access, person("a"), vault, name)
            for access in [
                rules(
                    [
                        {"who": ["role:a"], "may": ["read"], "vaults": [v], "names": [n]}
                        for v, n in (("v", "x"), ("w", "y"))
                    ]
                )
            ]
            for vault, name in (("v", "x"), ("w", "y"), ("v", "y"), ("w", "x"), ("v", "x"))
        ],
        gives=[True, True, False, False, True],
    ),
]
BEGINNINGS = [
    equal(
        name,
        lambda patterns: readable_beginnings(
            rules([{"who": ["role:a"], "may": ["read"], "names": some} if some else ALL_READ for some in patterns]),
            person("a"),
        ),
        patterns,
        gives=frozenset(found),
    )
    for name, patterns, found in [
        ("the names of a list begin as the patterns do", [["Pay-*", "api-*-x", "one"]], ["pay-", "api-", "one"]),
        ("of several rows with all of theirs", [["pay-*"], ["hr-*"]], ["pay-", "hr-"]),
        ("where one begins in any way, with anything", [["pay-*", "*-x"]], []),
        ("a row without names is about all", [["pay-*"], []], []),
    ]
] + [
    equal(
        "rows of other verbs and other people say nothing of that",
        lambda: readable_beginnings(
            rules(
                [
                    {"who": ["role:a"], "may": ["read"], "names": ["pay-*"]},
                    {"who": ["role:a"], "may": ["operate"]},
                    {"who": ["role:b"], "may": ["read"]},
                ]
            ),
            person("a"),
        ),
        gives=frozenset({"pay-"}),
    ),
    equal(
        "with a key they begin with anything",
        lambda: readable_beginnings(rules([{"who": ["role:a"], "may": ["read"], "names": ["pay-*"]}]), WITH_KEY),
        gives=frozenset(),
    ),
]
VERBS = [
    equal(
        name,
        lambda caller, asked: [
            " ".join(verbs_granted(access, caller)(*one.split()))
            for access in [
                rules(
                    [
                        {"who": ["role:a"], "may": ["cancel", "read"], "vaults": ["v"]},
                        {"who": ["role:a"], "may": ["return"], "names": ["pay-*"]},
                    ],
                    [deny(verbs=["cancel"], names=["pay-x"])],
                )
            ]
            for one in asked
        ],
        caller,
        asked,
        gives=found,
    )
    for name, caller, asked, found in [
        (
            "what is granted for a name, in one order, in each vault",
            person("a"),
            ["v web", "w web", "v pay-a", "w pay-a", "v web"],
            ["read cancel", "", "read return cancel", "return", "read cancel"],
        ),
        ("what is denied is not among it", person("a"), ["v pay-x"], ["read return"]),
        ("nothing of others", person("b"), ["v web"], [""]),
        ("all with a key", WITH_KEY, ["v web"], ["read request return cancel delete acknowledge operate approve"]),
    ]
]
CASES: list[Case] = [*GRANTS, *CONDITIONS, *VISIBLE, *BEGINNINGS, *VERBS]
