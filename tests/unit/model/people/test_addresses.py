"""Mail addresses as people write them."""

from __future__ import annotations

import pytest

from functions.model.people.addresses import MAX_ADDRESSES, Addresses, read_addresses, spelled


@pytest.mark.parametrize(
    ("text", "found", "unread"),
    [
        (None, (), ()),
        ("", (), ()),
        (" ; , ", (), ()),
        ("ann@example.com", ("ann@example.com",), ()),
        (" ann@example.com\r\n", ("ann@example.com",), ()),
        ("a@example.com,b@example.com", ("a@example.com", "b@example.com"), ()),
        ("a@example.com; b@example.com;", ("a@example.com", "b@example.com"), ()),
        ("a@example.com, A@Example.com", ("a@example.com",), ()),
        ("A. Name <a@example.com>", ("a@example.com",), ()),
        ("<a@example.com>", ("a@example.com",), ()),
        ('"Doe, Ann" <ann@example.com>', ("ann@example.com",), ()),
        ("Doe, Ann <ann@example.com>; Roe, Bob <bob@example.com>", ("ann@example.com", "bob@example.com"), ()),
        ("Doe, Ann <ann@example.com>, bob@example.com", ("ann@example.com", "bob@example.com"), ()),
        ("team-pay", (), ("team-pay",)),
        ("team-pay, ann@example.com", ("ann@example.com",), ("team-pay",)),
        ("a@@x.y", (), ("a@@x.y",)),
        ("a@example.com b@example.com", (), ("a@example.com b@example.com",)),
        ("a@example.com>", (), ("a@example.com>",)),
        ("Ann <ann@example.com> x@evil.example", (), ("Ann <ann@example.com> x@evil.example",)),
        ("ann@example.com <x@evil.example>", ("x@evil.example",), ()),  # what it goes to is what the domains limit
        ("<a@example.com><b@example.com>", (), ("<a@example.com><b@example.com>",)),
        ("a@example.com\r\nBcc: x@evil.example", (), ("a@example.com\r\nBcc: x@evil.example",)),
        ("Ann\r\nBcc: x <ann@example.com>", ("ann@example.com",), ()),
        ("a@[127.0.0.1]", (), ("a@[127.0.0.1]",)),
        ("ann@münchen.de", (), ("ann@münchen.de",)),
    ],
)
def test_addresses_are_read_as_people_write_them(
    text: str | None, found: tuple[str, ...], unread: tuple[str, ...]
) -> None:
    assert read_addresses(text) == Addresses(found, unread)


def test_no_more_than_some_are_told() -> None:
    read = read_addresses(",".join(f"a{number}@x.example" for number in range(MAX_ADDRESSES + 2)))
    assert (len(read.found), read.unread) == (MAX_ADDRESSES, ("a10@x.example", "a11@x.example"))


def test_a_text_is_found_by_itself_and_by_each_address_in_it() -> None:
    assert spelled("A. Name <A@Example.com>, b@example.com") == {
        "a. name <a@example.com>, b@example.com",
        "a@example.com",
        "b@example.com",
    }
