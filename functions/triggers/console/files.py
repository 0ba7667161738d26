"""The console's files, as they are deployed, each with its ETag and its compressed form."""

from __future__ import annotations

import functools
import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "console" / "static"
SHELL, BUILD = "index.html", b"{build}"
MIME_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file: what is in it, the same in gzip, its media type, and its ETag."""

    content: bytes
    compressed: bytes
    mime_type: str
    etag: str


@functools.cache
def static_files() -> dict[str, StaticFile]:
    """Returns all files by their path in the folder. They are read and compressed once in the life
    of an instance, since the platform compresses nothing (platform §2.1).
    """
    build = build_id().encode()
    found = _contents()
    found[SHELL] = found[SHELL].replace(BUILD, build)
    return {path: static_file(content, path) for path, content in found.items()}


@functools.cache
def build_id() -> str:
    """Returns 16 hexadecimal digits that are others as soon as any file is another."""
    digest = hashlib.sha256()
    for path, content in _contents().items():
        digest.update(f"{path} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def static_file(content: bytes, path: str) -> StaticFile:
    """Returns a file with this content; the end of its path says what it is."""
    etag = f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
    return StaticFile(content, gzip.compress(content, mtime=0), MIME_TYPES[Path(path).suffix], etag)


def _contents() -> dict[str, bytes]:
    paths = sorted(path for path in FOLDER.rglob("*") if path.suffix in MIME_TYPES)
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in paths}
