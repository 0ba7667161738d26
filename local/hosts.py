"""Several Functions hosts on one storage: the instances of an app that has been scaled out, one process each.

They have one host id, so they share its queues by visibility and its timers by lease.
"""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from keyvault_emulator.web import LOOPBACK
from local.functions_host import FunctionsHost

# Below the ports that systems give to outgoing connections (Linux from 32768, macOS from 49152). A host that is killed
# must find its port free again; and Event Grid, which tries that port meanwhile, could be given it as its own end.
PORTS = range(20000, 30000)
_random = random.SystemRandom()


class Hosts:
    """The instances, counted from 0. Each can be killed and started again while everything else goes on."""

    def __init__(self, instances: Sequence[FunctionsHost]) -> None:
        self._instances = tuple(instances)
        self._awaited: set[int] = set()  # whose end would be a surprise
        self._ended = asyncio.Event()
        self._code = 0
        self._watching: set[asyncio.Task[None]] = set()

    @property
    def urls(self) -> tuple[str, ...]:
        """Where each listens, running or not."""
        return tuple(instance.url for instance in self._instances)

    def running(self) -> list[int]:
        """The numbers of those that run."""
        return [number for number, instance in enumerate(self._instances) if instance.runs]

    async def kill(self, number: int) -> None:
        """SIGKILL to an instance's process group; returns when it is gone. One that is gone already stays so."""
        self._awaited.discard(number)
        await self._instances[number].kill()

    async def start(self, number: int) -> None:
        """Starts an instance again, where it was; returns once it answers. Raises HostFailed."""
        await self._instances[number].start()
        self._awaited.add(number)
        watching = asyncio.create_task(self._watch(number))
        self._watching.add(watching)
        watching.add_done_callback(self._watching.discard)

    async def stop(self) -> None:
        """Stops all of them at once."""
        self._awaited.clear()
        await asyncio.gather(*(instance.stop() for instance in self._instances))
        for watching in self._watching:
            watching.cancel()

    async def ended(self) -> int:
        """Waits until one has ended by itself; returns its exit code."""
        await self._ended.wait()
        return self._code

    async def _watch(self, number: int) -> None:
        code = await self._instances[number].ended()
        if number in self._awaited:
            self._code = code
            self._ended.set()


@asynccontextmanager
async def running_hosts(instances: Sequence[FunctionsHost]) -> AsyncIterator[Hosts]:
    """Runs all of them while the block runs; yields when every one answers. Raises HostFailed."""
    hosts = Hosts(instances)
    try:
        for number in range(len(instances)):
            await hosts.start(number)
        yield hosts
    finally:
        await hosts.stop()


def free_ports(count: int) -> list[int]:
    """Ports where nothing listens, all different."""
    found: list[int] = []
    while len(found) < count:
        port = _random.choice(PORTS)
        if port not in found and not taken(port):
            found.append(port)
    return found


def taken(port: int) -> bool:
    """Whether something listens on a port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return True
    return False
