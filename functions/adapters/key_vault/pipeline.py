"""Sets up the SDK's client for Key Vault: without the work per call that Certflow does not use, and
without retries of a 429.

A run over a vault asks for thousands of pending operations. A percentage below says how much more
CPU time one such call takes without the setting, measured with 64 calls at once in many short
alternating rounds (`benchmarks/check_one.py` measures the whole).
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

from functions import __version__
from functions.adapters.faults import THROTTLED, retry_after

USER_AGENT = f"certflow/{__version__}"  # how Key Vault's logs tell our calls from others'
# Seconds. They are short because callers of our API wait meanwhile (the platform's front end gives
# up after 230 s).
CONNECT, READ, RETRY_TIME, MAX_RETRY_PAUSE = 5, 20, 45, 5
# Takes the SDK's HTTP log, which would write the URL of every request at INFO, the apps' level.
SILENT_LOG = logging.getLogger(f"{__name__}.http")
SILENT_LOG.disabled = True


def certificate_client(
    url: str, credential: AsyncTokenCredential, *, verify_challenge: bool
) -> CertificateClient:
    """Returns a client for one vault. It opens its connections with the first call."""
    return CertificateClient(
        url,
        credential,
        verify_challenge_resource=verify_challenge,
        user_agent=USER_AGENT,
        logger=SILENT_LOG,
        connection_timeout=CONNECT,
        read_timeout=READ,
        retry_policy=_Retries(retry_total=2, retry_backoff_factor=0.3, timeout=RETRY_TIME),
        # 64 %: otherwise aiohttp reads .netrc and the proxy settings for every request, in threads.
        use_env_settings=False,
        proxies=_proxies(url),
        # 7 %: otherwise each answer's Content-Type is parsed. Key Vault answers in UTF-8.
        response_encoding="utf-8",
        # 12 %: otherwise each request gets a UUID, which nothing else records.
        auto_request_id=False,
        # 3 % for all three. There are no hooks. Key Vault does not redirect, and a token must not
        # follow a redirect. The logging policy could write bodies and tokens.
        custom_hook_policy=_Nothing(),
        redirect_policy=_Nothing(),
        logging_policy=_Nothing(),
    )


def _proxies(url: str) -> dict[str, str]:
    """Returns the proxy that the environment (HTTPS_PROXY, NO_PROXY) sets for a vault, found as
    aiohttp would find it. Read once for each client.
    """
    if proxy_bypass(urlsplit(url).hostname or ""):
        return {}
    return {scheme: proxy for scheme, proxy in getproxies().items() if scheme == "https"}


class _Retries(AsyncRetryPolicy[HttpRequest, AsyncHttpResponse]):
    """Retries as the SDK does, except for a 429 and for an answer that asks for more than a short
    pause.

    Applications read their secrets from the same vault and share its limits (protocol §6), so a
    call that is asked to wait is given up, and the work comes again later. The SDK's own policy
    repeats every answer with a Retry-After, sleeps as long as that says even past its time limit,
    and fails for a Retry-After that is neither seconds nor a date.
    """

    def is_retry(self, settings: dict[str, Any], response: PipelineResponse[Any, Any]) -> bool:
        """Whether to send the request again within the call."""
        if not super().is_retry(settings, response):
            return False
        answer = response.http_response
        pause = retry_after(answer.headers) if "Retry-After" in answer.headers else 0
        return answer.status_code != THROTTLED and pause <= MAX_RETRY_PAUSE


class _Nothing(AsyncHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Replaces a policy of the SDK that is not wanted here, and does nothing itself: the client
    takes a replacement, but not None.
    """

    def send(
        self, request: PipelineRequest[HttpRequest]
    ) -> Coroutine[Any, Any, PipelineResponse[HttpRequest, AsyncHttpResponse]]:
        """Hands the request on. It is no `async def`, so that no further coroutine is created."""
        return self.next.send(request)
