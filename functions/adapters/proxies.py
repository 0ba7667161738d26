"""Says whether the environment has anything for the clients of the storage services to follow."""

from __future__ import annotations

from urllib.request import getproxies


def follows_environment() -> bool:
    """Whether the environment names a proxy. Where it names none, a client is told not to look:
    aiohttp would read .netrc and the proxy settings for every request, in threads.
    """
    return bool(getproxies())
