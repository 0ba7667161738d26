"""What is concluded of an endpoint from what its addresses show."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.model.inventory.endpoints import Endpoint
from functions.model.live.look import Look, Trouble
from functions.model.live.state import (
    WORST,
    EndpointCheck,
    ExpectedVersion,
    LiveState,
    chain_fault,
    judge_looks,
    refused,
)
from functions.x509.certificate import load
from tests.certificates import DAY, Ca, Wish, damaged, make_csr
from tests.clock import NOW, fixed_now

ROOT = Ca.root("Root", at=fixed_now)
SUB = ROOT.ca("Sub")
NEW, OLD, ENDED, STRANGE = (
    by.signs(make_csr("www.example.com")[1], wish).public_bytes(Encoding.DER)
    for by, wish in (
        (SUB, Wish()),
        (SUB, Wish()),
        (SUB, Wish(start=-90 * DAY, end=-DAY)),
        (Ca.root("Proxy", at=fixed_now), Wish()),
    )
)
VERSIONS = {load(NEW).sha1: "v3", load(OLD).sha1: "v2", load(ENDED).sha1.upper(): "v1"}
WWW = Endpoint("www.example.com")


def der(ca: Ca) -> bytes:
    return ca.certificate.public_bytes(Encoding.DER)


def check(age: timedelta = timedelta(minutes=5)) -> EndpointCheck:
    expected = ExpectedVersion(load(NEW).sha1, load(NEW).sha256, NOW - age)
    return EndpointCheck("main", "web", expected, NOW, (WWW,), timedelta(hours=6).total_seconds())


def look(*chain: bytes, trouble: Trouble = Trouble.NONE, address: str = "192.0.2.1") -> Look:
    return Look(address, chain, trouble, "it was so" if trouble else "")


def state(*looks: Look, age: timedelta = timedelta(minutes=5), private: bool = False) -> LiveState:
    return judge_looks(check(age), WWW, looks, VERSIONS, NOW, private=private).state


AFTER = timedelta(hours=6)


def test_the_current_version_is_live_and_another_is_old_until_the_grace_is_over() -> None:
    assert state(look(NEW, der(SUB))) is LiveState.LIVE
    assert state(look(OLD, der(SUB))) is LiveState.OLD
    assert state(look(OLD, der(SUB)), age=AFTER - timedelta(seconds=1)) is LiveState.OLD
    assert state(look(OLD, der(SUB)), age=AFTER) is LiveState.NOT_LIVE
    assert state(look(NEW, der(SUB)), age=AFTER) is LiveState.LIVE


def test_what_is_shown_is_named_by_its_sha256_and_where() -> None:
    found = judge_looks(check(), WWW, [look(OLD)], VERSIONS, NOW)
    assert (found.served, found.address, found.not_after) == (
        load(OLD).sha256, "192.0.2.1", load(OLD).not_valid_after_utc,
    )  # fmt: skip
    assert (found.endpoint, found.at) == ("www.example.com", NOW)


def test_a_strangers_certificate_an_expired_one_and_an_unreadable_one() -> None:
    assert state(look(STRANGE)) is LiveState.OTHER
    assert state(look(ENDED)) is LiveState.EXPIRED
    assert state(look(b"\x30\x00")) is LiveState.OTHER


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        ((der(SUB),), LiveState.LIVE),
        ((der(SUB), der(ROOT)), LiveState.LIVE),
        ((), LiveState.WRONG_CHAIN),
        ((der(ROOT), der(SUB)), LiveState.WRONG_CHAIN),
        ((der(SUB), OLD), LiveState.WRONG_CHAIN),
        ((der(SUB), der(SUB)), LiveState.WRONG_CHAIN),
        ((der(SUB), der(ROOT), der(ROOT)), LiveState.WRONG_CHAIN),
        ((b"\x30\x00",), LiveState.WRONG_CHAIN),
        ((der(SUB),) * 99, LiveState.WRONG_CHAIN),
    ],
)
def test_the_order_of_the_chain_counts(above: tuple[bytes, ...], expected: LiveState) -> None:
    assert state(look(NEW, *above)) is expected


def test_a_self_signed_certificate_needs_nothing_above_it() -> None:
    assert chain_fault([der(ROOT)]) == ""


def test_nothing_seen_is_unreachable_or_for_a_private_address_not_from_here() -> None:
    for trouble in set(Trouble) - {Trouble.NONE, Trouble.CLIENT_CERTIFICATE}:
        assert state(look(trouble=trouble)) is LiveState.UNREACHABLE
        here = trouble not in {Trouble.NO_WAY, Trouble.TIMEOUT}
        expected = LiveState.UNREACHABLE if here else LiveState.NOT_FROM_HERE
        assert state(look(trouble=trouble), private=True) is expected


def test_a_server_that_wants_a_client_certificate_is_judged_by_what_it_shows_first() -> None:
    wants = Trouble.CLIENT_CERTIFICATE
    assert state(look(NEW, der(SUB), trouble=wants)) is LiveState.CLIENT_CERTIFICATE
    assert state(look(trouble=wants)) is LiveState.CLIENT_CERTIFICATE
    assert state(look(OLD, der(SUB), trouble=wants)) is LiveState.OLD
    assert state(look(STRANGE, trouble=wants)) is LiveState.OTHER


def test_what_was_seen_before_the_connection_broke_counts() -> None:
    assert state(look(NEW, der(SUB), trouble=Trouble.RESET)) is LiveState.LIVE


def test_of_several_addresses_the_worst_counts_and_is_named() -> None:
    good, old = look(NEW, der(SUB)), look(OLD, der(SUB), address="192.0.2.2")
    found = judge_looks(check(), WWW, [good, old], VERSIONS, NOW)
    assert (found.state, found.address) == (LiveState.OLD, "192.0.2.2")
    assert found.sentence.endswith("So do 1 of its 2 addresses; others: live.")
    assert state(good, look(trouble=Trouble.CLOSED)) is LiveState.UNREACHABLE
    assert set(WORST) == set(LiveState)


def test_an_ipv6_address_to_which_the_app_has_no_way_counts_only_where_there_is_no_other() -> None:
    good, no_way = look(NEW, der(SUB)), Trouble.NO_WAY
    ipv6 = look(trouble=no_way, address="2001:db8::1")
    found = judge_looks(check(), WWW, [good, ipv6], VERSIONS, NOW)
    assert (found.state, found.sentence) == (LiveState.LIVE, "It shows the current version.")
    assert state(ipv6) is LiveState.UNREACHABLE
    assert state(good, look(trouble=Trouble.TIMEOUT, address="2001:db8::1")) is LiveState.UNREACHABLE
    assert state(good, look(trouble=no_way)) is LiveState.UNREACHABLE
    assert state(look(OLD, der(SUB), address="2001:db8::2"), ipv6) is LiveState.OLD


def test_a_refused_endpoint_says_why() -> None:
    found = refused(WWW, "www.example.com is not in CERTFLOW_LIVE_HOSTS.", NOW)
    assert (found.state, found.sentence) == (LiveState.REFUSED, "www.example.com is not in CERTFLOW_LIVE_HOSTS.")


def test_a_certificate_with_a_wrong_signature_is_compared_by_its_bytes() -> None:
    broken = damaged(x509.load_der_x509_certificate(NEW)).public_bytes(Encoding.DER)
    assert state(look(broken, der(SUB))) is LiveState.OTHER
