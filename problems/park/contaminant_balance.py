"""Where a park's contaminants come from and go, in every scenario: real masses of the forward simulation.

With real concentrations c [mg/L], sent flows F [t/h], arriving shares a, loads L [kg/h], hours w a period, in kg/a:

    in:   fresh water and plain sources  sum w c F,   loads  sum w L
    out:  discharges and plain sinks  sum w a c F,   leaks  sum w (1 - a) c F,   emergency disposal, what is hauled
          away, and of every treatment what arrives and leaves neither with its product nor with its reject: removed
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .simulation import Floats, Node, Simulation, WaterSimulator
from .water_network import KG_PER_T_AND_MG_PER_L, Role

FRESH, SOURCES, LOADS = "fresh water", "boilers, towers and other sources", "taken up in use"
DISCHARGED, SINKS, LEAKS = "discharged", "boilers, towers and other sinks", "leaks"
DISPOSED, HAULED, REMOVED = "emergency disposal", "hauled away", "removed: "
LINES: Mapping[str, bool] = {
    FRESH: True,
    SOURCES: True,
    LOADS: True,
    DISCHARGED: False,
    f"{REMOVED}sludge": False,
    f"{REMOVED}destroyed": False,
    f"{REMOVED}reject": False,
    SINKS: False,
    LEAKS: False,
    DISPOSED: False,
    HAULED: False,
}
"""Whether a line comes in. What goes to a reject is in the reject's water, so that line is 0 but for rounding."""


@dataclass(frozen=True)
class ContaminantBalance:
    """Prepared once per park; `hours` are those a year that each period stands for."""

    simulator: WaterSimulator
    hours: Mapping[str, float]

    @property
    def names(self) -> tuple[tuple[str, str], ...]:
        """Line and contaminant of every column of `masses`."""
        return tuple((line, k) for line in LINES for k in self.simulator.contaminants)

    def masses(
        self, columns: Mapping[str, int], primal: Floats, reports: Mapping[str, Floats], simulation: Simulation
    ) -> Floats:
        """(N, len(names)) masses a year [kg/a] in simulated scenarios; arguments as of `WaterSimulator.run`."""
        simulator, c = self.simulator, simulation.concentration
        hours = np.array([self.hours[p] for p in simulator.periods])
        lines = {line: np.zeros((len(primal), len(simulator.contaminants))) for line in LINES}
        kept = {node.key: np.zeros_like(lines[FRESH]) for node in simulator.nodes}  # arriving less leaving

        def mass(names: tuple[str, ...], source: int) -> Floats:
            """(N, K) of a flow with its source's concentration [kg/a]."""
            flow = np.maximum(primal[:, [columns[name] for name in names]], 0.0) * hours
            return np.einsum("np,npk->nk", flow, c[:, :, source, :]) * KG_PER_T_AND_MG_PER_L

        for source, sink, arriving, names in simulator.arcs:
            node, sent = simulator.nodes[source], mass(names, source)
            _leave(lines, kept, node, sent)
            lines[LEAKS] += (1.0 - arriving) * sent
            self._arrive(lines, kept, sink, arriving * sent)
        for source, node in enumerate(simulator.nodes):
            if node.disposed:
                gone = mass(node.disposed, source)
                _leave(lines, kept, node, gone)
                lines[DISPOSED] += gone
            for k, contaminant in enumerate(simulator.contaminants):
                if node.role is Role.USE:
                    lines[LOADS][:, k] += hours @ simulator.loads(node, contaminant, reports, len(primal))
                if contaminant in node.hauled:
                    lines[HAULED][:, k] += primal[:, [columns[name] for name in node.hauled[contaminant]]] @ hours
        for node in simulator.nodes:
            if node.treatment is not None and node.role is Role.TREATMENT:
                removed = kept[node.key] + kept.get(f"{node.key}.reject", 0.0)
                for k, contaminant in enumerate(simulator.contaminants):
                    place = node.treatment.contaminants[contaminant].removed_to
                    lines[f"{REMOVED}{place}"][:, k] += removed[:, k]
        return np.hstack([lines[line] for line in LINES])

    def _arrive(self, lines: dict[str, Floats], kept: dict[str, Floats], sink: int, mass: Floats) -> None:
        key, role = self.simulator.sinks[sink]
        if role is Role.DISCHARGE:
            lines[DISCHARGED] += mass
        elif role is Role.PLAIN:
            lines[SINKS] += mass
        elif role is Role.TREATMENT:
            kept[key] += mass


def _leave(lines: dict[str, Floats], kept: dict[str, Floats], node: Node, mass: Floats) -> None:
    if node.role is Role.FRESH:
        lines[FRESH] += mass
    elif node.role is Role.PLAIN:
        lines[SOURCES] += mass
    elif node.role in (Role.TREATMENT, Role.REJECT):
        kept[node.key] -= mass
