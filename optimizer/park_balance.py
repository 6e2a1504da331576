"""What every plant takes in and gives out: water, energy and contaminants, with the design and as it is."""

from __future__ import annotations

import numpy as np

from ..problems.park.problem import ParkProblem
from ..problems.two_stage.problem import Floats
from ..problems.uncertainty import Uncertainty
from .evaluation import Evaluator
from .park_flows import plant_of, short_title
from .park_operation import Operation
from .report.content import Table

QUANTITIES = (
    ("fresh water in, t/h", "water", True, False),
    ("water from others, t/h", "water", True, True),
    ("water to others, t/h", "water", False, True),
    ("discharged, t/h", "water", False, False),
    ("leaks, t/h", "water leak", False, False),
    ("steam from others, t/h", "steam", True, True),
    ("steam to others, t/h", "steam", False, True),
    ("heat from others, MW", "heat", True, True),
    ("heat to others, MW", "heat", False, True),
    ("power from others, MW", "power", True, True),
    ("grid and sun, MW", "power", True, False),
    ("fuel, MW", "fuel", True, False),
    ("by-products, t/h", "by-product", False, False),
)
"""Label, carrier, whether it arrives, whether the other side is a plant too."""


def plant_table(park: ParkProblem, design: Operation, before: Operation | None) -> Table:
    """One column a plant, mean of the year over all futures; as it is in brackets where it differs."""
    operations = [operation for operation in (design, before) if operation is not None]
    rows = [
        (
            label,
            *(
                _cell([_across(park, o, plant, carrier, come, shared) for o in operations])
                for plant in park.case.plants
            ),
        )
        for label, carrier, come, shared in QUANTITIES
    ]
    stopped = [[o.mean.get(f"curtailed hours {plant}", 0.0) for o in operations] for plant in park.case.plants]
    rows.append(("curtailed, h/year", *map(_cell, stopped)))
    title = "What goes in and out of every plant" + (" (today in brackets)" if before is not None else "")
    plants = tuple(short_title(park, plant) for plant in park.case.plants)
    return Table(title, ("", *plants), tuple(row for row in rows if any(cell != "–" for cell in row[1:])))


def contaminant_table(park: ParkProblem, design: Operation) -> Table | None:
    """Mass into and out of every plant with its water, and what it adds, in the future where all is at its mean."""
    source = park.problem.source
    kinds = tuple(park.case.contaminants)
    if not kinds or not isinstance(source, Uncertainty):
        return None
    block = Evaluator(park.problem).evaluate(design.x, park.problem.realize(source.means[None, :], np.ones(1)))
    if block.primal is None or block.reports is None or park.problem.reports is None or block.status[0] != 0:
        return None
    columns = {name: k for k, name in enumerate(park.problem.recourse.names)}
    own = {name: block.reports[:, k] for k, name in enumerate(park.problem.reports.names) if name.startswith("load.")}
    simulation = park.simulator.run(columns, block.primal, own)
    masses = park.simulator.masses(columns, block.primal, simulation)
    hours = np.array([park.case.hours[p] for p in park.simulator.periods], dtype=np.float64)
    rows: list[tuple[str, ...]] = []
    for plant in park.case.plants:
        inwards, outwards = (
            [_crossing(masses, plant, k, hours, inwards=i) for k in range(len(kinds))] for i in (True, False)
        )
        if max(inwards + outwards) > 1e-6:
            cells = [
                f"{_mass(arriving)} → {_mass(leaving)}" for arriving, leaving in zip(inwards, outwards, strict=True)
            ]
            rows.append((short_title(park, plant), *cells))
    title = "Contaminants into → out of every plant with its water, kg/h (where everything uncertain has its mean)"
    return Table(title, ("plant", *kinds), tuple(rows)) if rows else None


def _mass(value: float) -> str:
    return "0" if value < 1e-4 else f"{value:,.3g}" if value < 1000 else f"{value:,.0f}"


def _across(park: ParkProblem, operation: Operation, plant: str, carrier: str, arriving: bool, shared: bool) -> float:
    """Mean flow over a plant's fence."""
    total = 0.0
    for flow in park.flows:
        mine, other = (flow.target, flow.source) if arriving else (flow.source, flow.target)
        if flow.carrier == carrier and plant_of(mine) == plant and plant_of(other) != plant:
            total += operation.mean[flow.report] if (plant_of(other) in park.case.plants) == shared else 0.0
    return total


def _cell(values: list[float]) -> str:
    """The design's number, with today's in brackets where it reads differently."""
    texts = [f"{value:,.0f}" if value >= 100.0 else f"{abs(value):.1f}" for value in values]
    if all(text == "0.0" for text in texts):
        return "–"
    return texts[0] if len(set(texts)) == 1 else f"{texts[0]} ({texts[1]})"


def _crossing(masses: dict[tuple[str, str], Floats], plant: str, kind: int, hours: Floats, *, inwards: bool) -> float:
    """Mass [kg/h] of one contaminant over a plant's fence, mean of the year."""
    total = 0.0
    for (source, sink), mass in masses.items():
        mine, other = (sink, source) if inwards else (source, sink)
        if plant_of(mine) == plant and plant_of(other) != plant:
            total += float(hours @ mass[0, :, kind]) / float(hours.sum())
    return total
