"""How large flows and concentrations can be: what the case says, or what follows from it."""

from __future__ import annotations

from .case import WaterNetworkCase
from .parts import ProcessUnit, TreatmentUnit

GRAMS = 1000.0  # kg/h to g/h; t/h times mg/L is g/h


def limiting_flow(unit: ProcessUnit) -> float:
    """The fixed flow, or the largest of load / (outlet limit - inlet limit), t/h: more water is never needed."""
    if unit.flow is not None:
        return unit.flow
    return max(
        GRAMS * load / (unit.outlet_maximum[k] - unit.inlet_maximum.get(k, 0.0))
        for k, load in unit.load.items()
        if load > 0.0
    )


def outflow(unit: ProcessUnit) -> float:
    """Largest outlet flow, t/h."""
    return limiting_flow(unit) + unit.gain - unit.loss


def total_flow(case: WaterNetworkCase) -> float:
    """t/h that all units, sources and demands can move together: what treatment without capacity is confined to."""
    units = sum(max(limiting_flow(u), outflow(u)) for u in case.process_units)
    return units + sum(node.flow for node in (*case.sources, *case.demands))


def reject_name(unit: TreatmentUnit) -> str:
    """Name of the second stream of a unit with recovery below 1."""
    return f"{unit.name} reject"


def removed_share(unit: TreatmentUnit, k: str) -> float:
    """Share of the inlet mass that is not in the product; what is not treated follows the water."""
    return unit.removal.get(k, 1.0 - unit.recovery)


def reject_ratio(unit: TreatmentUnit, k: str) -> float | None:
    """Concentration of the reject over that of the product; None where the product does not tell it."""
    removed = removed_share(unit, k)
    if k in unit.outlet or removed == 1.0:
        return None
    return removed / (1.0 - unit.recovery) / ((1.0 - removed) / unit.recovery)


class Ceilings:
    """Per outlet and contaminant the largest concentration, mg/L.

    Mixing and removal concentrate nothing; what does - loads, losses, rejects - has a limit of its own.
    """

    def __init__(self, case: WaterNetworkCase) -> None:
        self.process = {u.name: u for u in case.process_units}
        self.treatment = {t.name: t for t in case.treatment_units}
        self.rejects = {reject_name(t): t for t in case.treatment_units if t.recovery < 1.0}
        self.highest = {k: self._highest(case, k) for k in case.contaminants}

    def of(self, name: str, k: str) -> float:
        """Ceiling of the outlet `name`."""
        highest = self.highest[k]
        if name in self.rejects:
            unit = self.rejects[name]
            inlet = min(unit.inlet_maximum.get(k, highest), highest)
            lost = 1.0 if k in unit.outlet else removed_share(unit, k)
            return lost * inlet / (1.0 - unit.recovery)
        if name in self.treatment:
            return min(self._product(self.treatment[name], k, highest), highest)
        own = self._own(self.process[name], k)
        return highest if own is None else min(own, highest)

    def _highest(self, case: WaterNetworkCase, k: str) -> float:
        values = [s.concentration.get(k, 0.0) for s in (*case.fresh_water, *case.sources)]
        values += [own for u in case.process_units if (own := self._own(u, k)) is not None]
        values += [t.outlet[k] for t in case.treatment_units if k in t.outlet]
        for t in self.rejects.values():
            if k in t.inlet_maximum:
                lost = 1.0 if k in t.outlet else removed_share(t, k)
                values += [lost * t.inlet_maximum[k] / (1.0 - t.recovery), self._product(t, k, t.inlet_maximum[k])]
        return max(values)

    @staticmethod
    def _product(unit: TreatmentUnit, k: str, inlet: float) -> float:
        if k in unit.outlet:
            return unit.outlet[k]
        return (1.0 - removed_share(unit, k)) / unit.recovery * min(unit.inlet_maximum.get(k, inlet), inlet)

    @staticmethod
    def _own(unit: ProcessUnit, k: str) -> float | None:
        """The unit's own limit; None where it only passes on what comes in."""
        limits = [unit.outlet_maximum[k]] if k in unit.outlet_maximum else []
        if unit.flow is not None and k in unit.inlet_maximum:
            mass = unit.inlet_maximum[k] * unit.flow + GRAMS * unit.load.get(k, 0.0)
            limits.append(mass / outflow(unit))
        return min(limits) if limits else None
