"""What holds of decisions whatever the file says: grants only give, denials only take, order and strangers change
nothing, and every question has an answer.
"""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from functions.access.decide import Asked, decide, decide_anywhere, decide_place
from functions.access.file import parse_access
from functions.access.permissions import granted, may, readable_beginnings, verbs_granted, visible
from functions.access.policy import effective_policy
from functions.access.row_reader import AccessFault, AccessFaults
from functions.access.rules import AccessRules
from functions.access.verbs import Verb
from functions.model.caller import Caller
from tests.unit.access.tables.callers import ANN, CERTFLOW, CLIENT, TENANT, WITH_KEY, Row, machine, person, rules
from tests.unit.access.tables.requests import policy

WHO = st.lists(st.sampled_from(["role:a", "role:b", f"oid:{ANN}", f"app:{CLIENT}"]), min_size=1, max_size=2)
VAULTS = st.lists(st.sampled_from(["v", "w", "v*", "*"]), min_size=1, max_size=2)
NAMES = st.lists(st.sampled_from(["x", "y", "x*", "*-1", "*"]), min_size=1, max_size=2)
type Fields = dict[str, st.SearchStrategy[object]]

LIMITS: Fields = {
    "dns": st.just(["*.a.com"]),
    "issuers": st.just(["Unknown"]),
    "keys": st.just(["EC"]),
    "months": st.sampled_from([6, 12]),
    "wildcard": st.booleans(),
    "exportable": st.booleans(),
    "ekus": st.just(["*"]),
    "owners": st.just(["*@a.com"]),
    "a_day": st.just(2),
}


@st.composite
def grants(draw: st.DrawFn) -> Row:
    verbs = draw(st.lists(st.sampled_from(["read", "request", "delete"]), min_size=1, max_size=3))
    limits: Fields = LIMITS if "request" in verbs else {}
    fields: Fields = {"vaults": VAULTS, "names": NAMES, **limits}
    optional: Row = draw(st.fixed_dictionaries({}, optional=fields))
    return {"who": draw(WHO), "may": verbs, **optional}


EFFECTS: list[Row] = [{"deny": True}, {"deny": True, "say": "why"}, {"approvals": 1}, {"approvals": 2}]


@st.composite
def conditions(draw: st.DrawFn) -> Row:
    effect = draw(st.sampled_from(EFFECTS))
    optional: Fields = {
        "who": WHO,
        "vaults": VAULTS,
        "names": NAMES,
        "wildcard": st.booleans(),
        "issuers": st.just(["Unknown"]),
    }
    return {**draw(st.fixed_dictionaries({}, optional=optional)), **effect}


POLICIES = st.sampled_from(
    [
        None,
        effective_policy(policy("w.a.com"), None),
        effective_policy(policy("*.a.com", key_props={"kty": "EC"}), None),
        effective_policy(policy("b.com", x509={"validity_months": 3}), None),
        effective_policy({"more": 1}, None),
    ]
)
ASKED = st.builds(
    Asked,
    st.sampled_from([Verb.READ, Verb.REQUEST, Verb.DELETE]),
    st.sampled_from(["v", "w", "V2", None]),
    st.sampled_from(["x", "y", "x-1", None]),
    POLICIES,
    st.sampled_from([None, "ann@a.com", "ann@b.com"]),
    st.integers(0, 3),
)
CALLERS = st.sampled_from([person("a"), person("a", "b"), person(), machine("b"), machine(), WITH_KEY, CERTFLOW])
GRANTS = st.lists(grants(), max_size=4)
CONDITIONS = st.lists(conditions(), max_size=2)


def allowed(access: AccessRules, caller: Caller, asked: Asked) -> bool:
    return decide(access, caller, asked).allowed


@given(GRANTS, grants(), CONDITIONS, CALLERS, ASKED)
def test_a_further_grant_takes_nothing_away(
    some: list[Row], more: Row, held: list[Row], by: Caller, asked: Asked
) -> None:
    assert allowed(rules(some, held), by, asked) <= allowed(rules([*some, more], held), by, asked)


@given(GRANTS, CONDITIONS, conditions(), CALLERS, ASKED)
def test_a_further_condition_gives_nothing(
    some: list[Row], held: list[Row], more: Row, by: Caller, asked: Asked
) -> None:
    assert allowed(rules(some, [*held, more]), by, asked) <= allowed(rules(some, held), by, asked)


@given(GRANTS, GRANTS, CALLERS, ASKED)
def test_two_files_together_grant_what_one_of_them_does(
    some: list[Row], more: list[Row], by: Caller, asked: Asked
) -> None:
    each = allowed(rules(some), by, asked) or allowed(rules(more), by, asked)
    assert allowed(rules([*some, *more]), by, asked) == each


@given(st.data(), GRANTS, CONDITIONS, CALLERS, ASKED)
def test_the_order_of_rows_changes_nothing(
    data: st.DataObject, some: list[Row], held: list[Row], by: Caller, asked: Asked
) -> None:
    other = rules(data.draw(st.permutations(some)), data.draw(st.permutations(held)))
    assert decide(other, by, asked) == decide(rules(some, held), by, asked)


@given(GRANTS, GRANTS, CONDITIONS, st.sampled_from([person("a"), person("a", oid=CLIENT)]), ASKED)
def test_nobody_notices_the_grants_of_others(
    some: list[Row], others: list[Row], held: list[Row], by: Caller, asked: Asked
) -> None:
    strangers = [{**row, "who": ["role:strangers"]} for row in others]
    with_them, without = rules([*some, *strangers], held), rules(some, held)
    assert decide(with_them, by, asked) == decide(without, by, asked)
    assert may(with_them, by) == may(without, by)


@given(GRANTS, CONDITIONS, CALLERS, st.sampled_from(["v", "w", "V2"]), st.sampled_from(["x", "y", "x-1"]))
def test_a_list_shows_what_may_be_read(some: list[Row], held: list[Row], by: Caller, vault: str, name: str) -> None:
    access = rules(some, held)
    shown = visible(access, by, vault, name)
    assert shown == allowed(access, by, Asked(Verb.READ, vault, name))
    assert shown <= decide_anywhere(access, by, Verb.READ).allowed
    beginnings = readable_beginnings(access, by)
    assert not shown or not beginnings or name.lower().startswith(tuple(beginnings))


@given(
    GRANTS,
    CONDITIONS,
    CALLERS,
    st.sampled_from(Verb),
    st.sampled_from(["v", "w", "V2"]),
    st.sampled_from(["x", "y", "x-1"]),
)
def test_the_verbs_of_a_list_are_those_that_are_decided(
    some: list[Row], held: list[Row], by: Caller, verb: Verb, vault: str, name: str
) -> None:
    access = rules(some, held)
    if verb is Verb.REQUEST:
        decided = decide_place(access, by, vault, name).allowed
    else:
        decided = allowed(access, by, Asked(verb, vault, name))
    assert granted(access, by, verb)(vault, name) == decided
    assert (verb in verbs_granted(access, by)(vault, name)) == decided


@given(GRANTS, CONDITIONS, CALLERS, ASKED)
def test_a_refusal_has_a_reason_and_an_answer_no_refusal(
    some: list[Row], held: list[Row], by: Caller, asked: Asked
) -> None:
    found = decide(rules(some, held), by, asked)
    assert found.allowed is not bool(found.missing or found.denied or found.approvals)
    assert all(one.sentence.endswith(".") for one in found.missing)


ODD: st.SearchStrategy[object] = st.sampled_from(
    [None, True, 0, 1, 2048, 384, -1, 1.5, "", "a.com", "CN=*.a.com", "CN=a+O=b", "EC", "P-256", [], {}, [1], ["a"]]
)


def policy_fields(**known: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """An object with some of these fields, perhaps another, or something else in its place."""
    return ODD | st.fixed_dictionaries({}, optional={**{key: ODD | value for key, value in known.items()}, "more": ODD})


POLICY_JSON = st.fixed_dictionaries(
    {},
    optional={
        "key_props": policy_fields(kty=ODD, key_size=ODD, crv=ODD, exportable=ODD, reuse_key=ODD),
        "x509_props": policy_fields(
            subject=ODD,
            sans=policy_fields(dns_names=st.lists(ODD, max_size=2), ipAddresses=ODD, emails=ODD, uris=ODD, upns=ODD),
            ekus=st.just(["1.3.6.1.5.5.7.3.1"]),
            key_usage=st.just(["cRLSign"]),
            validity_months=ODD,
            basic_constraints=policy_fields(ca=ODD),
        ),
        "issuer": policy_fields(name=ODD),
        "lifetime_actions": st.lists(policy_fields(action=policy_fields(action_type=ODD)), max_size=2) | ODD,
        "more": ODD,
    },
)


@given(POLICY_JSON)
def test_every_policy_has_an_answer(asked: dict[str, object]) -> None:
    made = effective_policy(asked, None)
    access = rules(
        [{"who": ["role:a"], "may": ["request"], "dns": ["*"], "months": 1}], [{"wildcard": True, "deny": True}]
    )
    found = decide(access, person("a"), Asked(Verb.REQUEST, "v", "n", made))
    assert not (made.unread and found.allowed)


def faults_of(data: bytes) -> tuple[AccessFault, ...]:
    try:
        parse_access(data, TENANT)
    except AccessFaults as error:
        return error.faults
    return ()


@st.composite
def wrong(draw: st.DrawFn, rows: st.SearchStrategy[Row]) -> object:
    """A row, often with a field that is wrong."""
    odd = draw(ODD)
    return draw(
        st.sampled_from([row := draw(rows), {**row, "names": odd}, {**row, "may": odd}, {**row, "more": odd}, odd])
    )


@given(st.lists(wrong(grants()), max_size=3), st.lists(wrong(conditions()), max_size=2))
def test_every_row_is_read_or_named(some: list[object], held: list[object]) -> None:
    for fault in faults_of(json.dumps({"grants": some, "conditions": held}).encode()):
        kind, _, number = fault.row.rstrip("]").partition("[")
        assert int(number) < len({"grants": some, "conditions": held}[kind])
        assert fault.sentence.isprintable()


@given(st.binary(max_size=60))
def test_any_bytes_are_refused(data: bytes) -> None:
    assert [fault.row for fault in faults_of(data)][:1] == ["$"]
