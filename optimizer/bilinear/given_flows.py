"""The flows of a design that a user gives, for networks and blends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from sys import float_info

from ...problems.errors import CaseError, Problem, nearest
from ..json_file import items_of_result, read_object
from .network import Flows

JOINED = " -> "
"""Between the ends of a flow in its name."""


def given_flows(file: Path, arcs: Iterable[tuple[str, str]], kind: str, *, component: str, unit: str) -> Flows:
    """Flows [`unit`] by (from, to) of a `result.json` of `kind`, or of a JSON object `from -> to` -> number.

    Of a result only items that are a `component` count. Raises CaseError naming every flow that is not among `arcs` and
    every one that is no number from 0.
    """
    amount = f"{unit} from 0" if unit else "a number from 0"
    data = read_object(file, f"from{JOINED}to: {unit or 'flow'}")
    sizes: Mapping[str, object] = data
    if (listed := items_of_result(data, file, kind, ("name", "component", "built", "size"))) is not None:
        sizes = {str(item["name"]): item["size"] for item in listed if item["built"] and item["component"] == component}
    known = {JOINED.join(ends): ends for ends in arcs}
    problems: list[Problem] = []
    flows: Flows = {}
    for name, size in sizes.items():
        if name not in known:
            close = nearest(name, known)
            message = f"the case allows no such {component}"
            problems.append(Problem(message, file=str(file), place=name, suggestion=close))
        elif not isinstance(size, (int, float)) or isinstance(size, bool) or not 0.0 <= size <= float_info.max:
            problems.append(Problem(f"expected {amount}", file=str(file), place=name, typed=str(size)))
        elif size > 0.0:
            flows[known[name]] = float(size)
    if not flows and not problems:
        problems.append(Problem(f"names no {component}", file=str(file), allowed=tuple(known)))
    if problems:
        raise CaseError(problems)
    return flows
