"""What the app binds its functions to, and which settings it reads."""

from __future__ import annotations

import functools
import json
import re
from typing import Any

import function_app
from local.functions_host import ROOT


@functools.cache
def bindings() -> dict[str, list[dict[str, Any]]]:
    """The app's bindings by function; the SDK lets an app be asked only once."""
    return {str(one.get_function_name()): json.loads(str(one))["bindings"] for one in function_app.app.get_functions()}


def settings_read() -> set[str]:
    """What the code reads; the catalogue only names it."""
    files = [one for one in (ROOT / "functions" / "settings").glob("*.py") if not one.name.startswith("catalogue")]
    source = "".join(file.read_text() for file in files)
    return set(re.findall(r'"((?:CERTFLOW|AZURE|WEBSITE)_[A-Z_]+|[A-Za-z]+__[A-Za-z]+)"', source))


def settings_of_bindings() -> set[str]:
    found = set()
    for binding in (one for some in bindings().values() for one in some):
        found |= {name for value in binding.values() for name in re.findall(r"%(\w+)%", str(value))}
        if "connection" in binding:
            found |= {f"{binding['connection']}__blobServiceUri", f"{binding['connection']}__queueServiceUri"}
    return found
