"""The Pyomo model of a park: what to build in block `design`, how to operate in block `operation`."""

from __future__ import annotations

from dataclasses import dataclass

import pyomo.environ as pyo

from .assembly import Assembly, Expression, UncertainFactor
from .case import Objective, ParkCase
from .environment import annual_cap, co2_inventory
from .heat_network import HeatNetwork
from .power import add_power_demand
from .water_network import WaterNetwork

HOURLY_OBJECTIVES = {Objective.FRESH_WATER: "fresh water", Objective.TREATED_FLOW: "treated water"}


@dataclass(frozen=True)
class ParkModel:
    """The assembled model with its water and heat networks, all still naming Pyomo components."""

    case: ParkCase
    assembly: Assembly
    network: WaterNetwork
    heat: HeatNetwork

    @property
    def pyomo(self) -> pyo.ConcreteModel:
        """The Pyomo model."""
        return self.assembly.model


def build_model(case: ParkCase, uncertain: dict[str, UncertainFactor] | None = None) -> ParkModel:
    """Assemble the model of a park in the order in which its parts need each other.

    Plants set their throughput; water nodes are declared, connected and only then written, because a node's rows
    know what arrives; what all add to balances, costs and emissions is closed last.
    """
    priced = case.objective is Objective.ANNUAL_COST
    assembly, network, heat = _nodes(case, uncertain or {}, priced=priced)
    _lines(case, assembly, priced=priced)
    _loops(case, assembly, heat, priced=priced)
    _water_rows(case, assembly, network, priced=priced)
    heat.connect()
    heat.write_rows(assembly)
    case.environment.write_rows(assembly, "environment", priced=priced)
    _permits(case, assembly, network, priced=priced)
    assembly.close_balances()
    assembly.report_residuals()
    _objective(case, assembly)
    _reports(case, assembly)
    return ParkModel(case, assembly, network, heat)


def build_network(case: ParkCase) -> WaterNetwork:
    """Who may send water to whom, without the rows: for checks of the case."""
    return _nodes(case, {}, priced=False)[1]


def build_heat_network(case: ParkCase) -> HeatNetwork:
    """Who may heat whom, without the rows: for checks of the case."""
    assembly, _, heat = _nodes(case, {}, priced=False)
    _loops(case, assembly, heat, priced=False)
    heat.connect()
    return heat


def _nodes(
    case: ParkCase, uncertain: dict[str, UncertainFactor], *, priced: bool
) -> tuple[Assembly, WaterNetwork, HeatNetwork]:
    assembly = Assembly(case.name, case.hours, uncertain, case.interest, case.escalation)
    assembly.alternations = [(one.between, one.times) for one in case.alternations]
    if case.weather is not None:
        case.weather.add_to(assembly)
    limits = {k: c.workshop_limit for k, c in case.contaminants.items() if c.workshop_limit is not None}
    piped = frozenset(name for name, plant in case.plants.items() if not plant.free_reuse)
    network = WaterNetwork(tuple(case.contaminants), limits, piped)
    heat = HeatNetwork()
    _plants(case, assembly, network, heat, priced=priced)
    _water_nodes(case, assembly, network, priced=priced)
    return assembly, network, heat


def _plants(case: ParkCase, assembly: Assembly, network: WaterNetwork, heat: HeatNetwork, *, priced: bool) -> None:
    for name, plant in case.plants.items():
        site, path = assembly.site(name), f"plants.{name}"
        emergency = case.emergency if priced else None
        if plant.throughput is not None:
            plant.throughput.add_to(assembly, site, f"{path}.throughput", curtailable=priced)
        if plant.steam is not None:
            plant.steam.add_to(assembly, network, site, f"{path}.steam", case.fuels, emergency)
        if plant.heat is not None:
            plant.heat.add_to(assembly, heat, network, site, f"{path}.heat", plant.steam, case.fuels, emergency)
        for unit, use in plant.water_uses.items():
            use.add_to(assembly, network, site, unit, f"{path}.water_uses.{unit}")
        for unit, source in plant.water_sources.items():
            source.add_to(assembly, network, site, unit, f"{path}.water_sources.{unit}")
        for unit, sink in plant.water_sinks.items():
            sink.add_to(assembly, network, site, unit, f"{path}.water_sinks.{unit}")
        for unit, treatment in plant.treatments.items():
            treatment.add_to(assembly, network, site, unit, f"{path}.treatments.{unit}")
        for unit, by_product in plant.by_products.items():
            by_product.add_to(assembly, site, unit, f"{path}.by_products.{unit}")
        if plant.grid is not None:
            plant.grid.add_to(assembly, site, f"{path}.grid")
        if plant.photovoltaics is not None:
            plant.photovoltaics.add_to(assembly, site, f"{path}.photovoltaics")
        must_run = plant.steam is not None and plant.steam.electric_boilers  # committed before the future is known
        if plant.power_demand.nominal > 0.0 or must_run:
            deficit = case.emergency.power_deficit if priced else None
            add_power_demand(assembly, site, plant.power_demand, f"{path}.power_demand", deficit)


def _water_nodes(case: ParkCase, assembly: Assembly, network: WaterNetwork, *, priced: bool) -> None:
    for name, supply in case.fresh_water.items():
        supply.add_to(assembly, network, name, f"fresh_water.{name}")
    for name, discharge in case.discharges.items():
        discharge.add_to(assembly, network, name, f"discharges.{name}")
    network.connect(assembly)
    locations = {name: plant.location for name, plant in case.plants.items()}
    for name, pipe in case.water_pipes.items():
        shortfall_price = case.emergency.water_supply if priced else None
        pipe.add_to(assembly, network, name, pipe.route(locations, case.detour), shortfall_price)


def _water_rows(case: ParkCase, assembly: Assembly, network: WaterNetwork, *, priced: bool) -> None:
    for name, supply in case.fresh_water.items():
        supply.write_rows(assembly, network, name, f"fresh_water.{name}")
    for name, discharge in case.discharges.items():
        discharge.write_rows(assembly, network, name, f"discharges.{name}")
    network.write_rows(assembly, case.emergency.water if priced else None)


def _lines(case: ParkCase, assembly: Assembly, *, priced: bool) -> None:
    locations = {name: plant.location for name, plant in case.plants.items()}
    for name, line in case.power_lines.items():
        deficit = case.emergency.power_deficit if priced else None
        line.add_to(assembly, name, line.route(locations, case.detour), deficit)
    systems = case.steam_systems
    for name, main in case.steam_mains.items():
        main.add_to(assembly, name, main.route(locations, case.detour), systems)
    for name, line in case.condensate_lines.items():
        line.add_to(assembly, name, line.route(locations, case.detour), systems)


def _loops(case: ParkCase, assembly: Assembly, heat: HeatNetwork, *, priced: bool) -> None:
    locations = {name: plant.location for name, plant in case.plants.items()}
    for name, loop in case.hot_water_loops.items():
        route = loop.route(locations, case.detour)
        loop.add_to(assembly, heat, name, route, case.emergency if priced else None)


def _permits(case: ParkCase, assembly: Assembly, network: WaterNetwork, *, priced: bool) -> None:
    """Permits hold over the scenario-year, in t/a; their excess is priced, and without prices there is none."""
    for name, supply in case.fresh_water.items():
        if supply.permit is not None:
            price = supply.permit_excess_price if priced else None
            annual_cap(assembly, f"permit {name}", assembly.annual(f"fresh water {name}"), supply.permit, price)
    for name, discharge in case.discharges.items():
        if not network.sinks[name].received:
            continue
        for contaminant, permit in discharge.permit.items():
            mass = assembly.annual(f"discharged {contaminant} {name}") / 1000.0
            price = case.environment.permit_excess_price if priced else None
            annual_cap(assembly, f"{contaminant} {name}", mass, permit, price)


def _objective(case: ParkCase, assembly: Assembly) -> None:
    year = sum(assembly.hours.values())
    expression: Expression
    if case.objective is Objective.ANNUAL_COST:
        expression = sum(assembly.annual_investment) + sum(sum(terms) for terms in assembly.costs.values())
    elif case.objective is Objective.CO2:
        expression = co2_inventory(assembly)
    else:
        expression = assembly.annual(HOURLY_OBJECTIVES[case.objective]) / year
    assembly.model.objective = pyo.Objective(expr=expression, sense=pyo.minimize)


def _reports(case: ParkCase, assembly: Assembly) -> None:
    """Name the annual totals and the costs by label among the results of a scenario."""
    for name, terms in assembly.totals.items():
        assembly.report(name, assembly.total_units[name], sum(terms) + 0.0)
    for label, terms in assembly.costs.items():
        assembly.report(f"cost.{label}", f"{case.currency}/a", sum(terms) + 0.0)
