"""Delivery as webhooks meet it: handshake, one event a request, retries, dead letters, no waiting for each other."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from eventgrid_emulator import CUSTOM_TOPIC, EventGrid, Subscription, SubscriptionState, running_event_grid
from eventgrid_emulator.retry import Probation, RetryPolicy
from keyvault_emulator.tls import LocalCa
from keyvault_emulator.web import serving
from testkit.clock import HANG

KEY = "code=very-secret-key"


def event(name: str = "1") -> dict[str, Any]:
    return {"id": name, "source": "/vaults/main", "type": "T", "specversion": "1.0", "data": {"ü": 1}}


@dataclass
class Webhook:
    """Answers as told and remembers what it was asked."""

    answers: list[int] = field(default_factory=list)  # one after the other, then 200
    origin: str | None = "eventgrid.azure.net"
    refusals: int = 0  # handshakes that fail before one succeeds
    delay: float = 0
    handshakes: list[dict[str, str]] = field(default_factory=list)
    posts: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    url: str = ""

    @property
    def ids(self) -> list[str]:
        return [body["id"] for _headers, body in self.posts]

    async def options(self, request: web.Request) -> web.Response:
        self.handshakes.append(dict(request.headers))
        if len(self.handshakes) <= self.refusals:
            return web.Response(status=404)
        return web.Response(headers={"WebHook-Allowed-Origin": self.origin} if self.origin else {})

    async def post(self, request: web.Request) -> web.Response:
        self.posts.append((dict(request.headers), json.loads(await request.text())))
        await asyncio.sleep(self.delay)
        return web.Response(status=self.answers.pop(0) if self.answers else 200)

    @asynccontextmanager
    async def serving(self, tls: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[Webhook]:
        app = web.Application()
        app.router.add_options("/hook", self.options)
        app.router.add_post("/hook", self.post)
        async with serving(app, tls=tls, port=port) as bound:
            self.url = f"{'https' if tls else 'http'}://localhost:{bound}/hook?{KEY}"
            yield self


@pytest.fixture
def ca() -> LocalCa:
    return LocalCa()


@pytest.fixture
async def grid(ca: LocalCa, tmp_path: Path) -> AsyncIterator[EventGrid]:
    async with running_event_grid(
        ca, dead_letters=tmp_path, time_factor=0.002, max_attempts=3, answer_within=HANG
    ) as running:
        yield running


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG):
        while not condition():  # noqa: ASYNC110 - what changes is another system's state, which sets no asyncio.Event
            await asyncio.sleep(0.01)


def state(grid: EventGrid, name: str = "hook") -> SubscriptionState:
    return next(state for state in grid.stats() if state.name == name)


def dead_letters(directory: Path, topic: str = "vaults") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (directory / f"{topic}.jsonl").read_text("utf-8").splitlines()]


async def test_an_event_comes_after_the_handshake_with_the_headers_of_the_service(grid: EventGrid) -> None:
    async with Webhook().serving() as hook:
        grid.subscribe("vaults", Subscription("hook", hook.url))
        await grid.publish("vaults", event())
        await until(lambda: state(grid).delivered == 1)
    assert hook.handshakes[0]["WebHook-Request-Origin"] == "eventgrid.azure.net"
    headers, body = hook.posts[0]
    assert body == event()
    assert headers["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert headers["aeg-event-type"] == "Notification"
    assert headers["aeg-delivery-count"] == "0"
    assert headers["aeg-subscription-name"] == "HOOK"


async def test_a_webhook_of_the_local_ca_is_trusted(grid: EventGrid, ca: LocalCa) -> None:
    async with Webhook(origin="*").serving(ca.server_context()) as hook:
        grid.subscribe("vaults", Subscription("hook", hook.url))
        await grid.publish("vaults", event())
        await until(lambda: state(grid).delivered == 1)


async def test_events_wait_until_the_handshake_succeeds(grid: EventGrid) -> None:
    async with Webhook(refusals=1).serving() as hook:
        grid.subscribe("vaults", Subscription("hook", hook.url))
        await grid.publish("vaults", event())
        await until(lambda: len(hook.handshakes) == 1)
        await asyncio.sleep(0.1)
        assert not hook.posts
        assert not state(grid).validated
        await until(lambda: state(grid).delivered == 1)
        assert len(hook.handshakes) == 2


async def test_events_wait_for_a_webhook_that_has_not_started(grid: EventGrid, unused_port: int) -> None:
    grid.subscribe("vaults", Subscription("hook", f"http://localhost:{unused_port}/hook"))
    await grid.publish("vaults", event())
    await asyncio.sleep(0.1)
    async with Webhook().serving(port=unused_port):
        await until(lambda: state(grid).delivered == 1)


@pytest.fixture
async def unused_port() -> int:
    async with serving(web.Application()) as port:
        return port


async def test_a_webhook_that_allows_another_origin_gets_nothing(grid: EventGrid) -> None:
    async with Webhook(origin="example.org").serving() as hook:
        grid.subscribe("vaults", Subscription("hook", hook.url))
        await grid.publish("vaults", event())
        await until(lambda: len(hook.handshakes) == 2)
        assert not hook.posts
        assert state(grid).pending == 1


async def test_a_failed_delivery_is_retried_and_counted(grid: EventGrid) -> None:
    async with Webhook(answers=[500, 503]).serving() as hook:
        grid.subscribe("vaults", Subscription("hook", hook.url))
        await grid.publish("vaults", event())
        await until(lambda: state(grid).delivered == 1)
    assert [headers["aeg-delivery-count"] for headers, _body in hook.posts] == ["0", "1", "2"]
    assert state(grid).failed_attempts == 2


async def test_after_the_last_attempt_the_event_is_dead_lettered(grid: EventGrid, tmp_path: Path) -> None:
    async with Webhook(answers=[500, 404, 503]).serving() as hook:
        grid.subscribe("vaults", Subscription("hook", hook.url))
        await grid.publish("vaults", event())
        await until(lambda: state(grid).dead_lettered == 1)
    (line,) = dead_letters(tmp_path)
    assert {name: line[name] for name in event()} == event()
    assert line["deadLetterReason"] == "MaxDeliveryAttemptsExceeded"
    assert line["deliveryAttempts"] == 3
    assert line["lastDeliveryOutcome"] == "Busy"
    assert line["lastHttpStatusCode"] == 503
    assert line["publishTime"] <= line["lastDeliveryAttemptTime"]
    assert line["subscription"] == "hook"


@pytest.mark.parametrize(
    ("status", "outcome"), [(400, "BadRequest"), (401, "Unauthorized"), (403, "Forbidden"), (413, "PayloadTooLarge")]
)
async def test_what_a_retry_cannot_mend_is_dead_lettered_at_once(
    grid: EventGrid, tmp_path: Path, status: int, outcome: str
) -> None:
    async with Webhook(answers=[status]).serving() as hook:
        grid.subscribe("vaults", Subscription("hook", hook.url))
        await grid.publish("vaults", event())
        await until(lambda: state(grid).dead_lettered == 1)
        assert len(hook.posts) == 1
    (line,) = dead_letters(tmp_path)
    assert (line["lastHttpStatusCode"], line["lastDeliveryOutcome"], line["deliveryAttempts"]) == (status, outcome, 1)


@pytest.mark.parametrize("probation", [True, False])
async def test_after_ten_failures_in_a_row_new_events_are_delayed_too_unless_that_is_switched_off(
    ca: LocalCa, tmp_path: Path, probation: bool
) -> None:
    """What was tried once is given up here, and the first delay is longer than this test may take."""
    async with (
        running_event_grid(ca, dead_letters=tmp_path, time_factor=HANG, max_attempts=1, probation=probation) as grid,
        Webhook(answers=[500] * 10).serving() as hook,
        Webhook().serving() as other,
    ):
        grid.subscribe("vaults", Subscription("hook", hook.url))
        grid.subscribe("vaults", Subscription("other", other.url))
        for number in range(10):
            await grid.publish("vaults", event(str(number)))
        await until(lambda: state(grid).dead_lettered == 10)
        await grid.publish("vaults", event("new"))
        await until(lambda: state(grid, "other").delivered == 11)
        if not probation:
            await until(lambda: state(grid).delivered == 1)
        assert ("new" in hook.ids, state(grid).delays) == (not probation, int(probation))
        assert state(grid, "other").delays == 0


async def test_a_delay_passes_and_what_was_delayed_is_delivered(grid: EventGrid) -> None:
    async with Webhook(answers=[500] * 10).serving() as hook:
        grid.subscribe("vaults", Subscription("hook", hook.url))
        for number in range(10):
            await grid.publish("vaults", event(str(number)))
        await until(lambda: state(grid).delivered == 10)
        assert state(grid).delays == 1


def test_a_delay_is_a_minute_at_first_and_twice_as_long_after_each_that_failed_up_to_hours() -> None:
    probation, now, delays = Probation(RetryPolicy(time_factor=1.0)), 1000.0, list[float]()
    for _ in range(9):
        probation.failed(now, now)
    assert probation.left(now) == 0
    for _ in range(10):
        probation.failed(now, now)
        probation.failed(now, now + 1)  # was under way already
        delays.append(probation.left(now))
        now += delays[-1]
    assert delays == [60, 120, 240, 480, 960, 1920, 3840, 7680, 10800, 10800]
    probation.succeeded()
    for _ in range(10):
        assert probation.left(now) == 0
        probation.failed(now, now)
    assert probation.left(now) == 60


async def test_silence_is_a_failed_attempt(ca: LocalCa, tmp_path: Path) -> None:
    async with (
        running_event_grid(ca, dead_letters=tmp_path, max_attempts=1, answer_within=0.2) as grid,
        Webhook(delay=30).serving() as hook,
    ):
        grid.subscribe("vaults", Subscription("hook", hook.url))
        await grid.publish("vaults", event())
        await until(lambda: state(grid).dead_lettered == 1)
    assert dead_letters(tmp_path)[0]["lastDeliveryOutcome"] == "TimedOut"


async def test_the_time_to_live_ends_the_waiting(ca: LocalCa, tmp_path: Path) -> None:
    async with running_event_grid(ca, dead_letters=tmp_path, time_to_live=0.2) as grid:
        grid.subscribe("vaults", Subscription("hook", "http://localhost:9/never-there"))
        await grid.publish("vaults", event())
        await until(lambda: state(grid).dead_lettered == 1)
    (line,) = dead_letters(tmp_path)
    assert line["deadLetterReason"] == "TimeToLiveExceeded"
    assert line["deliveryAttempts"] == 0


async def test_a_redirect_is_no_success_and_is_not_followed(grid: EventGrid) -> None:
    async with Webhook(answers=[302]).serving() as hook:
        grid.subscribe("vaults", Subscription("hook", hook.url))
        await grid.publish("vaults", event())
        await until(lambda: state(grid).delivered == 1)
        assert len(hook.posts) == 2


async def test_a_slow_webhook_delays_neither_others_nor_other_events(grid: EventGrid) -> None:
    async with Webhook(delay=2 * HANG).serving() as slow, Webhook().serving() as fast:
        grid.subscribe("vaults", Subscription("slow", slow.url))
        grid.subscribe("vaults", Subscription("fast", fast.url))
        await until(lambda: state(grid, "slow").validated and state(grid, "fast").validated)
        for number in range(100):
            await grid.publish("vaults", event(str(number)))
        await until(lambda: state(grid, "fast").delivered == 100)
        assert state(grid, "slow").delivered == 0
        assert len(slow.posts) == 20  # at the same time, and bounded


async def test_each_topic_tells_only_its_own_subscribers(grid: EventGrid) -> None:
    async with Webhook().serving() as vaults, Webhook().serving() as storage:
        grid.subscribe("vaults", Subscription("vaults", vaults.url))
        grid.subscribe("storage", Subscription("storage", storage.url))
        await grid.publish("vaults", event("v"))
        await grid.publish("storage", event("s"))
        await grid.publish("nobody-listens", event("x"))
        await until(lambda: state(grid, "vaults").delivered == state(grid, "storage").delivered == 1)
    assert (vaults.ids, storage.ids) == (["v"], ["s"])


async def test_the_state_shows_counts_and_no_endpoint(grid: EventGrid, ca: LocalCa, tmp_path: Path) -> None:
    context = ssl.create_default_context(cafile=ca.write_ca(tmp_path / "ca.pem"))
    async with Webhook().serving() as hook, aiohttp.ClientSession() as session:
        grid.subscribe(CUSTOM_TOPIC, Subscription("hook", hook.url))
        await grid.publish(CUSTOM_TOPIC, event())
        await until(lambda: state(grid).delivered == 1)
        async with session.get(grid.endpoint.replace("/api/events", "/state"), ssl=context) as answer:
            body = await answer.json()
    assert body == {
        "subscriptions": [
            {
                "topic": "certflow",
                "name": "hook",
                "validated": True,
                "delivered": 1,
                "pending": 0,
                "dead_lettered": 0,
                "failed_attempts": 0,
                "delays": 0,
            }
        ]
    }


async def test_the_endpoint_is_never_logged(grid: EventGrid, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    subscription = Subscription("gone", f"http://localhost:9/hook?{KEY}")
    grid.subscribe("vaults", subscription)
    async with Webhook(answers=[400]).serving() as hook:
        grid.subscribe("vaults", Subscription("hook", hook.url))
        await grid.publish("vaults", event())
        await until(lambda: state(grid).dead_lettered == 1)
    assert "event dead-lettered" in caplog.text
    assert KEY not in caplog.text + repr(subscription) + (tmp_path / "vaults.jsonl").read_text("utf-8")


async def test_a_subscription_is_made_once_and_has_a_plain_name(grid: EventGrid) -> None:
    grid.subscribe("vaults", Subscription("hook", "http://localhost:9/"))
    with pytest.raises(ValueError, match="already"):
        grid.subscribe("vaults", Subscription("hook", "http://localhost:9/"))
    with pytest.raises(ValueError, match="no name"):
        grid.subscribe("../elsewhere", Subscription("hook", "http://localhost:9/"))


def test_the_waits_are_those_of_the_service_times_the_factor() -> None:
    policy = RetryPolicy(time_factor=0.1)
    expected = [1, 3, 6, 30, 60, 180, 360, 1080, 2160, 4320, 4320]
    for attempts, wait in enumerate(expected, start=1):
        assert wait <= policy.wait_after(attempts) <= wait * 1.1


async def test_instances_take_turns_and_one_that_is_gone_costs_no_more_than_a_try(
    grid: EventGrid, unused_port: int
) -> None:
    async with Webhook().serving() as one, Webhook().serving() as other:
        gone = f"http://localhost:{unused_port}/hook"
        grid.subscribe("vaults", Subscription("hook", one.url, gone, other.url))
        for number in range(6):
            await grid.publish("vaults", event(str(number)))
        await until(lambda: state(grid).delivered == 6)
    assert one.ids
    assert other.ids
    assert sorted(one.ids + other.ids) == [str(number) for number in range(6)]


async def test_events_come_twice_and_late_as_asked_for(grid: EventGrid) -> None:
    sent = [str(number) for number in range(40)]

    async def delivered(**faults: Any) -> list[str]:
        grid.faults(**faults)
        hook.posts.clear()
        before = state(grid)
        for name in sent:
            await grid.publish("vaults", event(name))
        await until(lambda: state(grid).delivered > before.delivered and not state(grid).pending)
        return list(hook.ids)

    async with Webhook().serving() as hook:
        grid.subscribe("vaults", Subscription("hook", hook.url))
        await until(lambda: state(grid).validated)
        assert len(await delivered(duplicate_rate=1)) == 2 * len(sent)
        late = await delivered(reorder_rate=0.5, seed=1)
        assert sorted(late) == sorted(sent)
        overtaken = [late.index(name) - sent.index(name) for name in sent]
        assert max(overtaken) >= 20, "by more than are under way at the same time"
        twice = sorted(await delivered(duplicate_rate=0.3, seed=2))
        assert len(sent) < len(twice) < 2 * len(sent)
        assert sorted(await delivered(duplicate_rate=0.3, seed=2)) == twice
        assert len(await delivered()) == len(sent), "and no more when it is over"


async def test_a_rate_is_no_percentage(grid: EventGrid) -> None:
    with pytest.raises(ValueError, match="no rate"):
        grid.faults(duplicate_rate=20)
