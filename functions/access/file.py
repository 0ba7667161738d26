"""Reads the access file: JSON with rows of `grants` and of `conditions`.

Whatever is not known is a fault and not overlooked: a misspelt `who` of a condition would make it
match everybody, a misspelt limit of a grant would grant all.
"""

from __future__ import annotations

import codecs
import hashlib
import json
from collections.abc import Callable

from functions.access.file_rows import condition_of, grant_of
from functions.access.row_reader import AccessFault, AccessFaults, JsonObject, RowReader
from functions.access.rules import AccessRules

MAX_ACCESS_BYTES = 256 * 1024
MAX_ACCESS_ROWS = 1000  # of each kind
MAX_ACCESS_FAULTS = 50  # that are told; the rest follows when these are gone
WHOLE_FILE = "$"


def parse_access(data: bytes, tenant: str | None = None) -> AccessRules:
    """Reads an access file. `tenant` is the one of the deployment: nobody of another is meant.

    Raises AccessFaults, which names all that is wrong by row and field.
    """
    faults = list[AccessFault]()
    read = RowReader(WHOLE_FILE, _read_json(data), ("grants", "conditions"), faults)
    read.require("grants", "It is the list of what is granted, [] for nothing.")
    grants = _rows(read, "grants", grant_of)
    conditions = _rows(read, "conditions", condition_of)
    if faults:
        raise AccessFaults(tuple(faults[:MAX_ACCESS_FAULTS]))
    return AccessRules(grants, conditions, hashlib.sha256(data).hexdigest(), tenant)


def _read_json(data: bytes) -> object:
    """Returns the JSON of a file, with or without a byte-order mark. Raises AccessFaults."""
    if len(data) > MAX_ACCESS_BYTES:
        raise _unusable(f"The file has {len(data)} bytes, and may have {MAX_ACCESS_BYTES}.")
    try:
        read: object = json.loads(
            data.removeprefix(codecs.BOM_UTF8).decode(), object_pairs_hook=JsonObject
        )
    except (ValueError, RecursionError) as error:
        raise _unusable(f"The file is no JSON: {error}.") from None
    return read


def _rows[T](
    read: RowReader, field: str, row_of: Callable[[str, object, list[AccessFault]], T]
) -> tuple[T, ...]:
    found = read.fields.get(field, [])
    rows = found if isinstance(found, list) and len(found) <= MAX_ACCESS_ROWS else None
    if rows is None:
        read.fault(field, f"This is no list of up to {MAX_ACCESS_ROWS} rows, [{{…}}].")
    return tuple(row_of(f"{field}[{i}]", one, read.faults) for i, one in enumerate(rows or ()))


def _unusable(sentence: str) -> AccessFaults:
    return AccessFaults((AccessFault(WHOLE_FILE, "", sentence),))
