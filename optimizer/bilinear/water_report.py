"""What an engineer sees of a water network: diagram, limits and what they cost, composite curve, other networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ...problems.errors import CaseError
from ...problems.water_network import WaterNetworkCase
from ...problems.water_network.chosen import SEEN
from ...problems.water_network.pinch import (
    CompositeCurve,
    limiting_composite_curve,
    limiting_profiles,
    minimum_fresh_water,
    regeneration_target,
)
from ..report.content import Picture, Table
from ..report.figures import Line, line_figure
from .diagram import least_width, network_diagram
from .network import Flows, Network

LimitValues = Mapping[tuple[str, str, str], float]
"""(node, contaminant, kind) -> change of the objective per unit of right-hand side, g/h."""


def pictures_of(case: WaterNetworkCase, network: Network, where: str = "") -> tuple[Picture, ...]:
    """Network diagram and, for one contaminant, the limiting composite curve with the supply line of its target.

    `where`: words for the point that the flows belong to.
    """
    text = f"A line for every unit, a row for every pipe: its flow in t/h and concentrations in mg/L{where}."
    diagram = Picture("The network", network_diagram(case, network), text, least_width(case, network))
    try:
        profiles = limiting_profiles(case)
        curve = limiting_composite_curve(profiles)
        quality = min(s.concentration.get(case.contaminants[0], 0.0) for s in case.fresh_water)
        target = minimum_fresh_water(curve, quality)
    except CaseError:  # several contaminants, or units without a limiting profile
        return (diagram,)
    top = float(curve.concentration[-1])
    if target.fresh > 0.0:  # no farther than the curve: no unit gives more load to the water
        top = min(top, quality + 1000.0 * float(curve.load[-1]) / target.fresh)
    supply = np.array([0.0, target.fresh * (top - quality) / 1000.0])
    lines = (
        Line("limiting composite curve", curve.load.tolist(), curve.concentration.tolist(), points=True),
        Line("fresh water with reuse only", supply.tolist(), [quality, top], dotted=True),
    )
    words = f"Reuse alone needs {target.fresh:.4g} t/h of fresh water; the pinch is at {target.pinch:.4g} mg/L."
    words += _with_regeneration(case, curve, quality)
    return diagram, Picture("Water pinch", line_figure(lines, "load, kg/h", "concentration, mg/L"), words)


def _with_regeneration(case: WaterNetworkCase, curve: CompositeCurve, quality: float) -> str:
    """The target with the best unit of fixed outlet quality, in a sentence; none has one, no sentence."""
    (k,) = case.contaminants
    outlets = [t.outlet[k] for t in case.treatment_units if k in t.outlet]
    if not outlets:
        return ""
    way = case.regeneration
    target = regeneration_target(curve, min(outlets), recycling=way == "recycling", quality=quality)
    words = f" With regeneration to {min(outlets):.4g} mg/L and {way} it is {target.fresh:.4g} t/h"
    return f"{words}; {target.regenerated:.4g} t/h are regenerated."


def concentration_table(case: WaterNetworkCase, network: Network, values: LimitValues | None, unit: str) -> Table:
    """Inlet and outlet of every node against its limits; worth: what 1 mg/L more at a binding limit would save."""
    rows: list[tuple[str | float | None, ...]] = []
    for node in (*case.process_units, *case.treatment_units, *case.demands, *case.outfalls):
        through = network.into(node.name)
        if through <= SEEN:
            continue
        inlets = getattr(node, "inlet_maximum", None)
        inlets = getattr(node, "maximum", {}) if inlets is None else inlets
        outlets = getattr(node, "outlet_maximum", {})
        for k in case.contaminants:
            inlet, outlet = network.inlet(node.name, k), network.concentration.get((node.name, k))
            cells = (inlet, inlets.get(k), _worth(values, (node.name, k, "inlet"), through, inlet, inlets.get(k)))
            cells += (outlet, outlets.get(k), _worth(values, (node.name, k, "outlet"), through, outlet, outlets.get(k)))
            rows.append((node.name, k, through, *cells))
    worth = f"worth, {unit} per mg/L"
    columns = ("node", "contaminant", "t/h", "inlet mg/L", "limit", worth, "outlet mg/L", "limit", worth)
    return Table("Concentrations against their limits", columns, tuple(rows))


def _worth(
    values: LimitValues | None, place: tuple[str, str, str], through: float, reached: float | None, limit: float | None
) -> str | float | None:
    if reached is None or limit is None or reached < limit * (1.0 - 1e-4) - 1e-6:
        return None
    if values is None:
        return "binds"
    saved = abs(values.get(place, 0.0)) * through
    return saved if saved > 1e-9 else "binds"


def other_networks(found: Sequence[tuple[float, Flows]]) -> tuple[Table, ...]:
    """The k best networks, how many pipes each has and in which it differs from the best."""
    if len(found) < 2:
        return ()
    best = set(found[0][1])
    rows = [
        (
            f"{number}.",
            objective,
            float(len(flows)),
            "; ".join(
                [f"with {i} to {j}" for i, j in sorted(set(flows) - best)]
                + [f"without {i} to {j}" for i, j in sorted(best - set(flows))]
            ),
        )
        for number, (objective, flows) in enumerate(found, start=1)
    ]
    return (Table("The best networks", ("", "objective", "pipes", "differs from the best by"), tuple(rows)),)


def network_lines(found: Sequence[tuple[float, Flows]], unit: str) -> tuple[str, ...]:
    """The k best networks in a sentence each, where more than one was asked for."""
    if len(found) < 2:
        return ()
    lines: list[str] = []
    for n, (objective, flows) in enumerate(found, start=1):
        pipes = "" if unit == "pipes" else f", {len(flows)} pipes"
        lines.append(f"network {n}: {objective:,.6g} {unit}".rstrip() + pipes)
    return tuple(lines)
