"""The next version of a certificate, started by itself: once, with the stored policy, and with guards."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from functions.adapters.azure_tables.rows import event_row
from functions.model.errors import Refused, Unavailable
from functions.model.events.event import Event
from functions.model.options import Options
from functions.model.request.actor import RENEWAL, Origin
from functions.model.request.operation import Status
from functions.monitoring.expiry import check_expiry, renew_or_tell
from functions.ports.key_vault_objects import Policy
from functions.ports.monitoring_store import CertificateNote
from functions.ports.vault import CertificateItem, PendingOperation
from functions.requests.create import CreateCommand, create_request
from functions.requests.manage import Address, delete
from tests.actors import saying
from tests.certificates import Ca, Wish
from tests.clock import NOW, fixed_now
from tests.unit.fakes import FakeAccessFiles, FakeVault, World, signed, version_of

CA = Ca.root("Root", at=fixed_now)
POLICY: Policy = {
    "issuer": {"name": "DigiCert"},
    "x509_props": {"subject": "CN=web.example.com", "sans": {"dns_names": ["web.example.com"]}},
}
TAGS = {"certflow-renew": "auto", "certflow-owner": "ann@example.com", "team": "web"}


@dataclass
class Renewing(FakeVault):
    """A vault that starts with the stored policy where none is given, as Key Vault does; it keeps the bodies."""

    bodies: list[Mapping[str, Any]] = field(default_factory=list)

    async def create(self, name: str, body: Mapping[str, Any]) -> PendingOperation:
        self.bodies.append(body)
        return await super().create(name, {"policy": self.policies.get(name, {}), **body})


@dataclass
class Scene:
    """One certificate of 47 days on the first rung of its ladder, tagged to be renewed."""

    world: World
    vault: Renewing

    @classmethod
    def of(cls, policy: Mapping[str, Any] = POLICY, **choices: Any) -> Scene:
        vault = Renewing(policies={"web": policy})
        vault.certificates["web"] = version_of(signed(CA, vault.start("web")))
        del vault.operations["web"]
        return cls(World(vault=vault, options=Options(**choices)), vault)

    def entry(self, thumbprint: str = "t1", name: str = "web") -> CertificateItem:
        now = self.world.now
        return CertificateItem(name, thumbprint, now - timedelta(days=32), now + timedelta(days=15), tags=TAGS)

    async def judged(self, thumbprint: str = "t1", name: str = "web", *, baseline: bool = False) -> None:
        entry = self.entry(thumbprint, name)
        await check_expiry(self.world.certflow, "main", entry, baseline=baseline)
        if await self.world.monitoring_store.queued_renewals("main", 1):  # as a survey does it, once it is through
            await self.world.monitoring_store.unqueue_renewal("main", entry)
            await renew_or_tell(self.world.certflow, "main", entry)

    @property
    def stopped(self) -> list[Any]:
        return [event.data["reason"] for event in self.world.ledger.events if event.type.endswith("RenewalStopped")]

    @property
    def started(self) -> int:
        return self.vault.calls.count("create")


async def test_the_next_version_is_started_once_with_the_stored_policy_and_the_tags() -> None:
    scene = Scene.of()
    for _ in range(3):
        await scene.judged()
        scene.world.later(hours=1)
    assert scene.vault.bodies == [{"tags": TAGS}]
    assert scene.vault.operations["web"].issuer == "DigiCert"
    (request,) = scene.world.ledger.tracked.values()
    assert (request.owner, request.requested_by) == ("ann@example.com", RENEWAL)


async def test_an_owner_hears_of_the_new_version_and_not_of_the_end_of_the_old_one() -> None:
    scene = Scene.of()
    scene.vault.tagged["web"] = TAGS  # nor of a start by somebody else
    await scene.judged()
    assert scene.world.published == ["Issuance.Started"]


async def test_the_csr_of_a_manual_renewal_is_handed_out() -> None:
    scene = Scene.of(POLICY | {"issuer": {"name": "Unknown"}})
    await scene.judged()
    assert len(scene.world.csr_store.given) == 1
    assert scene.world.topic.published[0].data["csr_url"]


async def test_a_baseline_starts_nothing() -> None:
    scene = Scene.of()
    await scene.judged(baseline=True)
    assert scene.started == 0


async def test_one_switch_stops_every_start_and_the_owner_is_told_of_the_end_instead() -> None:
    scene = Scene.of(renews=False)
    await scene.judged()
    assert scene.started == 0
    assert scene.world.published == ["Certificate.NearExpiry"]


async def test_nothing_starts_in_a_vault_that_is_only_observed() -> None:
    scene = Scene.of(read_only_vaults=frozenset({"main"}))
    await scene.judged()
    assert scene.started == 0
    assert scene.world.published == ["Certificate.NearExpiry"]


async def test_where_key_vault_renews_by_itself_we_do_not() -> None:
    actions = [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "AutoRenew"}}]
    scene = Scene.of(POLICY | {"lifetime_actions": actions})
    await scene.judged()
    assert scene.started == 0


async def test_key_vault_renews_nothing_at_an_unknown_issuer_whatever_the_policy_says() -> None:
    actions = [{"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "AutoRenew"}}]
    scene = Scene.of(POLICY | {"lifetime_actions": actions, "issuer": {"name": "Unknown"}})
    await scene.judged()
    assert scene.started == 1


async def test_while_a_request_is_pending_no_other_is_started() -> None:
    scene = Scene.of()
    scene.vault.start("web", "DigiCert")
    await scene.judged()
    assert scene.started == 0
    assert scene.stopped == []


async def test_somebody_who_was_faster_is_no_trouble() -> None:
    scene = Scene.of()
    policy = scene.vault.policy

    async def meanwhile(name: str) -> Policy:
        scene.vault.start("web", "DigiCert")
        return await policy(name)

    scene.vault.policy = meanwhile  # type: ignore[method-assign]  # a create between our look and ours
    await scene.judged()
    assert len(scene.vault.operations) == 1
    assert scene.stopped == []
    assert scene.world.ledger.intents == {}


async def test_a_policy_that_lacks_names_of_the_certificate_stops_it() -> None:
    scene = Scene.of(POLICY | {"x509_props": {"subject": "CN=another.example.com"}})
    for _ in range(2):
        await scene.judged()
    assert scene.started == 0
    assert scene.stopped == ["names-would-be-lost"]
    stopped = next(event for event in scene.world.topic.published if event.type.endswith("RenewalStopped"))
    assert "web.example.com" in stopped.data["sentence"]
    assert stopped.data["owner"] == "ann@example.com"


@pytest.mark.parametrize(
    "properties",
    [
        {"subject": "CN=WEB.example.com"},
        {"subject": "O=Example, cn=web.example.com"},
        {"subject": "CN=x", "sans": {"dns_names": ["a.example.com", "Web.Example.com"]}},
    ],
)
async def test_names_are_compared_without_regard_to_case_and_the_common_name_counts(properties: dict[str, Any]) -> None:
    scene = Scene.of(POLICY | {"x509_props": properties})
    await scene.judged()
    assert scene.started == 1


async def test_other_names_than_dns_ones_are_compared_without_regard_to_case_too() -> None:
    scene = Scene.of(
        POLICY | {"x509_props": {"subject": "CN=web.example.com", "sans": {"emails": ["ann@example.com"]}}}
    )
    wish = Wish(names=[x509.RFC822Name("Ann@Example.com")])
    leaf = Ca.root("Root", at=fixed_now).signs(scene.vault.start("web").csr, wish)
    scene.vault.certificates["web"] = version_of(leaf.public_bytes(Encoding.DER))
    del scene.vault.operations["web"]
    await scene.judged()
    assert scene.started == 1


async def test_of_900_names_that_would_be_lost_the_first_are_told() -> None:
    scene = Scene.of(POLICY | {"x509_props": {"subject": "CN=x"}})
    names = [x509.DNSName(f"host-{number:03}.a-department-with-a-long-name.example.com") for number in range(900)]
    leaf = Ca.root("Root", at=fixed_now).signs(scene.vault.start("web").csr, Wish(names=names))
    scene.vault.certificates["web"] = version_of(leaf.public_bytes(Encoding.DER))
    del scene.vault.operations["web"]
    await scene.judged()
    stopped = next(event for event in scene.world.ledger.events if event.type.endswith("RenewalStopped"))
    assert "host-009" in stopped.data["sentence"]
    assert stopped.data["sentence"].endswith("and 890 more")
    assert len(event_row(stopped)["event"]) <= 32_768  # characters of a property


async def test_a_renewal_that_is_refused_in_very_many_words_is_told_in_few() -> None:
    scene = Scene.of()

    async def refuses(name: str, body: Mapping[str, Any]) -> PendingOperation:
        raise Refused(400, "BadParameter", "\x01" * 50_000)

    scene.vault.create = refuses  # type: ignore[method-assign]  # as said
    await scene.judged()
    assert scene.stopped == ["refused"]
    stopped = next(event for event in scene.world.ledger.events if event.type.endswith("RenewalStopped"))
    assert len(event_row(stopped)["event"]) <= 32_768


async def test_two_versions_of_a_name_a_day_and_the_third_is_told_and_not_started() -> None:
    scene = Scene.of()
    for thumbprint in ("t1", "t2", "t3", "t3"):
        await scene.judged(thumbprint)
        scene.vault.operations.clear()
        scene.world.later(hours=2)
    assert scene.started == 2
    assert scene.stopped == ["too-many-versions"]
    scene.world.later(days=1)
    await scene.judged("t4")  # somebody has helped with t3; the next day's count is its own
    assert scene.started == 3


@pytest.mark.parametrize("maybe_done", [True, False])
async def test_a_start_that_came_to_nothing_does_not_count(*, maybe_done: bool) -> None:
    scene = Scene.of(max_renewals=5)

    async def down(name: str, body: Mapping[str, Any]) -> PendingOperation:
        raise Unavailable("Key Vault", "HTTP 503", maybe_done=maybe_done)

    create, scene.vault.create = scene.vault.create, down  # type: ignore[method-assign]  # for an hour
    for _ in range(60):
        with pytest.raises(Unavailable):
            await scene.judged()
        scene.world.later(minutes=1)
    assert scene.world.monitoring_store.counted == {("main", NOW.date()): 0}
    scene.vault.create = create  # type: ignore[method-assign]  # it is up again
    await scene.judged()
    assert scene.started == 1
    assert scene.stopped == []
    assert scene.world.monitoring_store.counted == {("main", NOW.date()): 1}


async def test_a_start_of_which_only_the_answer_was_lost_counts() -> None:
    subject = {"subject": "CN=web.example.com"}
    scene = Scene.of(POLICY | {"key_props": {"kty": "EC"}, "x509_props": subject})  # as the CSR of the fake
    create = scene.vault.create

    async def lost(name: str, body: Mapping[str, Any]) -> PendingOperation:
        await create(name, body)
        raise Unavailable("Key Vault", "the connection broke", maybe_done=True)

    scene.vault.create = lost  # type: ignore[method-assign]  # as said
    with pytest.raises(Unavailable):
        await scene.judged()
    scene.world.later(minutes=3)
    await scene.world.sweep()  # brings it under watch
    for _ in range(2):
        await scene.judged()
    assert scene.started == 1
    assert scene.world.monitoring_store.counted == {("main", NOW.date()): 1}


async def test_a_refused_start_does_not_count_and_midnight_does_not_confuse_it() -> None:
    scene = Scene.of()
    scene.world.now = NOW + timedelta(hours=11, minutes=59)

    async def refuses(name: str, body: Mapping[str, Any]) -> PendingOperation:
        scene.world.later(minutes=2)
        raise Refused(403, "Forbidden", "The policy asks for a key that is not allowed here.")

    scene.vault.create = refuses  # type: ignore[method-assign]  # after midnight
    await scene.judged()
    assert set(scene.world.monitoring_store.counted.items()) <= {(("main", NOW.date()), 0)}


async def test_a_refusal_is_told_once_and_never_looped() -> None:
    scene = Scene.of()

    async def refuses(name: str, body: Mapping[str, Any]) -> PendingOperation:
        scene.vault.calls.append("create")
        raise Refused(403, "Forbidden", "The policy asks for a key that is not allowed here.")

    scene.vault.create = refuses  # type: ignore[method-assign]  # as said
    for _ in range(5):
        await scene.judged()
        scene.world.later(hours=1)
    assert scene.started == 1
    assert scene.stopped == ["refused"]
    assert scene.world.published == ["Certificate.RenewalStopped", "Certificate.NearExpiry"]


async def test_a_policy_that_key_vault_does_not_show_stops_the_renewal_and_its_owner_hears_why() -> None:
    scene = Scene.of()

    async def refuses(name: str) -> Policy:
        raise Refused(403, "Forbidden", "The policy is not shown here.")

    scene.vault.policy = refuses  # type: ignore[method-assign]  # as said
    for _ in range(2):
        await scene.judged()
        scene.world.later(hours=1)
    assert scene.started == 0
    assert scene.world.published == ["Certificate.RenewalStopped", "Certificate.NearExpiry"]
    assert "The policy is not shown here." in scene.world.topic.published[0].data["sentence"]


async def test_without_access_to_a_policy_a_renewal_is_not_given_up() -> None:
    scene = Scene.of()
    policy = scene.vault.policy

    async def refuses(name: str) -> Policy:
        raise Refused(403, "Forbidden", "no role", inner="ForbiddenByRbac")

    scene.vault.policy = refuses  # type: ignore[method-assign]  # until somebody mends that
    with pytest.raises(Refused):
        await scene.judged()
    scene.vault.policy = policy  # type: ignore[method-assign]
    await scene.judged()
    assert (scene.started, scene.stopped) == (1, [])


async def test_a_renewal_that_the_issuer_refuses_is_not_started_again_for_this_version() -> None:
    scene = Scene.of()
    await scene.judged()
    operation = scene.vault.operations["web"]
    scene.vault.operations["web"] = replace(operation, status=Status.FAILED)
    for _ in range(30):
        scene.world.later(hours=1)
        await scene.world.sweep()
        await scene.judged()
    assert scene.started == 1
    assert scene.world.published.count("Issuance.Failed") == 1


async def test_a_vault_that_does_not_answer_is_tried_again_by_the_next_survey() -> None:
    scene = Scene.of()
    scene.vault.faults = [Unavailable("Key Vault", "HTTP 503")]
    with pytest.raises(Unavailable):
        await scene.judged()
    await scene.judged()
    assert scene.started == 1


@pytest.mark.parametrize("ended", [False, True])
async def test_killed_right_after_the_start_it_is_not_started_twice(*, ended: bool) -> None:
    scene = Scene.of()
    keep = scene.world.monitoring_store.save_note

    async def killed(note: CertificateNote, events: Sequence[Event] = ()) -> None:
        raise Unavailable("The table storage", "killed")

    scene.world.monitoring_store.save_note = killed  # type: ignore[method-assign]  # the end of this process
    with pytest.raises(Unavailable):
        await scene.judged()
    scene.world.monitoring_store.save_note = keep  # type: ignore[method-assign]  # another one
    if ended:
        scene.vault.operations["web"] = replace(scene.vault.operations["web"], status=Status.FAILED)
    for _ in range(3):
        scene.world.later(hours=1)
        await scene.judged()
    assert scene.started == 1
    assert scene.stopped == []


async def test_killed_after_the_start_and_tagged_anew_it_is_not_started_twice_either() -> None:
    scene = Scene.of()
    keep = scene.world.monitoring_store.save_note

    async def killed(note: CertificateNote, events: Sequence[Event] = ()) -> None:
        raise Unavailable("The table storage", "killed")

    scene.world.monitoring_store.save_note = killed  # type: ignore[method-assign]  # the end of this process
    with pytest.raises(Unavailable):
        await scene.judged()
    scene.world.monitoring_store.save_note = keep  # type: ignore[method-assign]  # another one
    scene.vault.operations["web"] = replace(scene.vault.operations["web"], status=Status.FAILED)
    tagged = replace(scene.entry(), tags=TAGS | {"team": "another"})
    for _ in range(2):
        await renew_or_tell(scene.world.certflow, "main", tagged)
    scene.world.later(days=2)
    await scene.world.sweep()  # the answer that was kept is forgotten
    await renew_or_tell(scene.world.certflow, "main", tagged)
    assert scene.started == 1


async def test_when_a_version_was_started_is_remembered_over_versions() -> None:
    scene = Scene.of()
    started: list[datetime] = []
    for thumbprint in ("t1", "t2"):
        started.append(scene.world.now)
        await scene.judged(thumbprint)
        scene.vault.operations.clear()
        scene.world.later(hours=1)
    note = scene.world.monitoring_store.notes["main", "web"]
    assert (note.renewals, note.renewed) == (tuple(started), "t2")
    assert started[0] == NOW


def caller(**more: Any) -> CreateCommand:
    """What a caller can send at worst: our own name, tags and keys."""
    return CreateCommand("main", "web", {"policy": POLICY, "tags": TAGS}, by=saying("certflow-renew"), **more)


@pytest.mark.parametrize(
    "key", [None, "certflow-renew main web t1", "renewal-t1", hashlib.sha256(b"renewal-t1").hexdigest()]
)
async def test_nothing_that_a_caller_sends_counts_as_a_renewal(key: str | None) -> None:
    scene = Scene.of()
    await create_request(scene.world.certflow, caller(key=key))
    await scene.judged()
    assert scene.started == 1
    await delete(scene.world.certflow, Address("main", "web"), saying("certflow-renew"))
    scene.world.later(hours=1)
    await scene.judged()
    assert scene.started == 2
    assert scene.vault.bodies[1] == {"tags": TAGS}
    origins = sorted(str(one.origin) for one in scene.world.ledger.tracked.values())
    assert origins == ["caller", "renewal"]


async def test_a_renewal_tells_what_it_is_in_its_row_its_event_and_its_history() -> None:
    scene = Scene.of()
    await scene.judged()
    (request,) = scene.world.ledger.tracked.values()
    assert (request.origin, request.renews) == (Origin.RENEWAL, "t1")
    assert scene.world.topic.published[0].data["origin"] == "renewal"
    assert scene.world.ledger.acts[0].by == RENEWAL


@pytest.mark.parametrize("ended", [False, True])
async def test_a_renewal_that_an_older_version_started_is_not_started_again(*, ended: bool) -> None:
    scene = Scene.of()
    await scene.judged()
    (key, request), *_ = scene.world.ledger.tracked.items()
    status = Status.FAILED if ended else Status.IN_PROGRESS
    old = replace(request, origin=None, renews=None, requested_by=saying("certflow-renew"), status=status)
    scene.world.ledger.tracked[key] = old
    scene.world.ledger.intents.clear()
    scene.world.monitoring_store.notes.clear()
    if ended:
        scene.vault.operations.clear()
    await scene.judged()
    assert scene.started == 1
    assert scene.world.monitoring_store.notes["main", "web"].renewed == "t1"


async def test_a_start_that_was_cut_off_before_key_vault_took_it_is_no_renewal_whatever_its_tags_were() -> None:
    scene = Scene.of()
    create = scene.vault.create

    async def lost(name: str, body: Mapping[str, Any]) -> PendingOperation:
        raise Unavailable("Key Vault", "the connection broke", maybe_done=True)

    scene.vault.create = lost  # type: ignore[method-assign]  # nothing has come of it
    with pytest.raises(Unavailable):
        await scene.judged()
    scene.vault.create = create  # type: ignore[method-assign]  # it is up again
    tagged = replace(scene.entry(), tags=TAGS | {"team": "another"})
    await renew_or_tell(scene.world.certflow, "main", tagged)
    assert scene.world.monitoring_store.notes["main", "web"].renewed is None
    scene.world.later(minutes=3)
    await scene.world.sweep()  # forgets the start that came to nothing
    await renew_or_tell(scene.world.certflow, "main", tagged)
    assert scene.started == 1
    assert scene.world.monitoring_store.notes["main", "web"].renewed == "t1"


async def test_a_renewal_at_an_issuer_that_is_not_allowed_is_told_and_not_started() -> None:
    scene = Scene.of(POLICY | {"issuer": {"name": "Self"}})
    for _ in range(2):
        await scene.judged()
    assert (scene.started, scene.stopped) == (0, ["issuer-not-allowed"])


@pytest.mark.parametrize(
    ("condition", "reasons"), [({"deny": True, "say": "Frozen until January."}, ["denied"]), ({"approvals": 1}, [])]
)
@pytest.mark.parametrize(("vaults", "met"), [(["ma*"], True), (["other"], False)])
async def test_a_renewal_that_meets_a_condition_is_told_and_not_started(
    condition: dict[str, Any], reasons: list[str], vaults: list[str], met: bool
) -> None:
    scene = Scene.of()
    scene.world.access_files = FakeAccessFiles()
    file = {"grants": [], "conditions": [{"vaults": vaults, "verbs": ["request"], **condition}]}
    scene.world.access_files.write(json.dumps(file).encode())
    for _ in range(2):
        await scene.judged()
    assert (scene.started, scene.stopped) == ((0, reasons) if met else (1, []))
