"""What createUiDefinition.json may say, and what it gives for a form that somebody has filled in.

Source: Learn, "CreateUiDefinition.json for Azure managed application's create experience" and the page of each element
(azure-resource-manager/managed-applications/microsoft-common-textbox and its siblings). Microsoft's JSON schema of it
(azure-resource-manager-schemas, 0.1.2-preview) is older than half of these elements, so it is not what we hold it to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.infra.ui_expressions import FUNCTIONS, Call, Literal, Member, Node, is_expression, parsed, walk, worked_out

type Json = Any
PAGES = "https://learn.microsoft.com/azure/azure-resource-manager/managed-applications/"
REFERRING = {"basics", "steps", "location", "subscription"}
CHOICES = {"Microsoft.Common.OptionsGroup", "Microsoft.Common.DropDown"}


@dataclass(frozen=True)
class Kind:
    """An element type: its page, what it needs and may have, and the properties that its value has."""

    page: str
    needs: frozenset[str]
    may: frozenset[str] = frozenset()
    constraints: frozenset[str] = frozenset()
    gives: frozenset[str] = frozenset()


def _kind(page: str, needs: str, may: str = "", constraints: str = "", gives: str = "") -> Kind:
    sets = (frozenset(one.split()) for one in (needs, may, constraints, gives))
    return Kind(PAGES + page, *sets)


KINDS = {
    "Microsoft.Common.TextBox": _kind(
        "microsoft-common-textbox", "label", "defaultValue toolTip placeholder constraints", "required validations"
    ),
    "Microsoft.Common.OptionsGroup": _kind(
        "microsoft-common-optionsgroup", "label constraints", "defaultValue toolTip", "allowedValues required"
    ),
    "Microsoft.Common.DropDown": _kind(
        "microsoft-common-dropdown",
        "label constraints",
        "defaultValue toolTip placeholder multiselect selectAll filter filterPlaceholder multiLine defaultDescription",
        "allowedValues required",
    ),
    "Microsoft.Common.CheckBox": _kind(
        "microsoft-common-checkbox", "label", "toolTip constraints", "required validationMessage"
    ),
    "Microsoft.Common.Slider": _kind(
        "microsoft-common-slider",
        "label min max",
        "subLabel defaultValue showStepMarkers toolTip constraints",
        "required",
    ),
    "Microsoft.Common.InfoBox": _kind("microsoft-common-infobox", "options"),
    "Microsoft.Common.Section": _kind("microsoft-common-section", "label elements"),
    "Microsoft.Common.EditableGrid": _kind(
        "microsoft-common-editablegrid", "label ariaLabel constraints", "", "width rows columns"
    ),
    "Microsoft.Solutions.ArmApiControl": _kind("microsoft-solutions-armapicontrol", "request", gives="value"),
    "Microsoft.Solutions.ResourceSelector": _kind(
        "microsoft-solutions-resourceselector", "label resourceType", "toolTip options", gives="id location name"
    ),
}
IN_GRID = {"Microsoft.Common.TextBox", *CHOICES}


def elements(definition: Json) -> dict[tuple[str, ...], Json]:
    """Every element by its path: the step ("basics" for the first one), a section if it is in one, its name."""
    parameters = definition["parameters"]
    listed = [(("basics",), one) for one in parameters["basics"]]
    listed += [((step["name"],), one) for step in parameters["steps"] for one in step["elements"]]
    found: dict[tuple[str, ...], Json] = {}
    for path, one in listed:
        found[*path, one["name"]] = one
        for inner in one.get("elements", ()):
            found[*path, one["name"], inner["name"]] = inner
    return found


def faults(definition: Json, parameters: Mapping[str, Json]) -> Iterator[str]:
    """What is wrong with a definition for a template with these parameters."""
    version = definition["version"]
    if definition["handler"] != "Microsoft.Azure.CreateUIDef" or f"/{version}/" not in definition["$schema"]:
        yield "handler, version or $schema"
    inside = definition["parameters"]
    if unknown := set(inside) - {"config", "basics", "steps", "outputs", "resourceTypes"}:
        yield f"parameters: {unknown}"
    names = [one["name"] for one in inside["basics"]]
    names += [f"{step['name']}.{one['name']}" for step in inside["steps"] for one in step["elements"]]
    if len(set(names)) != len(names):
        yield "two elements have one name"
    found = elements(definition)
    for path, one in found.items():
        yield from (f"{'.'.join(path)}: {fault}" for fault in _of_element(one, len(path) > 2))
    for where, text in _expressions(inside, ""):
        yield from (f"{where}: {fault}" for fault in _of_expression(text, found))
    yield from (f"outputs: there is no parameter {name}" for name in inside["outputs"] if name not in parameters)
    for name, parameter in parameters.items():
        if "defaultValue" not in parameter and name not in inside["outputs"]:
            yield f"outputs: {name} has no default, and nothing feeds it"


def _of_element(one: Json, in_section: bool) -> Iterator[str]:
    kind = KINDS.get(one["type"])
    if kind is None:
        yield f"no page describes {one['type']}"
        return
    given = set(one) - {"name", "type", "visible"}
    if given - kind.needs - kind.may or kind.needs - given:
        yield f"{one['type']} has {sorted(given)} ({kind.page})"
    if in_section and one["type"] == "Microsoft.Common.Section":
        yield "a section in a section"
    yield from _of_constraints(one, kind)
    for column in one.get("constraints", {}).get("columns", ()):
        element = {"label": "", **column["element"]}
        if element["type"] not in IN_GRID:
            yield f"{element['type']} in a grid"
        yield from _of_constraints(element, KINDS[element["type"]])


def _of_constraints(one: Json, kind: Kind) -> Iterator[str]:
    constraints = one.get("constraints", {})
    if unknown := set(constraints) - kind.constraints:
        yield f"constraints: {unknown}"
    if not isinstance(constraints.get("required", False), bool):
        yield "required is no boolean"
    for rule in constraints.get("validations", ()):
        if set(rule) not in ({"regex", "message"}, {"isValid", "message"}):
            yield f"validation: {sorted(rule)}"
        re.compile(rule.get("regex", ""))
    allowed = constraints.get("allowedValues", ())
    labels = [] if isinstance(allowed, str) else [value["label"] for value in allowed]
    if one["type"] in CHOICES and "defaultValue" in one and one["defaultValue"] not in labels:
        yield f"the default {one['defaultValue']} is none of {labels}"


def _expressions(value: Json, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _expressions(one, f"{where}.{name}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _expressions(one, f"{where}[{number}]")
    elif is_expression(value) and not where.endswith("regex"):
        yield where, value


def _of_expression(text: str, found: dict[tuple[str, ...], Json]) -> Iterator[str]:
    try:
        tree = parsed(text)
    except ValueError as error:
        yield str(error)
        return
    for node, above in walk(tree):
        if isinstance(node, Call) and node.function not in FUNCTIONS.keys() | REFERRING:
            yield f"no page describes the function {node.function}"
        if isinstance(node, Call) and node.function in {"basics", "steps"}:
            yield from _of_reference(node, above, found)


def _of_reference(node: Call, above: tuple[Node, ...], found: dict[tuple[str, ...], Json]) -> Iterator[str]:
    """Holds a reference against the elements: it is there, has that property, and is shown or asked for safely."""
    path, around = [str(one.value) for one in node.arguments if isinstance(one, Literal)], list(above)
    path = [*(["basics"] if node.function == "basics" else []), *path]
    while around and isinstance(around[-1], Member):
        path.append(around.pop().name)  # type: ignore[union-attr]
    whole = max((part for part in found if tuple(path[: len(part)]) == part), key=len, default=())
    rest = path[len(whole) :]
    if not whole or found[whole]["type"] == "Microsoft.Common.Section":
        yield f"there is no element {'.'.join(path)}"
    elif rest and (len(rest) > 1 or rest[0] not in KINDS[found[whole]["type"]].gives):
        yield f"{found[whole]['type']} has no {'.'.join(rest)} ({'.'.join(path)})"
    elif any("visible" in found.get(whole[:end], {}) for end in range(2, len(whole) + 1)):
        near = around[-1] if around else None
        if not isinstance(near, Call) or near.function not in {"coalesce", "empty"}:
            yield f"{'.'.join(path)} may be hidden, and then has no value: coalesce(…)"


def outputs(definition: Json, form: Mapping[tuple[str, ...], Json], *, hidden_is_kept: bool) -> dict[str, Json]:
    """The values of the parameters that a form gives: what was typed, by path of the element; elsewhere the default.

    Whether an element that is hidden keeps its value, no page says; so both have to do. Raises ValueError for an
    expression that has no value.
    """
    found = elements(definition)
    typed = {path: form.get(path, _default(one)) for path, one in found.items()}
    for _ in range(3):  # what hides one element may hang on another that is hidden
        values = dict(typed)
        if not hidden_is_kept:
            values |= {path: None for path in found if not _shown(path, found, typed)}
        typed = values
    world = _world(typed)
    return {name: worked_out(parsed(text), world) for name, text in definition["parameters"]["outputs"].items()}


def shown(definition: Json, form: Mapping[tuple[str, ...], Json]) -> set[tuple[str, ...]]:
    """The elements that somebody sees who has filled in the form so."""
    found = elements(definition)
    typed = {path: form.get(path, _default(one)) for path, one in found.items()}
    return {path for path in found if _shown(path, found, typed)}


def _default(one: Json) -> Json:
    if one["type"] in CHOICES:
        return next(
            (value["value"] for value in one["constraints"]["allowedValues"] if value["label"] == one["defaultValue"]),
            None,
        )
    return one.get("defaultValue", False if one["type"] == "Microsoft.Common.CheckBox" else None)


def _shown(path: tuple[str, ...], found: dict[tuple[str, ...], Json], typed: dict[tuple[str, ...], Json]) -> bool:
    world = _world(typed)
    rules = [found.get(path[:end], {}).get("visible", True) for end in range(2, len(path) + 1)]
    return all(one if isinstance(one, bool) else bool(worked_out(parsed(one), world)) for one in rules)


def _world(values: dict[tuple[str, ...], Json]) -> dict[str, Any]:
    steps: dict[str, Json] = {}
    for path, value in sorted(values.items()):
        place = steps
        for part in path[:-1]:
            inner = place.get(part)
            place[part] = inner if isinstance(inner, dict) else {}
            place = place[part]
        place[path[-1]] = value
    return {
        "steps": lambda name: steps[name],
        "basics": lambda name: steps["basics"][name],
        "location": lambda: "westeurope",
        "subscription": lambda: {"id": "/subscriptions/11111111-1111-1111-1111-111111111111"},
    }
