"""Events of a vault and of requests lead to the first look, and settings to what may be looked at."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network

import pytest

from functions.live.expected import hear_completed
from functions.model.errors import Refused, UnreadAnswer
from functions.model.options import LiveOptions
from functions.settings.live import live_options_of
from functions.settings.values import Faults
from functions.triggers.event_grid import NEW_VERSION_EVENT, hear
from tests.unit.live.live_world import LiveWorld

URLS = {"main": "https://v.vault.azure.net"}
DATA = {"Id": "https://v.vault.azure.net/certificates/web/1", "ObjectName": "web"}


@pytest.mark.parametrize("type_", [NEW_VERSION_EVENT, "Microsoft.KeyVault.CertificateNearExpiry"])
async def test_the_vaults_event_of_a_new_version_has_its_endpoints_looked_at(type_: str) -> None:
    world = LiveWorld()
    world.new_version()
    await hear(world.certflow, URLS, type_, DATA)
    assert bool(world.checks.rows) == (type_ == NEW_VERSION_EVENT)


async def test_the_event_reads_the_certificate_once_for_the_inventory_and_its_endpoints() -> None:
    world = LiveWorld()
    world.new_version()
    await hear(world.certflow, URLS, NEW_VERSION_EVENT, DATA)
    assert world.vault.calls.count("certificate") == 1
    assert world.fresh_records.kept.keys() == {("main", "web")}
    assert list(world.checks.rows) == [("main", "web")]


async def test_a_certificate_that_cannot_be_read_is_left_to_the_next_scan_and_its_events_are_not_put_back() -> None:
    world = LiveWorld()
    world.new_version()
    fault = UnreadAnswer("Key Vault", "an answer that cannot be read")
    world.vault.faults = [fault]
    await hear(world.certflow, URLS, NEW_VERSION_EVENT, DATA)
    assert world.vault.faults == []
    world.vault.faults = [fault]
    await hear_completed(world.certflow, {"vault": "main", "name": "web"}, world.now)
    assert (world.vault.faults, world.checks.rows) == ([], {})


async def test_a_completed_request_counts_from_its_end() -> None:
    world = LiveWorld()
    world.new_version()
    ended = world.now - timedelta(minutes=2)
    await hear_completed(world.certflow, {"vault": "main", "name": "web"}, ended)
    assert world.checks.rows["main", "web"].next_look == ended + timedelta(minutes=5)
    await hear(world.certflow, URLS, NEW_VERSION_EVENT, DATA)
    assert world.checks.rows["main", "web"].expected.changed == ended


async def test_of_a_vault_that_is_gone_or_refuses_nothing_is_expected_and_nothing_fails() -> None:
    world = LiveWorld()
    world.new_version()
    await hear_completed(world.certflow, {"vault": "old", "name": "web"}, world.now)
    world.vault.faults = [Refused(403, "Forbidden", "no")]
    await hear_completed(world.certflow, {"vault": "main", "name": "web"}, world.now)
    assert world.checks.rows == {}


def test_settings_say_what_may_be_looked_at() -> None:
    faults = Faults()
    env = {
        "CERTFLOW_LIVE_HOSTS": "WWW.example.com, *.apps.example.com,10.1.2.3,[2001:db8::1]",
        "CERTFLOW_LIVE_PORTS": "443, 636",
        "CERTFLOW_LIVE_NETWORKS": "10.0.0.0/8,fd00::/8",
        "CERTFLOW_LIVE_GRACE": "12h,appgw=30m",
    }
    assert live_options_of(env, faults) == LiveOptions(
        ("www.example.com", "*.apps.example.com", "10.1.2.3", "2001:db8::1"),
        (443, 636),
        (ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
        (("appgw", timedelta(minutes=30)),),
        timedelta(hours=12),
    )
    assert live_options_of({}, faults) == LiveOptions()
    assert faults.told == []


def test_an_entry_with_a_fault_leaves_the_others_and_no_port_that_is_written_allows_more() -> None:
    faults = Faults()
    env = {"CERTFLOW_LIVE_HOSTS": "a.example,*", "CERTFLOW_LIVE_PORTS": "https"}
    found = live_options_of(env, faults)
    assert (found.hosts, found.ports) == (("a.example",), ())
    assert [fault.split(":")[0] for fault in faults.told] == ["CERTFLOW_LIVE_PORTS", "CERTFLOW_LIVE_HOSTS"]
