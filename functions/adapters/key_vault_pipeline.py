"""The SDK's client for Key Vault, with what it does for each call cut down to what is used, and no retry of a 429.

A sweep asks for thousands of pending operations. A percentage below says how much more CPU time one such call takes
without the setting, 64 at once, in many short turns with and without (`benchmarks/check_one.py` measures the whole).
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from azure.core.credentials_async import AsyncTokenCredential
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import AsyncHTTPPolicy, AsyncRetryPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.keyvault.certificates.aio import CertificateClient

from functions.adapters.faults import THROTTLED, retry_after

USER_AGENT = "certflow/0.1.0"  # how Key Vault's logs tell our calls from others'
# Seconds. An HTTP caller waits for these (the platform's front end gives up at 230 s), so they are short.
CONNECT, READ, ALL_TRIES, LONGEST_PAUSE = 5, 20, 45, 5
# For the SDK's HTTP log, which has the URL of every request; apps log at INFO, and so does it.
SILENT = logging.getLogger(f"{__name__}.http")
SILENT.disabled = True


def certificate_client(url: str, credential: AsyncTokenCredential, *, verify_challenge: bool) -> CertificateClient:
    """A client for one vault. It opens its connections with the first call."""
    return CertificateClient(
        url,
        credential,
        verify_challenge_resource=verify_challenge,
        user_agent=USER_AGENT,
        logger=SILENT,
        connection_timeout=CONNECT,
        read_timeout=READ,
        retry_policy=_Retries(retry_total=2, retry_backoff_factor=0.3, timeout=ALL_TRIES),
        # 64 %: aiohttp would read .netrc and the proxy settings anew for every request, each in a thread.
        use_env_settings=False,
        proxies=_proxies(url),
        # 7 %: the charset would be parsed out of each answer's Content-Type. Key Vault's answers are UTF-8.
        response_encoding="utf-8",
        # 12 %: each request would get a UUID of ours, which is written down nowhere else.
        auto_request_id=False,
        # 3 %, all three. There are no hooks; Key Vault does not redirect, and a token should not follow if it did;
        # the other HTTP log, off unless asked for, is the one that would write bodies and tokens.
        custom_hook_policy=_Nothing(),
        redirect_policy=_Nothing(),
        logging_policy=_Nothing(),
    )


def _proxies(url: str) -> dict[str, str]:
    """The proxy that the environment (HTTPS_PROXY, NO_PROXY) has for a vault, as aiohttp would find it; read once."""
    return {} if proxy_bypass(urlsplit(url).hostname or "") else {k: v for k, v in getproxies().items() if k == "https"}


class _Retries(AsyncRetryPolicy[HttpRequest, AsyncHttpResponse]):
    """The SDK's retries, but for a 429 and where more than a short pause is asked for.

    Applications read their secrets from the same vault, and its limits are shared with them (protocol §6): whoever is
    asked to wait gives up the call, and comes back later. The SDK's own policy repeats whatever has a Retry-After,
    sleeps as long as that says, past its time limit too, and breaks down at one that is neither seconds nor a date.
    """

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Whether to try again within the call."""
        if not super().is_retry(settings, response):
            return False
        answer = response.http_response
        pause = retry_after(answer.headers) if "Retry-After" in answer.headers else 0
        return answer.status_code != THROTTLED and pause <= LONGEST_PAUSE


class _Nothing(AsyncHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Stands where the SDK would put a policy that is not wanted here: the client takes a replacement, not None."""

    def send(
        self, request: PipelineRequest[HttpRequest]
    ) -> Coroutine[Any, Any, PipelineResponse[HttpRequest, AsyncHttpResponse]]:
        """Hands the request on. Not a coroutine itself, which would cost one more."""
        return self.next.send(request)
