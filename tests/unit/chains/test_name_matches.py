"""Which pending request a certificate was meant for, when its key is that of none."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from functions.chains.name_matches import MAX_NAME_MATCHES, name_matches, sentence_of_requests
from functions.chains.parsing.parse import parse
from functions.model.errors import InvalidRequest
from functions.model.request.operation import Status
from functions.model.request.tracked import TrackedRequest
from functions.model.request_filter import Page, RequestFilter
from tests.certificates import Ca, Wish, make_csr, pem
from tests.clock import NOW, fixed_now
from tests.unit.fakes import World

ROOT = Ca.root("ca.example.com", at=fixed_now)


def pending(
    world: World,
    name: str,
    names: str = "",
    subject: str = "CN=x",
    created: datetime = NOW,
    status: Status = Status.IN_PROGRESS,
) -> TrackedRequest:
    request = TrackedRequest("main", name, "a" * 32, "Unknown", subject, "b" * 64, created, status=status, names=names)
    world.ledger.tracked["main", name.lower(), request.request_id] = request
    return request


async def found(world: World, *names: str, common_name: str = "web.example.com") -> list[str]:
    leaf = ROOT.signs(make_csr(common_name)[1], Wish(names=names))
    certificates = parse(pem(leaf, ROOT.certificate)).certificates
    return [one.name for one in await name_matches(world.certflow, certificates)]


async def test_it_is_the_one_with_the_most_of_the_names_and_of_those_the_oldest() -> None:
    world = World()
    pending(world, "one-name", "a.example.com c.example.com", created=NOW - timedelta(days=1))
    pending(world, "younger", "a.example.com b.example.com", created=NOW + timedelta(hours=1))
    pending(world, "older", "A.example.com b.example.com 192.0.2.7")
    pending(world, "other", "other.example.com")
    assert await found(world, "a.example.com", "b.example.com") == ["older", "younger", "one-name"]
    for number in range(MAX_NAME_MATCHES):
        pending(world, f"more-{number}", "a.example.com b.example.com")
    assert len(await found(world, "a.example.com", "b.example.com")) == MAX_NAME_MATCHES


async def test_common_names_count_and_those_of_cas_do_not() -> None:
    world = World()
    pending(world, "by-subject", subject="O=Example,CN=Web.example.com,OU=x")
    assert await found(world) == ["by-subject"]
    assert await found(world, common_name="other.example.com") == []
    pending(world, "as-the-ca", "ca.example.com")
    assert await found(world) == ["by-subject"]


async def test_only_what_is_pending_counts() -> None:
    world = World()
    pending(world, "ended", "web.example.com", status=Status.DELETED)
    assert await found(world, "web.example.com") == []


async def test_of_more_than_can_be_put_in_order_there_is_no_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    async def too_many(wanted: RequestFilter, token: str | None) -> Page:
        raise InvalidRequest("order", "too many")

    monkeypatch.setattr(world.ledger, "requests", too_many)
    assert await found(world, "web.example.com") == []


def test_it_is_told_with_its_vault_and_since_when() -> None:
    world = World()
    requests = [pending(world, "one"), pending(world, "two")]
    assert sentence_of_requests(requests) == (
        "Pending for such names, each with a key of its own: one in vault main, asked for 2026-11-24 12:00 UTC (key "
        f"{'b' * 16}); two in vault main, asked for 2026-11-24 12:00 UTC (key {'b' * 16})."
    )
