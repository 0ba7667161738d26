"""Answers with an ETag, compressed where the caller takes that."""

from __future__ import annotations

import gzip
import hashlib

import azure.functions as func
import msgspec

from functions.triggers.http.answers import JSON

LEAST = 1024  # bytes; less is not worth compressing
SENT_LEVEL = 7  # of gzip; 8 takes twice as long


def compressed_json(req: func.HttpRequest, body: object) -> func.HttpResponse:
    """Returns an answer with a JSON body and its ETag; 304 if the caller has it already (RFC 9110
    §13.1.2). The ETag is weak, because it is the same with and without compression (RFC 9110
    §8.8.1).
    """
    content = msgspec.json.encode(body)
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    # What a caller sees depends on the grants, so nobody between may keep it.
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if _has(req, etag):
        return func.HttpResponse(status_code=304, headers=headers)
    if len(content) >= LEAST and "gzip" in req.headers.get("accept-encoding", "").lower():
        content = gzip.compress(content, SENT_LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return func.HttpResponse(content, headers=headers, mimetype=JSON)


def _has(req: func.HttpRequest, etag: str) -> bool:
    """Whether the caller names the ETag in If-None-Match."""
    given = req.headers.get("if-none-match", "")
    return given.strip() == "*" or etag in (one.strip() for one in given.split(","))
