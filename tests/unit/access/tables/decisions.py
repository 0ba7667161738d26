"""Who may do what: verbs, vaults, names, conditions, and what is told of a refusal."""

from __future__ import annotations

from functions.access.decide import Asked, Need, decide, decide_anywhere, decide_place
from functions.access.policy import EffectivePolicy, effective_policy
from functions.access.roles import only_operator, without_file
from functions.access.rules import AccessRules
from functions.access.verbs import Verb
from functions.access.who import Who, WhoKind, read_who
from functions.model.caller import Caller
from functions.model.request.actor import Actor, ActorKind
from tests.unit.access.tables.callers import (
    ANN,
    BOB,
    CERTFLOW,
    CLIENT,
    MACHINE,
    PAGE,
    TENANT,
    WITH_KEY,
    Row,
    machine,
    person,
    rules,
)
from tests.unit.access.tables.case import Case, equal, refused
from tests.unit.access.tables.requests import policy

PAY: Row = {"who": ["role:pay"], "may": ["read", "request"], "vaults": ["prod-pay"], "names": ["pay-*"], "months": 6}
PKI: Row = {"who": ["role:pki"], "may": [verb.value for verb in Verb]}
READER: Row = {"who": ["role:reader"], "may": ["read"]}


def told(access: AccessRules, caller: Caller, asked: Asked) -> list[str]:
    """A decision in a few words: `yes`, `denied: …`, `verb: request; read` for what is missing, `2 by role:a`."""
    found = decide(access, caller, asked)
    words = [f"{one.what}: {one.asked}; {', '.join(one.granted)}" for one in found.missing]
    words += [f"denied: {found.denied}"] if found.denied is not None else []
    words += [f"{one.count} by {', '.join(map(str, one.by))} tell {', '.join(one.tell)}" for one in found.approvals]
    if found.allowed:
        assert not words
        words = ["yes"]
    return words or ["no"]


def everywhere(access: AccessRules, caller: Caller, verb: Verb) -> list[str]:
    """As `told`, of decide_anywhere."""
    found = decide_anywhere(access, caller, verb)
    words = [f"{one.what}: {one.asked}; {', '.join(one.granted)}" for one in found.missing]
    words += [f"denied: {found.denied}"] if found.denied is not None else []
    assert found.approvals == ()
    assert found.allowed is (not words)
    return words or ["yes"]


def at_place(access: AccessRules, caller: Caller, vault: str, name: str) -> list[str]:
    """As `told`, of decide_place."""
    found = decide_place(access, caller, vault, name)
    words = [f"{one.what}: {one.asked}; {', '.join(one.granted)}" for one in found.missing]
    words += [f"denied: {found.denied}"] if found.denied is not None else []
    assert found.approvals == ()
    assert found.allowed is (not words)
    return words or ["yes"]


def effective(asked: dict[str, object]) -> EffectivePolicy:
    return effective_policy(asked, None)


SHORT = effective(policy(x509={"validity_months": 6}))
WILD = effective(policy("*.a.com"))
UNREAD = effective({"more": 1})


def read(vault: str | None = "prod-pay", name: str | None = "pay-web", verb: Verb = Verb.READ) -> Asked:
    return Asked(verb, vault, name)


def request(made: EffectivePolicy | None = SHORT, vault: str = "prod-pay", name: str = "pay-web") -> Asked:
    return Asked(Verb.REQUEST, vault, name, made)


def row(
    title: str, grants: list[Row], caller: Caller, asked: Asked, *gives: str, conditions: list[Row] | None = None
) -> Case:
    return equal(title, lambda: told(rules(grants, conditions or []), caller, asked), gives=list(gives))


ALL = [PAY, PKI, READER]
GRANTS = [
    row("what is granted", ALL, person("pay"), read(), "yes"),
    row("a name in other letters", ALL, person("pay"), read("PROD-Pay", "Pay-WEB"), "yes"),
    row("who has no role may nothing", ALL, person(), read(), "verb: read; "),
    row("who has another role, neither", ALL, person("Pay"), read(), "verb: read; "),
    row("another verb", ALL, person("pay"), read(verb=Verb.CANCEL), "verb: cancel; read, request"),
    row("another vault", ALL, person("pay"), read("prod-hr"), "vault: prod-hr; prod-pay"),
    row("another name", ALL, person("pay"), read(name="hr-web"), "name: hr-web; pay-*"),
    row("another vault and name: the vault is told", ALL, person("pay"), read("x", "y"), "vault: x; prod-pay"),
    row("the whole vault", ALL, person("pay"), read(name=None), "name: the whole app; pay-*"),
    row("the whole app", ALL, person("pay"), read(None, None), "vault: the whole app; prod-pay"),
    row("the whole app, for who has it", ALL, person("reader"), read(None, None), "yes"),
    row("union: one of two roles is enough", ALL, person("pay", "reader"), read("prod-hr"), "yes"),
    row(
        "a verb of another grant counts there alone",
        ALL,
        person("pay", "reader"),
        request(vault="x"),
        "vault: x; prod-pay",
    ),
    row(
        "what is told is of all one's own grants",
        ALL,
        person("pay", "reader"),
        read(verb=Verb.DELETE),
        "verb: delete; read, request",
    ),
    row(
        "vaults of several grants are told",
        [PAY, {**PAY, "vaults": ["test-*", "prod-pay"]}],
        person("pay"),
        read("x"),
        "vault: x; prod-pay, test-*",
    ),
    row(
        "names of the grants for this vault are told",
        [PAY, {**PAY, "vaults": ["other"], "names": ["secret-*"]}, {**PAY, "names": ["web"]}],
        person("pay"),
        read(name="x"),
        "name: x; pay-*, web",
    ),
    row("a grant without vaults and names is for all", [READER], person("reader"), read("any", "thing"), "yes"),
    *[
        row(f"every verb can be granted: {verb}", [PKI], person("pki"), Asked(verb, "v", "n", SHORT), "yes")
        for verb in Verb
    ],
    *[
        row(
            f"{verb} alone is no other",
            [{"who": ["role:one"], "may": [verb.value]}],
            person("one"),
            Asked(other, "v", "n", SHORT),
            f"verb: {other}; {verb}",
        )
        for verb in Verb
        for other in Verb
        if verb is not other
    ],
]
REQUESTS = [
    row("a request that a grant covers", ALL, person("pay"), request(), "yes"),
    row("a request that it does not cover", ALL, person("pay"), request(effective(policy())), "months: 12; up to 6"),
    row("limits count for requests alone", ALL, person("pay"), read(), "yes"),
    row(
        "what is not known is not granted",
        ALL,
        person("pay"),
        request(None),
        "policy: it is not known what the request is for; ",
    ),
    row(
        "not even without limits",
        ALL,
        person("pki"),
        request(None),
        "policy: it is not known what the request is for; ",
    ),
    row("what cannot be read is granted without limits alone", ALL, person("pki"), request(UNREAD), "yes"),
    row(
        "two grants are not mixed",
        [{**PAY, "months": 6, "keys": ["EC"]}, {**PAY, "months": 24, "keys": ["RSA"], "issuers": ["DigiCert"]}],
        person("pay"),
        request(effective(policy())),
        "issuers: Unknown; DigiCert",
    ),
    row(
        "of equally many the first by name is told",
        [{**PAY, "months": 1}, {**PAY, "months": 24, "issuers": ["DigiCert"]}],
        person("pay"),
        request(effective(policy())),
        "issuers: Unknown; DigiCert",
    ),
    row("a second grant covers it", [PAY, {**PAY, "months": 24}], person("pay"), request(effective(policy())), "yes"),
    row(
        "a grant for another name does not",
        [PAY, {**PAY, "names": ["x"], "months": 24}],
        person("pay"),
        request(effective(policy())),
        "months: 12; up to 6",
    ),
    equal(
        "the owner and the day count",
        lambda: [
            told(
                rules([{**PAY, "owners": ["*@a.de"], "a_day": 2}]),
                person("pay"),
                Asked(Verb.REQUEST, "prod-pay", "pay-a", SHORT, owner, today),
            )
            for owner, today in [("x@a.de", 1), ("x@b.de", 1), ("x@a.de", 2)]
        ],
        gives=[["yes"], ["owners: x@b.de; *@a.de"], ["a_day: number 3 of today; 2"]],
    ),
]
TO_ANN: Row = {"who": [f"oid:{ANN.upper()}"], "may": ["read"]}
TO_MACHINE: Row = {"who": [f"app:{MACHINE}"], "may": ["read"]}
TO_CLIENT: Row = {"who": [f"app:{CLIENT}"], "may": ["read"]}
CAPITALS = Caller(Actor(ActorKind.APP, None, TENANT, MACHINE.upper(), CLIENT.upper()))
WHO = [
    row("a person by object id", [TO_ANN], person(), read(), "yes"),
    row("another person", [TO_ANN], person(oid=BOB), read(), "verb: read; "),
    row("a person of another tenant", [TO_ANN], person(tid=BOB), read(), "verb: read; "),
    row("a role of another tenant", ALL, person("pki", tid=BOB), read(), "verb: read; "),
    equal(
        "any tenant, where none is known",
        lambda: told(rules([TO_ANN], tenant=None), person(tid=BOB), read()),
        gives=["yes"],
    ),
    row("a machine by its object id", [TO_MACHINE], machine(), read(), "yes"),
    row("a machine by its client id", [TO_CLIENT], machine(), read(), "yes"),
    row("ids in other letters", [TO_MACHINE], CAPITALS, read(), "yes"),
    row("client ids in other letters", [TO_CLIENT], CAPITALS, read(), "yes"),
    row("a machine by oid", [{**TO_ANN, "who": [f"oid:{MACHINE}"]}], machine(), read(), "yes"),
    row("a client id is no object id", [{**TO_ANN, "who": [f"oid:{CLIENT}"]}], machine(), read(), "verb: read; "),
    row("a machine by a role", [READER], machine("reader"), read(), "yes"),
    row(
        "a person is not the application that they use",
        [{**TO_ANN, "who": [f"app:{PAGE}"]}],
        person(),
        read(),
        "verb: read; ",
    ),
    row("a person is no application", [{**TO_ANN, "who": [f"app:{ANN}"]}], person(), read(), "verb: read; "),
    row("one of several is enough", [{**TO_ANN, "who": ["role:x", f"oid:{ANN}"]}], person(), read(), "yes"),
    row("who has a key needs no grant", [], WITH_KEY, read(), "yes"),
    row("who has a key needs none for a request", [], WITH_KEY, request(None), "yes"),
    row("Certflow needs no grant", [], CERTFLOW, request(UNREAD), "yes"),
    row("a name that is an id means nobody", [], person(), read(), "verb: read; "),
    row("a key is nobody's object id", [], WITH_KEY, read(), "denied: x", conditions=[{"deny": True, "say": "x"}]),
    row("what a key says is no id", [], WITH_KEY, read(), "yes", conditions=[{"who": [f"oid:{ANN}"], "deny": True}]),
    *[
        equal(
            f"{kind} means nobody without an id: {who.actor.kind}",
            Who(kind, "").means,
            who,
            gives=False,
        )
        for kind in (WhoKind.OID, WhoKind.APP)
        for who in (WITH_KEY, CERTFLOW, Caller(Actor(ActorKind.PERSON)), Caller(Actor(ActorKind.APP)))
    ],
    *[
        equal(
            f"an id counts only of who is signed in: {kind}",
            Who(WhoKind.OID, ANN).means,
            Caller(Actor(kind, oid=ANN)),
            gives=gives,
        )
        for kind, gives in [(ActorKind.PERSON, True), (ActorKind.APP, True), (ActorKind.KEY, False)]
    ],
    *[
        equal(
            f"{text} is read",
            lambda text=text: str(read_who(text)),
            gives=text.replace("A", "a") if text[:4] != "role" else text,
        )
        for text in (
            "role:Certflow.Reader",
            "role:a:b",
            f"oid:{ANN}",
            f"app:{CLIENT}",
            "oid:AAAAAAAA-0000-0000-0000-00000000000A",
            "role:" + "x" * 120,
        )
    ],
    *[
        refused(f"{text!r} is nobody", read_who, text, says=says)
        for text, says in [
            ("pay", "role:NAME, app:GUID and oid:GUID"),
            ("role", "none of"),
            ("group:x", "none of"),
            ("Role:x", "none of"),
            (":x", "none of"),
            ("role:", "names no app role"),
            ("role:a b", "names no app role"),
            ("role:a*", "A * has no meaning"),
            ("role:ä", "names no app role"),
            ("role:a\x07", "names no app role"),
            ("role:" + "x" * 121, "names no app role"),
            ("oid:x", "no GUID"),
            ("oid:*", "no GUID"),
            ("oid:", "no GUID"),
            (f"oid:{{{ANN}}}", "no GUID"),
            (f"app:urn:uuid:{ANN}", "no GUID"),
            (f"app:{ANN.replace('-', '')}", "no GUID"),
        ]
    ],
]


def deny(**fields: object) -> Row:
    return {**fields, "deny": True, "say": "closed"}


def denied(title: str, condition: Row, asked: Asked, *, caller: Caller | None = None, matches: bool) -> Case:
    """A condition before somebody who may all."""
    gives = ("denied: closed",) if matches else ("yes",)
    return row(f"{title}: {matches}", [PKI], caller or person("pki"), asked, *gives, conditions=[condition])


AT = {issuer: effective(policy(issuer={"name": issuer})) for issuer in ("DigiCert", "Corp")}
KEPT = effective(policy(key_props={"exportable": False}))
DENIALS = [
    denied("a condition for everybody", deny(), read(), matches=True),
    denied("who is meant", deny(who=[f"oid:{ANN}"]), read(), matches=True),
    denied("who is not meant", deny(who=[f"oid:{BOB}"]), read(), matches=False),
    denied("one of two", deny(who=[f"oid:{BOB}", "role:pki"]), read(), matches=True),
    denied("a verb", deny(verbs=["read"]), read(), matches=True),
    denied("another verb", deny(verbs=["cancel", "delete"]), read(), matches=False),
    denied("a vault", deny(vaults=["PROD-*"]), read(), matches=True),
    denied("another vault", deny(vaults=["test-*"]), read(), matches=False),
    denied(
        "the whole app, which has this vault", deny(vaults=["test-*"]), read(None, None, Verb.OPERATE), matches=True
    ),
    denied("a name", deny(names=["pay-*"]), read(), matches=True),
    denied("another name", deny(names=["hr-*"]), read(), matches=False),
    denied("a vault, which has this name", deny(names=["hr-*"]), read(name=None), matches=True),
    denied("the vault but not the name", deny(vaults=["prod-*"], names=["hr-*"]), read(), matches=False),
    denied("the name but not the vault", deny(vaults=["test-*"], names=["pay-*"]), read(), matches=False),
    denied("the verb but not the vault", deny(vaults=["test-*"], verbs=["read"]), read(), matches=False),
    denied("an issuer", deny(issuers=["digi*"]), request(AT["DigiCert"]), matches=True),
    denied("another issuer", deny(issuers=["digi*"]), request(AT["Corp"]), matches=False),
    denied("an issuer is about requests alone", deny(issuers=["*"]), read(), matches=False),
    denied("a wildcard", deny(wildcard=True), request(WILD), matches=True),
    denied("no wildcard", deny(wildcard=True), request(SHORT), matches=False),
    denied("anything but wildcards", deny(wildcard=False), request(SHORT), matches=True),
    denied("a wildcard is none of these", deny(wildcard=False), request(WILD), matches=False),
    denied("a wildcard is about requests alone", deny(wildcard=False), read(), matches=False),
    denied("an exportable key", deny(exportable=True), request(SHORT), matches=True),
    denied("a key that stays", deny(exportable=True), request(KEPT), matches=False),
    denied("keys that stay", deny(exportable=False), request(KEPT), matches=True),
    denied("an exportable key is none of these", deny(exportable=False), request(SHORT), matches=False),
    denied("the issuer, and no wildcard", deny(issuers=["Corp"], wildcard=True), request(AT["Corp"]), matches=False),
    denied("what cannot be read might match", deny(wildcard=True), request(UNREAD), matches=True),
    denied("what cannot be read might be at this issuer", deny(issuers=["x"]), request(UNREAD), matches=True),
    denied("what cannot be read in another vault", deny(issuers=["x"], vaults=["y"]), request(UNREAD), matches=False),
    denied("with a key, too", deny(), read(), caller=WITH_KEY, matches=True),
    denied("Certflow, too", deny(vaults=["prod-pay"]), request(), caller=CERTFLOW, matches=True),
    row(
        "what is not known might match",
        [PKI],
        WITH_KEY,
        request(None),
        "denied: closed",
        conditions=[deny(wildcard=True)],
    ),
    row("a row without a reason", [PKI], person("pki"), read(), "denied: Denied.", conditions=[{"deny": True}]),
    row(
        "several reasons, each once and in order",
        [PKI],
        person("pki"),
        read(),
        "denied: a; c",
        conditions=[{"deny": True, "say": "c"}, {"deny": True, "say": "a"}, {"deny": True, "say": "c"}],
    ),
    row(
        "denying wins over approvals",
        [PKI],
        person("pki"),
        request(),
        "denied: closed",
        conditions=[{"approvals": 1}, deny()],
    ),
    row(
        "a row that denies all says nothing to strangers",
        ALL,
        person("pay"),
        read("x"),
        "vault: x; prod-pay",
        conditions=[deny(vaults=["x"])],
    ),
    row(
        "nor to who lacks the name",
        ALL,
        person("pay"),
        read(name="x"),
        "name: x; pay-*",
        conditions=[deny(vaults=["prod-pay"])],
    ),
    row(
        "nor to who lacks the verb",
        ALL,
        person("pay"),
        read(verb=Verb.DELETE),
        "verb: delete; read, request",
        conditions=[deny()],
    ),
    row(
        "it says it to whom it means",
        ALL,
        person("pay"),
        read("x"),
        "vault: x; prod-pay",
        "denied: closed",
        conditions=[deny(who=["role:pay"])],
    ),
    row(
        "it says it to who lacks a field alone",
        ALL,
        person("pay"),
        request(effective(policy())),
        "months: 12; up to 6",
        "denied: closed",
        conditions=[deny(vaults=["prod-pay"])],
    ),
]
TWO_ROWS: list[Row] = [
    {"vaults": ["prod-*"], "approvals": 2, "by": ["role:pki", f"oid:{BOB}"], "tell": ["pki@example.com"]},
    {"approvals": 1},
]
APPROVALS = [
    row(
        "what needs approval is not allowed yet",
        ALL,
        person("pay"),
        request(),
        "1 by  tell ",
        f"2 by role:pki, oid:{BOB} tell pki@example.com",
        conditions=TWO_ROWS,
    ),
    row(
        "each once",
        ALL,
        person("pay"),
        request(),
        "1 by  tell ",
        conditions=[{"approvals": 1}, {"approvals": 1, "verbs": ["request"]}],
    ),
    row("approvals are about requests alone", ALL, person("pay"), read(), "yes", conditions=TWO_ROWS),
    row(
        "what is not granted needs no approval",
        ALL,
        person("pay"),
        request(effective(policy())),
        "months: 12; up to 6",
        conditions=TWO_ROWS,
    ),
    row("another vault needs none", ALL, person("pki"), request(vault="x"), "yes", conditions=TWO_ROWS[:1]),
    row(
        "a wildcard needs one",
        ALL,
        person("pki"),
        request(WILD),
        "1 by  tell ",
        conditions=[{"wildcard": True, "approvals": 1}],
    ),
    row(
        "no wildcard needs none", ALL, person("pki"), request(), "yes", conditions=[{"wildcard": True, "approvals": 1}]
    ),
    row(
        "what cannot be read needs one",
        ALL,
        person("pki"),
        request(UNREAD),
        "1 by  tell ",
        conditions=[{"wildcard": True, "approvals": 1}],
    ),
    row("Certflow's own need one", ALL, CERTFLOW, request(), "1 by  tell ", conditions=[{"approvals": 1}]),
    equal(
        "a decision says all of it",
        lambda: decide(rules(ALL, TWO_ROWS), person("pay"), request()).approvals,
        gives=(Need(1), Need(2, (Who(WhoKind.ROLE, "pki"), Who(WhoKind.OID, BOB)), ("pki@example.com",))),
    ),
]
ANYWHERE = [
    equal(
        title,
        lambda grants=grants, conditions=conditions, caller=caller, verb=verb: everywhere(
            rules(grants, conditions), caller, verb
        ),
        gives=[gives],
    )
    for title, grants, conditions, caller, verb, gives in [
        ("a verb that is granted somewhere", ALL, [], person("pay"), Verb.REQUEST, "yes"),
        ("a verb that is granted nowhere", ALL, [], person("pay"), Verb.CANCEL, "verb: cancel; read, request"),
        ("nobody's verb", ALL, [], person(), Verb.READ, "verb: read; "),
        ("with a key", ALL, [], WITH_KEY, Verb.OPERATE, "yes"),
        ("denied everywhere", ALL, [deny()], person("pay"), Verb.READ, "denied: closed"),
        ("denied to a stranger, silently", ALL, [deny()], person(), Verb.READ, "verb: read; "),
        ("denied with a key", ALL, [deny()], WITH_KEY, Verb.READ, "denied: closed"),
        ("this verb is denied", ALL, [deny(verbs=["read"])], person("pay"), Verb.READ, "denied: closed"),
        ("another verb is denied", ALL, [deny(verbs=["cancel"])], person("pay"), Verb.READ, "yes"),
        ("denied to others", ALL, [deny(who=["role:x"])], person("pay"), Verb.READ, "yes"),
        ("denied in some vaults", ALL, [deny(vaults=["*"])], person("pay"), Verb.READ, "yes"),
        ("denied for some names", ALL, [deny(names=["a"])], person("pay"), Verb.READ, "yes"),
        ("denied for wildcards", ALL, [deny(wildcard=True)], person("pay"), Verb.REQUEST, "yes"),
        ("denied for exportable keys", ALL, [deny(exportable=False)], person("pay"), Verb.REQUEST, "yes"),
        ("denied at an issuer", ALL, [deny(issuers=["a"])], person("pay"), Verb.REQUEST, "yes"),
        ("approvals deny nothing", ALL, [{"approvals": 1}], person("pay"), Verb.REQUEST, "yes"),
    ]
]
PLACE = [
    equal(
        f"place: {title}",
        lambda conditions=conditions, caller=caller, place=place: at_place(rules(ALL, conditions), caller, *place),
        gives=[gives],
    )
    for title, conditions, caller, place, gives in [
        ("within a row with limits", [], person("pay"), ("prod-pay", "pay-web"), "yes"),
        ("another vault", [], person("pay"), ("x", "pay-web"), "vault: x; prod-pay"),
        ("another name", [], person("pay"), ("prod-pay", "x"), "name: x; pay-*"),
        ("without the verb", [], person("reader"), ("prod-pay", "pay-web"), "verb: request; read"),
        ("with a key", [], WITH_KEY, ("x", "y"), "yes"),
        ("denied with a key", [deny()], WITH_KEY, ("x", "y"), "denied: closed"),
        ("denied in this vault", [deny(vaults=["prod-*"])], person("pay"), ("prod-pay", "pay-web"), "denied: closed"),
        ("denied in another", [deny(vaults=["x"])], person("pay"), ("prod-pay", "pay-web"), "yes"),
        ("denied for another name", [deny(names=["x"])], person("pay"), ("prod-pay", "pay-web"), "yes"),
        ("another verb is denied", [deny(verbs=["read"])], person("pay"), ("prod-pay", "pay-web"), "yes"),
        ("denied to others", [deny(who=["role:x"])], person("pay"), ("prod-pay", "pay-web"), "yes"),
        ("denied to a stranger, silently", [deny()], person("pay"), ("x", "y"), "vault: x; prod-pay"),
        ("only wildcards are denied", [deny(wildcard=True)], person("pay"), ("prod-pay", "pay-web"), "yes"),
        ("approvals deny nothing", [{"approvals": 1}], person("pay"), ("prod-pay", "pay-web"), "yes"),
    ]
]
CAPS = {
    "Certflow.Reader": "read",
    "Certflow.Requester": "acknowledge cancel read request return",
    "Certflow.Approver": "approve read",
    "Certflow.Operator": "acknowledge approve cancel delete operate read request return",
    "Certflow.Nobody": "",
}


def verbs_of(access: AccessRules, caller: Caller) -> str:
    return " ".join(sorted(verb for verb in Verb if decide(access, caller, Asked(verb, "v", "n", UNREAD)).allowed))


ROLES = [
    *[
        equal(f"{role} without a file", lambda role=role: verbs_of(without_file(TENANT), person(role)), gives=verbs)
        for role, verbs in CAPS.items()
    ],
    *[
        equal(
            f"{role} while no file can be read",
            lambda role=role: verbs_of(only_operator(TENANT), person(role)),
            gives=verbs if role == "Certflow.Operator" else "",
        )
        for role, verbs in CAPS.items()
    ],
    equal(
        "of another tenant: nobody",
        lambda: verbs_of(without_file(TENANT), person("Certflow.Operator", tid=BOB)),
        gives="",
    ),
    equal(
        "of another tenant: nobody, while no file can be read",
        lambda: verbs_of(only_operator(TENANT), person("Certflow.Operator", tid=BOB)),
        gives="",
    ),
    equal(
        "an operator for the whole app",
        lambda: told(only_operator(), person("Certflow.Operator"), read(None, None, Verb.OPERATE)),
        gives=["yes"],
    ),
    equal("without a file there is no hash", lambda: without_file().sha256, gives=""),
]
CASES: list[Case] = [*GRANTS, *REQUESTS, *WHO, *DENIALS, *APPROVALS, *ANYWHERE, *PLACE, *ROLES]
