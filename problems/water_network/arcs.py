"""Which pipes may exist, how long they are and what they cost."""

from __future__ import annotations

from dataclasses import dataclass

from .bounds import limiting_flow, reject_name, total_flow
from .case import WaterNetworkCase
from .parts import FreshWater, Pipe, ProcessUnit, TreatmentUnit


@dataclass(frozen=True)
class Arc:
    """A pipe that may be built: flows in t/h, `investment` fixed, `per_flow` in currency/(t/h)."""

    source: str
    target: str
    distance: float
    minimum: float
    maximum: float
    investment: float
    per_flow: float
    forced: bool

    @property
    def ends(self) -> tuple[str, str]:
        """(from, to)."""
        return self.source, self.target

    def cost(self, flow: float) -> float:
        """Investment of a pipe for `flow` t/h."""
        return self.investment + self.per_flow * flow


def possible_arcs(case: WaterNetworkCase) -> dict[tuple[str, str], Arc]:
    """Every pipe of the superstructure by its ends.

    Left out are forbidden pipes and those that would bring a contaminant to where none is allowed.
    """
    largest = _largest_flows(case)
    plant = _plants(case)
    length = {frozenset(pair.between): pair.distance for pair in case.distances}
    special = {(p.source, p.target): p for p in case.special_pipes}
    arcs: dict[tuple[str, str], Arc] = {}
    for i, j in _joined(case):
        pipe = special.get((i, j)) or Pipe.model_validate({"from": i, "to": j})
        if pipe.forbidden:
            continue
        apart = plant[i] != plant[j]
        distance = length.get(frozenset((plant[i], plant[j])), case.pipes.inside) if apart else case.pipes.inside
        distance = distance if pipe.distance is None else pipe.distance
        fixed = case.pipes.investment + case.pipes.investment_per_distance * distance
        arcs[i, j] = Arc(
            source=i,
            target=j,
            distance=distance,
            minimum=case.pipes.minimum if pipe.minimum is None else pipe.minimum,
            maximum=min(largest[i], largest[j], *([] if pipe.maximum is None else [pipe.maximum])),
            investment=fixed if pipe.investment is None else pipe.investment,
            per_flow=case.pipes.investment_per_flow,
            forced=pipe.forced,
        )
    return arcs


def improves(unit: TreatmentUnit, supply: FreshWater) -> bool:
    """Whether treatment takes anything out of a supply."""
    return any(
        c > 0.0 and (unit.removal.get(k, 0.0) > 0.0 or unit.outlet.get(k, c) < c)
        for k, c in supply.concentration.items()
    )


def units_without(case: WaterNetworkCase, k: str) -> set[str]:
    """Outlets that could usefully carry water with none of contaminant `k` in it.

    Treatment of water that needs none is no use: a treatment unit belongs to them where it takes out all of `k`, where
    something that is free of `k`, but no supply, may feed it, or where it improves a supply that is free of `k`.
    """
    supplies = [s for s in case.fresh_water if s.concentration.get(k, 0.0) == 0.0]
    found = {u.name for u in case.process_units if u.load.get(k, 0.0) == 0.0}
    found |= {s.name for s in case.sources if s.concentration.get(k, 0.0) == 0.0}
    found |= {
        t.name
        for t in case.treatment_units
        if t.outlet.get(k) == 0.0 or t.removal.get(k) == 1.0 or any(improves(t, s) for s in supplies)
    }
    if found:
        found |= {t.name for t in case.treatment_units if t.outlet.get(k, 0.0) == 0.0}
        found |= {reject_name(t) for t in case.treatment_units if t.recovery < 1.0}
    return found


def _joined(case: WaterNetworkCase) -> list[tuple[str, str]]:
    """(from, to) of everything that may be joined, before pipes are forbidden; sorted within its kind."""
    units: dict[str, ProcessUnit | TreatmentUnit] = {u.name: u for u in (*case.process_units, *case.treatment_units)}
    rejects = {reject_name(t): t for t in case.treatment_units if t.recovery < 1.0}
    taking = {**{name: u.inlet_maximum for name, u in units.items()}, **{d.name: d.maximum for d in case.demands}}
    outfalls = [d.name for d in case.outfalls]
    arcs = [(s.name, j) for s in case.fresh_water for j in taking if _of_use(s, units.get(j))]
    giving = [*units, *(s.name for s in case.sources)]
    between = {(i, j) for i in giving for j in taking if i != j}
    between |= {(i, t.name) for i, own in rejects.items() for t in case.treatment_units if t is not own}
    for k in case.contaminants:
        clean = units_without(case, k)
        between = {(i, j) for i, j in between if i in clean or taking[j].get(k) != 0.0}
        dirty = {s.name for s in case.fresh_water if s.concentration.get(k, 0.0) > 0.0}
        arcs = [(i, j) for i, j in arcs if i not in dirty or taking[j].get(k) != 0.0]
    return arcs + sorted(between) + [(i, d) for i in (*giving, *rejects) for d in outfalls]


def _of_use(supply: FreshWater, unit: ProcessUnit | TreatmentUnit | None) -> bool:
    """Whether a supply may feed a unit: one that treats must improve it, or need it to dilute or to run at all."""
    return (
        not isinstance(unit, TreatmentUnit) or bool(unit.inlet_maximum) or unit.minimum > 0.0 or improves(unit, supply)
    )


def _largest_flows(case: WaterNetworkCase) -> dict[str, float]:
    """Most that each node can give or take, t/h."""
    total = total_flow(case)
    largest = {u.name: limiting_flow(u) + u.gain for u in case.process_units}
    largest |= {t.name: total if t.capacity is None else t.capacity for t in case.treatment_units}
    largest |= {reject_name(t): (1.0 - t.recovery) * largest[t.name] for t in case.treatment_units}
    largest |= {n.name: n.flow for n in (*case.demands, *case.sources)}
    largest |= {d.name: total if d.capacity is None else d.capacity for d in case.outfalls}
    everything = sum(largest.values())
    largest |= {s.name: everything if s.maximum is None else s.maximum for s in case.fresh_water}
    return largest


def _plants(case: WaterNetworkCase) -> dict[str, str]:
    nodes = [*case.fresh_water, *case.process_units, *case.demands, *case.sources, *case.treatment_units]
    plant = {node.name: node.plant for node in (*nodes, *case.outfalls)}
    return plant | {reject_name(t): t.plant for t in case.treatment_units}
