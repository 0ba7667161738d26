"""What the tag `certflow-endpoints` and the file of endpoints say, and what they cannot say."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.model.inventory.endpoints import (
    MAX_ENDPOINTS,
    Endpoint,
    EndpointRows,
    endpoint_rows,
    endpoints_in_tag,
    endpoints_of,
)
from functions.model.tags import OUR_TAGS

FILE = "rules/endpoints.json"


def tagged(text: str) -> dict[str, str]:
    return {"certflow-endpoints": text}


@pytest.mark.parametrize(
    ("text", "endpoints"),
    [
        ("", ()),
        (" , ,", ()),
        ("www.example.com", (Endpoint("www.example.com"),)),
        ("WWW.Example.com.", (Endpoint("www.example.com"),)),
        (
            "www.example.com, api.example.com:8443@10.1.2.3",
            (Endpoint("www.example.com"), Endpoint("api.example.com", 8443, "10.1.2.3")),
        ),
        ("www.example.com@2001:DB8::1", (Endpoint("www.example.com", 443, "2001:db8::1"),)),
        ("www.example.com@[2001:db8::1]", (Endpoint("www.example.com", 443, "2001:db8::1"),)),
        ("[2001:db8::1]:8443", (Endpoint("2001:db8::1", 8443),)),
        ("[2001:db8::1]", (Endpoint("2001:db8::1"),)),
        ("10.1.2.3:443", (Endpoint("10.1.2.3"),)),
        ("xn--bcher-kva.example", (Endpoint("xn--bcher-kva.example"),)),
        ("_sip.example.com, web01", (Endpoint("_sip.example.com"), Endpoint("web01"))),
    ],
)
def test_endpoints_are_read(text: str, endpoints: tuple[Endpoint, ...]) -> None:
    read = endpoints_in_tag(tagged(text))
    assert (read.endpoints, read.faults) == (endpoints, ())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://www.example.com", "has no port number"),
        ("www.example.com/path", "has no host name"),
        ("www.example.com:", "has no port number"),
        ("www.example.com:0", "not between 1 and 65535"),
        ("www.example.com:65536", "not between 1 and 65535"),
        ("www.example.com:٤٤٣", "has no port number"),
        ("www.example.com@", "no address behind its @"),
        ("www.example.com@other.example.com", "no IP address as its address"),
        ("www.example.com@10.1.2.3@10.1.2.4", "no IP address as its address"),
        ("www.example.com@fe80::1%eth0", "has a zone"),
        ("2001:db8::1", "write an IPv6 address in brackets"),
        ("[2001:db8::1", "brackets in the wrong place"),
        ("[2001:db8::1]443", "brackets in the wrong place"),
        ("[10.1.2.3]", "other than an IPv6 address in brackets"),
        ("10.1.2", "no IP address as its host"),
        ("010.1.2.3", "no IP address as its host"),
        ("0x7f000001", "no IP address as its host"),
        ("2130706433", "no IP address as its host"),
        ("bücher.example", "is written xn--"),
        ("*.example.com", "has no host name"),
        ("-a.example.com", "has no host name"),
        (f"{'a' * 64}.example.com", "has no host name"),
        (".".join(["a" * 60] * 5), "has no host name"),
        ("a..example.com", "has no host name"),
        ("www.exam ple.com", "has no host name"),
    ],
)
def test_what_cannot_be_read_is_named_and_the_others_count(text: str, why: str) -> None:
    read = endpoints_in_tag(tagged(f"www.example.com, {text}"))
    assert read.endpoints == (Endpoint("www.example.com"),)
    (fault,) = read.faults
    assert fault.startswith("certflow-endpoints: entry 2 (")
    assert why in fault


def test_a_fault_shows_no_character_that_acts_on_a_terminal_and_not_all_of_a_long_entry() -> None:
    (fault,) = endpoints_in_tag(tagged("\x1b[31m" + "x" * 240 + "/")).faults
    assert fault.isprintable()
    assert len(fault) < 300


def test_an_endpoint_counts_once_and_a_certificate_has_twenty_at_most() -> None:
    assert endpoints_in_tag(tagged("a.example, A.example:443,a.example")).endpoints == (Endpoint("a.example"),)
    read = endpoints_in_tag(tagged(",".join(f"h{number}" for number in range(MAX_ENDPOINTS + 1))))
    assert len(read.endpoints) == MAX_ENDPOINTS == 20
    assert read.faults == ("certflow-endpoints: of more than 20 endpoints the first 20 count.",)


@given(st.text(max_size=256))
def test_any_text_is_read_or_named_and_what_was_read_reads_as_the_same(text: str) -> None:
    read = endpoints_in_tag(tagged(text))
    again = endpoints_in_tag(tagged(", ".join(map(str, read.endpoints))))
    assert (again.endpoints, again.faults) == (read.endpoints, ())
    assert len(read.endpoints) + len(read.faults) <= text.count(",") + 1


def test_the_file_names_endpoints_by_vault_and_name_beside_the_tag() -> None:
    row = {"vault": "Hub", "name": "Web", "endpoints": ["b.example", "a.example"], "grace": "appgw"}
    rows = endpoint_rows(json.dumps([row]), FILE)
    read = endpoints_of("hub", "WEB", tagged("a.example"), rows)
    assert read.endpoints == (Endpoint("a.example"), Endpoint("b.example"))
    assert (read.grace, read.faults, rows.faults) == ("appgw", (), ())
    assert endpoints_of("hub", "other", {}, rows).endpoints == ()
    assert endpoints_of("dev", "web", {}, rows).endpoints == ()


def test_tag_and_file_together_have_twenty_endpoints_at_most() -> None:
    many = [f"h{number}" for number in range(20)]
    rows = endpoint_rows(json.dumps([{"vault": "hub", "name": "web", "endpoints": many}]), FILE)
    read = endpoints_of("hub", "web", tagged("a.example"), rows)
    assert (len(read.endpoints), read.endpoints[0]) == (20, Endpoint("a.example"))
    assert read.faults == ("certflow-endpoints and the file: of more than 20 endpoints the first 20 count.",)


GOOD = {"vault": "hub", "name": "web", "endpoints": ["a.example"]}


@pytest.mark.parametrize(
    ("given_", "why"),
    [
        ("{", "this is no JSON"),
        ("[" * 100_000, "this is no JSON"),
        ("{}", "a list of rows is needed"),
        (json.dumps([1]), "row 1: write an object"),
        (json.dumps([GOOD | {"hosts": []}]), "row 1: write an object"),
        (json.dumps([GOOD | {"vault": 1}]), "row 1: vault, name and grace are texts"),
        (json.dumps([GOOD | {"name": ""}]), "row 1: vault, name and grace are texts"),
        (json.dumps([GOOD | {"grace": None}]), "row 1: vault, name and grace are texts"),
        (json.dumps([GOOD | {"endpoints": "a.example"}]), "row 1: endpoints is a list of texts"),
        (json.dumps([GOOD | {"endpoints": ["a b"]}]), "row 1: entry 1 ('a b') has no host name"),
        (json.dumps([GOOD, GOOD]), "row 2: another row has this vault and name"),
    ],
)
def test_a_fault_of_the_file_names_its_row(given_: str, why: str) -> None:
    rows = endpoint_rows(given_, FILE)
    (fault,) = rows.faults
    assert fault.startswith(FILE)
    assert why in fault


def test_a_row_with_a_fault_leaves_the_others() -> None:
    rows = endpoint_rows(json.dumps([1, GOOD]), FILE)
    assert list(rows.by_name) == [("hub", "web")]
    assert endpoint_rows("[]", FILE) == EndpointRows()
    assert "first 5000 of 5001 rows" in endpoint_rows(
        json.dumps([GOOD | {"name": f"n{number}"} for number in range(5001)]), FILE
    ).faults[0]  # fmt: skip


def test_the_tags_of_endpoints_are_certflows_own() -> None:
    assert {"certflow-endpoints", "certflow-endpoints-grace"} < OUR_TAGS
