"""The case file's reference page, generated from the models: `python -m loopwise.problems.reference_page`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from .case_file import KINDS, case_class

Schema = dict[str, Any]
HEADER = """# The case file

<!-- Written by `python -m loopwise.problems.reference_page > docs/case-file.md`; a test keeps it up to date. -->

A case is a YAML file. Quantities are numbers in the unit given here, or strings with a unit (`40 t/h`, `1.2 kWh/m3`,
`8 barg`); water counts 1 t/m3, a year 8760 hours. Money is in the currency of the case. Concentrations in mg/L are ppm
by mass. Pressures are gauge. Unknown keys are refused. `loopwise new FILE` writes a case to start from.
"""


def reference_page(kinds: dict[str, type[BaseModel]]) -> str:
    """Markdown: for every kind its keys, with unit, default and description, then the parts that they are made of."""
    sections = [HEADER]
    for kind, model in kinds.items():
        schema = model.model_json_schema(mode="validation")
        sections.append(f"## `kind: {kind}`\n\n{_first_line(schema)}\n\n{_table(schema)}")
        for name, part in _parts(schema):
            words = f"One of: {', '.join(f'`{word}`' for word in part['enum'])}.\n" if "enum" in part else _table(part)
            sections.append(f'### <a id="{name}"></a>{name}\n\n{_first_line(part)}\n\n{words}')
    return "\n".join(sections)


def _parts(schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Definitions in the order in which the page first mentions them."""
    definitions: dict[str, Schema] = schema.get("$defs", {})
    waiting, seen = [*_mentioned(schema.get("properties", {}))], set[str]()
    while waiting:
        name = waiting.pop(0)
        if name not in seen:
            seen.add(name)
            yield name, definitions[name]
            waiting += _mentioned(definitions[name])


def _mentioned(schema: object) -> list[str]:
    if isinstance(schema, dict):
        found = [schema["$ref"].rpartition("/")[2]] if "$ref" in schema else []
        return found + [name for value in schema.values() for name in _mentioned(value)]
    if isinstance(schema, list):
        return [name for value in schema for name in _mentioned(value)]
    return []


def _table(schema: Schema) -> str:
    required = set(schema.get("required", []))
    rows = ["| key | takes | default | what it is |", "|---|---|---|---|"]
    for key, field in schema.get("properties", {}).items():
        default = "**required**" if key in required else _default(field)
        rows.append(f"| `{key}` | {_takes(field)} | {default} | {_one_line(field.get('description', ''))} |")
    return "\n".join(rows) + "\n"


def _takes(field: Schema) -> str:
    """What may stand at a key: a unit, a word, a part."""
    if "unit" in field:
        unit = "" if field["unit"] == "1" else f", {field['unit']}"
        return f"{field['quantity']}{unit}{_bounds(field)}"
    if "$ref" in field:
        name = field["$ref"].rpartition("/")[2]
        return f"[{name}](#{name})"
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return ", ".join(f"`{word}`" for word in field["enum"])
    for union in ("anyOf", "oneOf", "allOf"):
        if union in field:
            return " or ".join(_takes(option) for option in field[union] if option.get("type") != "null")
    return _takes_by_type(field)


def _takes_by_type(field: Schema) -> str:
    match field.get("type"):
        case "array" if "prefixItems" in field:
            return "list: " + ", ".join(_takes(item) for item in field["prefixItems"])
        case "array":
            return f"list of: {_takes(field.get('items', {}))}"
        case "object":
            by_pattern = list(field.get("patternProperties", {}).values())
            return f"name: {_takes(by_pattern[0] if by_pattern else field.get('additionalProperties') or {})}"
        case "boolean":
            return "true or false"
        case "integer":
            return "whole number" + _bounds(field)
        case "number":
            return "number" + _bounds(field)
        case "string":
            return "text"
        case _:
            return "anything"


def _bounds(field: Schema) -> str:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    words = [f"{sign} {field[bound]:g}" for bound, sign in signs.items() if bound in field]
    return f" ({', '.join(words)})" if words else ""


def _default(field: Schema) -> str:
    default = field.get("default")
    return "none" if default in (None, "", {}, []) else f"`{json.dumps(default, ensure_ascii=False)}`"


def _first_line(schema: Schema) -> str:
    return _one_line(schema.get("description", "").split("\n\n")[0])


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def documented_kinds() -> dict[str, type[BaseModel]]:
    """The kinds whose models this installation has."""
    kinds: dict[str, type[BaseModel]] = {}
    for kind in KINDS:
        try:
            kinds[kind] = case_class(kind)
        except ModuleNotFoundError:
            continue
    return kinds


if __name__ == "__main__":
    sys.stdout.write(reference_page(documented_kinds()))
