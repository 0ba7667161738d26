"""What `make package` builds, read back."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
import sys
import sysconfig
import zipfile
from collections.abc import Mapping
from email.parser import Parser

import pytest
from packaging.markers import Marker

from local.functions_host import ROOT
from local.package import SITE_PACKAGES

PREFIX = f"{SITE_PACKAGES.as_posix()}/"
# What the environment of Azure answers to the markers of requirements (PEP 508).
LINUX = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.13.0",
    "python_version": "3.13",
    "sys_platform": "linux",
}
# The wheels in it are for the platform of Azure.
runs_here = pytest.mark.skipif(
    sysconfig.get_platform() != "linux-x86_64" or sys.version_info[:2] != (3, 13),
    reason="SKIPPED: the package is for Python 3.13 on 64-bit Linux",
)


def normalized(name: str) -> str:
    """A distribution's name as all tools compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def requirements_of_linux(lock: str = "requirements.lock") -> dict[str, str]:
    """Name and version of what a lock file has for Python 3.13 on 64-bit Linux."""
    pins = re.findall(r"^([\w.-]+)==(\S+)(?: ; (.*))? \\$", (ROOT / lock).read_text(), re.MULTILINE)
    return {
        normalized(name): version
        for name, version, marker in pins
        if not marker or Marker(marker).evaluate(dict(LINUX))
    }


def dependencies(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """The files of what the app needs, by their path from site-packages."""
    return {name.removeprefix(PREFIX): archive.read(name) for name in archive.namelist() if name.startswith(PREFIX)}


def distributions(files: Mapping[str, bytes]) -> dict[str, str]:
    """Name and version of each, from its metadata."""
    texts = [content.decode() for name, content in files.items() if name.endswith(".dist-info/METADATA")]
    about = [Parser().parsestr(text, headersonly=True) for text in texts]
    return {normalized(one["Name"]): one["Version"] for one in about}


def recorded(files: Mapping[str, bytes]) -> dict[str, str]:
    """The hash of each file that a wheel has brought; none of the lists themselves."""
    lists = [content.decode() for name, content in files.items() if name.endswith(".dist-info/RECORD")]
    rows = [row for text in lists for row in csv.reader(text.splitlines())]
    return {name: value for name, value, _ in rows if value}


def hash_of(content: bytes) -> str:
    """As wheels write it (Binary distribution format, "The .dist-info directory")."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return f"sha256={digest}"
