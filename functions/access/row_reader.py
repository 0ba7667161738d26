"""Reads a row of the access file field by field, and collects what is wrong in it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

MAX_ROW_ITEMS = 200  # in one field of a row
MAX_ITEM_LETTERS = 512
MAX_LINE_LETTERS = 254


@dataclass(frozen=True, slots=True)
class AccessFault:
    """One thing that is wrong: in which row (`grants[1]`, `$` for the whole file), in which of its
    fields ("" for the row itself), and a sentence that says what is allowed.
    """

    row: str
    field: str
    sentence: str

    def __str__(self) -> str:
        place = f"{self.row}.{self.field}" if self.field else self.row
        return f"{place}: {self.sentence}"


class AccessFaults(Exception):
    """The file cannot be used: `faults` says why, in the order of the file."""

    def __init__(self, faults: tuple[AccessFault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class JsonObject(dict[str, object]):
    """An object of JSON that remembers which of its keys stood there twice: the second would win
    silently.
    """

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        keys = [key for key, _ in pairs]
        self.doubles = sorted({key for key in keys if keys.count(key) > 1})


class RowReader:
    """One object of the file. Each method returns the value of a field, None where the row does not
    have it, and where it is wrong, which then is among `faults`.
    """

    def __init__(
        self, row: str, value: object, known: Collection[str], faults: list[AccessFault]
    ) -> None:
        self.row, self.faults = row, faults
        self.fields = value if isinstance(value, JsonObject) else JsonObject([])
        if not isinstance(value, JsonObject):
            self.fault("", "This is no object, {…}.")
        for key in self.fields.doubles:
            self.fault(_shown(key), "This stands twice in one object.")
        for key in self.fields:
            if key not in known:
                self.fault(
                    _shown(key), f"This field is not known here. Allowed: {', '.join(known)}."
                )

    def fault(self, field: str, sentence: str) -> None:
        """Adds a fault of this row."""
        self.faults.append(AccessFault(self.row, field, sentence))

    def require(self, field: str, sentence: str) -> None:
        """Adds a fault unless the row has the field."""
        if field not in self.fields:
            self.fault(field, f"This is missing. {sentence}")

    def items[T](self, field: str, read: Callable[[str], T]) -> tuple[T, ...] | None:
        """Reads a list of texts, each by `read`, which raises ValueError with what is allowed."""
        found = self.fields.get(field)
        if field not in self.fields:
            return None
        if not isinstance(found, list) or not found or len(found) > MAX_ROW_ITEMS:
            self.fault(
                field,
                f"This is no list of 1 to {MAX_ROW_ITEMS} texts, […]. To have no limit, leave the "
                "field out.",
            )
            return None
        return tuple(self._items(field, found, read))

    def _items[T](self, field: str, found: list[object], read: Callable[[str], T]) -> list[T]:
        items = list[T]()
        for index, one in enumerate(found):
            try:
                items.append(read(_text(one, MAX_ITEM_LETTERS)))
            except ValueError as error:
                self.fault(f"{field}[{index}]", str(error))
        return items

    def flag(self, field: str) -> bool | None:
        """Reads `true` or `false`."""
        found = self.fields.get(field)
        if isinstance(found, bool) or field not in self.fields:
            return bool(found) if field in self.fields else None
        self.fault(field, "This is neither true nor false.")
        return None

    def number(self, field: str, most: int) -> int | None:
        """Reads a whole number from 1 to `most`."""
        found = self.fields.get(field)
        if field not in self.fields:
            return None
        if isinstance(found, int) and not isinstance(found, bool) and 1 <= found <= most:
            return found
        self.fault(field, f"This is no whole number from 1 to {most}.")
        return None

    def line(self, field: str) -> str | None:
        """Reads one line of text."""
        if field not in self.fields:
            return None
        try:
            return _text(self.fields[field], MAX_LINE_LETTERS)
        except ValueError as error:
            self.fault(field, str(error))
            return None


def _text(value: object, most: int) -> str:
    """Returns a text of visible characters in one line. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError("This is no text.")  # noqa: TRY004  a reader of texts raises one kind
    if not value.strip() or value != value.strip() or not value.isprintable() or len(value) > most:
        raise ValueError(
            f"This is no text of 1 to {most} visible characters in one line, without blanks around."
        )
    return value


def _shown(key: str) -> str:
    """A key of the file in a message: short, and of visible characters."""
    return "".join(one if one.isprintable() else "?" for one in key[:40]) or "?"
