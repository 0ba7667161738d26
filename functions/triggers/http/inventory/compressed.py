"""Answers with an ETag, compressed where the caller takes that."""

from __future__ import annotations

import functools
import gzip
import hashlib

import azure.functions as func
import msgspec

from functions import __version__
from functions.triggers.http.answers import JSON
from functions.triggers.http.queries import takes_gzip

LEAST = 1024  # bytes; less is not worth compressing
SENT_LEVEL = 7  # of gzip; 8 takes twice as long
# Sets and dictionaries have one order, in each process.
_ENCODER = msgspec.json.Encoder(order="deterministic")


def etag_of(state: object) -> str:
    """Returns the ETag of an answer from all that it depends on beside this version of Certflow. It
    is weak, because it is the same with and without compression (RFC 9110 §8.8.1).
    """
    content = _ENCODER.encode((__version__, state))
    return f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'


def unchanged(req: func.HttpRequest, etag: str) -> func.HttpResponse | None:
    """Returns 304 if the caller has the answer with this ETag (RFC 9110 §13.1.2), else None."""
    given = req.headers.get("if-none-match", "")
    if given.strip() != "*" and etag not in (one.strip() for one in given.split(",")):
        return None
    return func.HttpResponse(status_code=304, headers=_headers(etag))


def compressed_json(req: func.HttpRequest, body: object, etag: str) -> func.HttpResponse:
    """Returns an answer with a JSON body and its ETag."""
    content, headers = msgspec.json.encode(body), _headers(etag)
    if len(content) >= LEAST and takes_gzip(req):
        content = compressed(content)
        headers["Content-Encoding"] = "gzip"
    return func.HttpResponse(content, headers=headers, mimetype=JSON)


@functools.lru_cache(maxsize=4)
def compressed(content: bytes) -> bytes:
    """Returns the same in gzip. It is kept for the next who asks: to compress a board takes longer
    than to make it, and pages that are open at the same time ask for the same one.
    """
    return gzip.compress(content, SENT_LEVEL, mtime=0)


def _headers(etag: str) -> dict[str, str]:
    # What a caller sees depends on the grants, so nobody between may keep it.
    return {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
