"""Routes as the local Functions host reads them: matching, overlaps, and what it refuses."""

from __future__ import annotations

import pytest

from functions_host.routes import BadRoute, overlapping, parse_route


@pytest.mark.parametrize(
    ("template", "path", "expected"),
    [
        ("", "", {}),
        ("a/b", "A/B", {}),
        ("a/b", "a/b/", {}),
        ("a/b", "a", None),
        ("a/b", "a/b/c", None),
        ("a/{x}", "a/1", {"x": "1"}),
        ("a/{x}", "a", None),
        ("a/{x}/b", "a//b", None),
        ("a/b", "/a/b", None),
        ("a/b", "a/b//", None),
        ("a/{x?}", "a", {}),
        ("a/{x?}", "a/1", {"x": "1"}),
        ("a/{*rest}", "a", {}),
        ("a/{*rest}", "a/b/c", {"rest": "b/c"}),
        ("a/{x:int}", "a/-12", {"x": "-12"}),
        ("a/{x:int}", "a/1b", None),
        ("a/{x:guid}", "a/0f8fad5b-d9cb-469f-a165-70867728950e", {"x": "0f8fad5b-d9cb-469f-a165-70867728950e"}),
        ("a/{x:alpha}", "a/b1", None),
        ("a/{x:bool?}", "a/TRUE", {"x": "TRUE"}),
        ("a/{x}", "a/%C3%A4%20b", {"x": "ä b"}),
        ("a/{x}", "a/b%2Fc", {"x": "b%2Fc"}),
    ],
)
def test_match(template: str, path: str, expected: dict[str, str] | None) -> None:
    assert parse_route(template).match(path) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "A"),
        ("a/{x}", "a/b"),
        ("a/{x}", "a/{y}"),
        ("{x}", "{y:int}"),
        ("a/{x?}", "a"),
        ("a/{x?}", "a/b"),
        ("{*all}", "a/b/c"),
        ("a/{*rest}", "a"),
        ("a/{*rest}", "a/{x}/c"),
        ("{v}/certificates/{n}", "vaults/{c}/{n}"),
    ],
)
def test_overlap_is_found_both_ways(one: str, other: str) -> None:
    assert list(overlapping({"f": parse_route(one), "g": parse_route(other)})) == [("f", "g")]
    assert list(overlapping({"f": parse_route(other), "g": parse_route(one)})) == [("f", "g")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a", "b"),
        ("a/{x}", "a"),
        ("a/{x}", "b/{x}"),
        ("a/{x:int}", "a/latest"),
        ("a/{x}/pending", "a/{x}/create"),
        ("a/{x}/pending", "a/{x}/pending/merge"),
        ("a/{*rest}", "b/c"),
    ],
)
def test_no_overlap(one: str, other: str) -> None:
    assert list(overlapping({"f": parse_route(one), "g": parse_route(other)})) == []


def test_other_methods_do_not_overlap_and_no_methods_means_all() -> None:
    get, post, every = parse_route("a", ["get"]), parse_route("a", ["POST"]), parse_route("a")
    assert not get.overlaps(post)
    assert get.overlaps(every)
    assert get.allows("GET")
    assert not get.allows("HEAD")
    assert every.allows("OPTIONS")


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("/a", "starts with '/'"),
        ("Admin", "which is the host's own"),
        ("runtime/x", "which is the host's own"),
        ("a//b", "empty segment"),
        ("a/{x}.json", "whole-segment parameters only"),
        ("a/{x", "whole-segment parameters only"),
        ("a/{x:even}", "constraint 'even' is not one of"),
        ("a/{x?}/b", "only at the end"),
        ("{*x}/b", "only at the end"),
        ("{x}/{X}", "uses a parameter twice"),
    ],
)
def test_refuses_with_the_reason(template: str, reason: str) -> None:
    with pytest.raises(BadRoute) as refused:
        parse_route(template)
    assert reason in str(refused.value)
